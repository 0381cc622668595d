// The small parts that keep a client from asking too much.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeeperThan } from '../../../src/api/json-depth.ts';
import { RateLimit } from '../../../src/api/limits.ts';

describe('RateLimit', () => {
  it('lets twice the rate through at once, then the rate', () => {
    let now = 0;
    const limit = new RateLimit(10, () => now);
    const taken = () => {
      let count = 0;
      while (count < 1000 && limit.take()) count++;
      return count;
    };
    expect(taken()).toBe(20);
    expect(taken()).toBe(0);
    now += 500;
    expect(taken()).toBe(5);
    now += 3_600_000;
    expect(taken()).toBe(20);
  });
});

describe('isDeeperThan', () => {
  it('knows how deep any JSON is', () => {
    const depthOf = (value: unknown): number =>
      typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.boolean(), (value, indented) => {
        const json = JSON.stringify(value, null, indented ? 2 : 0);
        const depth = depthOf(value);
        expect(isDeeperThan(json, depth)).toBe(false);
        if (depth > 0) expect(isDeeperThan(json, depth - 1)).toBe(true);
      }),
    );
  });

  it('takes brackets in strings for text, also after a backslash', () => {
    expect(isDeeperThan(JSON.stringify('[[[['), 0)).toBe(false);
    expect(isDeeperThan(JSON.stringify({ '"[[[[\\': '\\"[[[[' }), 1)).toBe(false);
  });
});
