// What a filter of events asks for, as conditions of SQL, and how many events that are, as far as counters tell.

import { RISK_LEVELS, type RiskLevel } from '../model/event.ts';
import type { Database, SqlValue } from './database.ts';
import type { Span } from './event-span.ts';
import type { EventFilter } from './query-types.ts';

/** A piece of SQL with the values of its parameters. */
export interface Fragment {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

export const all = (fragments: readonly Fragment[]): Fragment => ({
  sql: fragments.map((fragment) => fragment.sql).join(' AND ') || '1',
  values: fragments.flatMap((fragment) => fragment.values),
});
export const equals = (column: string, value: SqlValue): Fragment => ({
  sql: `${column} = ?`,
  values: [value],
});

/** Of an agent and a type: the index that has both, `idx_agent_type`, has the patterns before the time. */
export const PATTERNS_OF_TYPE =
  'pattern IN (SELECT pattern FROM extraction_totals WHERE agent_name = ? AND event_type = ?)';

/** What an index may serve. */
export type Criterion = 'time' | 'agent' | 'types' | 'pattern' | 'risks';

/** Conditions that are left to be checked, with the columns that this takes. */
export type Residual = Fragment & { readonly columns: readonly string[] };

/** What a filter asks for, without its different ways of saying it. */
export class Wanted {
  readonly filter: EventFilter;
  readonly agent: string | undefined;
  readonly types: readonly string[] | undefined;
  readonly pattern: string | undefined;
  /** Levels, among which `none` means also those without one; undefined when all pass. */
  readonly risks: readonly RiskLevel[] | undefined;

  constructor(filter: EventFilter) {
    this.filter = filter;
    this.agent = filter.agent;
    this.pattern = filter.pattern;
    const given = filter.types === undefined ? undefined : unique(filter.types);
    this.types =
      filter.type === undefined ? given : (given ?? [filter.type]).filter((type) => type === filter.type);
    const minimum = filter.minimumRisk ?? 'none';
    const levels = RISK_LEVELS.slice(RISK_LEVELS.indexOf(minimum));
    if (filter.risk !== undefined) this.risks = levels.filter((level) => level === filter.risk);
    else this.risks = minimum === 'none' ? undefined : levels;
  }

  /** Whether the conditions exclude each other. */
  get isImpossible(): boolean {
    return this.types?.length === 0 || this.risks?.length === 0;
  }

  /** Whether the counters, which know no times and texts, do not tell how many match. */
  get isTimed(): boolean {
    const { since, until, q } = this.filter;
    return since !== undefined || until !== undefined || q !== undefined;
  }

  /** Undefined unless the filter is an agent, types perhaps, and a time from which and up to which. */
  get span(): Span | undefined {
    const { agent, types, pattern, risks } = this;
    const { since, until, q } = this.filter;
    if (agent === undefined || since === undefined || until === undefined) return undefined;
    return pattern === undefined && risks === undefined && q === undefined
      ? { agent, types, since, until }
      : undefined;
  }

  part(served: readonly Criterion[]): Countable {
    const { agent, types, pattern, risks } = this;
    return {
      ...(served.includes('agent') && { agent }),
      ...(served.includes('types') && { types }),
      ...(served.includes('pattern') && { pattern }),
      ...(served.includes('risks') && { risks }),
    };
  }

  time(): Fragment[] {
    const { since, until } = this.filter;
    return [
      ...(since === undefined ? [] : [{ sql: 'timestamp >= ?', values: [since] }]),
      ...(until === undefined ? [] : [{ sql: 'timestamp < ?', values: [until] }]),
    ];
  }

  /** The conditions that are not served, and the columns they look at. */
  residual(served: readonly Criterion[]): Residual | undefined {
    const parts: Fragment[] = [];
    const columns: string[] = [];
    const check = (column: string, ...conditions: Fragment[]): void => {
      columns.push(column);
      parts.push(...conditions);
    };
    const time = this.time();
    if (!served.includes('time') && time.length > 0) check('timestamp', ...time);
    if (!served.includes('agent') && this.agent !== undefined)
      check('agent_name', equals('agent_name', this.agent));
    if (!served.includes('types') && this.types !== undefined)
      check('event_type', oneOf('event_type', this.types));
    if (!served.includes('pattern') && this.pattern !== undefined)
      check('pattern', equals('pattern', this.pattern));
    if (!served.includes('risks') && this.risks !== undefined)
      check('risk_level', oneOf("ifnull(risk_level, 'none')", this.risks));
    const { q } = this.filter;
    if (q !== undefined) {
      columns.push('matched_value', 'original_line');
      const contains = (column: string) => `instr(lower(ifnull(${column}, '')), lower(?)) > 0`;
      parts.push({ sql: `(${contains('original_line')} OR ${contains('matched_value')})`, values: [q, q] });
    }
    if (parts.length === 0) return undefined;
    return { ...all(parts), columns };
  }

  /**
   * From the counters of the session; undefined when they do not tell, as while a wrapper of before schema version 2
   * writes it.
   */
  sessionTotal(database: Database, session: string): number | undefined {
    const parts: Fragment[] = [equals('session_id', session)];
    if (this.types !== undefined) parts.push(oneOf('event_type', this.types));
    if (this.risks !== undefined) parts.push(oneOf('risk_level', this.risks.flatMap(asCounted)));
    const where = all(parts);
    const sql =
      `SELECT (SELECT ifnull(sum(events), 0) FROM session_totals WHERE ${where.sql}) AS events, ` +
      '(SELECT ifnull(sum(events), 0) FROM session_counts WHERE session_id = ?) AS counted, ' +
      '(SELECT ifnull(max(seq), 0) FROM extraction_events WHERE session_id = ?) AS last';
    const { events, counted, last } = database.prepare(sql).get(...where.values, session, session) as {
      events: number;
      counted: number;
      last: number;
    };
    if (counted < last) return undefined;
    if (events === 0) return 0;
    const isCounted =
      !this.isTimed &&
      this.pattern === undefined &&
      this.agent === undefined &&
      this.filter.afterSeq === undefined;
    return isCounted ? events : undefined;
  }
}

type Countable = Partial<Pick<Wanted, 'agent' | 'types' | 'pattern' | 'risks'>>;

export function oneOf(column: string, values: readonly string[]): Fragment {
  if (values.length === 1) return equals(column, values[0]!);
  return { sql: `${column} IN (${values.map(() => '?').join(', ')})`, values };
}

/** A level as the counters have it: `none` also stands for no level. */
function asCounted(level: RiskLevel): string[] {
  return level === 'none' ? ['none', ''] : [level];
}

/** Questions to the counters, which are a few thousand rows at the most. */
export class Counters {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  sum(wanted: Countable): number {
    const where = this.#where(wanted);
    const sql = `SELECT ifnull(sum(events), 0) AS events FROM extraction_totals WHERE ${where.sql}`;
    return (this.#database.prepare(sql).get(...where.values) as { events: number }).events;
  }

  /** The types and patterns under which the events are stored. */
  pairs(wanted: Countable): { event_type: string; pattern: string }[] {
    const where = this.#where(wanted);
    const sql = `SELECT DISTINCT event_type, pattern FROM extraction_totals WHERE ${where.sql}`;
    return this.#database.prepare(sql).all(...where.values) as { event_type: string; pattern: string }[];
  }

  #where({ agent, types, pattern, risks }: Countable): Fragment {
    return all([
      ...(agent === undefined ? [] : [equals('agent_name', agent)]),
      ...(types === undefined ? [] : [oneOf('event_type', types)]),
      ...(pattern === undefined ? [] : [equals('pattern', pattern)]),
      ...(risks === undefined ? [] : [oneOf('risk_level', risks.flatMap(asCounted))]),
    ]);
  }
}

export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
