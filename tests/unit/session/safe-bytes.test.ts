// What may be kept of a stream comes whole, without secrets, and with the times at which it was printed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SafeBytes, type SafePiece } from '../../../src/session/safe-bytes.ts';
import { Redactor } from '../../../src/stream/redactor.ts';

const shown = (pieces: Iterable<SafePiece>): [elapsedMs: number, text: string][] =>
  [...pieces]
    .filter(({ bytes }) => bytes.length > 0)
    .map(({ bytes, elapsedMs }) => [elapsedMs, Buffer.from(bytes).toString()]);

/** Each piece a second after the other. */
function pass(pieces: readonly (string | Uint8Array)[]): [elapsedMs: number, text: string][] {
  const safe = new SafeBytes();
  const out = pieces.flatMap((piece, n) => shown(safe.push('pty', Buffer.from(piece), n * 1000)));
  return [...out, ...shown(safe.release(true))];
}

const joined = (out: readonly (readonly [number, string])[]): string => out.map(([, text]) => text).join('');

describe('SafeBytes', () => {
  it('gives the ends of words the time at which they were printed', () => {
    const words = [' Hello', ' world', ' foo', ' bar', ' gl', 'pa', 't'];
    const printed = new Map<number, string>();
    for (const [time, text] of pass(words)) printed.set(time, (printed.get(time) ?? '') + text);
    expect([...printed]).toEqual(words.map((word, n) => [n * 1000, word]));
  });

  it('gives a secret that came in pieces the time of the last', () => {
    const token = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`;
    const out = pass([`x ${token.slice(0, 2)}`, token.slice(2, 20), `${token.slice(20)} y\n`]);
    expect(joined(out)).toMatch(/^x \[REDACTED:[a-z_]+\] y\n$/);
    expect(out.find(([, text]) => text.includes('REDACTED'))![0]).toBe(2000);
  });

  it('cuts no character', () => {
    const bytes = Buffer.from('gé gl😀');
    const out = pass([bytes.subarray(0, 2), bytes.subarray(2, 8), bytes.subarray(8)]);
    expect(joined(out)).toBe(bytes.toString());
    expect(joined(out)).not.toContain('\ufffd');
  });

  it('says whether a line is kept back', () => {
    const safe = new SafeBytes();
    safe.push('pty', Buffer.from('line\n gl'), 0);
    expect(safe.holdsLine).toBe(false);
    safe.push('pty', Buffer.from('x\npassword\n'), 1);
    const held = safe.holdsLine;
    const released = joined(shown(safe.release(false)));
    expect(released.includes('\n')).toBe(held);
    expect(safe.holdsLine).toBe(false);
  });

  it('gives out what the redactor gives out, at times that never go back', () => {
    const text = fc.constantFrom(
      'g',
      'gh',
      'p_',
      'sk-',
      'AKIA',
      'IOSFODNN7EXAMPLE',
      'token=',
      '\n',
      ' ',
      'é',
      'password: ',
      'hunter22xyz',
      '\u001b[1m',
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        const redactor = new Redactor();
        const pieces = texts.map((piece) => Buffer.from(redactor.push('pty', Buffer.from(piece))));
        const expected = Buffer.concat([...pieces, redactor.flush('pty')]).toString();
        const out = pass(texts);
        expect(joined(out)).toBe(expected);
        const times = out.map(([time]) => time);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });
});
