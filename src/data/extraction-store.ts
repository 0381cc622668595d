// Extraction events and code blocks. Writing is idempotent: an event is known by its session and seq, a block by its
// digest, so that recovery may repeat what was written before. Batches keep the counters in their own transaction.

import type { CodeBlock, ExtractionEvent, StoredBlock, StoredEvent } from '../model/event.ts';
import { readBlocks } from './block-query.ts';
import { sum, sumBy } from './counts.ts';
import type { Database, SqlValue } from './database.ts';
import { EventCounters } from './event-counters.ts';
import { readEvents } from './event-page.ts';
import {
  BLOCK_COLUMNS,
  blockValues,
  EVENT_COLUMNS,
  EVENT_ROW,
  type EventRow,
  eventValues,
  toEvent,
} from './event-rows.ts';
import type { BlockFilter, EventFilter } from './query-types.ts';

export type { BlockFilter, EventFilter } from './query-types.ts';

/** Totals of an agent; every record maps a name to a number of events, the largest first. */
export interface AgentStats {
  readonly agentName: string;
  readonly totalEvents: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly byPattern: Readonly<Record<string, number>>;
  /** Events without a risk level are counted as `none`. */
  readonly byRisk: Readonly<Record<string, number>>;
}

/** Of one session, as in `AgentStats`. */
export type SessionCounts = Pick<AgentStats, 'totalEvents' | 'byType' | 'byRisk'>;

const INSERT_EVENT =
  `INSERT INTO extraction_events (${EVENT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ` +
  'ON CONFLICT (session_id, seq) DO NOTHING';
const INSERT_BLOCK = `INSERT INTO code_blocks (${BLOCK_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (digest) DO NOTHING`;
/** Reads and writes events and blocks; every method throws WrapperError as `Database` says. */
export class ExtractionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  saveExtraction(event: ExtractionEvent): void {
    this.saveExtractionBatch([event]);
  }

  /**
   * Writes events and blocks in one transaction: all of them or none. What is stored already is left as it is.
   *
   * @returns how many of the events were new
   */
  saveExtractionBatch(
    events: readonly ExtractionEvent[],
    blocks: readonly CodeBlock[] = [],
  ): { inserted: number } {
    return this.#database.write(() => {
      const insert = this.#database.prepare(INSERT_EVENT);
      const counters = new EventCounters();
      let inserted = 0;
      for (const event of events) {
        if (insert.run(...eventValues(event)).changes === 0) continue;
        inserted += 1;
        counters.count(event);
      }
      counters.save(this.#database);
      for (const block of blocks) this.#insertBlock(block);
      return { inserted };
    });
  }

  /** Newest first. */
  getExtractionsByAgent(agent: string, limit = 100): StoredEvent[] {
    return this.queryExtractions({ agent, limit });
  }

  /** Newest first. */
  getExtractionsByType(agent: string, type: string, limit = 100): StoredEvent[] {
    return this.queryExtractions({ agent, type, limit });
  }

  /** Newest first. */
  getExtractionsByPattern(agent: string, pattern: string, limit = 100): StoredEvent[] {
    return this.queryExtractions({ agent, pattern, limit });
  }

  /** In the order of `seq`, after `afterSeq`; all of them without a limit. */
  getExtractionsBySession(
    sessionId: string,
    options: { limit?: number | undefined; afterSeq?: number | undefined } = {},
  ): StoredEvent[] {
    const after = options.afterSeq === undefined ? '' : 'AND seq > ?';
    const list = `FROM extraction_events WHERE session_id = ? ${after} ORDER BY seq, id LIMIT ?`;
    const values: SqlValue[] = [sessionId];
    if (options.afterSeq !== undefined) values.push(options.afterSeq);
    values.push(options.limit ?? -1);
    return this.#database.read(() => this.#database.rows<EventRow>(EVENT_ROW, list, values).map(toEvent));
  }

  /** All that match, however long the search takes; `readEvents` gives pages. */
  queryExtractions(filter: EventFilter): StoredEvent[] {
    return [...readEvents(this.#database, { ...filter, total: false }, Number.POSITIVE_INFINITY).items];
  }

  /** From the counters, at a cost that does not grow with the number of events. */
  getExtractionStats(agent: string): AgentStats {
    const rows = this.#database.read(() =>
      this.#database
        .prepare('SELECT event_type, pattern, risk_level, events FROM extraction_totals WHERE agent_name = ?')
        .all(agent),
    ) as { event_type: string; pattern: string; risk_level: string; events: number }[];
    return {
      agentName: agent,
      totalEvents: sum(rows),
      byType: sumBy(rows, (row) => row.event_type),
      byPattern: sumBy(rows, (row) => row.pattern),
      byRisk: sumBy(rows, (row) => row.risk_level || 'none'),
    };
  }

  /** The same for one session. */
  getSessionCounts(sessionId: string): SessionCounts {
    const sql = 'SELECT event_type, risk_level, events FROM session_totals WHERE session_id = ?';
    const rows = this.#database.read(() => this.#database.prepare(sql).all(sessionId)) as {
      event_type: string;
      risk_level: string;
      events: number;
    }[];
    return {
      totalEvents: sum(rows),
      byType: sumBy(rows, (row) => row.event_type),
      byRisk: sumBy(rows, (row) => row.risk_level || 'none'),
    };
  }

  /** @returns false when a block with the same content is stored already, from whatever session */
  saveCodeBlock(block: CodeBlock): boolean {
    return this.#database.write(() => this.#insertBlock(block));
  }

  /** Newest first. */
  getCodeBlocks(filter: BlockFilter = {}): StoredBlock[] {
    return [...readBlocks(this.#database, { ...filter, total: false }).items];
  }

  /** The `seq` of the last stored event of a session; 0 when there is none. */
  lastSeq(sessionId: string): number {
    const sql = 'SELECT ifnull(max(seq), 0) AS seq FROM extraction_events WHERE session_id = ?';
    return this.#database.read(() => (this.#database.prepare(sql).get(sessionId) as { seq: number }).seq);
  }

  /** Removes the events of a session, so that they can be extracted anew; its code blocks stay. */
  deleteSessionEvents(sessionId: string): number {
    const sql = 'DELETE FROM extraction_events WHERE session_id = ?';
    return this.#database.write(() => this.#database.prepare(sql).run(sessionId).changes);
  }

  #insertBlock(block: CodeBlock): boolean {
    return this.#database.prepare(INSERT_BLOCK).run(...blockValues(block)).changes > 0;
  }
}
