// Waiting for a lock, in short calls: a process that ends waits until none of its threads is inside SQLite (exit-gate.ts),
// and must not wait for as long as one of them would wait for a database that somebody else has locked.

import { WrapperError } from '../model/errors.ts';
import { throughExitGate } from './exit-gate.ts';

/** How long SQLite itself waits in one call, in ms. */
export const LONGEST_CALL_MS = 75;
/** Some locks SQLite does not wait for at all: the pause until they are tried again, in ms. */
const PAUSE_MS = 5;

const sleeping = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Runs calls of SQLite, again and again while another connection has the lock that they need, for `withinMs` at the most.
 *
 * @param step can be repeated as a whole when it has thrown
 * @throws what the last try has thrown
 */
export function waitingForLocks<T>(withinMs: number, step: () => T): T {
  const began = performance.now();
  for (;;) {
    const tried = performance.now();
    try {
      return throughExitGate(step);
    } catch (error) {
      if (!isBusy(error) || performance.now() - began >= withinMs) throw error;
      if (performance.now() - tried < PAUSE_MS) Atomics.wait(sleeping, 0, 0, PAUSE_MS);
    }
  }
}

/** Also where an inner call has put it into words. */
function isBusy(error: unknown): boolean {
  if (error instanceof WrapperError) return isBusy(error.cause);
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
