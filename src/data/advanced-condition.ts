// Compiles the conditions of an advanced query. A column becomes an expression of ours, an operator one of the forms below,
// every value a parameter: no text of a query ever gets into a statement. A comparison is true or false, never unknown, so
// that `not` means what it says: nothing is less than, or contained in, null, and null is not equal to any value.

import {
  ADVANCED_COLUMNS,
  ADVANCED_LIMITS,
  ADVANCED_OPERATORS,
  type AdvancedComparison,
  type AdvancedCondition,
  type AdvancedSource,
  type AdvancedValue,
  type ColumnType,
} from '../model/advanced-query.ts';
import { WrapperError } from '../model/errors.ts';
import { RISK_LEVELS, type RiskLevel } from '../model/event.ts';
import type { SqlValue } from './database.ts';

export interface Compiled {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Columns that it looks at. */
  readonly columns: readonly string[];
}

const COMPUTED: Readonly<Record<string, string>> = {
  duration_ms: 'CAST(round((julianday(ended_at) - julianday(started_at)) * 86400000) AS INTEGER)',
};

export function invalid(where: string, problem: string): WrapperError {
  return new WrapperError('query_invalid', `${where}: ${problem}`);
}

/** @throws WrapperError `query_invalid` unless the column may be asked for */
export function columnOf(
  source: AdvancedSource,
  name: string,
  where: string,
): { sql: string; type: ColumnType } {
  const columns: Readonly<Record<string, ColumnType>> = ADVANCED_COLUMNS[source];
  const type = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (type === undefined) {
    const shown = JSON.stringify(name)?.slice(0, 60) ?? 'nothing';
    throw new WrapperError('query_invalid', `${where}: ${source} have no column ${shown}`, {
      hint: `Columns are ${Object.keys(columns).join(', ')}.`,
    });
  }
  return { sql: COMPUTED[name] ?? name, type };
}

/** What must be read for a column: itself, or what it is computed from. */
export function storedColumns(name: string): readonly string[] {
  return name === 'duration_ms' ? ['started_at', 'ended_at'] : [name];
}

/**
 * @throws WrapperError `query_invalid` naming the place of what is wrong, `query_too_large` when it is nested too deeply
 *   or has too many conditions
 */
export function compileCondition(source: AdvancedSource, condition: AdvancedCondition | undefined): Compiled {
  if (condition === undefined) return { sql: '1', values: [], columns: [] };
  const values: SqlValue[] = [];
  const columns = new Set<string>();
  let conditions = 0;
  const compile = (node: AdvancedCondition, where: string, depth: number): string => {
    conditions += 1;
    if (depth > ADVANCED_LIMITS.depth || conditions > ADVANCED_LIMITS.conditions) {
      throw new WrapperError('query_too_large', `${where}: too many conditions, or nested too deeply`, {
        hint: `At most ${ADVANCED_LIMITS.conditions} conditions, ${ADVANCED_LIMITS.depth} deep.`,
      });
    }
    if (typeof node !== 'object' || node === null) throw invalid(where, 'is no condition');
    if ('and' in node) return join(node.and, 'and');
    if ('or' in node) return join(node.or, 'or');
    if ('not' in node) return `NOT ${compile(node.not, `${where}.not`, depth + 1)}`;
    const column = columnOf(source, node.column, `${where}.column`);
    for (const name of storedColumns(node.column)) columns.add(name);
    return compare(column, node, where, values);

    function join(parts: readonly AdvancedCondition[], word: 'and' | 'or'): string {
      if (!Array.isArray(parts) || parts.length === 0) throw invalid(`${where}.${word}`, 'is an empty list');
      const compiled = parts.map((part, at) => compile(part, `${where}.${word}[${at}]`, depth + 1));
      return `(${compiled.join(word === 'and' ? ' AND ' : ' OR ')})`;
    }
  };
  const sql = compile(condition, 'where', 1);
  return { sql, values, columns: [...columns] };
}

const SIGNS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** Adds the parameters to `values` in the order in which the text names them. */
function compare(
  column: { sql: string; type: ColumnType },
  { op, value }: AdvancedComparison,
  where: string,
  values: SqlValue[],
): string {
  const one = (): AdvancedValue => {
    if (Array.isArray(value)) throw invalid(`${where}.value`, `a list goes with "in" only`);
    return value as AdvancedValue;
  };
  switch (op) {
    case 'eq':
    case 'ne': {
      const given = one();
      values.push(given === null ? null : bind(given, column.type, where));
      return `(${column.sql} IS ${op === 'eq' ? '' : 'NOT '}?)`;
    }
    case 'in': {
      if (!Array.isArray(value) || value.length === 0)
        throw invalid(`${where}.value`, 'is no list of values');
      if (value.length > ADVANCED_LIMITS.list)
        throw new WrapperError('query_too_large', `${where}.value: more than ${ADVANCED_LIMITS.list} values`);
      values.push(JSON.stringify(value.map((part: AdvancedValue) => bind(part, column.type, where))));
      return isOneOf(column.sql);
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      if (column.type === 'boolean') throw invalid(where, `"${op}" does not go with a boolean`);
      const given = bind(one(), column.type, where);
      if (column.type === 'risk') {
        values.push(JSON.stringify(risksWhere(op, given as RiskLevel)));
        return isOneOf(column.sql);
      }
      values.push(given);
      return `ifnull(${column.sql} ${SIGNS[op]} ?, 0)`;
    }
    case 'contains': {
      if (column.type !== 'text' && column.type !== 'risk')
        throw invalid(where, '"contains" goes with text only');
      values.push(bind(one(), 'text', where));
      return `(instr(lower(ifnull(${column.sql}, '')), lower(?)) > 0 AND ${column.sql} IS NOT NULL)`;
    }
    default:
      throw new WrapperError('query_invalid', `${where}.op: unknown operator`, {
        hint: `Operators are ${ADVANCED_OPERATORS.join(', ')}.`,
      });
  }
}

/** Whether a column has one of the values in a parameter, a JSON list. */
function isOneOf(sql: string): string {
  return `ifnull(${sql} IN (SELECT value FROM json_each(?)), 0)`;
}

/** The levels on one side of a level, by rank. */
function risksWhere(op: keyof typeof SIGNS, given: RiskLevel): readonly RiskLevel[] {
  const rank = RISK_LEVELS.indexOf(given);
  switch (op) {
    case 'lt':
      return RISK_LEVELS.slice(0, rank);
    case 'lte':
      return RISK_LEVELS.slice(0, rank + 1);
    case 'gt':
      return RISK_LEVELS.slice(rank + 1);
    case 'gte':
      return RISK_LEVELS.slice(rank);
  }
}

/** A value as the column has it. */
function bind(value: AdvancedValue, type: ColumnType, where: string): string | number {
  const place = `${where}.value`;
  switch (type) {
    case 'number':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw invalid(place, 'is no number');
    case 'boolean':
      if (typeof value === 'boolean') return value ? 1 : 0;
      throw invalid(place, 'is neither true nor false');
    case 'time': {
      const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      if (!Number.isNaN(time)) return new Date(time).toISOString();
      throw new WrapperError('query_invalid', `${place}: is no time`, {
        hint: 'Times are ISO-8601, as in 2026-02-10T10:30:00Z.',
      });
    }
    case 'risk': {
      const level = RISK_LEVELS.find((name) => name === value);
      if (level !== undefined) return level;
      throw new WrapperError('query_invalid', `${place}: is no risk level`, {
        hint: `Risk levels, the least first, are ${RISK_LEVELS.join(', ')}.`,
      });
    }
    case 'text':
      if (value === null)
        throw new WrapperError('query_invalid', `${place}: is null`, {
          hint: 'Rows without a value are found by "eq" and null, beside others by "or".',
        });
      if (typeof value !== 'string') throw invalid(place, 'is no text');
      if (value.length > ADVANCED_LIMITS.text)
        throw new WrapperError('query_too_large', `${place}: longer than ${ADVANCED_LIMITS.text} characters`);
      return value;
  }
}
