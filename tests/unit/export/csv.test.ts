// The csv export through a strict reader of RFC 4180, and through Python's.

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { row } from '../../../src/api/export/csv.ts';
import { exported, ID, newDatabasePath, storeSession } from './sessions.ts';

/** Takes nothing but what RFC 4180 allows, every row ended by CRLF. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    if (match === null) throw new Error(`no cell at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    rows.push(cells);
    cells = [];
  }
  return rows;
}

function parseByPython(text: string): string[][] {
  const program =
    'import csv,io,json,sys; text=sys.stdin.buffer.read().decode("utf-8"); ' +
    'print(json.dumps(list(csv.reader(io.StringIO(text, newline=""), strict=True))))';
  const run = spawnSync('python3', ['-c', program], { input: text, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as string[][];
}

/** What a reader does who wants the exact text back. */
const unquoted = (cell: string): string => (/^'+[=+\-@\t\r\n＝＋－＠]/.test(cell) ? cell.slice(1) : cell);

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠x', "'=1"];
/** Any text but controls, which are shown as `\x1b` rather than sent; tabs and ends of lines stay. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', ',', '\r', '\n', '\t', '=', '+', '-', '@', "'", ';', 'é', '\u{1f642}', ' '),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
  )
  .map((parts) => parts.join(''))
  .filter((value) => !/[\u0080-\u009f\u2028-\u202e\u2066-\u2069]/.test(value));

describe('a row', () => {
  it('comes back as it was through a strict reader', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (cells) => {
        const [read, ...others] = parseCsv(row(cells));
        expect(others).toEqual([]);
        expect(read!.map(unquoted)).toEqual(cells);
      }),
      { numRuns: 2000 },
    );
  });

  it('begins no cell with what a spreadsheet would run', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.constantFrom(...FORMULAS)), (value) => {
        expect(parseCsv(row([value]))[0]![0]).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells nothing from an empty text, and shows what a terminal would obey', () => {
    expect(row([null, '', 5, 'a\x1b[31m\x00b\u202e'])).toBe(',"",5,a\\x1b[31m\\x00b\\u202e\r\n');
  });
});

describe('the csv export', () => {
  it('survives formulas, quotes and ends of lines through Python', async () => {
    const dbPath = newDatabasePath();
    const values = [...FORMULAS, 'a "quoted" one', 'two\r\nlines', 'a,b;c', '', ' blanks ', 'é\u{1f642}'];
    storeSession(dbPath, {
      events: values.map((matchedValue) => ({
        matchedValue,
        originalLine: `line ${matchedValue}`,
        metadata: null,
      })),
    });
    const file = await exported(dbPath, 'csv');
    const [head, ...rows] = parseByPython(file);
    expect(parseCsv(file)).toEqual([head, ...rows]);
    expect(head!.slice(0, 4)).toEqual(['session_id', 'agent_name', 'seq', 'timestamp']);
    const column = (name: string) => rows.map((cells) => cells[head!.indexOf(name)]!);
    expect(column('matched_value').map(unquoted)).toEqual(values);
    expect(column('original_line')).toEqual(values.map((value) => `line ${value}`));
    expect(column('seq')).toEqual(values.map((_, index) => String(index + 1)));
    expect(new Set(column('session_id'))).toEqual(new Set([ID]));
  });

  it('is a head alone for a session in which nothing was found', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, {});
    expect(parseCsv(await exported(dbPath, 'csv'))).toHaveLength(1);
  });
});
