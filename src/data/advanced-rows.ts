// The rows that an advanced query asks for. Of a longer range the newest are looked at, page by page.

import { ADVANCED_COLUMNS, ADVANCED_LIMITS, type AdvancedQuery } from '../model/advanced-query.ts';
import { type Compiled, columnOf, storedColumns } from './advanced-condition.ts';
import {
  checkLength,
  cursorAfter,
  directionOf,
  type SqlRow,
  sortKey,
  toCell,
  windowOf,
} from './advanced-page.ts';
import { chooseSource } from './advanced-source.ts';
import type { Database } from './database.ts';
import { decodeCursor, encodeCursor } from './page.ts';
import type { AdvancedResult } from './query-types.ts';

/** Rows of a range that one page looks at. */
export const ROW_SCAN_LIMIT = 20_000;

/** A list of rows, the newest first unless it is sorted otherwise. */
export class RowQuery {
  readonly #database: Database;
  readonly #query: AdvancedQuery;
  readonly #condition: Compiled;

  constructor(database: Database, query: AdvancedQuery, condition: Compiled) {
    this.#database = database;
    this.#query = query;
    this.#condition = condition;
  }

  run(): AdvancedResult {
    const { source: table, page } = this.#query;
    const sort = this.#sort();
    const source = chooseSource(this.#database, this.#query);
    const kind = `advanced-${table}-${sort === undefined ? source.order : 'sorted'}`;
    const window = windowOf(this.#query, sort === undefined ? undefined : kind);
    const { limit, offset } = window;
    const first = source.order === 'seq' ? 'integer?' : 'time';
    const cursor =
      page?.cursor === undefined || sort !== undefined
        ? undefined
        : decodeCursor(kind, page.cursor, [first, 'integer']);
    const key = cursor === undefined ? undefined : ([cursor[0]!, Number(cursor[1])] as const);
    const names = columnNames(table);
    const stored = [...new Set([...names.flatMap(storedColumns), ...this.#condition.columns])];
    const entries = source.entries(stored, { key, limit: ROW_SCAN_LIMIT });
    const select = names.map((name) => `${columnOf(table, name, '').sql} AS ${name}`).join(', ');
    const order = sort ?? `${source.order} DESC, id DESC`;
    const sql = `SELECT ${select} FROM (${entries.sql}) WHERE ${this.#condition.sql} ORDER BY ${order} LIMIT ? OFFSET ?`;
    const rows = this.#database
      .prepare(sql)
      .all(...entries.values, ...this.#condition.values, limit + 1, offset) as SqlRow[];
    const shown = rows.slice(0, limit);
    const last = source.entries([], { key, limit: 1, offset: ROW_SCAN_LIMIT - 1 });
    const place = this.#database.prepare(last.sql).get(...last.values) as SqlRow | undefined;
    const hasMore = rows.length > limit;
    const more = hasMore ? shown.at(-1) : place;
    const counted = hasMore ? cursorAfter(kind, window) : null;
    const keyed = more === undefined ? null : encodeCursor(kind, source.key(more));
    const isCutOff = hasMore && counted === null;
    const isWhole = place === undefined && page?.cursor === undefined && !hasMore;
    return {
      rows: shown.map((row) =>
        Object.fromEntries(names.map((name) => [name, toCell(row[name]!, columnOf(table, name, '').type)])),
      ),
      groups: null,
      nextCursor: sort === undefined ? keyed : counted,
      total: isWhole && (offset === 0 || shown.length > 0) ? offset + shown.length : null,
      totalIsLowerBound: false,
      complete: sort === undefined ? place === undefined || hasMore : place === undefined && !isCutOff,
      scanLimit: ROW_SCAN_LIMIT,
    };
  }

  #sort(): string | undefined {
    const { sort = [], source } = this.#query;
    checkLength(sort, ADVANCED_LIMITS.sort, 'sort');
    if (sort.length === 0) return undefined;
    const parts = sort.map(({ column, direction }, at) => {
      const { sql, type } = columnOf(source, column, `sort[${at}].column`);
      return `${sortKey(sql, type)} ${directionOf(direction, 'ASC', `sort[${at}]`)}`;
    });
    return [...parts, 'id DESC'].join(', ');
  }
}

/** Names of all columns of a source; ours, and therefore fit for a statement. */
function columnNames(source: AdvancedQuery['source']): string[] {
  return Object.keys(ADVANCED_COLUMNS[source]);
}
