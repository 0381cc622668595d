// Tables fit the terminal, and give everything when there is none.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutput, type Output } from '../../../src/cli/output.ts';
import { type Column, displayWidth, renderDetails, renderTable } from '../../../src/cli/table.ts';
import { captureStreams } from './harness.ts';

type Row = readonly [string, string, number];
const COLUMNS: Column<Row>[] = [
  { title: 'NAME', value: (row) => row[0] },
  { title: 'TEXT', value: (row) => row[1], shrinkTo: 6 },
  { title: 'N', value: (row) => String(row[2]), align: 'right' },
];
const output = (columns: number | null, colour: 'always' | 'never' = 'never'): Output =>
  createOutput(captureStreams(columns).streams, colour);

describe('a table', () => {
  it('has two spaces between columns, no boxes and no trailing space', () => {
    const rows: Row[] = [
      ['a', 'short', 5],
      ['long name', 'x', 1234],
    ];
    expect(renderTable(rows, COLUMNS, output(null))).toBe(
      ['NAME       TEXT      N', 'a          short     5', 'long name  x      1234', ''].join('\n'),
    );
    expect(renderTable([], COLUMNS, output(80))).toBe('');
  });

  it('cuts what may shrink on a terminal, and nothing when piped', () => {
    const rows: Row[] = [['a', 'x'.repeat(100), 1]];
    const lines = renderTable(rows, COLUMNS, output(40)).split('\n');
    expect(lines[1]).toHaveLength(40);
    expect(lines[1]).toContain('…');
    expect(renderTable(rows, COLUMNS, output(null))).toContain('x'.repeat(100));
  });

  it('keeps foreign control characters and line ends out', () => {
    expect(renderTable([['a\x1b[2J', 'b\nc', 1]], COLUMNS, output(null))).toContain('a\\x1b[2J  b\\nc');
  });

  it('fits any terminal that has room for the columns that must not shrink', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'bcd'), fc.string({ unit: 'grapheme' }), fc.nat(9999)), {
          minLength: 1,
        }),
        fc.integer({ min: 20, max: 120 }),
        (rows, width) => {
          for (const line of renderTable(rows, COLUMNS, output(width)).split('\n')) {
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });

  it('colours only when asked', () => {
    const painted = COLUMNS.map((column) => ({
      ...column,
      paint: (text: string) => output(80, 'always').style.red(text),
    }));
    expect(renderTable([['a', 'b', 1]], painted, output(80, 'always'))).toContain('\x1b[31ma\x1b[39m');
    expect(renderTable([['a', 'b', 1]], COLUMNS, output(80, 'never'))).not.toContain('\x1b');
  });
});

describe('details', () => {
  it('align their values', () => {
    expect(
      renderDetails(
        [
          ['A', '1'],
          ['Longer', '2'],
        ],
        output(80),
      ),
    ).toBe('A       1\nLonger  2\n');
  });
});

describe('colour', () => {
  const colours = (
    columns: number | null,
    env: Record<string, string>,
    choice: 'auto' | 'always' | 'never',
  ) => createOutput({ ...captureStreams(columns).streams, env }, choice).style.red('x') !== 'x';
  it('follows the terminal, NO_COLOR and TERM, and the flag before them', () => {
    expect(colours(80, {}, 'auto')).toBe(true);
    expect(colours(null, {}, 'auto')).toBe(false);
    expect(colours(null, { FORCE_COLOR: '1' }, 'auto')).toBe(false);
    expect(colours(80, { NO_COLOR: '1' }, 'auto')).toBe(false);
    expect(colours(80, { NO_COLOR: '' }, 'auto')).toBe(true);
    expect(colours(80, { TERM: 'dumb' }, 'auto')).toBe(false);
    expect(colours(null, { NO_COLOR: '1' }, 'always')).toBe(true);
    expect(colours(80, {}, 'never')).toBe(false);
  });
});

describe('widths', () => {
  it('are those of a terminal', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('é')).toBe(1);
    expect(displayWidth('🙂')).toBe(2);
  });
});
