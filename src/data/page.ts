// Pages of a list, and the cursors between them. A cursor is the key of the last row that was given out, so a page costs
// the same wherever it is, and rows that arrive meanwhile make nothing appear twice or never. (Those of sorted and grouped
// answers count instead, see advanced-page.ts.)

import { WrapperError } from '../model/errors.ts';
import type { Conditions } from './conditions.ts';
import type { Database, SqlValue } from './database.ts';
import type { Paging } from './query-types.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; null when this is the last one. */
  readonly nextCursor: string | null;
  /** All rows that match, on every page; null when they were not counted. */
  readonly total: number | null;
  /** There may be more than `total`. */
  readonly totalIsLowerBound: boolean;
  /**
   * False when the work allowed for one page was done before the page was full: there may be fewer items than asked
   * for, even none, and the search goes on at `nextCursor`.
   */
  readonly complete: boolean;
}

/** Rows that are counted to give a total; beyond them it is a lower bound. */
export const COUNT_LIMIT = 10_000;
/** Rows that may be left out by `offset`; a cursor leads further. */
export const OFFSET_LIMIT = 10_000;

/** A list by time and row id, the newest first. */
export interface NewestFirst<Row extends readonly unknown[], Item> {
  /** The kind of its cursors. */
  readonly kind: string;
  readonly columns: string;
  /** The table, and the index that is read. */
  readonly source: string;
  readonly conditions: Conditions;
  /** The column of the time. */
  readonly time: string;
  /** The time and the id of a row. */
  readonly keyOf: (row: Row) => readonly [string, number];
  readonly toItem: (row: Row) => Item;
  /** False when its conditions leave out what would match: then `total` is a lower bound. */
  readonly complete: boolean;
}

/**
 * One page of a list; all of it when the limit is negative. To be called in a snapshot.
 *
 * @throws WrapperError `cursor_invalid`, `query_too_large`
 */
export function readNewestFirst<Row extends readonly unknown[], Item>(
  database: Database,
  list: NewestFirst<Row, Item>,
  filter: Paging,
): Page<Item> {
  const { kind, time, complete } = list;
  const key =
    filter.cursor === undefined ? undefined : decodeCursor(kind, filter.cursor, ['time', 'integer']);
  const limit = filter.limit ?? 100;
  const all = `FROM ${list.source} WHERE ${list.conditions.sql}`;
  const after = key === undefined ? '' : ` AND ${time} <= ? AND (${time} < ? OR id < ?)`;
  const rows = database.rows<Row>(
    list.columns,
    `${all}${after} ORDER BY ${time} DESC, id DESC LIMIT ? OFFSET ?`,
    [
      ...list.conditions.values,
      ...(key === undefined ? [] : [key[0]!, key[0]!, key[1]!]),
      limit < 0 ? -1 : limit + 1,
      checkOffset(filter.offset),
    ],
  );
  const shown = limit < 0 ? rows : rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > shown.length && last !== undefined;
  const total = filter.total === false ? null : countUpTo(database, all, list.conditions.values);
  return {
    items: shown.map(list.toItem),
    nextCursor: more ? encodeCursor(kind, list.keyOf(last)) : null,
    total: total === null ? null : Math.min(total, COUNT_LIMIT),
    totalIsLowerBound: total !== null && (total > COUNT_LIMIT || !complete),
    complete,
  };
}

/**
 * How many rows a list has, or one more than COUNT_LIMIT where there are more: whether there are is asked first, because
 * to pass over an entry of an index costs a third of counting it.
 *
 * @param list what follows the columns in a `SELECT`, without an order
 */
function countUpTo(database: Database, list: string, values: readonly SqlValue[]): number {
  const beyond = `SELECT 1 ${list} LIMIT ? OFFSET ?`;
  if (database.prepare(beyond).get(...values, 1, COUNT_LIMIT) !== undefined) return COUNT_LIMIT + 1;
  return (database.prepare(`SELECT count(*) AS rows ${list}`).get(...values) as { rows: number }).rows;
}

/**
 * A span of time that cannot have anything in it is a mistake, not an empty list.
 *
 * @throws WrapperError `query_invalid`
 */
export function checkSpan({
  since,
  until,
}: {
  since?: string | undefined;
  until?: string | undefined;
}): void {
  if (since !== undefined && until !== undefined && Date.parse(since) >= Date.parse(until)) {
    throw new WrapperError('query_invalid', 'the span of time ends before it begins');
  }
}

/** What a cursor holds: the place in the order of a list. */
export type CursorKey = readonly (string | number | null)[];

/**
 * A cursor as text: base64url, to be given back as it is.
 *
 * @param kind the order in which the key has a meaning, as in `events`, `session-events`
 */
export function encodeCursor(kind: string, key: CursorKey): string {
  return Buffer.from(JSON.stringify([kind, ...key])).toString('base64url');
}

/**
 * The key of a cursor.
 *
 * @param types what each part of the key must be
 * @throws WrapperError `cursor_invalid` for anything that `encodeCursor` did not make for this kind of list
 */
export function decodeCursor(
  kind: string,
  cursor: string,
  types: readonly ('time' | 'integer' | 'integer?' | 'count')[],
): (string | number | null)[] {
  const value = cursor.length <= 1024 && /^[\w-]+$/.test(cursor) ? parse(cursor) : undefined;
  if (!Array.isArray(value) || value[0] !== kind || value.length !== types.length + 1) throw invalid();
  const key = value.slice(1) as unknown[];
  const isValid = types.every((type, at) => {
    const part = key[at];
    // Rows that were written by hand may have a number for a time.
    if (type === 'time') return typeof part === 'string' || Number.isFinite(part);
    if (type === 'count') return Number.isSafeInteger(part) && Number(part) >= 0;
    return Number.isSafeInteger(part) || (type === 'integer?' && part === null);
  });
  if (!isValid) throw invalid();
  return key as (string | number | null)[];
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined; // said by the caller
  }
}

function invalid(): WrapperError {
  return new WrapperError('cursor_invalid', 'the cursor is not one of this list', {
    hint: 'Give back the cursor of the previous page as it is, with the same filters and order.',
  });
}

/** @throws WrapperError `query_too_large` */
export function checkOffset(offset: number | undefined): number {
  const rows = offset ?? 0;
  if (rows > OFFSET_LIMIT) {
    throw new WrapperError('query_too_large', `an offset reaches ${OFFSET_LIMIT} rows at the most`, {
      hint: 'Go on with the cursor of the page before.',
    });
  }
  return rows;
}
