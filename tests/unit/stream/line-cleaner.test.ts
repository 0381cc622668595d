// What a reader sees of a line, whatever control sequences are in it and wherever the bytes are cut.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineCleaner } from '../../../src/stream/line-cleaner.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function linesOf(...pieces: (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const cleaner = new LineCleaner((text) => lines.push(text));
  for (const piece of pieces) cleaner.push(typeof piece === 'string' ? bytesOf(piece) : piece);
  cleaner.end();
  return lines;
}

const ESC = '\u001b';

describe('control sequences', () => {
  const cases: [name: string, input: string, lines: string[]][] = [
    ['nothing', '', []],
    ['a line without a newline', 'a\nb', ['a', 'b']],
    ['empty lines', '\n\n', ['', '']],
    ['CR LF', 'a\r\nb\r\n', ['a', 'b']],
    ['tabs are kept', 'a\tb\n', ['a\tb']],
    ['NUL, BEL and DEL', 'a\0b\u0007c\u007fd\n', ['abcd']],
    ['colours', `${ESC}[1;31merror${ESC}[0m: x\n`, ['error: x']],
    ['colours with colons', `${ESC}[38:2:1:2:3mx${ESC}[m\n`, ['x']],
    ['private modes', `${ESC}[?25l${ESC}[?2004hx${ESC}[>4;1m\n`, ['x']],
    ['charset (nF)', `${ESC}(Ba${ESC}#8b${ESC}%Gc\n`, ['abc']],
    ['keypad (Fp)', `${ESC}=a${ESC}>b\n`, ['ab']],
    ['single shift', `${ESC}OPx${ESC}Ncy\n`, ['xy']],
    ['a newline inside CSI is carried out', `a${ESC}[1\n2mb\n`, ['a', 'b']],
    ['CAN and SUB abort', `${ESC}[12\u0018m${ESC}]0;t\u001ax\n`, ['mx']],
    ['ESC begins anew inside a sequence', `${ESC}[12${ESC}[0mx\n`, ['x']],
    ['OSC ended by BEL', `${ESC}]0;title\u0007x\n`, ['x']],
    ['OSC ended by ST', `${ESC}]8;;http://a/${ESC}\\link${ESC}]8;;${ESC}\\\n`, ['link']],
    ['a newline inside OSC is swallowed', `${ESC}]0;a\nb\u0007x\n`, ['x']],
    ['OSC aborted by another sequence', `${ESC}]0;title${ESC}[0mx\n`, ['x']],
    [
      'DCS, SOS, PM, APC',
      `${ESC}Pq#0${ESC}\\a${ESC}Xs${ESC}\\b${ESC}^p${ESC}\\c${ESC}_Gk${ESC}\\d\n`,
      ['abcd'],
    ],
    ['BEL does not end DCS', `${ESC}Pa\u0007b${ESC}\\x\n`, ['x']],
    ['C1 after decoding', '\u009b31mred\u009b0m\u009d0;t\u009cx\n', ['redx']],
    ['NEL ends a line', 'a\u0085b\n', ['a', 'b']],
    ['a sequence cut by the end', `a${ESC}[3`, ['a']],
    ['a non-ASCII character inside CSI', `${ESC}[3éx\n`, ['éx']],
    ['only escapes at the end are no line', `a\n${ESC}[0m`, ['a']],
  ];
  it.each(cases)('%s', (_name, input, lines) => {
    expect(linesOf(input)).toEqual(lines);
  });

  it.each(cases)('%s, cut at every byte', (_name, input, lines) => {
    const bytes = bytesOf(input);
    for (let at = 0; at <= bytes.length; at++) {
      expect(linesOf(bytes.subarray(0, at), bytes.subarray(at)), `cut at ${at}`).toEqual(lines);
    }
    expect(linesOf(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(lines);
  });
});

describe('lines that rewrite themselves', () => {
  it.each<[name: string, input: string, lines: string[]]>([
    ['the last overwrite wins', ' 10%\r 50%\r100%\n', ['100%']],
    ['a shorter overwrite leaves the rest', 'abcdef\rXY\n', ['XYcdef']],
    ['erase to the end', `abcdef\rXY${ESC}[K\n`, ['XY']],
    ['erase the line', `abc${ESC}[2K\rx\n`, ['x']],
    ['erase the line, cursor stays', `abc${ESC}[2Kx\n`, ['   x']],
    ['erase to the left', `abcdef${ESC}[3D${ESC}[1K\n`, ['    ef']],
    ['erase below', `abcdef\rXY${ESC}[J\n`, ['XY']],
    ['backspace', 'abc\b\bX\n', ['aXc']],
    ['backspace, space, backspace', 'abc\b \bd\n', ['abd']],
    ['backspace at the start', '\b\bx\n', ['x']],
    ['cursor right leaves blanks', `a${ESC}[3Cb\n`, ['a   b']],
    ['cursor right over text', `abcd\r${ESC}[2CX\n`, ['abXd']],
    ['cursor left', `abcd${ESC}[3DX\n`, ['aXcd']],
    ['column', `abc${ESC}[1GX${ESC}[6Gy\n`, ['Xbc  y']],
    ['delete characters', `abcdef\r${ESC}[2P\n`, ['cdef']],
    ['insert characters', `abc\r${ESC}[2@\n`, ['  abc']],
    ['erase characters', `abcdef\r${ESC}[3X\n`, ['   def']],
    ['save and restore', `ab${ESC}7cd${ESC}8X\n`, ['abXd']],
    ['trailing blanks that were never written', `a${ESC}[5C\n`, ['a']],
    ['trailing spaces that were written', 'a  \n', ['a  ']],
    ['wide characters', '日本\rx\n', ['x 本']],
    ['emoji', '✅ ok\r✗\n', ['✗  ok']],
    ['combining characters', 'e\u0301x\r\n', ['e\u0301x']],
    ['a tab over text moves', 'abcdefghij\r\tX\n', ['abcdefghXj']],
    ['a tab that is overwritten', 'a\tb\rxy\n', ['xy      b']],
    ['astral characters', '🚀\b\bx\n', ['x']],
  ])('%s', (_name, input, lines) => {
    expect(linesOf(input)).toEqual(lines);
  });

  it('gives one line for ten thousand updates', () => {
    let bar = '';
    for (let i = 0; i < 10_000; i++) bar += `\r${i} of 10000${ESC}[K`;
    expect(linesOf(`${bar}\rdone${ESC}[K\n`)).toEqual(['done']);
  });
});

describe('the cursor leaves the line', () => {
  it.each<[name: string, input: string, lines: string[]]>([
    ['cursor up', `abc${ESC}[1Adef\n`, ['abc', 'def']],
    ['home', `abc${ESC}[Hdef\n`, ['abc', 'def']],
    ['position', `abc${ESC}[5;10fdef\n`, ['abc', 'def']],
    ['reverse index', `abc${ESC}Mdef\n`, ['abc', 'def']],
    ['alternate screen', `abc${ESC}[?1049hdef${ESC}[?1049lghi\n`, ['abc', 'def', 'ghi']],
    ['clear the screen', `abc${ESC}[2Jdef\n`, ['abc', 'def']],
    ['no line without text', `${ESC}[2J${ESC}[H  ${ESC}[1Ax\n`, ['x']],
  ])('%s', (_name, input, lines) => {
    expect(linesOf(input)).toEqual(lines);
  });
});

describe('what never ends', () => {
  it('gives up an OSC after 64 KiB', () => {
    const [line] = linesOf(`${ESC}]0;${'x'.repeat(70_000)}\nnext\n`);
    expect(line).toMatch(/^x+$/);
    expect(line!.length).toBeLessThan(70_000 - 65_000 + 10);
  });

  it('lets a clipboard or image command be long', () => {
    expect(linesOf(`${ESC}]52;c;${'x'.repeat(100_000)}\u0007a\n`)).toEqual(['a']);
    expect(linesOf(`${ESC}]1337;File=:${'x'.repeat(100_000)}\u0007a\n`)).toEqual(['a']);
  });

  it('gives up a DCS after 16 MiB', () => {
    const body = 'x'.repeat(1024 * 1024);
    const lines = linesOf(`${ESC}P`, ...Array<string>(17).fill(body), '\nnext\n');
    expect(lines.at(-1)).toBe('next');
    expect(lines).toHaveLength(2);
  });

  it('counts what is right of the cells it keeps', () => {
    let overflow = 0;
    let kept = 0;
    const cleaner = new LineCleaner((text, bytes) => {
      kept = text.length;
      overflow = bytes;
    });
    for (let i = 0; i < 100; i++) cleaner.push(bytesOf('x'.repeat(10_000)));
    cleaner.push(bytesOf('\n'));
    expect(kept).toBe(65_536);
    expect(kept + overflow).toBe(1_000_000);
  });

  it('bounds a tower of combining characters', () => {
    const lines = linesOf(`a${'\u0301'.repeat(100_000)}b\n`);
    expect(lines[0]!.length).toBeLessThan(20_000);
  });
});

describe('properties', () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      '\n',
      '\r\n',
      '\r',
      '\b',
      '\t',
      '\u0007',
      'abc',
      'é',
      '日本',
      '🚀',
      'e\u0301',
      '\u0085',
      '\u009b1m',
    ),
    fc
      .constantFrom(
        '[31m',
        '[K',
        '[2C',
        '[3D',
        '[5G',
        '[1A',
        '[2J',
        ']0;t\u0007',
        ']8;;u',
        '\\',
        'Pq',
        '7',
        '8',
        '(B',
      )
      .map((rest) => ESC + rest),
    fc.string({ maxLength: 6 }),
  );
  const input = fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join(''));

  it('any cut gives the same lines', () => {
    fc.assert(
      fc.property(input, fc.array(fc.nat(200), { maxLength: 5 }), (text, cuts) => {
        const bytes = bytesOf(text);
        const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
        expect(linesOf(...pieces)).toEqual(linesOf(bytes));
      }),
    );
  });

  it('leaves no control character but the tab', () => {
    fc.assert(
      fc.property(input, (text) => {
        for (const line of linesOf(text)) expect(line).not.toMatch(/[\0-\x08\x0a-\x1f\x7f-\x9f]/);
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(input, (text) => {
        const lines = linesOf(text);
        expect(linesOf(lines.map((line) => `${line}\n`).join(''))).toEqual(lines);
      }),
    );
  });
});
