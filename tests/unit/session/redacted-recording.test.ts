// The redaction of a recording that is there already: what holds no secret is left exactly as it is.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CastEvent } from '../../../src/data/recording-text.ts';
import type { StreamName } from '../../../src/model/event.ts';
import { redactRecording } from '../../../src/session/redacted-recording.ts';
import { Redactor } from '../../../src/stream/redactor.ts';

const SECRET = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
const stream = fc.constantFrom<StreamName>('stdout', 'stderr', 'pty');
/** Texts of which many are the beginnings of secrets. */
const word = fc.oneof(
  fc.constantFrom('gh', 'ghp_', 'sk-', 'AKIA', 'password=', 'token: ', '\n', ' ', 'https://', '-----BEGIN '),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);

function timed(list: readonly { stream: StreamName | null; code: string; data: string }[]): CastEvent[] {
  return list.map((event, index) => ({ ...event, t: index * 10.5 }));
}

function output(events: Iterable<CastEvent>, of: StreamName): string {
  return [...events]
    .filter(({ code, stream: name }) => code === 'o' && name === of)
    .map(({ data }) => data)
    .join('');
}

/** What the redactor makes of the whole output of a stream at once. */
function expected(events: readonly CastEvent[], of: StreamName): string {
  const redactor = new Redactor();
  const parts = [redactor.push(of, Buffer.from(output(events, of))), redactor.flush(of)];
  return Buffer.concat(parts).toString();
}

const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ stream, code: fc.constant('o'), data: word }) },
  {
    weight: 1,
    arbitrary: fc.record({
      stream: fc.constant(null),
      code: fc.constantFrom('m', 'r'),
      data: fc.constant('x'),
    }),
  },
);

describe('a recording', () => {
  it('comes out as the redactor leaves it, with every time in its order', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (list) => {
        const events = timed(list);
        const out = [...redactRecording(events)];
        for (const name of ['stdout', 'stderr', 'pty'] as const)
          expect(output(out, name)).toBe(expected(events, name));
        const times = out.map(({ t }) => t);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(new Set(times)).toEqual(new Set(events.map(({ t }) => t)));
        const others = (list: readonly CastEvent[]) => list.filter(({ code }) => code !== 'o');
        expect(others(out)).toEqual(others(events));
      }),
      { numRuns: 500 },
    );
  });

  it('without secrets comes out as the same events', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (list) => {
        const events = timed(list);
        fc.pre(
          (['stdout', 'stderr', 'pty'] as const).every(
            (name) => expected(events, name) === output(events, name),
          ),
        );
        expect([...redactRecording(events)]).toEqual(events);
      }),
      { numRuns: 500 },
    );
  });

  it('loses a secret however it is cut into events, and whatever is printed between', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: SECRET.length - 1 })),
        fc.boolean(),
        (cuts, isMixed) => {
          const bounds = [0, ...cuts.sort((a, b) => a - b), SECRET.length];
          const pieces = bounds.slice(1).map((to, index) => SECRET.slice(bounds[index], to));
          const list = ['key ', ...pieces, ' and more\n'].flatMap((data) => [
            { stream: 'stdout' as const, code: 'o', data },
            ...(isMixed ? [{ stream: 'stderr' as const, code: 'o', data: 'other ' }] : []),
          ]);
          const out = [...redactRecording(timed(list))];
          expect(output(out, 'stdout')).toBe('key [REDACTED:github_token] and more\n');
          expect(output(out, 'stderr')).toBe(isMixed ? 'other '.repeat(list.length / 2) : '');
        },
      ),
    );
  });

  it('is redacted in what was typed and in its markers', () => {
    const list = ['i', 'm'].map((code) => ({ stream: null, code, data: `x ${SECRET}` }));
    expect([...redactRecording(timed(list))].map(({ data }) => data)).toEqual(
      Array(2).fill('x [REDACTED:github_token]'),
    );
  });

  it('is not held back for ever by what could become a secret', () => {
    function* endless(): Generator<CastEvent> {
      yield { t: 0, code: 'o', data: 'ghp_', stream: 'stdout' };
      for (let t = 1; ; t++) yield { t, code: 'o', data: 'x\n', stream: 'stderr' };
    }
    let count = 0;
    for (const { data, stream: name } of redactRecording(endless())) {
      if (name === 'stdout') expect(data).toBe('ghp_');
      if (++count > 20_000) break;
    }
    expect(count).toBe(20_001);
  });
});
