// What arrives is handed on at once while that is cheap, and together when it is not; never out of order, never late.

import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from '../../../../src/api/live/pace.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A pace whose handing on takes `costMs`, with what it handed on. */
function pace(costMs: () => number) {
  const calls: number[][] = [];
  const paced = new Pace<number>((items) => {
    calls.push([...items]);
    vi.advanceTimersByTime(costMs());
  });
  return { paced, calls };
}

it('lets nothing wait for a few', () => {
  const { paced, calls } = pace(() => 0);
  for (let item = 0; item < 5; item++) paced.add(item);
  expect(calls).toEqual([[0], [1], [2], [3], [4]]);
});

it('collects while it rests from a crowd, and rests twice as long as it worked', () => {
  const { paced, calls } = pace(() => 4);
  for (let item = 0; item < 5; item++) paced.add(item);
  expect(calls).toEqual([[0]]);
  vi.advanceTimersByTime(7);
  expect(calls).toEqual([[0]]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual([[0], [1, 2, 3, 4]]);
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

it('hands on everything once, in order and within 15 ms', () => {
  const step = fc.record({ after: fc.integer({ min: 0, max: 20 }), cost: fc.integer({ min: 0, max: 50 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let cost = 0;
      const handed: number[] = [];
      const addedAt: number[] = [];
      const paced = new Pace<number>((items) => {
        for (const item of items) {
          // Besides its rest, an item waits while another call is under way.
          expect(performance.now() - addedAt[item]!).toBeLessThanOrEqual(15);
          handed.push(item);
        }
        vi.advanceTimersByTime(cost);
      });
      for (const [item, { after, cost: next }] of steps.entries()) {
        vi.advanceTimersByTime(after);
        cost = next;
        addedAt.push(performance.now());
        paced.add(item);
      }
      vi.advanceTimersByTime(15);
      expect(handed).toEqual(steps.map((_, item) => item));
    }),
  );
});
