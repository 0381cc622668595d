import { describe, expect, it } from 'vitest';
import { wakingTime } from '../../../src/cli/player/waking-time.ts';

describe('the time of a player', () => {
  it('stands while the process was stopped, and else passes', () => {
    let real = 5000;
    const time = wakingTime(() => real);
    try {
      const start = time.now();
      for (let look = 0; look < 10; look++) {
        real += 200;
        expect(time.now() - start).toBe((look + 1) * 200);
      }
      real += 60_000;
      expect(time.now() - start).toBe(2000);
      real += 150;
      expect(time.now() - start).toBe(2150);
    } finally {
      time.stop();
    }
  });
});
