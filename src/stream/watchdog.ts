// Stops a regular expression that has run away. V8 can end a synchronous run of a script after a time limit, also
// inside a worker and inside a regular expression; nothing else in the process can.

import { Script } from 'node:vm';

/** How long a batch of lines may take: far longer than well-behaved patterns need. */
export const TIME_LIMIT_MS = 50;

export const TIMED_OUT = Symbol('timed out');

/** Where the script finds what it has to run. */
const SLOT = '__wrapper_guarded_work__';
const slots = globalThis as unknown as Record<string, (() => void) | undefined>;
let script: Script | undefined;

/**
 * Runs `work` and returns what it returns, or TIMED_OUT when it was stopped. It may be stopped at any point, so
 * whatever it leaves half-done must be thrown away. One call costs about 30 µs: guard batches, not lines.
 */
export function withinTimeLimit<T>(work: () => T, limitMs: number = TIME_LIMIT_MS): T | typeof TIMED_OUT {
  script ??= new Script(`globalThis.${SLOT}()`, { filename: 'watchdog' });
  let result: T | typeof TIMED_OUT = TIMED_OUT;
  slots[SLOT] = () => {
    result = work();
  };
  try {
    script.runInThisContext({ timeout: limitMs });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return TIMED_OUT;
  } finally {
    slots[SLOT] = undefined;
  }
  return result;
}
