// The parts of the player: keys, the status line, the picture, and the search.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKeys } from '../../../src/cli/player/keys.ts';
import { Picture } from '../../../src/cli/player/picture.ts';
import { findText, type SearchPlace } from '../../../src/cli/player/search.ts';
import { keysText, playTime, statusText } from '../../../src/cli/player/status-line.ts';
import { displayWidth } from '../../../src/cli/table.ts';
import type { EventDocument } from '../../../src/model/wire.ts';
import { Screen } from '../../../src/stream/screen.ts';

describe('keys', () => {
  it.each([
    ['q', [{ name: 'text', character: 'q' }]],
    ['é界😀', ['é', '界', '😀'].map((character) => ({ name: 'text', character }))],
    ['\x1b[C', [{ name: 'right', shift: false }]],
    ['\x1bOD', [{ name: 'left', shift: false }]],
    ['\x1b[1;2C', [{ name: 'right', shift: true }]],
    ['\x1b[1;5C', [{ name: 'right', shift: false }]],
    [
      '\x1b[A\x1b[B ',
      [
        { name: 'up', shift: false },
        { name: 'down', shift: false },
        { name: 'text', character: ' ' },
      ],
    ],
    // xterm, its application mode; tmux, screen and the Linux console; rxvt.
    ['\x1b[H\x1bOH\x1b[1~\x1b[7~', Array.from({ length: 4 }, () => ({ name: 'home', shift: false }))],
    ['\x1b[F\x1bOF\x1b[4~\x1b[8~', Array.from({ length: 4 }, () => ({ name: 'end', shift: false }))],
    ['\x1b[1;2~', [{ name: 'home', shift: true }]],
    // Insert, delete, page up, page down: nothing of ours, and no letters either.
    ['\x1b[2~\x1b[3~\x1b[5~\x1b[6;5~', []],
    ['\x1b', [{ name: 'escape' }]],
    [
      '\x03\x1a\x0c\x7f\r',
      ['interrupt', 'suspend', 'redraw', 'backspace', 'enter'].map((name) => ({ name })),
    ],
    ['\x1b[200~x', [{ name: 'text', character: 'x' }]],
    ['\x1b[?62;4c\x1b[12;40R', []],
    ['\x00\x01', []],
  ])('reads %j', (text, keys) => {
    expect(parseKeys(text)).toEqual(keys);
  });
});

const STATE = {
  replay_id: 'local',
  session_id: 's',
  position_ms: 83_400,
  duration_ms: 3_723_000,
  speed: 2,
  idle_limit_ms: null,
  playing: true,
  finished: false,
};
const EVENT = {
  seq: 4,
  event_type: 'error',
  risk_level: 'high',
  matched_value: 'bad\x1b[2J\n',
} as EventDocument;

describe('the status line', () => {
  const text = (columns: number, status: Partial<Parameters<typeof statusText>[0]> = {}) =>
    statusText({ state: STATE, event: undefined, note: undefined, cropped: undefined, ...status }, columns);

  it('says where the replay is, how fast, and what was found', () => {
    expect(text(80, { event: EVENT })).toMatch(
      /^ ▶ 01:23 \/ 1:02:03 {2}2× {2}4 error \(high\): bad.* \? keys {2}q quit $/,
    );
    expect(text(80, { event: EVENT })).not.toContain('\x1b');
    expect(text(80, { state: { ...STATE, playing: false } })).toMatch(/^ ‖/);
    expect(text(80, { state: { ...STATE, playing: false, finished: true } })).toMatch(/^ ■/);
    expect(text(100, { cropped: { cols: 200, rows: 60 } })).toContain('recorded at 200×60');
  });

  it('is as wide as the terminal, whatever that is', () => {
    for (let columns = 1; columns < 200; columns++) {
      for (const status of [
        {},
        { event: EVENT },
        { note: 'a remark '.repeat(30) },
        { cropped: { cols: 1, rows: 1 } },
      ]) {
        expect(displayWidth(text(columns, status))).toBe(columns);
      }
    }
  });

  it('shows a remark instead of the place where there is no room for both', () => {
    expect(text(60, { note: 'found: needle' })).toMatch(/^ ▶ 01:23 .*found: needle/);
    expect(text(20, { note: '/needle█' })).toMatch(/^ \/needle█ +$/);
    expect(text(40, { note: 'found: error: needle 42' })).toMatch(/^ found: error: needle 42 +$/);
  });

  it('has the keys in full on every terminal, with whole keys where one fits', () => {
    const keys = [
      'space pause',
      '←→ 5 s',
      '<> speed',
      '0-9 tenth',
      '/ search',
      'n N event',
      '. step',
      'q quit',
    ];
    for (let columns = 1; columns < 200; columns++) {
      const lines = keysText(columns);
      for (const line of lines) expect(displayWidth(line)).toBe(columns);
      if (columns < 13) continue;
      for (const key of keys) expect(lines.some((line) => line.includes(key))).toBe(true);
    }
    expect(keysText(80)).toHaveLength(2);
    expect(keysText(40)).toHaveLength(4);
  });

  it.each([
    [0, '00:00'],
    [59_999, '00:59'],
    [600_000, '10:00'],
    [36_000_000, '10:00:00'],
  ])('writes %d ms as %s', (ms, expected) => {
    expect(playTime(ms)).toBe(expected);
  });
});

describe('the picture', () => {
  /** A terminal of that size that shows what a picture writes. */
  function watched(recorded: { cols: number; rows: number }, terminal: { cols: number; rows: number }) {
    const screen = new Screen(terminal);
    const written: Promise<void>[] = [];
    let bytes = 0;
    const picture = new Picture(
      (text) => {
        bytes += text.length;
        written.push(screen.write(text));
      },
      recorded,
      terminal,
    );
    return {
      picture,
      bytes: () => bytes,
      shows: async () => {
        await Promise.all(written);
        return screen.text();
      },
      cursor: () => screen.cursor,
    };
  }

  it('shows the recorded screen above the status', async () => {
    const { picture, shows, cursor } = watched({ cols: 20, rows: 5 }, { cols: 30, rows: 8 });
    await picture.print('one\r\n\x1b[31mtwo\x1b[0m 界\r\n');
    picture.draw('STATUS');
    expect(await shows()).toEqual(['one', 'two 界', '', '', '', '', '', 'STATUS']);
    expect(cursor()).toMatchObject({ row: 2, column: 0, visible: true });
    expect(picture.cropped).toBeUndefined();
  });

  it('cuts what is larger, and shows the rows around the cursor', async () => {
    const { picture, shows } = watched({ cols: 20, rows: 10 }, { cols: 8, rows: 4 });
    await picture.print(Array.from({ length: 9 }, (_, row) => `row ${row} wide`).join('\r\n'));
    picture.draw('STATUS');
    expect(await shows()).toEqual(['row 6 wi', 'row 7 wi', 'row 8 wi', 'STATUS']);
    expect(picture.cropped).toEqual({ cols: 20, rows: 10 });
    await picture.print('\x1b[1;1H');
    picture.draw('STATUS');
    expect(await shows()).toEqual(['row 0 wi', 'row 1 wi', 'row 2 wi', 'STATUS']);
  });

  it('shows rows above the status instead of its own, as far as there is room', async () => {
    const { picture, shows, cursor } = watched({ cols: 8, rows: 4 }, { cols: 8, rows: 4 });
    await picture.print('one\r\ntwo\r\nthree');
    picture.draw('STATUS', ['A', 'B']);
    expect(await shows()).toEqual(['one', 'A', 'B', 'STATUS']);
    expect(cursor().visible).toBe(false);
    picture.draw('STATUS', ['A', 'B', 'C', 'D']);
    expect(await shows()).toEqual(['A', 'B', 'C', 'STATUS']);
    picture.draw('STATUS');
    expect(await shows()).toEqual(['one', 'two', 'three', 'STATUS']);
    expect(cursor().visible).toBe(true);
  });

  it('does not cut a wide character in half', async () => {
    const { picture, shows } = watched({ cols: 10, rows: 2 }, { cols: 5, rows: 3 });
    await picture.print('界界界界');
    picture.draw('');
    expect((await shows())[0]).toBe('界界');
  });

  it('writes what has changed, and everything after a new size', async () => {
    const { picture, bytes, shows } = watched({ cols: 80, rows: 20 }, { cols: 80, rows: 21 });
    await picture.print(Array.from({ length: 19 }, () => 'x'.repeat(79)).join('\r\n'));
    picture.draw('A');
    const first = bytes();
    picture.draw('B');
    expect(bytes() - first).toBeLessThan(100);
    picture.refit({ cols: 80, rows: 21 });
    picture.draw('B');
    expect(bytes() - first).toBeGreaterThan(1500);
    expect((await shows()).at(-1)).toBe('B');
  });

  it('lets nothing of the recording through but characters and colours', async () => {
    const chunks: string[] = [];
    const picture = new Picture((text) => chunks.push(text), { cols: 40, rows: 5 }, { cols: 40, rows: 6 });
    await picture.print('\x1b[6n\x1b]52;c;aGk=\x07\x1b[?1000h\x1b]0;title\x07\x1b[?1049h\x1b[32mok');
    picture.draw('S');
    const known = /\x1b\[(?:\?2026[hl]|\?25[hl]|\d+;\d+H|2K|\d+[CX]|[\d;]*m)/g;
    expect(chunks.join('').replaceAll(known, '')).toBe('okS');
  });
});

describe('the search', () => {
  let folder: string;
  let path: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wrapper-search-'));
    path = join(folder, 'a.cast');
    const events = [
      [0.1, 'o', 'one\r\ntw'],
      [0.2, 'o', 'o Needle\r\n'],
      [0.3, 'm', 'needle marker'],
      [1.0, 'o', '\x1b[?1049h\x1b[5;5Hne\x1b[1medle\x1b[0m here'],
      [9.0, 'o', '\x1b[?1049l'],
      [10.0, 'o', 'the last line has no end'],
    ];
    const header = { version: 2, width: 80, height: 24 };
    writeFileSync(path, [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['needle', { ms: 200, line: 'two Needle' }],
    ['Needle', { ms: 200, line: 'two Needle' }],
    ['needle here', { ms: 1000, line: 'needle here' }],
    ['no end', { ms: 10_000, line: 'the last line has no end' }],
    ['marker', undefined],
    ['NEEDLE', undefined],
  ])('finds %s when it was printed', async (text, match) => {
    const found = await findText(path, { offset: 0, lines: 0 }, text, () => true);
    expect(found && { ms: found.ms, line: found.line.trim() }).toEqual(match);
  });

  it('goes on from a place', async () => {
    const first = (await findText(path, { offset: 0, lines: 0 }, 'needle', () => true))!;
    expect(first.ms).toBe(200);
    const offset = JSON.stringify({ version: 2, width: 80, height: 24 }).length + 60;
    expect(await findText(path, { offset, lines: 0 }, 'needle', () => true)).toMatchObject({ ms: 1000 });
  });

  it('goes on line by line, also where many were printed at once or on two streams', async () => {
    const two = join(folder, 'two.cast');
    const wrapped = { session_id: 'sess_000000000001', agent: 'x', version: null, mode: 'pipe' };
    const lines = [
      JSON.stringify({ version: 2, width: 80, height: 24, wrapper: wrapped }),
      '[0.1,"o","foo 1\\r\\nfoo 2\\r\\nbar\\r\\nfoo 3, fo"]',
      '[0.2, "o", "foo on stderr\\r\\n"]',
      '[0.3,"o","o\\r\\n"]',
      '[0.4,"o","foo 4\\r\\nfoo 5"]',
    ];
    writeFileSync(two, lines.map((line) => `${line}\n`).join(''));
    const found: [number, string][] = [];
    let place: SearchPlace = { offset: 0, lines: 0 };
    for (;;) {
      const match = await findText(two, place, 'foo', () => true);
      if (match === undefined) break;
      found.push([match.ms, match.line]);
      place = match.next;
    }
    expect(found).toEqual([
      [100, 'foo 1'],
      [100, 'foo 2'],
      [200, 'foo on stderr'],
      [100, 'foo 3, foo'],
      [400, 'foo 4'],
      [400, 'foo 5'],
    ]);
  });

  it('begins no earlier than it must', async () => {
    const first = (await findText(path, { offset: 0, lines: 0 }, 'last line', () => true))!;
    const offset = readFileSync(path, 'utf8').indexOf('[10,');
    expect(first.next).toEqual({ offset, lines: 1 });
  });
});
