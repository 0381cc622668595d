// Offsets never go back, whatever is recorded and whoever controls the replay; a seek begins anew at its place.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayRegistry } from '../../../src/api/replay/registry.ts';
import type { ReplayTime } from '../../../src/api/replay/replay.ts';
import { FakeTime, newSample, noting, SESSION_ID } from './sample-session.ts';

const ms = fc.double({ min: 0, max: 3000, noNaN: true });
const recorded = fc.record({
  outputs: fc.array(ms, { maxLength: 12 }),
  events: fc.array(ms, { maxLength: 8 }),
  end: fc.double({ min: 0, max: 3500, noNaN: true }),
});
const speed = fc.constantFrom(0.1, 0.5, 1, 2, 5, 100);
const action = fc.oneof(
  fc.record({ wait: fc.double({ min: 0.01, max: 2000, noNaN: true }) }),
  fc.record({ wait: fc.double({ min: 0.01, max: 3, noNaN: true }) }),
  fc.record({ speed }),
  fc.record({ seek: ms }),
  fc.constantFrom({ do: 'pause' as const }, { do: 'resume' as const }, { do: 'step' as const }),
);

/** Whatever is done takes time: each look at the clock finds it a little later. */
function busy(time: FakeTime): ReplayTime {
  let looks = 0;
  return {
    now: () => time.now() + looks++ / 64,
    after: (ms, callback) => time.after(ms, callback),
    turn: () => time.turn(),
  };
}

describe('the offsets of a replay', () => {
  it('never go back, but to the place of a seek', async () => {
    await fc.assert(
      fc.asyncProperty(
        recorded,
        speed,
        fc.array(action, { maxLength: 12 }),
        fc.option(fc.integer({ min: 1, max: 500 }), { nil: null }),
        fc.boolean(),
        fc.option(ms, { nil: undefined }),
        fc.boolean(),
        async (session, atSpeed, actions, idleLimitMs, lingers, from, isBusy) => {
          const sample = newSample();
          const sorted = (times: number[]) => [...times].sort((a, b) => a - b);
          for (const time of sorted(session.outputs))
            sample.recording!.append('pty', Buffer.from('x\r\n'), time);
          for (const [index, time] of sorted(session.events).entries()) sample.event(index + 1, time);
          sample.end(session.end);
          const time = new FakeTime();
          const replay = new ReplayRegistry(() => sample.stores, {
            time: isBusy ? busy(time) : time,
          }).open({
            sessionId: SESSION_ID,
            speed: atSpeed,
            idleLimitMs,
            output: true,
            follow: false,
            lingers,
            from: from === undefined ? undefined : { position_ms: from },
          });
          let floor = replay.state().position_ms;
          const offsets: number[] = [];
          const heard = noting(time);
          const done = replay.play((messages) => {
            heard.sink(messages);
            for (const { message } of messages) {
              offsets.push(message.offset_ms);
              expect(
                message.offset_ms,
                JSON.stringify(heard.notes.map(({ sent }) => sent.message)),
              ).toBeGreaterThanOrEqual(floor);
              floor = message.offset_ms;
            }
          });
          for (const step of actions) {
            if ('wait' in step) await time.advance(step.wait);
            else if ('speed' in step) replay.setSpeed(step.speed);
            else if ('seek' in step) {
              if (heard.last()?.type === 'replay_complete' && !lingers) continue;
              replay.seek({ position_ms: step.seek });
              floor = replay.state().position_ms;
            } else replay[step.do]();
          }
          replay.resume();
          await time.advance(100_000);
          replay.stop();
          await time.advance(0);
          await done;
          expect(heard.last()).toMatchObject({ type: 'replay_complete' });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('do not run ahead of what a running session still adds', async () => {
    const sample = newSample();
    sample.event(1, 100);
    sample.recording!.append('pty', Buffer.from('x'), 5000);
    sample.recording!.flush();
    const time = new FakeTime();
    const replay = new ReplayRegistry(() => sample.stores, { time }).open({
      sessionId: SESSION_ID,
      speed: 100,
      idleLimitMs: null,
      output: false,
      follow: true,
      lingers: false,
    });
    const heard = noting(time);
    const done = replay.play(heard.sink);
    await time.advance(5000);
    replay.setSpeed(50);
    await time.advance(1000);
    sample.event(2, 4000);
    await time.advance(1000);
    sample.end(6000);
    await time.advance(1000);
    await done;
    const offsets = heard.notes.map(({ sent }) => sent.message.offset_ms);
    expect(heard.types()).toContain('replay_state');
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });
});
