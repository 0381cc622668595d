import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOCATION_LINES, LocationTracker } from '../../../src/stream/locations.ts';

const SEEN = LOCATION_LINES.map((source) => new RegExp(source));

/** Feeds lines as the engine does; the text of each line with where it speaks of. */
function located(lines: readonly string[]) {
  const tracker = new LocationTracker();
  const given = lines.flatMap((text, index) => {
    const line = { text, number: index + 1, elapsedMs: 0 };
    if (!tracker.open && !SEEN.some((seen) => seen.test(text))) return [{ line, location: undefined }];
    return tracker.feed(line);
  });
  return [...given, ...tracker.end()].map(({ line, location }) => ({
    number: line.number,
    text: line.text,
    location,
  }));
}

function fixture(name: string): string[] {
  const raw = readFileSync(new URL(`../../fixtures/quality/${name}`, import.meta.url), 'utf8');
  return raw.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').split('\n');
}

describe('LocationTracker', () => {
  it.each([
    ['lint/eslint.txt', '/path/to/eslint.js', 7],
    ['tools/eslint-color.txt', '/srv/app/src/parser.ts', 7],
    ['lint/stylelint.txt', 'renderer/style.css', 11],
  ])('gives the rows of %s their file', (name, file, count) => {
    const rows = located(fixture(name)).filter(({ location }) => location !== undefined);
    expect(rows.length).toBeGreaterThanOrEqual(count);
    for (const { text, location } of rows) {
      expect(location).toEqual({ file });
      expect(text).toMatch(/^\s*\d+:\d+/);
    }
  });

  it('follows the heading from file to file', () => {
    const rows = located(['a.ts', '  1:1  error  x', '', 'src/b.ts', '  2:2  error  y']);
    expect(rows.map(({ location }) => location?.file)).toEqual([
      undefined,
      'a.ts',
      undefined,
      undefined,
      'src/b.ts',
    ]);
  });

  it('gives no file to rows that stand far from a heading', () => {
    const rows = located(['a.ts', ...Array.from({ length: 10 }, () => 'other'), '  1:1  error  x']);
    expect(rows.at(-1)?.location).toBeUndefined();
  });

  it('gives the diagnostics of rustc the place below them', () => {
    const lines = [
      '   Compiling app v0.1.0 (/srv/app)',
      'warning: unused variable: `x`',
      ' --> src/main.rs:2:9',
      '  |',
      'error[E0308]: mismatched types',
      '  expected u8',
      '   --> src/lib.rs:30:5',
      'error: could not compile `app` due to 1 previous error',
    ];
    const given = located(lines);
    expect(given.map(({ text }) => text)).toEqual(lines);
    expect(given.filter(({ location }) => location !== undefined)).toEqual([
      { number: 2, text: lines[1], location: { file: 'src/main.rs', line: 2, column: 9 } },
      { number: 5, text: lines[4], location: { file: 'src/lib.rs', line: 30, column: 5 } },
    ]);
  });

  it('lets an error without a code pass at once where no rustc runs', () => {
    const tracker = new LocationTracker();
    expect(tracker.feed({ text: 'error: item 1 failed', number: 1, elapsedMs: 0 })).toHaveLength(1);
    expect(tracker.open).toBe(false);
  });

  it('announces in LOCATION_LINES every line that it acts on', () => {
    const word = fc.constantFrom(
      '/a/',
      'src/',
      'a.ts',
      'b.scss',
      ' ',
      '  ',
      '1:2',
      ' --> ',
      'c.rs:1:2',
      'error',
      'warning',
      '[E1]',
      ': ',
      'x',
      '\t',
      'Compiling ',
      '.',
      'C:\\',
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const text = words.join('');
        if (SEEN.some((seen) => seen.test(text))) return;
        const tracker = new LocationTracker();
        tracker.feed({ text: 'warning[x]: y', number: 1, elapsedMs: 0 });
        tracker.feed({ text: ' --> h.rs:1:1', number: 2, elapsedMs: 0 });
        tracker.feed({ text: 'h.ts', number: 3, elapsedMs: 0 });
        expect(tracker.feed({ text, number: 4, elapsedMs: 0 }), text).toEqual([
          { line: { text, number: 4, elapsedMs: 0 }, location: undefined },
        ]);
        expect(tracker.feed({ text: '  1:1  error', number: 5, elapsedMs: 0 })[0]?.location, text).toEqual({
          file: 'h.ts',
        });
      }),
      { numRuns: 5000 },
    );
  });

  it('gives back every line once and in order', () => {
    const line = fc.constantFrom(
      'a.ts',
      '  1:1  error x',
      'error[E1]: x',
      'warning: y',
      ' --> a.rs:1:2',
      '',
      'text',
      '   Compiling x',
      ' 12:3 z',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        expect(located(lines).map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
      }),
    );
  });
});
