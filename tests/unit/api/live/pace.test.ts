// What arrives is handed on at once while that is cheap, and together when it is not; never out of order, never late.

import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from '../../../../src/api/live/pace.ts';
import { WriteTurns } from '../../../../src/api/live/write-turns.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A pace whose handing on takes `costMs`, with what it handed on. */
function pace(costMs: () => number) {
  const calls: number[][] = [];
  const paced = new Pace<number>(new WriteTurns(), (items) => {
    calls.push([...items]);
    vi.advanceTimersByTime(costMs());
  });
  return { paced, calls };
}

/** What is handed on is written at the end of the turn. */
const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets nothing wait for a few', async () => {
  const { paced, calls } = pace(() => 0);
  for (let item = 0; item < 3; item++) {
    paced.add(item);
    expect(calls).toHaveLength(item + 1);
    await endOfTurn();
  }
  expect(calls).toEqual([[0], [1], [2]]);
});

it('collects what comes in the same turn', async () => {
  const { paced, calls } = pace(() => 0);
  for (let item = 0; item < 5; item++) paced.add(item);
  await endOfTurn();
  expect(calls).toEqual([[0], [1, 2, 3, 4]]);
});

it('collects while it rests from a crowd, and rests twice as long as it worked', async () => {
  const { paced, calls } = pace(() => 4);
  for (let item = 0; item < 3; item++) paced.add(item);
  await endOfTurn();
  paced.add(3);
  vi.advanceTimersByTime(7);
  expect(calls).toEqual([[0]]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual([[0], [1, 2, 3]]);
});

it('counts what is written for a crowd, but not the moments in which others have the processor', async () => {
  const writes = new WriteTurns();
  const calls: number[][] = [];
  const paced = new Pace<number>(writes, (items) => {
    calls.push([...items]);
    for (let subscriber = 0; subscriber < 3; subscriber++) writes.add(() => vi.advanceTimersByTime(2));
  });
  paced.add(0);
  await endOfTurn();
  paced.add(1);
  // Two more turns of 2 ms, each after a moment of 1 ms; then twice the 6 ms of work.
  vi.advanceTimersByTime(2 + 11);
  expect(calls).toEqual([[0]]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual([[0], [1]]);
});

it('hands on at once what somebody waits for, and what has become much', () => {
  const { paced, calls } = pace(() => 4);
  paced.add(0);
  paced.add(1);
  paced.flush();
  expect(calls).toEqual([[0], [1]]);
  for (let item = 2; item < 66; item++) paced.add(item);
  expect(calls[2]).toHaveLength(64);
});

it('hands on everything once, in order and within 15 ms of its work', async () => {
  const step = fc.record({ after: fc.integer({ min: 0, max: 20 }), cost: fc.integer({ min: 0, max: 50 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      let [cost, worked] = [0, 0];
      const handed: number[] = [];
      const added: { readonly at: number; readonly worked: number }[] = [];
      const paced = new Pace<number>(new WriteTurns(), (items) => {
        for (const item of items) {
          const { at, worked: before } = added[item]!;
          expect(performance.now() - at - (worked - before)).toBeLessThanOrEqual(15);
          handed.push(item);
        }
        worked += cost;
        vi.advanceTimersByTime(cost);
      });
      for (const [item, { after, cost: next }] of steps.entries()) {
        vi.advanceTimersByTime(after);
        cost = next;
        added.push({ at: performance.now(), worked });
        paced.add(item);
        await endOfTurn();
      }
      vi.advanceTimersByTime(15);
      expect(handed).toEqual(steps.map((_, item) => item));
    }),
  );
});
