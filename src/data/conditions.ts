// The conditions of a query, collected from a filter of which any part may be absent.

import type { SqlValue } from './database.ts';

export class Conditions {
  readonly #parts: string[] = [];
  readonly #values: SqlValue[] = [];

  /** Adds a condition with the values of its parameters, unless one of them is absent. */
  add(condition: string, ...values: readonly (SqlValue | undefined)[]): void {
    const given = values.filter((value) => value !== undefined);
    if (given.length < values.length) return;
    this.#parts.push(condition);
    this.#values.push(...given);
  }

  /** What stands after WHERE: true when there is no condition. */
  get sql(): string {
    return this.#parts.join(' AND ') || '1';
  }

  get values(): readonly SqlValue[] {
    return this.#values;
  }
}
