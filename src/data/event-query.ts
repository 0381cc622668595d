// How a list of events is found in the time that its length asks for, at any size of the table. Every list is read from
// the end of one index; which one, is decided here by the counters and not by SQLite's guess: the one on which the fewest
// entries have to be looked at. A filter with several values (the risk levels above a minimum, the patterns of a type)
// becomes one short read for each value, merged. What no index serves is left to a search with a limit (event-page.ts).

import type { Database } from './database.ts';
import {
  all,
  Counters,
  type Criterion,
  equals,
  type Fragment,
  type Residual,
  unique,
  Wanted,
} from './event-filter.ts';
import type { Span } from './event-span.ts';
import type { EventFilter } from './query-types.ts';

/** Where in which index a list, or a part of it, is read. */
interface Range {
  readonly index: string;
  readonly conditions: readonly Fragment[];
}

/** How the events of a filter are found. */
export interface EventPlan {
  /** `time` is (timestamp, id), `seq` is (seq, id) within a session. */
  readonly order: 'time' | 'seq';
  readonly ranges: readonly Range[];
  /** What the ranges leave to be checked; undefined when they are exact. */
  readonly residual: Residual | undefined;
  /** The number of all events that match, where counters tell it. */
  readonly total: number | undefined;
  /** The part of the entries that match, as far as counters tell; a text is not counted. */
  readonly density?: number | undefined;
  /** What counters know of the hours in it, when the filter is a span of time of one agent. */
  readonly span?: Span | undefined;
}

/** The key of the last event that was given out: [timestamp, id] or [seq, id]. */
export type EventKey = readonly [string | number | null, number];

/** More reads than this are not merged. */
const MOST_RANGES = 64;
/** What entering an index costs, in entries that are looked at. */
const ENTRY_COST = 30;
/** What looking at the row of an entry costs, in the same unit. */
const ROW_COST = 6;

/** The plan for a filter, or undefined when the counters say that nothing matches. */
export function planEvents(database: Database, filter: EventFilter): EventPlan | undefined {
  const wanted = new Wanted(filter);
  if (wanted.isImpossible) return undefined;
  return filter.session === undefined
    ? planByTime(new Counters(database), wanted)
    : planBySession(database, wanted, filter.session);
}

/** A stretch of the entries of a plan. */
export interface Stretch {
  readonly key?: EventKey | undefined;
  readonly limit: number;
  readonly offset?: number | undefined;
}

interface Order {
  readonly first: string;
  readonly direction: 'ASC' | 'DESC';
  readonly sql: string;
  readonly outer: string;
}

/** The columns by which a plan is ordered, and `ORDER BY` with them. */
export function orderOf(plan: EventPlan, filter: EventFilter): Order {
  const direction = filter.order === 'oldest' ? 'ASC' : 'DESC';
  const first = plan.order === 'time' ? 'timestamp' : 'seq';
  return {
    first,
    direction,
    sql: `ORDER BY ${first} ${direction}, id ${direction}`,
    // The plus keeps SQLite from reading a whole index for the order of a few rows.
    outer: `ORDER BY +${first} ${direction}, +id ${direction}`,
  };
}

/** Entries of the plan's ranges in order: id, the column of the order, and the columns that are left to be checked. */
export function entriesQuery(plan: EventPlan, filter: EventFilter, stretch: Stretch): Fragment {
  const order = orderOf(plan, filter);
  const columns = unique(['id', order.first, ...(plan.residual?.columns ?? [])]).join(', ');
  const select = (range: Range, part: Stretch): Fragment => {
    const { sql, values } = readRange(plan, range, filter, part);
    return { sql: `SELECT ${columns} ${sql}`, values };
  };
  const [first, ...others] = plan.ranges;
  if (others.length === 0) return select(first!, stretch);
  const { key, limit, offset = 0 } = stretch;
  // Any of them may have all entries that are wanted.
  const parts = plan.ranges.map((range) => select(range, { key, limit: limit + offset }));
  const union = parts.map((part) => `SELECT * FROM (${part.sql})`).join(' UNION ALL ');
  return {
    sql: `SELECT * FROM (${union}) ${order.sql} LIMIT ? OFFSET ?`,
    values: [...parts.flatMap((part) => part.values), limit, offset],
  };
}

/** Whole events of a plan that leaves nothing to be checked: what follows the columns in their `SELECT`. */
export function listQuery(plan: EventPlan, filter: EventFilter, stretch: Stretch): Fragment {
  const [first, ...others] = plan.ranges;
  if (others.length === 0) return readRange(plan, first!, filter, stretch);
  const merged = entriesQuery(plan, filter, stretch);
  return {
    sql: `FROM extraction_events WHERE id IN (SELECT id FROM (${merged.sql})) ${orderOf(plan, filter).outer}`,
    values: merged.values,
  };
}

/** The same for whole events among the entries of a stretch that pass what is left to be checked; `most` of them. */
export function searchQuery(plan: EventPlan, filter: EventFilter, stretch: Stretch, most: number): Fragment {
  const entries = entriesQuery(plan, filter, stretch);
  const order = orderOf(plan, filter);
  const residual = plan.residual ?? all([]);
  return {
    sql:
      `FROM extraction_events WHERE id IN (SELECT id FROM (${entries.sql}) ` +
      `WHERE ${residual.sql} ${order.sql} LIMIT ?) ${order.outer}`,
    values: [...entries.values, ...residual.values, most],
  };
}

/** Counts the entries of each range, `most` at the most, and those of them that pass: `entries`, `events`. */
export function countQueries(plan: EventPlan, most: number): Fragment[] {
  const columns = unique(plan.residual?.columns ?? ['id']).join(', ');
  const residual = plan.residual ?? all([]);
  return plan.ranges.map((range) => {
    const where = all(range.conditions);
    return {
      sql:
        `SELECT count(*) AS entries, ifnull(sum(${residual.sql}), 0) AS events FROM (SELECT ${columns} ` +
        `FROM extraction_events INDEXED BY ${range.index} WHERE ${where.sql} LIMIT ?)`,
      values: [...residual.values, ...where.values, most],
    };
  });
}

/** A stretch of one range, in order: what follows the columns in its `SELECT`. */
function readRange(plan: EventPlan, range: Range, filter: EventFilter, stretch: Stretch): Fragment {
  const { key, limit, offset = 0 } = stretch;
  const order = orderOf(plan, filter);
  const after = key === undefined ? [] : afterKey(plan, range, key, order.direction);
  const where = all([...range.conditions, ...after]);
  return {
    sql: `FROM extraction_events INDEXED BY ${range.index} WHERE ${where.sql} ${order.sql} LIMIT ? OFFSET ?`,
    values: [...where.values, limit, offset],
  };
}

function afterKey(plan: EventPlan, range: Range, key: EventKey, direction: 'ASC' | 'DESC'): Fragment[] {
  const sign = direction === 'ASC' ? '>' : '<';
  const [first, id] = key;
  if (plan.order === 'time') {
    return [
      { sql: `timestamp ${sign}= ?`, values: [first] },
      { sql: `(timestamp ${sign} ? OR id ${sign} ?)`, values: [first, id] },
    ];
  }
  // Rows that were written by hand have no seq; in SQLite they come first, or last when read backwards.
  const isUnnumbered = range.conditions.some((condition) => condition.sql === UNNUMBERED.sql);
  if (isUnnumbered === (first === null)) {
    return [
      first === null ? { sql: `id ${sign} ?`, values: [id] } : { sql: `seq ${sign} ?`, values: [first] },
    ];
  }
  return isUnnumbered === (direction === 'DESC') ? [] : [{ sql: '0', values: [] }];
}

const NUMBERED: Fragment = { sql: 'seq IS NOT NULL', values: [] };
const UNNUMBERED: Fragment = { sql: 'seq IS NULL', values: [] };

function planBySession(database: Database, wanted: Wanted, session: string): EventPlan | undefined {
  const total = wanted.sessionTotal(database, session);
  if (total === 0) return undefined;
  const ofSession = equals('session_id', session);
  const { afterSeq } = wanted.filter;
  const numbered: Range = {
    index: 'idx_session_seq',
    conditions: [ofSession, afterSeq === undefined ? NUMBERED : { sql: 'seq > ?', values: [afterSeq] }],
  };
  const unnumbered: Range = { index: 'idx_session_seq', conditions: [ofSession, UNNUMBERED] };
  const exists =
    'SELECT 1 FROM extraction_events INDEXED BY idx_session_seq WHERE session_id = ? AND seq IS NULL LIMIT 1';
  const both = afterSeq === undefined && database.prepare(exists).get(session) !== undefined;
  return {
    order: 'seq',
    ranges: both ? [numbered, unnumbered] : [numbered],
    residual: wanted.residual([]),
    total,
  };
}

function planByTime(counters: Counters, wanted: Wanted): EventPlan | undefined {
  const { agent, types, pattern, risks } = wanted;
  const time = wanted.time();
  const plan = (candidate: Candidate, total: number | undefined): EventPlan => ({
    order: 'time',
    ranges: candidate.entries.map((entry) => ({
      index: candidate.index,
      conditions: [...entry, ...time],
    })),
    residual: wanted.residual(candidate.served),
    total: wanted.isTimed ? undefined : total,
    span: wanted.span,
  });
  const everything: Candidate = { index: 'idx_timestamp', entries: [[]], served: ['time'] };
  const chosen = agent === undefined && types === undefined && pattern === undefined && risks === undefined;
  if (chosen) return plan(everything, wanted.isTimed ? undefined : counters.sum(wanted));
  const matching = counters.sum(wanted);
  if (matching === 0) return undefined;
  const candidates: Candidate[] = [];
  if (agent !== undefined && types === undefined) {
    candidates.push({
      index: 'idx_agent_session',
      entries: [[equals('agent_name', agent)]],
      served: ['time', 'agent'],
    });
  }
  const pairs = types === undefined && pattern === undefined ? [] : counters.pairs(types, pattern);
  if (agent !== undefined && (types !== undefined || pattern !== undefined)) {
    candidates.push({
      index: 'idx_agent_type',
      entries: unique(pairs.map((pair) => pair.event_type)).map((type) => [
        equals('agent_name', agent),
        equals('event_type', type),
      ]),
      served: ['time', 'agent', 'types'],
      told: ['pattern'],
    });
  }
  if (pairs.length > 0) {
    candidates.push({
      index: 'idx_type_pattern',
      entries: pairs.map((pair) => [equals('event_type', pair.event_type), equals('pattern', pair.pattern)]),
      served: ['time', 'types', 'pattern'],
      told: ['agent'],
    });
  }
  if (risks !== undefined && !risks.includes('none')) {
    candidates.push({
      index: 'idx_risk_level',
      // What the partial index demands, in its own words; a level to look for is never none.
      entries: risks.map((level) => [
        equals('risk_level', level),
        { sql: "risk_level <> 'none'", values: [] },
      ]),
      served: ['time', 'risks'],
    });
  }
  const usable = candidates.filter(
    (candidate) => candidate.entries.length > 0 && candidate.entries.length <= MOST_RANGES,
  );
  const rows = (wanted.filter.limit ?? 100) + (wanted.filter.offset ?? 0);
  const weighed = usable.map((candidate) => {
    const entering = candidate.entries.length * ENTRY_COST;
    const isExact = wanted.residual(candidate.served) === undefined;
    const events = isExact ? matching : counters.sum(wanted.part(candidate.served));
    const density = matching / events;
    const isTold = wanted.residual([...candidate.served, ...(candidate.told ?? [])]) === undefined;
    const looked = isExact ? 0 : Math.min(events, rows / density) * (isTold ? 1 : ROW_COST);
    return { candidate, density, cost: entering + looked };
  });
  const [first, ...others] = weighed;
  if (first === undefined) return plan(everything, matching);
  const best = others.reduce((left, right) => (right.cost < left.cost ? right : left), first);
  return { ...plan(best.candidate, matching), density: best.density };
}

/** An index, entered at one or more places, and which criteria that serves. */
interface Candidate {
  readonly index: string;
  readonly entries: readonly (readonly Fragment[])[];
  readonly served: readonly Criterion[];
  /** What can be checked on its entries, without looking at the rows. */
  readonly told?: readonly Criterion[];
}
