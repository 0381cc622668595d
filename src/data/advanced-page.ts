// What rows and groups of an advanced query have in common: how much of the answer is wanted, and in which order.

import { ADVANCED_LIMITS, type AdvancedQuery, type ColumnType } from '../model/advanced-query.ts';
import { WrapperError } from '../model/errors.ts';
import { RISK_LEVELS } from '../model/event.ts';
import { invalid } from './advanced-condition.ts';
import { checkOffset, decodeCursor, encodeCursor } from './page.ts';
import type { AdvancedCell } from './query-types.ts';

/** A row of a statement. */
export type SqlRow = Record<string, string | number | null>;

export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/**
 * @param kind that of cursors that count, where the order of the answer is none that an index has: rows that are sorted,
 *   groups
 * @throws WrapperError `query_invalid`, `query_too_large`, `cursor_invalid`
 */
export function windowOf({ page }: AdvancedQuery, kind?: string): Window {
  const limit = page?.limit ?? 100;
  if (!Number.isInteger(limit) || limit < 1 || limit > ADVANCED_LIMITS.limit) {
    throw invalid('page.limit', `is no whole number from 1 to ${ADVANCED_LIMITS.limit}`);
  }
  const offset = page?.offset ?? 0;
  if (!Number.isInteger(offset) || offset < 0) throw invalid('page.offset', 'is no whole number from 0 on');
  if (page?.cursor === undefined) return { limit, offset: checkOffset(offset) };
  if (offset > 0) throw invalid('page.cursor', 'goes without an offset');
  const before = kind === undefined ? 0 : Number(decodeCursor(kind, page.cursor, ['count'])[0]);
  return { limit, offset: checkOffset(before) };
}

/** The cursor that counts the rows or groups up to the next page; null beyond what an offset may leave out. */
export function cursorAfter(kind: string, { limit, offset }: Window): string | null {
  const before = offset + limit;
  return before > ADVANCED_LIMITS.offset ? null : encodeCursor(kind, [before]);
}

export function directionOf(
  direction: string | undefined,
  otherwise: 'ASC' | 'DESC',
  where: string,
): 'ASC' | 'DESC' {
  if (direction === undefined) return otherwise;
  if (direction === 'asc') return 'ASC';
  if (direction === 'desc') return 'DESC';
  throw invalid(`${where}.direction`, 'is neither "asc" nor "desc"');
}

/** What a column is sorted by: risk by its rank, everything else by itself. @param sql the column */
export function sortKey(sql: string, type: ColumnType): string {
  if (type !== 'risk') return sql;
  return `CASE ${sql} ${RISK_LEVELS.map((level, rank) => `WHEN '${level}' THEN ${rank}`).join(' ')} END`;
}

export function checkLength(list: readonly unknown[], most: number, where: string): void {
  if (!Array.isArray(list)) throw invalid(where, 'is no list');
  if (list.length > most) throw new WrapperError('query_too_large', `${where}: more than ${most}`);
}

/** @param value a BLOB in a row that was written by hand */
export function toCell(value: string | number | Buffer | null, type: ColumnType): AdvancedCell {
  if (Buffer.isBuffer(value)) return String(value);
  return type === 'boolean' && value !== null ? value === 1 : value;
}
