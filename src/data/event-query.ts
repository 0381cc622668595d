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

/** More reads than this are not merged; SQLite takes 500. */
const MOST_RANGES = 128;
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
}

/** The columns by which a plan is ordered, and `ORDER BY` with them. */
export function orderOf(plan: EventPlan, filter: EventFilter): Order {
  const direction = filter.order === 'oldest' ? 'ASC' : 'DESC';
  const first = plan.order === 'time' ? 'timestamp' : 'seq';
  return { first, direction, sql: `ORDER BY ${first} ${direction}, id ${direction}` };
}

/**
 * Entries of the plan's ranges in order: id, the column of the order, and the columns that are left to be checked. SQLite
 * merges the ranges as it reads them, because each is in that order already; nothing is read that is not given out.
 */
export function entriesQuery(plan: EventPlan, filter: EventFilter, stretch: Stretch): Fragment {
  const order = orderOf(plan, filter);
  const columns = unique(['id', order.first, ...(plan.residual?.columns ?? [])]).join(', ');
  const ranges = plan.ranges.map((range) => readRange(plan, range, filter, stretch.key));
  return {
    sql: `${ranges.map((range) => `SELECT ${columns} ${range.sql}`).join(' UNION ALL ')} ${order.sql} LIMIT ? OFFSET ?`,
    values: [...ranges.flatMap((range) => range.values), stretch.limit, stretch.offset ?? 0],
  };
}

/** Whole events of a plan that leaves nothing to be checked: what follows the columns in their `SELECT`. */
export function listQuery(plan: EventPlan, filter: EventFilter, stretch: Stretch): Fragment {
  const [first, ...others] = plan.ranges;
  if (others.length > 0) return rowsOf(plan, filter, entriesQuery(plan, filter, stretch));
  const { sql, values } = readRange(plan, first!, filter, stretch.key);
  return {
    sql: `${sql} ${orderOf(plan, filter).sql} LIMIT ? OFFSET ?`,
    values: [...values, stretch.limit, stretch.offset ?? 0],
  };
}

/** The same for whole events among the entries of a stretch that pass what is left to be checked; `most` of them. */
export function searchQuery(plan: EventPlan, filter: EventFilter, stretch: Stretch, most: number): Fragment {
  const entries = entriesQuery(plan, filter, stretch);
  const residual = plan.residual ?? all([]);
  return rowsOf(plan, filter, {
    sql: `SELECT * FROM (${entries.sql}) WHERE ${residual.sql} ${orderOf(plan, filter).sql} LIMIT ?`,
    values: [...entries.values, ...residual.values, most],
  });
}

/** The rows of entries, in their order: SQLite sees that there is nothing to sort. */
function rowsOf(plan: EventPlan, filter: EventFilter, entries: Fragment): Fragment {
  const { first, direction } = orderOf(plan, filter);
  return {
    sql:
      `FROM (SELECT id AS entry, ${first} AS place FROM (${entries.sql})) CROSS JOIN extraction_events ON id = entry ` +
      `ORDER BY place ${direction}, entry ${direction}`,
    values: entries.values,
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

/** One range, from a key onwards: what follows the columns in its `SELECT`, and comes before the order. */
function readRange(plan: EventPlan, range: Range, filter: EventFilter, key: EventKey | undefined): Fragment {
  const after = key === undefined ? [] : afterKey(plan, range, key, orderOf(plan, filter).direction);
  const where = all([...range.conditions, ...after]);
  return {
    sql: `FROM extraction_events INDEXED BY ${range.index} WHERE ${where.sql}`,
    values: where.values,
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
  if (agent !== undefined) {
    candidates.push({
      index: 'idx_agent_session',
      entries: [[equals('agent_name', agent)]],
      served: ['time', 'agent'],
    });
  }
  if (types !== undefined || pattern !== undefined) {
    const ofAgent = agent === undefined ? [] : [equals('agent_name', agent)];
    candidates.push({
      index: agent === undefined ? 'idx_type_pattern' : 'idx_agent_type',
      entries: counters
        .pairs({ agent, types, pattern })
        .map((pair) => [...ofAgent, equals('event_type', pair.event_type), equals('pattern', pair.pattern)]),
      served: ['time', 'agent', 'types', 'pattern'],
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
    // What is not served is checked on the rows.
    const looked = isExact ? 0 : Math.min(events, rows / density) * ROW_COST;
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
}
