// Writing to few happens at the end of the turn; to a crowd it takes several, between which the processor is free.

import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WriteTurns } from '../../../../src/api/live/write-turns.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('writes what few are sent before the event loop goes on, and nothing while it is being sent', async () => {
  const writes = new WriteTurns();
  const done: number[] = [];
  for (let number = 0; number < 50; number++) writes.add(() => done.push(number));
  writes.afterwards(() => done.push(-1));
  expect(done).toEqual([]);
  await endOfTurn();
  expect(done).toEqual([...Array.from({ length: 50 }, (_, number) => number), -1]);
});

it('gives the processor back after a millisecond, and goes on after another', async () => {
  const writes = new WriteTurns();
  let done = 0;
  for (let number = 0; number < 10; number++) {
    writes.add(() => {
      vi.advanceTimersByTime(0.25);
      done++;
    });
  }
  await endOfTurn();
  expect(done).toBe(4);
  vi.advanceTimersByTime(1);
  expect(done).toBe(8);
  vi.advanceTimersByTime(1);
  expect(done).toBe(10);
  expect(writes.busyMs).toBeCloseTo(2.5);
});

it('goes on after a write that failed', async () => {
  const writes = new WriteTurns();
  const done: string[] = [];
  const failed = new Promise((resolve) => process.once('uncaughtException', resolve));
  const listeners = process.listeners('uncaughtException');
  for (const listener of listeners.slice(0, -1)) process.removeListener('uncaughtException', listener);
  writes.add(() => {
    throw new Error('this one');
  });
  writes.add(() => done.push('the next'));
  await expect(failed).resolves.toMatchObject({ message: 'this one' });
  for (const listener of listeners.slice(0, -1)) process.on('uncaughtException', listener);
  vi.advanceTimersByTime(1);
  expect(done).toEqual(['the next']);
});

it('writes everything once and in order, also what comes between two turns, and then says so', async () => {
  const step = fc.record({ writes: fc.integer({ min: 0, max: 9 }), after: fc.integer({ min: 0, max: 3 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 0, max: 3 }),
      async (steps, cost) => {
        const writes = new WriteTurns();
        const done: number[] = [];
        let added = 0;
        let told = 0;
        for (const { writes: count, after } of steps) {
          for (let at = 0; at < count; at++) {
            const number = added++;
            writes.add(() => {
              vi.advanceTimersByTime(cost / 2);
              done.push(number);
            });
          }
          const before = added;
          writes.afterwards(() => {
            told++;
            expect(done.length).toBeGreaterThanOrEqual(before);
          });
          await endOfTurn();
          vi.advanceTimersByTime(after);
        }
        vi.advanceTimersByTime(1000);
        await endOfTurn();
        expect(done).toEqual(Array.from({ length: added }, (_, number) => number));
        expect(told).toBe(steps.length);
      },
    ),
  );
});
