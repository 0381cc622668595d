// What an advanced query reads: a stretch of one table in the order of an index, newest first. Which index, the conditions
// tell that must hold for every row (those joined by `and` at the top). A stretch has a limit, so whatever is asked, no
// more rows than that are looked at; the conditions themselves are checked on the rows of the stretch.

import type { AdvancedComparison, AdvancedCondition, AdvancedQuery } from '../model/advanced-query.ts';
import { type EventType, RISK_LEVELS, type RiskLevel } from '../model/event.ts';
import { Conditions } from './conditions.ts';
import type { Database } from './database.ts';
import type { Fragment } from './event-filter.ts';
import { type EventKey, type EventPlan, entriesQuery, planEvents, type Stretch } from './event-query.ts';
import type { EventFilter } from './query-types.ts';

/** Rows of a table in order, newest first. */
export interface Source {
  /** Column of the order; with `id` it is the key of a cursor. */
  readonly order: 'timestamp' | 'seq' | 'started_at';
  /** Rows of a stretch with these columns, the column of the order and `id`. */
  entries(columns: readonly string[], stretch: Stretch): Fragment;
  /** How many rows of the answer one entry stands for. */
  readonly weight: '1' | 'events';
  readonly key: (row: Record<string, unknown>) => EventKey;
}

const NOTHING: EventPlan = {
  order: 'time',
  ranges: [{ index: 'idx_timestamp', conditions: [{ sql: '0', values: [] }] }],
  residual: undefined,
  total: 0,
};

export function chooseSource(database: Database, query: AdvancedQuery): Source {
  const required = requiredComparisons(query.where);
  switch (query.source) {
    case 'events':
      return eventSource(database, required);
    case 'sessions':
      return tableSource('process_sessions', 'started_at', required, {
        agent_name: 'idx_agent_started',
        state: 'idx_state_started',
        otherwise: 'idx_started_at',
      });
    case 'code_blocks':
      return tableSource('code_blocks', 'timestamp', required, {
        agent_name: 'idx_block_agent',
        language: 'idx_block_language',
        otherwise: 'idx_block_timestamp',
      });
  }
}

/** The counters as a table of events: for groups by what they tell apart, exact at any size. */
export function counterSource(): Source {
  return {
    order: 'timestamp',
    weight: 'events',
    key: () => [null, 0],
    entries: () => ({
      sql: "SELECT agent_name, event_type, pattern, nullif(risk_level, '') AS risk_level, events FROM extraction_totals",
      values: [],
    }),
  };
}

/** Whether the counters can answer: every column that is looked at is one of theirs. */
export const COUNTED_COLUMNS: readonly string[] = ['agent_name', 'event_type', 'pattern', 'risk_level'];

function eventSource(database: Database, required: readonly AdvancedComparison[]): Source {
  const text = (column: string): string | undefined => {
    const found = required.find((part) => part.column === column && part.op === 'eq');
    return typeof found?.value === 'string' ? found.value : undefined;
  };
  const risk = RISK_LEVELS.find(
    (level): level is RiskLevel => level !== 'none' && level === text('risk_level'),
  );
  const filter: EventFilter = {
    agent: text('agent_name'),
    session: text('session_id'),
    type: text('event_type') as EventType | undefined,
    pattern: text('pattern'),
    risk,
    ...timesOf(required, 'timestamp'),
  };
  const plan = planEvents(database, filter) ?? NOTHING;
  return {
    order: plan.order === 'time' ? 'timestamp' : 'seq',
    weight: '1',
    key: (row) => [
      row[plan.order === 'time' ? 'timestamp' : 'seq'] as string | number | null,
      Number(row['id']),
    ],
    entries: (columns, stretch) =>
      entriesQuery({ ...plan, residual: { sql: '1', values: [], columns } }, filter, stretch),
  };
}

function tableSource(
  table: string,
  order: 'timestamp' | 'started_at',
  required: readonly AdvancedComparison[],
  indexes: Readonly<Record<string, string>> & { readonly otherwise: string },
): Source {
  const found = required.find(
    (part) => part.op === 'eq' && typeof part.value === 'string' && Object.hasOwn(indexes, part.column),
  );
  const index = found === undefined ? indexes.otherwise : indexes[found.column]!;
  const { since, until } = timesOf(required, order);
  const conditions = new Conditions();
  // The name of an index of ours, and so the name of a column of ours.
  if (found !== undefined) conditions.add(`${found.column} = ?`, found.value as string);
  conditions.add(`${order} >= ?`, since);
  conditions.add(`${order} < ?`, until);
  return {
    order,
    weight: '1',
    key: (row) => [row[order] as string, Number(row['id'])],
    entries: (columns, { key, limit, offset = 0 }) => {
      const after = key === undefined ? '' : ` AND ${order} <= ? AND (${order} < ? OR id < ?)`;
      const keyValues = key === undefined ? [] : [key[0], key[0], key[1]];
      const names = [...new Set(['id', order, ...columns])].join(', ');
      return {
        sql:
          `SELECT ${names} FROM ${table} INDEXED BY ${index} WHERE ${conditions.sql}${after} ` +
          `ORDER BY ${order} DESC, id DESC LIMIT ? OFFSET ?`,
        values: [...conditions.values, ...keyValues, limit, offset],
      };
    },
  };
}

/** The comparisons that hold for every row of the answer. */
function requiredComparisons(condition: AdvancedCondition | undefined): AdvancedComparison[] {
  if (condition === undefined) return [];
  if ('and' in condition) return condition.and.flatMap(requiredComparisons);
  return 'column' in condition ? [condition] : [];
}

/** A span in which every row of the answer is; the exact bounds are checked with the conditions. */
function timesOf(
  required: readonly AdvancedComparison[],
  column: string,
): { since: string | undefined; until: string | undefined } {
  let since: string | undefined;
  let until: string | undefined;
  for (const { column: name, op, value } of required) {
    if (name !== column || typeof value !== 'string') continue;
    const time = Date.parse(value);
    const from = new Date(time).toISOString();
    const to = new Date(time + 1).toISOString();
    if ((op === 'gt' || op === 'gte' || op === 'eq') && (since === undefined || from > since)) since = from;
    if ((op === 'lt' || op === 'lte' || op === 'eq') && (until === undefined || to < until)) until = to;
  }
  return { since, until };
}
