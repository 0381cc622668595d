import { expect, it } from 'vitest';
import { waitingForLocks } from '../../../src/data/lock-patience.ts';
import { WrapperError } from '../../../src/model/errors.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** Throws these one after another, then gives what it was asked for. */
function throwing(errors: readonly Error[]) {
  const left = [...errors];
  let tries = 0;
  const step = (): string => {
    tries++;
    const next = left.shift();
    if (next !== undefined) throw next;
    return 'done';
  };
  return { step, tries: () => tries };
}

it('goes on until the lock is free, also when an inner call has put it into words', () => {
  const busy = failure('SQLITE_BUSY');
  const wrapped = new WrapperError('database_locked', 'it is locked', {
    cause: failure('SQLITE_BUSY_RECOVERY'),
  });
  const { step, tries } = throwing([busy, wrapped, busy]);
  expect(waitingForLocks(60_000, step)).toBe('done');
  expect(tries()).toBe(4);
});

it('gives up when the time is over, with what the last try has thrown', () => {
  const began = performance.now();
  expect(() =>
    waitingForLocks(30, () => {
      throw failure('SQLITE_BUSY');
    }),
  ).toThrow('SQLITE_BUSY');
  expect(performance.now() - began).toBeGreaterThanOrEqual(30);
  const { step, tries } = throwing([failure('SQLITE_BUSY')]);
  expect(() => waitingForLocks(0, step)).toThrow('SQLITE_BUSY');
  expect(tries()).toBe(1);
});

it.each([
  failure('SQLITE_LOCKED'),
  failure('SQLITE_CORRUPT'),
  new WrapperError('query_invalid', 'no'),
  new Error('x'),
])('does not repeat what failed otherwise: %s', (error) => {
  const { step, tries } = throwing([error]);
  expect(() => waitingForLocks(60_000, step)).toThrow(error);
  expect(tries()).toBe(1);
});
