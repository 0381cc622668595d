// What is known of an agent, of a pattern and of all agents together: from counters of events and of sessions, so that the
// answers cost the same at any number of either.

import { sum, sumBy, total } from './counts.ts';
import type { Database } from './database.ts';
import { readEvents } from './event-page.ts';
import { toTimestamp } from './event-rows.ts';
import type { AgentOverview, AgentStatistics, Counts, Durations, PatternStatistics } from './query-types.ts';

const DAY_MS = 86_400_000;
/** Sessions of which the durations are looked at: the latest that ended. */
const DURATION_SAMPLE = 200;

interface Total {
  agent_name: string;
  event_type: string;
  pattern: string;
  risk_level: string;
  events: number;
}

/** Sessions of one agent in one state that have all ended, or not, and with exit code 0, or not. */
interface CountedSessions {
  readonly state: string;
  readonly ended: number;
  readonly succeeded: number;
  readonly sessions: number;
  readonly lines: number;
}

const TOTALS = 'SELECT agent_name, event_type, pattern, risk_level, events FROM extraction_totals';
const SESSIONS = 'SELECT state, ended, succeeded, sessions, lines FROM agent_sessions WHERE agent_name = ?';
/** As two lists in one row, which costs a third of a row for each session. */
const LATEST_ENDED =
  'FROM (SELECT started_at, ended_at FROM process_sessions INDEXED BY idx_agent_summary ' +
  'WHERE agent_name = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?)';
const AGENT_SESSIONS =
  'SELECT agent_name, sum(sessions) AS sessions, sum(sessions * (1 - ended)) AS active FROM agent_sessions GROUP BY agent_name';
const AGENT_EVENTS = 'SELECT agent_name, sum(events) AS events FROM extraction_totals GROUP BY agent_name';
const bound = (which: 'min' | 'max', column: string, rows: string) =>
  `SELECT ${which}(${column}) AS time FROM ${rows}`;
const STARTS = ['started_at', 'process_sessions INDEXED BY idx_agent_started WHERE agent_name = ?'] as const;
const OF_AGENT = [
  'timestamp',
  'extraction_events INDEXED BY idx_agent_session WHERE agent_name = ?',
] as const;
const OF_PATTERN = [
  'timestamp',
  'extraction_events INDEXED BY idx_type_pattern WHERE event_type = ? AND pattern = ?',
] as const;

/** What was counted when it was stored, in the order of its index; and what was written by hand since. */
const COUNTED_DAYS = `SELECT day, sum(events) AS events FROM extraction_days INDEXED BY idx_day_pattern
  WHERE pattern = ? AND day >= ? AND day <= ? GROUP BY day`;
const DAY_BY_HAND = 'substr(timestamp, 1, 10)';
const DAYS_BY_HAND =
  `SELECT ${DAY_BY_HAND} AS day, count(*) AS events FROM extraction_events INDEXED BY idx_uncounted ` +
  `WHERE seq IS NULL AND pattern = ? AND ${DAY_BY_HAND} >= ? AND ${DAY_BY_HAND} <= ? GROUP BY ${DAY_BY_HAND}`;

/** @param patterns how many of its patterns are told, the most frequent first */
export function agentStatistics(
  database: Database,
  agent: string,
  patterns: number,
): AgentStatistics | undefined {
  return database.snapshot(() => {
    const totals = database.prepare(`${TOTALS} WHERE agent_name = ?`).all(agent) as Total[];
    const counted = database.prepare(SESSIONS).all(agent) as CountedSessions[];
    if (totals.length === 0 && counted.length === 0) return undefined;
    const sessionsThat = (are: (counts: CountedSessions) => boolean): number =>
      total(counted.filter(are).map(({ sessions }) => sessions));
    const inState = (name: string): number => sessionsThat(({ state }) => state === name);
    const ended = sessionsThat((counts) => counts.ended === 1);
    const succeeded = sessionsThat((counts) => counts.succeeded === 1);
    const byType = sumBy(totals, (total) => total.event_type);
    const firstEvent = timeOf(database, bound('min', ...OF_AGENT), agent);
    const lastEvent = timeOf(database, bound('max', ...OF_AGENT), agent);
    return {
      agentName: agent,
      totalSessions: sessionsThat(() => true),
      active: sessionsThat((counts) => counts.ended === 0),
      completed: inState('completed'),
      failed: inState('failed'),
      killed: inState('killed'),
      lost: inState('lost'),
      successRate: ended === 0 ? null : succeeded / ended,
      durations: durationsOf(database, agent),
      totalLinesProcessed: total(counted.map(({ lines }) => lines)),
      totalExtractions: sum(totals),
      byType,
      byPattern: first(
        sumBy(totals, (total) => total.pattern),
        patterns,
      ),
      byRisk: sumBy(totals, (total) => total.risk_level || 'none'),
      errors: {
        events: byType['error'] ?? 0,
        stackTraces: byType['stack_trace'] ?? 0,
        sessions: ended - succeeded,
      },
      firstSeenAt: least([timeOf(database, bound('min', ...STARTS), agent), firstEvent]),
      lastSeenAt: greatest([timeOf(database, bound('max', ...STARTS), agent), lastEvent]),
    };
  });
}

function durationsOf(database: Database, agent: string): Durations | null {
  const [row] = database.rows<[starts: string[], ends: string[]]>(
    'json_group_array(CAST(started_at AS TEXT)), json_group_array(CAST(ended_at AS TEXT))',
    LATEST_ENDED,
    [agent, DURATION_SAMPLE],
  );
  const [starts, ends] = row!;
  const durations = ends
    .map((end, at) => Date.parse(toTimestamp(end)) - Date.parse(toTimestamp(starts[at])))
    // One that was written by hand may end before it starts.
    .filter((duration) => duration >= 0)
    .sort((left, right) => left - right);
  if (durations.length === 0) return null;
  // The nearest rank: the smallest duration that at least this part of the sessions do not exceed.
  const percentile = (part: number): number => durations[Math.ceil(part * durations.length) - 1]!;
  return {
    sessions: durations.length,
    averageMs: Math.round(durations.reduce((total, duration) => total + duration, 0) / durations.length),
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    longestMs: durations.at(-1)!,
  };
}

export interface PatternOptions {
  /** Days that are counted one by one, today included. */
  readonly days: number;
  /** Latest events that are given. */
  readonly samples: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function patternStatistics(
  database: Database,
  pattern: string,
  { days, samples, now }: PatternOptions,
): PatternStatistics | undefined {
  return database.snapshot(() => {
    const totals = database.prepare(`${TOTALS} WHERE pattern = ?`).all(pattern) as Total[];
    if (totals.length === 0) return undefined;
    const types = Object.keys(sumBy(totals, (total) => total.event_type));
    const bounds = (which: 'min' | 'max') =>
      types.map((type) => timeOf(database, bound(which, ...OF_PATTERN), type, pattern));
    const today = Math.floor(now / DAY_MS) * DAY_MS;
    const day = (back: number): string => new Date(today - back * DAY_MS).toISOString().slice(0, 10);
    const span = [pattern, day(days - 1), day(0)];
    const events = new Map<string, number>();
    for (const sql of [COUNTED_DAYS, DAYS_BY_HAND]) {
      const counted = database.prepare(sql).all(...span) as { day: string; events: number }[];
      for (const row of counted) events.set(row.day, (events.get(row.day) ?? 0) + row.events);
    }
    const perDay = Array.from({ length: days }, (_, at) => day(days - 1 - at));
    return {
      pattern,
      total: sum(totals),
      byAgent: sumBy(totals, (total) => total.agent_name),
      byType: sumBy(totals, (total) => total.event_type),
      byRisk: sumBy(totals, (total) => total.risk_level || 'none'),
      firstSeenAt: least(bounds('min')),
      lastSeenAt: greatest(bounds('max')),
      perDay: perDay.map((name) => ({ day: name, events: events.get(name) ?? 0 })),
      samples: readEvents(database, { pattern, limit: samples, total: false }).items,
    };
  });
}

/** Whoever was seen last first. */
export function agentOverviews(database: Database): AgentOverview[] {
  return database.snapshot(() => {
    const agents = new Map<string, { sessions: number; active: number; events: number }>();
    const sessions = database.prepare(AGENT_SESSIONS).all() as {
      agent_name: string;
      sessions: number;
      active: number;
    }[];
    for (const { agent_name, ...row } of sessions) agents.set(agent_name, { ...row, events: 0 });
    const counted = database.prepare(AGENT_EVENTS).all() as { agent_name: string; events: number }[];
    for (const { agent_name, events } of counted) {
      const agent = agents.get(agent_name) ?? { sessions: 0, active: 0, events };
      agents.set(agent_name, { ...agent, events });
    }
    return [...agents]
      .map(([agentName, counts]) => ({
        agentName,
        ...counts,
        lastSeenAt: greatest([
          timeOf(database, bound('max', ...STARTS), agentName),
          timeOf(database, bound('max', ...OF_AGENT), agentName),
        ]),
      }))
      .sort(
        (left, right) =>
          compare(right.lastSeenAt ?? '', left.lastSeenAt ?? '') || compare(left.agentName, right.agentName),
      );
  });
}

function first(counts: Counts, most: number): Counts {
  return Object.fromEntries(Object.entries(counts).slice(0, most));
}

function timeOf(database: Database, sql: string, ...values: string[]): string | null {
  return (database.prepare(sql).get(...values) as { time: string | null }).time;
}

const times = (texts: readonly (string | null)[]): string[] =>
  texts
    .filter((text) => text !== null)
    .map(toTimestamp)
    .sort(compare);
const least = (texts: readonly (string | null)[]): string | null => times(texts)[0] ?? null;
const greatest = (texts: readonly (string | null)[]): string | null => times(texts).at(-1) ?? null;
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
