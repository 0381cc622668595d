// What a recording may do to the terminal of whoever watches it.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HarmlessOutput } from '../../../src/stream/harmless-output.ts';
import { Screen } from '../../../src/stream/screen.ts';

const filtered = (text: string): string => new HarmlessOutput().push(text);

describe('harmless output', () => {
  it.each([
    ['primary attributes', '\x1b[c'],
    ['secondary attributes', '\x1b[>c'],
    ['tertiary attributes', '\x1b[=0c'],
    ['cursor position', '\x1b[6n'],
    ['status', '\x1b[5n'],
    ['colour scheme', '\x1b[?996n'],
    ['name and version', '\x1b[>0q'],
    ['a mode', '\x1b[?2026$p'],
    ['the size of the window', '\x1b[18t'],
    ['a resize of the window', '\x1b[8;50;200t'],
    ['the state of the keyboard', '\x1b[?u'],
    ['another keyboard', '\x1b[>1u'],
    ['modified keys', '\x1b[>4;2m'],
    ['the mouse', '\x1b[?1000;1006h'],
    ['pasting', '\x1b[?2004h'],
    ['focus', '\x1b[?1004h'],
    ['an old identification', '\x1bZ'],
    ['an answerback', '\x05'],
    ['the clipboard', '\x1b]52;c;aGk=\x07'],
    ['the clipboard, ended otherwise', '\x1b]52;c;?\x1b\\'],
    ['the background', '\x1b]11;?\x1b\\'],
    ['the palette', '\x1b]4;1;?\x07'],
    ['a notification', '\x1b]9;done\x07'],
    ['another notification', '\x1b]777;notify;a;b\x07'],
    ['a file', '\x1b]1337;File=:aGk=\x07'],
    ['a setting', '\x1bP$qm\x1b\\'],
    ['a capability', '\x1bP+q544e\x1b\\'],
    ['a title', '\x1b]0;title\x07'],
    ['the cursor keys', '\x1b[?1h'],
    ['the keypad', '\x1b='],
    ['graphics', '\x1b_Gi=31,a=q;AAAA\x1b\\'],
    ['8-bit attributes', '\x9bc'],
    ['an 8-bit clipboard', '\x9d52;c;aGk=\x9c'],
  ])('leaves out %s, cut anywhere', (_what, sequence) => {
    const text = `before${sequence}after`;
    for (let at = 0; at <= text.length; at++) {
      const filter = new HarmlessOutput();
      expect(filter.push(text.slice(0, at)) + filter.push(text.slice(at))).toBe('beforeafter');
    }
  });

  it.each([
    '\x1b[31mred\x1b[0m',
    '\x1b[2J\x1b[H',
    '\x1b[?1049h\x1b[?25l',
    '\x1b[2 q',
    '\x1b[!p',
    '\x1b[s\x1b[u\x1b7\x1b8',
    '\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\',
    '\x1bPq#0;2;0;0;0\x1b\\',
    '\x1b(0lqk\x1b(B',
    'tab\tbell\x07 界 é',
  ])('passes %j on as it is', (text) => {
    expect(filtered(text)).toBe(text);
  });

  it('finds its way out of broken sequences', () => {
    expect(filtered('\x1b]52;c;abc\x1b[31mred')).toBe('\x1b[31mred');
    expect(filtered('\x1b[6\x18nright')).toBe('nright');
    expect(filtered('\x1b[6\x1b[1mbold')).toBe('\x1b[1mbold');
    expect(filtered('\x1b[3\n1mx')).toBe('\n\x1b[31mx');
    expect(filtered('\x1b[6')).toBe('');
  });

  it('gives the same for every cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\x1b',
        '[',
        ']',
        '52;',
        '?',
        '6n',
        'c',
        '\x07',
        '\x1b\\',
        '\x18',
        '\x9b',
        'P',
        'q',
        '$',
        'm',
        'é',
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const filter = new HarmlessOutput();
        expect(pieces.map((text) => filter.push(text)).join('')).toBe(filtered(pieces.join('')));
      }),
    );
  });

  const folder = fileURLToPath(new URL('../../fixtures/replay/', import.meta.url));
  it.each(readdirSync(folder).filter((name) => name.endsWith('.raw')))(
    'leaves the picture of %s alone',
    async (name) => {
      const text = readFileSync(`${folder}${name}`, 'utf8');
      const [whole, harmless] = [new Screen({ cols: 120, rows: 40 }), new Screen({ cols: 120, rows: 40 })];
      await whole.write(text);
      await harmless.write(filtered(text));
      expect(harmless.text()).toEqual(whole.text());
    },
  );
});
