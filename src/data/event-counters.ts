// The counters of events, as a batch adds to them: by agent, type, pattern and risk; of a session; by hour; by day. A
// trigger for each row would double the cost of writing, so a batch is counted as a whole and added in its transaction.
// What happens to rows afterwards is followed by triggers, and rows without a seq are counted by views when read.

import type { ExtractionEvent } from '../model/event.ts';
import type { Database } from './database.ts';

const ADD_COUNT =
  'INSERT INTO extraction_counts VALUES (?,?,?,?,?) ' +
  'ON CONFLICT (agent_name, event_type, pattern, risk_level) DO UPDATE SET events = events + excluded.events';
const ADD_OF_SESSION =
  'INSERT INTO session_counts VALUES (?,?,?,?) ' +
  'ON CONFLICT (session_id, event_type, risk_level) DO UPDATE SET events = events + excluded.events';
const ADD_TO_HOUR =
  'INSERT INTO extraction_hours VALUES (?,?,?,?) ' +
  'ON CONFLICT (agent_name, hour, event_type) DO UPDATE SET events = events + excluded.events';
const ADD_TO_DAY =
  'INSERT INTO extraction_days VALUES (?,?,?,?,?) ' +
  'ON CONFLICT (agent_name, day, event_type, pattern) DO UPDATE SET events = events + excluded.events';

/** Counts the events of one batch. */
export class EventCounters {
  /** By all that any counter tells apart: a few dozen, however long the batch is. */
  readonly #counts = new Map<string, { event: ExtractionEvent; events: number }>();

  /** An event that was new. */
  count(event: ExtractionEvent): void {
    const hour = event.timestamp.slice(0, 13);
    const key = `${event.eventType}\0${event.pattern}\0${event.riskLevel}\0${hour}\0${event.sessionId}\0${event.agentName}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { event, events: 1 });
    else count.events += 1;
  }

  /** Adds what was counted; to be called once, in the transaction that stores the events. */
  save(database: Database): void {
    const add = (sql: string, key: (event: ExtractionEvent) => string[]): void => {
      const sums = new Map<string, { values: string[]; events: number }>();
      for (const { event, events } of this.#counts.values()) {
        const values = key(event);
        const name = values.join('\0');
        const sum = sums.get(name);
        if (sum === undefined) sums.set(name, { values, events });
        else sum.events += events;
      }
      const statement = database.prepare(sql);
      for (const { values, events } of sums.values()) statement.run(...values, events);
    };
    add(ADD_COUNT, (event) => [event.agentName, event.eventType, event.pattern, event.riskLevel ?? '']);
    add(ADD_OF_SESSION, (event) => [event.sessionId, event.eventType, event.riskLevel ?? '']);
    add(ADD_TO_HOUR, (event) => [event.agentName, hourOf(event.timestamp), event.eventType]);
    add(ADD_TO_DAY, (event) => [
      event.agentName,
      event.timestamp.slice(0, 10),
      event.eventType,
      event.pattern,
    ]);
  }
}

/** As the schema has it: `2026-02-10T10`, also for the form of SQLite's default. */
function hourOf(timestamp: string): string {
  return timestamp.slice(0, 13).replace(' ', 'T');
}
