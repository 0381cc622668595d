// How a list of events is found in the time that its length asks for, at any size of the table. Every index ends in
// (timestamp, id), so a list is read from the end of one index; which one, is decided here by the counters and not by
// SQLite's guess: the index whose range is smallest. A filter with several values (the risk levels above a minimum, the
// patterns of a type) becomes one short read for each value, merged.

import { RISK_LEVELS, type RiskLevel } from '../model/event.ts';
import type { Database, SqlValue } from './database.ts';
import { EVENT_COLUMNS } from './event-rows.ts';

export interface EventFilter {
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
  readonly type?: string | undefined;
  readonly pattern?: string | undefined;
  /** This level and those above it. */
  readonly minimumRisk?: RiskLevel | undefined;
  /** ISO-8601 UTC, inclusive. */
  readonly since?: string | undefined;
  /** ISO-8601 UTC, exclusive. */
  readonly until?: string | undefined;
  /** 100 by default. */
  readonly limit?: number | undefined;
  /** By (timestamp, id), and by seq when one session is asked for; `newest` by default. */
  readonly order?: 'newest' | 'oldest' | undefined;
}

export interface Query {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** More reads than this are not merged. */
const MOST_BRANCHES = 64;

/** The statement for a filter, or undefined when the counters say that nothing matches. */
export function planEventQuery(database: Database, filter: EventFilter): Query | undefined {
  const limit = filter.limit ?? 100;
  const direction = filter.order === 'oldest' ? 'ASC' : 'DESC';
  const select = `SELECT id, ${EVENT_COLUMNS} FROM extraction_events`;
  if (filter.session !== undefined) {
    const { conditions, values } = terms(filter, { session_id: filter.session });
    const sql = `${select} WHERE ${conditions} ORDER BY seq ${direction}, id ${direction} LIMIT ?`;
    return { sql, values: [...values, limit] };
  }
  const branches = chooseBranches(database, filter);
  if (branches.length === 0) return undefined;
  const order = `ORDER BY timestamp ${direction}, id ${direction} LIMIT ?`;
  if (branches.length === 1) {
    const { conditions, values } = terms(filter, branches[0]!);
    return { sql: `${select} WHERE ${conditions} ${order}`, values: [...values, limit] };
  }
  const values: SqlValue[] = [];
  const parts = branches.map((branch) => {
    const part = terms(filter, branch);
    values.push(...part.values, limit);
    return `SELECT * FROM (SELECT id, timestamp FROM extraction_events WHERE ${part.conditions} ${order})`;
  });
  const sql =
    `${select} WHERE id IN (SELECT id FROM (${parts.join(' UNION ALL ')}) ${order}) ` +
    `ORDER BY +timestamp ${direction}, +id ${direction}`;
  return { sql, values: [...values, limit] };
}

/** The columns that an index is entered with, and their values. */
type Branch = Partial<Record<'session_id' | 'agent_name' | 'event_type' | 'pattern' | 'risk_level', string>>;

function chooseBranches(database: Database, filter: EventFilter): Branch[] {
  const { agent, type, pattern } = filter;
  const risks = filter.minimumRisk === undefined ? [] : levelsFrom(filter.minimumRisk);
  if (agent !== undefined && pattern === undefined && risks.length === 0) {
    return [type === undefined ? { agent_name: agent } : { agent_name: agent, event_type: type }];
  }
  const counters = new Counters(database);
  const pairs = type === undefined && pattern === undefined ? [] : counters.pairs(type, pattern);
  const candidates: Candidate[] = [];
  if (type !== undefined || pattern !== undefined) {
    if (pairs.length === 0) return [];
    candidates.push({ branches: pairs, events: counters.sum({ type, pattern }) });
  }
  if (agent !== undefined) {
    const types = unique(pairs.map((pair) => pair.event_type));
    if (types.length === 0)
      candidates.push({ branches: [{ agent_name: agent }], events: counters.sum({ agent }) });
    else {
      candidates.push({
        branches: types.map((name) => ({ agent_name: agent, event_type: name })),
        events: types.reduce((sum, name) => sum + counters.sum({ agent, type: name }), 0),
      });
    }
  }
  if (risks.length > 0) {
    candidates.push({
      branches: risks.map((level) => ({ risk_level: level })),
      events: counters.sum({ risks }),
    });
  }
  if (candidates.length > 1 && counters.sum({ agent, type, pattern, risks }) === 0) return [];
  return candidates
    .filter((candidate) => candidate.branches.length <= MOST_BRANCHES)
    .reduce((best, candidate) => (candidate.events < best.events ? candidate : best), {
      branches: [{}],
      events: Number.POSITIVE_INFINITY,
    }).branches;
}

/** An index, entered at one or more places, and the number of events behind them. */
interface Candidate {
  readonly branches: Branch[];
  readonly events: number;
}

/** Every filter as a condition; those that do not enter the index are hidden from the planner by a `+`. */
function terms(filter: EventFilter, branch: Branch): { conditions: string; values: SqlValue[] } {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  for (const [column, value] of Object.entries(branch)) {
    conditions.push(`${column} = ?`);
    values.push(value);
    // What the partial index demands, in its own words; a level to look for is never none.
    if (column === 'risk_level') conditions.push("risk_level <> 'none'");
  }
  const add = (condition: string, value: string | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  if (branch.agent_name === undefined) add('+agent_name = ?', filter.agent);
  if (branch.event_type === undefined) add('+event_type = ?', filter.type);
  if (branch.pattern === undefined) add('+pattern = ?', filter.pattern);
  if (branch.risk_level === undefined && filter.minimumRisk !== undefined) {
    const levels = levelsFrom(filter.minimumRisk);
    if (levels.length > 0)
      conditions.push(`+risk_level IN (${levels.map((level) => `'${level}'`).join(', ')})`);
  }
  const time = branch.session_id === undefined ? 'timestamp' : '+timestamp';
  add(`${time} >= ?`, filter.since);
  add(`${time} < ?`, filter.until);
  return { conditions: conditions.join(' AND ') || '1', values };
}

/** The levels from this one up; none at all when the filter lets everything pass. */
function levelsFrom(minimum: RiskLevel): RiskLevel[] {
  return minimum === 'none' ? [] : RISK_LEVELS.slice(RISK_LEVELS.indexOf(minimum));
}

/** Questions to the counters, which are a few thousand rows at the most. */
class Counters {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  sum(filter: Pick<EventFilter, 'agent' | 'type' | 'pattern'> & { risks?: readonly string[] }): number {
    const { where, values } = this.#where(filter.agent, filter.type, filter.pattern);
    const risks = filter.risks?.length ? ` AND risk_level IN ('${filter.risks.join("', '")}')` : '';
    const sql = `SELECT ifnull(sum(events), 0) AS events FROM extraction_totals WHERE ${where}${risks}`;
    return (this.#database.prepare(sql).get(...values) as { events: number }).events;
  }

  /** The types under which the pattern is stored, or the patterns that the type has. */
  pairs(type: string | undefined, pattern: string | undefined): { event_type: string; pattern: string }[] {
    const { where, values } = this.#where(undefined, type, pattern);
    const sql = `SELECT DISTINCT event_type, pattern FROM extraction_totals WHERE ${where}`;
    return this.#database.prepare(sql).all(...values) as { event_type: string; pattern: string }[];
  }

  #where(agent: string | undefined, type: string | undefined, pattern: string | undefined) {
    const conditions = ['1'];
    const values: string[] = [];
    for (const [column, value] of [
      ['agent_name', agent],
      ['event_type', type],
      ['pattern', pattern],
    ] as const) {
      if (value === undefined) continue;
      conditions.push(`${column} = ?`);
      values.push(value);
    }
    return { where: conditions.join(' AND '), values };
  }
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
