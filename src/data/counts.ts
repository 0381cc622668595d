// Sums of counters by a name.

import type { Counts } from './query-types.ts';

/** The largest first, names in order where sums are equal. */
export function sumBy<T extends { events: number }>(rows: readonly T[], key: (row: T) => string): Counts {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = key(row);
    sums.set(name, (sums.get(name) ?? 0) + row.events);
  }
  return largestFirst(sums);
}

/** The sums by name, in that order. */
export function largestFirst(sums: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries(
    [...sums].sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1)),
  );
}

export function sum(rows: readonly { events: number }[]): number {
  return total(rows.map((row) => row.events));
}

export function total(numbers: Iterable<number>): number {
  let result = 0;
  for (const number of numbers) result += number;
  return result;
}
