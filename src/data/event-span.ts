// How many events of an agent there are in a span of time: whole days and hours from the counters, the rest of an hour at
// either end from an index. Rows that were written by hand are in no counter and are counted one by one.

import { total } from './counts.ts';
import type { Database } from './database.ts';
import { all, equals, type Fragment, oneOf, PATTERNS_OF_TYPE } from './event-filter.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OURS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export interface Span {
  readonly agent: string;
  readonly types: readonly string[] | undefined;
  /** ISO-8601 UTC with milliseconds, inclusive. */
  readonly since: string;
  /** The same, exclusive. */
  readonly until: string;
}

/**
 * @param most events of an hour that is only partly in the span, which are counted one by one
 * @returns undefined when there are more of those, or when the span is shorter than an hour or its times are not in our form
 */
export function countSpan(database: Database, span: Span, most: number): number | undefined {
  if (!OURS.test(span.since) || !OURS.test(span.until)) return undefined;
  const fromHour = Math.ceil(Date.parse(span.since) / HOUR_MS) * HOUR_MS;
  const toHour = Math.floor(Date.parse(span.until) / HOUR_MS) * HOUR_MS;
  if (!(fromHour < toHour)) return undefined;
  const [from, to] = [iso(fromHour), iso(toHour)];
  const counts = [
    ...wholeHours(database, span, fromHour, toHour),
    byHand(database, span, from, to),
    partOfHour(database, span, span.since, from, most),
    partOfHour(database, span, to, span.until, most),
  ];
  return counts.some((count) => count === undefined) ? undefined : total(counts.map((events) => events!));
}

function wholeHours(database: Database, span: Span, from: number, to: number): number[] {
  const fromDay = Math.ceil(from / DAY_MS) * DAY_MS;
  const toDay = Math.floor(to / DAY_MS) * DAY_MS;
  const hours = (first: number, last: number) =>
    first < last
      ? counted(database, span, 'extraction_hours', 'hour', iso(first).slice(0, 13), iso(last).slice(0, 13))
      : 0;
  if (fromDay >= toDay) return [hours(from, to)];
  const days = counted(
    database,
    span,
    'extraction_days',
    'day',
    iso(fromDay).slice(0, 10),
    iso(toDay).slice(0, 10),
  );
  return [hours(from, fromDay), days, hours(toDay, to)];
}

function counted(
  database: Database,
  span: Span,
  table: 'extraction_hours' | 'extraction_days',
  column: 'hour' | 'day',
  from: string,
  to: string,
): number {
  const where = conditions(span, column, from, to);
  const sql = `SELECT ifnull(sum(events), 0) AS events FROM ${table} WHERE ${where.sql}`;
  return (database.prepare(sql).get(...where.values) as { events: number }).events;
}

function byHand(database: Database, span: Span, from: string, to: string): number {
  const where = conditions(span, 'timestamp', from, to);
  const sql = `SELECT count(*) AS events FROM extraction_events INDEXED BY idx_uncounted WHERE seq IS NULL AND ${where.sql}`;
  return (database.prepare(sql).get(...where.values) as { events: number }).events;
}

function partOfHour(
  database: Database,
  span: Span,
  from: string,
  to: string,
  most: number,
): number | undefined {
  if (from === to) return 0;
  const ranges: readonly (string | undefined)[] = span.types ?? [undefined];
  let events = 0;
  for (const type of ranges) {
    const types = type === undefined ? undefined : [type];
    const where = all([
      conditions({ ...span, types }, 'timestamp', from, to),
      ...(type === undefined ? [] : [{ sql: PATTERNS_OF_TYPE, values: [span.agent, type] }]),
    ]);
    const index = type === undefined ? 'idx_agent_session' : 'idx_agent_type';
    const sql = `SELECT count(*) AS events FROM (SELECT 1 FROM extraction_events INDEXED BY ${index} WHERE ${where.sql} LIMIT ?)`;
    events += (database.prepare(sql).get(...where.values, most + 1) as { events: number }).events;
    if (events > most) return undefined;
  }
  return events;
}

function conditions({ agent, types }: Span, column: string, from: string, to: string): Fragment {
  return all([
    equals('agent_name', agent),
    ...(types === undefined ? [] : [oneOf('event_type', types)]),
    { sql: `${column} >= ?`, values: [from] },
    { sql: `${column} < ?`, values: [to] },
  ]);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
