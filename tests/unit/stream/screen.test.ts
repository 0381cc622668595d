// The screen of a session at one moment: what it shows, and that another terminal shows the same from its sequences.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Screen } from '../../../src/stream/screen.ts';

const SIZE = { cols: 20, rows: 6 };

async function screenOf(text: string, size = SIZE): Promise<Screen> {
  const screen = new Screen(size);
  await screen.write(text);
  return screen;
}

/** Another terminal that was sent what the first one serializes to. */
async function copyOf(screen: Screen): Promise<Screen> {
  return screenOf(screen.serialize(), { cols: screen.cols, rows: screen.rows });
}

async function expectSameAsCopy(screen: Screen): Promise<void> {
  const copy = await copyOf(screen);
  expect(copy.text()).toEqual(screen.text());
  expect(copy.cursor).toEqual(screen.cursor);
  // The copy has the same looks and modes, too, or it would be drawn by other sequences.
  expect(copy.serialize()).toBe(screen.serialize());
}

describe('a screen', () => {
  it('shows what was written', async () => {
    const screen = await screenOf('one\r\ntwo\x1b[31m red\x1b[0m\r\n\x1b[1;1HX');
    expect(screen.text()).toEqual(['Xne', 'two red', '', '', '', '']);
  });

  it('takes sequences that are cut anywhere', async () => {
    const text = 'a\x1b[2;3Hb\x1b]0;title\x07c\x1b[?25l';
    for (let at = 0; at <= text.length; at++) {
      const screen = await screenOf(text.slice(0, at));
      await screen.write(text.slice(at));
      expect(screen.text()).toEqual(['a', '  bc', '', '', '', '']);
      expect(screen.title).toBe('title');
      expect(screen.cursor.visible).toBe(false);
    }
  });

  it('keeps the last screen only', async () => {
    const screen = await screenOf(Array.from({ length: 5000 }, (_, line) => `line ${line}\r\n`).join(''));
    expect(screen.text()[4]).toBe('line 4999');
    expect(screen.serialize().length).toBeLessThan(1000);
  });

  it('gives an emoji two columns, as terminals do, and what joins it none', async () => {
    const screen = new Screen({ cols: 12, rows: 2 });
    await screen.write('🕙x\x1b[1;10H|\r\né👍🏽界|');
    expect(screen.draw()).toEqual(['🕙x\x1b[6C|', 'é👍🏽界|']);
    expect(screen.cursor).toMatchObject({ row: 1, column: 6 });
    expect(screen.draw(1)[0]).toBe('');
    screen.dispose();
  });

  it('follows a resize', async () => {
    const screen = await screenOf('12345678901234567890next\r\n');
    screen.resize(30, 4);
    await screen.write('!');
    expect(screen.text()).toEqual(['12345678901234567890next', '!', '', '']);
  });

  it.each([
    [0, 0, 80, 24],
    [-5, 3.5, 80, 24],
    [1e9, 1e9, 1000, 1000],
  ])('makes a usable size of %s × %s', (cols, rows, usedCols, usedRows) => {
    const screen = new Screen({ cols, rows });
    expect([screen.cols, screen.rows]).toEqual([usedCols, usedRows]);
    screen.resize(cols, rows);
    expect([screen.cols, screen.rows]).toEqual([usedCols, usedRows]);
  });
});

describe('a serialized screen', () => {
  it.each([
    ['colours and attributes', '\x1b[1;31mred\x1b[0m \x1b[4;48;5;99munder\x1b[0m', '!'],
    ['the alternate screen', 'shell\x1b[?1049h\x1b[2J\x1b[3;3Hvim', '\x1b[?1049lback'],
    ['a scroll region', 'a\r\nb\r\nc\r\nd\r\ne\x1b[2;4r\x1b[4;1H', '\n\nx'],
    ['the origin mode', '\x1b[2;4r\x1b[?6h\x1b[2;2Hx', '\x1b[1;1Hy'],
    ['a hidden cursor', 'x\x1b[?25l', 'y'],
    ['the insert mode', 'abc\x1b[1;1H\x1b[4h', 'xy'],
    ['no wrapping', '\x1b[?7l\x1b[1;18H', 'abcdef'],
    ['line drawing', '\x1b(0lqk', 'x\x1b(Bx'],
    ['a cursor before the end', 'hello\x1b[1;2H', 'E'],
    ['wide and combined characters', '界界e\u0301😀', '|'],
    ['a soft reset', '\x1b[2;4r\x1b[?25l\x1b[!p', '\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6'],
    ['a full reset', '\x1b[2;4r\x1b[?25l\x1b(0\x1bc', 'q'],
  ])('keeps %s', async (_what, before, after) => {
    const screen = await screenOf(before);
    await expectSameAsCopy(screen);
    const copy = await copyOf(screen);
    await copy.write(after);
    await screen.write(after);
    expect(copy.text()).toEqual(screen.text());
    expect(copy.cursor).toEqual(screen.cursor);
  });

  it('keeps the modes of mouse and keyboard', async () => {
    const screen = await screenOf('\x1b[?1h\x1b[?2004h\x1b[?1002h\x1b[?1006h');
    expect((await copyOf(screen)).serialize()).toBe(screen.serialize());
    expect(screen.serialize()).toContain('\x1b[?1006h');
  });

  it('is the same screen for whatever a program prints', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\t',
        '\x1b[2J',
        '\x1b[K',
        '\x1b[7m',
        '\x1b[0m',
        '\x1b[1A',
        '\x1b[L',
        '\x1b[M',
        '界',
      ),
      fc
        .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 20 }))
        .map(([row, column]) => `\x1b[${row};${column}H`),
      fc.string({ maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        await expectSameAsCopy(await screenOf(pieces.join('')));
      }),
      { numRuns: 300 },
    );
  });

  const corpus = fileURLToPath(new URL('../../fixtures/replay/', import.meta.url));
  it.each(readdirSync(corpus).filter((name) => name.endsWith('.raw')))(
    'is the same screen for %s',
    async (name) => {
      const text = readFileSync(`${corpus}${name}`, 'utf8');
      const screen = new Screen({ cols: 120, rows: 40 });
      for (let at = 0; at < text.length; at += 997) await screen.write(text.slice(at, at + 997));
      await expectSameAsCopy(screen);
    },
  );
});
