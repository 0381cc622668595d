// Lines and candidates of the fast path, held against the slow one: every byte through the cleaner, every pattern
// tried on every line.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineCleaner } from '../../../src/stream/line-cleaner.ts';
import { LineReader, type LineSink, MAX_LINE_BYTES } from '../../../src/stream/line-reader.ts';
import type { Prefilter } from '../../../src/stream/prefilter.ts';
import { createPrefilter } from '../../support/prefilter.ts';

interface Seen {
  readonly text: string;
  readonly bytes: number;
  readonly number: number;
  readonly candidates: readonly number[];
}

function prefilterOf(...sources: string[]): Prefilter {
  return createPrefilter(sources.map((regex) => ({ regex, ignoreCase: false })));
}

const NOTHING = prefilterOf('\\$never-in-the-text\\$');

function read(
  pieces: readonly Uint8Array[],
  prefilter: Prefilter = NOTHING,
  all = true,
): { seen: Seen[]; lines: number } {
  const seen: Seen[] = [];
  const sink: LineSink = {
    lines: 0,
    everything: [],
    prefilter: () => prefilter,
    wantsAll: () => all,
    line(text, bytes, candidates) {
      seen.push({ text, bytes, number: sink.lines, candidates: [...candidates] });
    },
  };
  const reader = new LineReader(sink);
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return { seen, lines: sink.lines };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textsOf = (...pieces: string[]): string[] => read(pieces.map(bytesOf)).seen.map(({ text }) => text);

function cleaned(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  const cleaner = new LineCleaner((text) => lines.push(text));
  cleaner.push(bytes);
  cleaner.end();
  return lines;
}

/** Cuts bytes at places given as any numbers. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

/** Bytes as programs write them, and as they do not: invalid UTF-8, controls, colours, long runs. */
const output: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('\n', '\r\n', 'error: x', 'abc', ' ', 'foo.bar', 'é', '日本', '°C', '🚀'),
      },
      { weight: 2, arbitrary: fc.constantFrom('\u001b[31m', '\u001b[0;1m', '\u001b[m', '\u001b[38:5:1m') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '\r',
          '\b',
          '\u001b[K',
          '\u001b[3',
          '\u001b]0;t',
          '\u0007',
          '\u0085',
          '\u001b[1A',
          '\t',
        ),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
      { weight: 1, arbitrary: fc.constantFrom('x'.repeat(3000), 'é'.repeat(5000), 'y'.repeat(70_000)) },
    ),
    { maxLength: 25 },
  )
  .chain((parts) =>
    fc
      .tuple(
        fc.constant(parts),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(0xff, 0xc2, 0xe2, 0x80, 0x9b, 0xf0)), { maxLength: 3 }),
      )
      .map(([texts, invalid]) => {
        const bytes = Buffer.from(texts.join(''));
        for (const [place, byte] of invalid) if (bytes.length > 0) bytes[place % bytes.length] = byte;
        return new Uint8Array(bytes);
      }),
  );

describe('lines', () => {
  it.each<[pieces: string[], lines: string[]]>([
    [[], []],
    [['a\nb'], ['a', 'b']],
    [['a', 'b', '\n'], ['ab']],
    [
      ['a\r', '\nb\n'],
      ['a', 'b'],
    ],
    [['\n\n'], ['', '']],
    [['\u001b[3', '1mred\u001b[0m\n'], ['red']],
    [['\ufeffbom\n'], ['\ufeffbom']],
    [['20 °C\n'], ['20 °C']],
  ])('%j', (pieces, lines) => {
    expect(textsOf(...pieces)).toEqual(lines);
  });

  it('replaces invalid bytes', () => {
    const { seen } = read([Uint8Array.of(0x61, 0xff, 0x62, 0x0a)]);
    expect(seen.map(({ text }) => text)).toEqual(['a\ufffdb']);
  });

  it('cuts a long line and says how long it was', () => {
    const { seen } = read([bytesOf(`${'é'.repeat(10_000)}\nshort\n`)]);
    expect(Buffer.byteLength(seen[0]!.text)).toBe(MAX_LINE_BYTES);
    expect(seen[0]!.bytes).toBe(20_000);
    expect(seen[1]).toMatchObject({ text: 'short', number: 2 });
  });

  it('keeps little of a line that never ends, and counts on', () => {
    const piece = bytesOf('z'.repeat(50_000));
    const { seen } = read([...Array<Uint8Array>(40).fill(piece), bytesOf('\n')]);
    expect(seen).toHaveLength(1);
    expect(seen[0]!.text).toHaveLength(MAX_LINE_BYTES);
    expect(seen[0]!.bytes).toBe(2_000_000);
  });

  it('are the same as through the cleaner, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat(), { maxLength: 6 }), (bytes, places) => {
        const whole = cleaned(bytes).map((text) => Buffer.from(text).subarray(0, MAX_LINE_BYTES).toString());
        const { seen, lines } = read(cut(bytes, places));
        const uncut = (text: string): string => text.replace(/\ufffd+$/, '');
        expect(seen.map(({ text }) => uncut(text))).toEqual(whole.map(uncut));
        expect(lines).toBe(whole.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('candidates', () => {
  const sources = [
    'error',
    '^foo',
    'x$',
    'bar\\.?$',
    '^[^ :]+[.][a-z]+$',
    'é',
    '^$|abc',
    '\u65e5.',
    'y{4}$',
    '[^ ] ',
  ];
  const prefilter = prefilterOf(...sources);

  it('are every pattern that matches, in order, on lines of any kind', () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat(), { maxLength: 6 }), (bytes, places) => {
        for (const { text, candidates } of read(cut(bytes, places), prefilter).seen) {
          sources.forEach((source, position) => {
            const expected = new RegExp(source).test(text) && !prefilter.always.includes(position);
            if (expected) expect(candidates, `${source} on ${JSON.stringify(text)}`).toContain(position);
          });
          expect(candidates).toEqual([...candidates].sort((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('decide which lines are seen at all', () => {
    const text = 'one\nan error here\ntwo\n\u001b[1mfoo\u001b[0m\r\nthree\rerror\n';
    const { seen, lines } = read([bytesOf(text)], prefilterOf('error', '^foo'), false);
    expect(seen).toEqual([
      { text: 'an error here', bytes: 0, number: 2, candidates: [0] },
      { text: 'foo', bytes: 0, number: 4, candidates: [1] },
      { text: 'error', bytes: 0, number: 5, candidates: [0] },
    ]);
    expect(lines).toBe(5);
  });

  it('do not depend on colours inside a word', () => {
    const { seen } = read([bytesOf('er\u001b[31mro\u001b[0mr\n')], prefilterOf('error'), false);
    expect(seen).toHaveLength(1);
  });
});
