// The arithmetic of a replay's clock.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayClock } from '../../../src/api/replay/clock.ts';

function clockAt(start: { position: number; speed: number }) {
  const time = { now: 1000 };
  const clock = new ReplayClock(() => time.now, start);
  return { time, clock };
}

describe('the clock of a replay', () => {
  it('stands until it is started', () => {
    const { time, clock } = clockAt({ position: 500, speed: 1 });
    time.now += 10_000;
    expect(clock.position()).toBe(500);
    expect(clock.dueAt(600)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([0.1, 0.5, 1, 2, 5, 100])('goes at %s ×', (speed) => {
    const { time, clock } = clockAt({ position: 0, speed });
    clock.play();
    expect(clock.dueAt(3000)).toBeCloseTo(1000 + 3000 / speed, 6);
    time.now += 3000;
    expect(clock.position()).toBeCloseTo(3000 * speed, 6);
  });

  it('leaves the time of a pause out', () => {
    const { time, clock } = clockAt({ position: 0, speed: 2 });
    clock.play();
    time.now += 100;
    const due = clock.dueAt(1000);
    clock.pause();
    time.now += 3000;
    expect(clock.position()).toBe(200);
    clock.play();
    expect(clock.dueAt(1000)).toBeCloseTo(due + 3000, 6);
  });

  it('goes on from where it is at another speed', () => {
    const { time, clock } = clockAt({ position: 0, speed: 1 });
    clock.play();
    time.now += 1000;
    clock.setSpeed(10);
    expect(clock.position()).toBe(1000);
    expect(clock.dueAt(2000)).toBe(2000 + 100);
  });

  it('shifts what comes after a stretch that is left out', () => {
    const { clock } = clockAt({ position: 0, speed: 1 });
    clock.play();
    const due = clock.dueAt(2000);
    clock.leaveOut(2000, 60_000);
    expect(clock.dueAt(60_000)).toBe(due);
    expect(clock.dueAt(60_500)).toBe(due + 500);
  });

  it('does not drift, whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({ wait: fc.integer({ min: 0, max: 10_000 }) }),
      fc.record({ speed: fc.constantFrom(0.1, 0.5, 1, 2, 5, 100) }),
      fc.constantFrom({ pause: true }, { play: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { time, clock } = clockAt({ position: 0, speed: 1 });
        let [expected, speed, playing] = [0, 1, false];
        for (const action of steps) {
          if ('wait' in action) {
            time.now += action.wait;
            if (playing) expected += action.wait * speed;
          } else if ('speed' in action) {
            clock.setSpeed(action.speed);
            speed = action.speed;
          } else {
            playing = 'play' in action;
            if (playing) clock.play();
            else clock.pause();
          }
          expect(clock.position()).toBeCloseTo(expected, 4);
          if (playing) expect(clock.dueAt(expected + 50)).toBeCloseTo(time.now + 50 / speed, 4);
        }
      }),
    );
  });
});
