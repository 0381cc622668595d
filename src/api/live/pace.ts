// Lets what arrives wait for a moment while it goes to a crowd. To reach hundreds of subscribers takes milliseconds of a
// processor that the agents need, and what has come together meanwhile costs hardly more than one message. With few
// subscribers nothing waits.

import type { WriteTurns } from './write-turns.ts';

/** After handing on it rests this many times as long as that took: a third of a processor at the most goes into it. */
const REST = 2;
/** But not longer than this, in ms, so that what is shown stays live. */
const LONGEST_REST_MS = 15;
/** Shorter than a timer can be, in ms. */
const NO_REST_MS = 1;
/** As many are handed on at once, whatever it takes. */
const MOST_WAITING = 64;

export class Pace<T> {
  readonly #writes: WriteTurns;
  readonly #handOn: (items: readonly T[]) => void;
  #waiting: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** By the clock of `performance.now()`. */
  #restsUntil = 0;

  /**
   * @param writes what is handed on is written there, and that is most of the work
   * @param handOn takes everything that waits, in order; must not throw
   */
  constructor(writes: WriteTurns, handOn: (items: readonly T[]) => void) {
    this.#writes = writes;
    this.#handOn = handOn;
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length >= MOST_WAITING) this.flush();
    else this.#proceed();
  }

  /** Hands on what waits, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const items = this.#waiting;
    this.#waiting = [];
    const began = performance.now();
    const writtenMs = this.#writes.busyMs;
    this.#restsUntil = Number.POSITIVE_INFINITY;
    this.#handOn(items);
    const handedMs = performance.now() - began;
    this.#writes.afterwards(() => {
      const workMs = handedMs + this.#writes.busyMs - writtenMs;
      this.#restsUntil = performance.now() + Math.min(REST * workMs, LONGEST_REST_MS);
      if (this.#waiting.length > 0) this.#proceed();
    });
  }

  #proceed(): void {
    const rest = this.#restsUntil - performance.now();
    if (rest < NO_REST_MS) this.flush();
    else if (rest < Number.POSITIVE_INFINITY) this.#timer ??= setTimeout(() => this.flush(), rest);
  }
}
