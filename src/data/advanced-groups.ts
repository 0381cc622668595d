// The groups and aggregations that an advanced query asks for. Groups by agent, type, pattern and risk come from the
// counters, where they can, and are exact at any size; others from the newest rows of the range.

import {
  ADVANCED_INTERVALS,
  ADVANCED_LIMITS,
  type AdvancedAggregation,
  type AdvancedInterval,
  type AdvancedQuery,
  type ColumnType,
} from '../model/advanced-query.ts';
import { WrapperError } from '../model/errors.ts';
import { type Compiled, columnOf, invalid, storedColumns } from './advanced-condition.ts';
import {
  checkLength,
  cursorAfter,
  directionOf,
  type SqlRow,
  sortKey,
  toCell,
  windowOf,
} from './advanced-page.ts';
import { COUNTED_COLUMNS, chooseSource, counterSource, type Source } from './advanced-source.ts';
import type { Database } from './database.ts';
import type { Fragment } from './event-filter.ts';
import type { AdvancedAnswer, AdvancedCell, AdvancedResult } from './query-types.ts';

/**
 * Rows of a range that all aggregations together look at; each statement has its share. That is some tenth of a second, in
 * which the thread does nothing else.
 */
export const GROUP_SCAN_LIMIT = 50_000;
const DEFAULT_TERMS = 10;
const AGGREGATION_NAME = /^[a-z][a-z0-9_]{0,63}$/i;

/** Rows in groups, each with its number of rows and its aggregations. */
export class GroupQuery {
  readonly #database: Database;
  readonly #query: AdvancedQuery;
  readonly #condition: Compiled;
  readonly #groups: readonly { name: string; sql: string; type: ColumnType }[];
  readonly #aggregations: readonly AdvancedAggregation[];
  readonly #source: Source;
  readonly #scanLimit: number;
  readonly #columns: readonly string[];

  constructor(database: Database, query: AdvancedQuery, condition: Compiled) {
    this.#database = database;
    this.#query = query;
    this.#condition = condition;
    const groups = query.group_by ?? [];
    this.#aggregations = query.aggregations ?? [];
    checkLength(groups, ADVANCED_LIMITS.groups, 'group_by');
    checkLength(this.#aggregations, ADVANCED_LIMITS.aggregations, 'aggregations');
    this.#groups = groups.map((name, at) => ({ name, ...columnOf(query.source, name, `group_by[${at}]`) }));
    for (const [at, aggregation] of this.#aggregations.entries()) this.#check(aggregation, at);
    const used = [
      ...groups.flatMap(storedColumns),
      ...this.#aggregations.flatMap(({ column }) => (column === undefined ? [] : storedColumns(column))),
      ...condition.columns,
    ];
    this.#columns = [...new Set(used)];
    const isCounted =
      query.source === 'events' &&
      this.#columns.every((column) => COUNTED_COLUMNS.includes(column)) &&
      this.#aggregations.every(({ type }) => type !== 'stats' && type !== 'date_histogram');
    this.#source = isCounted ? counterSource() : chooseSource(database, query);
    const statements = 1 + this.#aggregations.filter(({ type }) => isList(type)).length;
    this.#scanLimit = Math.floor(GROUP_SCAN_LIMIT / statements);
  }

  run(): AdvancedResult {
    const kind = `advanced-${this.#query.source}-groups`;
    const window = windowOf(this.#query, kind);
    const { limit, offset } = window;
    const rows = this.#rows();
    const grouped = this.#groups.map(({ sql }, at) => `${sql} AS g${at}`);
    const scalars = this.#aggregations.flatMap((aggregation, at) => this.#scalars(aggregation, at));
    const weight = this.#source.weight;
    const select = [
      ...grouped,
      `ifnull(sum(${weight}), 0) AS n`,
      ...scalars,
      'count(*) OVER () AS every',
    ].join(', ');
    const groupBy =
      this.#groups.length === 0 ? '' : ` GROUP BY ${this.#groups.map((_, at) => `g${at}`).join(', ')}`;
    const sql = `SELECT ${select} FROM (${rows.sql})${groupBy} ORDER BY ${this.#sort()} LIMIT ? OFFSET ?`;
    const groups = this.#database.prepare(sql).all(...rows.values, limit, offset) as SqlRow[];
    const lists = new Map(
      this.#aggregations
        .filter(({ type }) => isList(type))
        .map((aggregation) => [aggregation.name, this.#list(aggregation)]),
    );
    const total = groups[0] === undefined ? (offset === 0 ? 0 : null) : Number(groups[0]['every']);
    const hasMore = total !== null && total > offset + groups.length;
    const nextCursor = hasMore ? cursorAfter(kind, window) : null;
    const isCutOff = hasMore && nextCursor === null;
    return {
      rows: null,
      groups: groups.map((row) => ({
        key: Object.fromEntries(
          this.#groups.map(({ name, type }, at) => [name, toCell(row[`g${at}`]!, type)]),
        ),
        count: Number(row['n']),
        aggregations: Object.fromEntries(
          this.#aggregations.map((aggregation, at) => [
            aggregation.name,
            lists.get(aggregation.name)?.get(this.#keyOf(row)) ?? this.#scalarAnswer(aggregation, row, at),
          ]),
        ),
      })),
      nextCursor,
      total,
      totalIsLowerBound: false,
      complete: !isCutOff && this.#isComplete(),
      scanLimit: this.#scanLimit,
    };
  }

  #check(
    { name, type, column, ...aggregation }: AdvancedAggregation & { column?: string | undefined },
    at: number,
  ): void {
    const where = `aggregations[${at}]`;
    if (typeof name !== 'string' || !AGGREGATION_NAME.test(name))
      throw invalid(`${where}.name`, 'is no name of letters, digits and underscores');
    if (this.#aggregations.findIndex((other) => other.name === name) !== at)
      throw invalid(`${where}.name`, 'is there twice');
    const known = ['count', 'distinct', 'terms', 'stats', 'date_histogram'];
    if (!known.includes(type))
      throw new WrapperError('query_invalid', `${where}.type: unknown aggregation`, {
        hint: `Aggregations are ${known.join(', ')}.`,
      });
    if (column === undefined) {
      if (type !== 'count') throw invalid(`${where}.column`, 'is missing');
      return;
    }
    const found = columnOf(this.#query.source, column, `${where}.column`);
    if (type === 'stats' && found.type !== 'number') throw invalid(where, '"stats" goes with numbers only');
    if (type === 'date_histogram') {
      if (found.type !== 'time') throw invalid(where, '"date_histogram" goes with times only');
      const interval = 'interval' in aggregation ? aggregation.interval : undefined;
      if (!ADVANCED_INTERVALS.some((valid) => valid === interval))
        throw new WrapperError('query_invalid', `${where}.interval: unknown interval`, {
          hint: `Intervals are ${ADVANCED_INTERVALS.join(', ')}.`,
        });
    }
    const size = 'size' in aggregation ? aggregation.size : undefined;
    if (size !== undefined && (!Number.isInteger(size) || size < 1 || size > ADVANCED_LIMITS.terms))
      throw invalid(`${where}.size`, `is no whole number from 1 to ${ADVANCED_LIMITS.terms}`);
  }

  /** The rows that are looked at and match. */
  #rows(): Fragment {
    const entries = this.#source.entries(this.#columns, { limit: this.#scanLimit });
    return {
      sql: `SELECT * FROM (${entries.sql}) WHERE ${this.#condition.sql}`,
      values: [...entries.values, ...this.#condition.values],
    };
  }

  #isComplete(): boolean {
    if (this.#source.weight === 'events') return true;
    const next = this.#source.entries([], { limit: 1, offset: this.#scanLimit });
    return this.#database.prepare(next.sql).get(...next.values) === undefined;
  }

  #scalars(aggregation: AdvancedAggregation, at: number): string[] {
    const weight = this.#source.weight;
    const sql = aggregation.column === undefined ? '1' : this.#column(aggregation.column).sql;
    switch (aggregation.type) {
      case 'count':
        return [`ifnull(sum(CASE WHEN ${sql} IS NOT NULL THEN ${weight} END), 0) AS a${at}`];
      case 'distinct':
        return [`count(DISTINCT ${sql}) AS a${at}`];
      case 'stats':
        return ['count', 'min', 'max', 'sum', 'avg'].map((word) => `${word}(${sql}) AS a${at}${word}`);
      default:
        return [];
    }
  }

  #scalarAnswer({ type }: AdvancedAggregation, row: SqlRow, at: number): AdvancedAnswer {
    if (isList(type)) return [];
    if (type !== 'stats') return Number(row[`a${at}`]);
    const part = (word: string) => row[`a${at}${word}`] as number | null;
    return {
      count: part('count') ?? 0,
      min: part('min'),
      max: part('max'),
      sum: part('sum'),
      avg: part('avg'),
    };
  }

  /** The answers of one aggregation that is a list, by the key of their group. */
  #list(aggregation: AdvancedAggregation): Map<string, AdvancedAnswer> {
    const rows = this.#rows();
    const column = this.#column(aggregation.column!);
    const isTerms = aggregation.type === 'terms';
    const value =
      aggregation.type === 'date_histogram' ? intervalSql(column.sql, aggregation.interval) : column.sql;
    const keys = this.#groups.map(({ sql }, at) => `${sql} AS g${at}`);
    const names = this.#groups.map((_, at) => `g${at}`);
    const most = aggregation.type === 'terms' ? (aggregation.size ?? DEFAULT_TERMS) : -1;
    const partition = names.length === 0 ? '' : `PARTITION BY ${names.join(', ')} `;
    const sql =
      `SELECT * FROM (SELECT *, row_number() OVER (${partition}ORDER BY ${isTerms ? `n DESC, ${sortKey('v', column.type)}` : 'v'}) AS place FROM (` +
      `SELECT ${[...keys, `${value} AS v`, `sum(${this.#source.weight}) AS n`].join(', ')} FROM (${rows.sql}) ` +
      `WHERE ${column.sql} IS NOT NULL GROUP BY ${[...names, 'v'].join(', ')})) WHERE place <= ? ORDER BY place`;
    const found = this.#database
      .prepare(sql)
      .all(...rows.values, most < 0 ? this.#scanLimit : most) as SqlRow[];
    const answers = new Map<string, { value: AdvancedCell; count: number }[]>();
    for (const row of found) {
      const key = this.#keyOf(row);
      const answer = { value: toCell(row['v']!, column.type), count: Number(row['n']) };
      if (answers.has(key)) answers.get(key)!.push(answer);
      else answers.set(key, [answer]);
    }
    if (aggregation.type !== 'date_histogram') return answers;
    const { interval } = aggregation;
    return new Map(
      [...answers].map(([key, list]) => [
        key,
        list.map(({ value: start, count }) => ({ start: startOf(String(start), interval), count })),
      ]),
    );
  }

  #column(name: string): { sql: string; type: ColumnType } {
    return columnOf(this.#query.source, name, 'aggregations');
  }

  #keyOf(row: SqlRow): string {
    return JSON.stringify(this.#groups.map((_, at) => row[`g${at}`]));
  }

  #sort(): string {
    const { sort = [] } = this.#query;
    checkLength(sort, ADVANCED_LIMITS.sort, 'sort');
    const groupKey = (at: number) => sortKey(`g${at}`, this.#groups[at]!.type);
    const parts = sort.map(({ column, direction }, at) => {
      const where = `sort[${at}]`;
      const group = this.#groups.findIndex(({ name }) => name === column);
      const aggregation = this.#aggregations.findIndex(
        ({ name, type }) => name === column && (type === 'count' || type === 'distinct'),
      );
      if (group >= 0) return `${groupKey(group)} ${directionOf(direction, 'ASC', where)}`;
      if (aggregation >= 0) return `a${aggregation} ${directionOf(direction, 'DESC', where)}`;
      if (column === 'count') return `n ${directionOf(direction, 'DESC', where)}`;
      throw new WrapperError('query_invalid', `${where}.column: groups cannot be sorted by that`, {
        hint: 'Sort by count, a column of group_by, or the name of a count or distinct aggregation.',
      });
    });
    // Levels that somebody has made up are of one rank: by their names, too, so that no page shows a group again.
    const keys = this.#groups.flatMap(({ type }, at) =>
      type === 'risk' ? [groupKey(at), `g${at}`] : [`g${at}`],
    );
    return [...parts, 'n DESC', ...keys].join(', ');
  }
}

function isList(type: AdvancedAggregation['type']): boolean {
  return type === 'terms' || type === 'date_histogram';
}

/** The start of the interval, as short as it can be told. */
function intervalSql(column: string, interval: AdvancedInterval): string {
  switch (interval) {
    case 'minute':
      return `replace(substr(${column}, 1, 16), ' ', 'T')`;
    case 'hour':
      return `replace(substr(${column}, 1, 13), ' ', 'T')`;
    case 'day':
      return `substr(${column}, 1, 10)`;
    case 'week':
      // Sunday on or after the day, and from there back to Monday.
      return `date(${column}, 'weekday 0', '-6 days')`;
    case 'month':
      return `substr(${column}, 1, 7)`;
  }
}

function startOf(text: string, interval: AdvancedInterval): string {
  const rest = {
    minute: ':00.000Z',
    hour: ':00:00.000Z',
    day: 'T00:00:00.000Z',
    week: 'T00:00:00.000Z',
    month: '-01T00:00:00.000Z',
  };
  return text + rest[interval];
}
