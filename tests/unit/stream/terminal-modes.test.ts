import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Screen } from '../../../src/stream/screen.ts';
import { TerminalModes } from '../../../src/stream/terminal-modes.ts';

function resetsAfter(...chunks: string[]): string {
  const modes = new TerminalModes();
  for (const chunk of chunks) modes.observe(Buffer.from(chunk));
  return modes.resets();
}

describe('TerminalModes', () => {
  it('has nothing to reset after ordinary output', () => {
    expect(resetsAfter('hello\r\n\x1b[31mred\x1b[0m\x1b]0;title\x07')).toBe('');
  });

  it('leaves the alternate screen and shows the cursor of a program that died in them', () => {
    const resets = resetsAfter('\x1b[?1049h\x1b[?25l');
    expect(resets).toContain('\x1b[?1049l');
    expect(resets).toContain('\x1b[?25h');
  });

  it('has nothing to reset when the program has tidied up', () => {
    expect(resetsAfter('\x1b[?1049h\x1b[?25l\x1b[?2004h', 'x', '\x1b[?2004l\x1b[?25h\x1b[?1049l')).toBe('');
  });

  it('sees several modes in one sequence and pops pushed keyboard modes', () => {
    const resets = resetsAfter('\x1b[?1000;1006h\x1b[>5u\x1b[>1u\x1b[<u');
    expect(resets).toContain('\x1b[?1000l');
    expect(resets).toContain('\x1b[?1006l');
    expect(resets).toContain('\x1b[<1u');
  });

  it('finds a sequence split at any byte', () => {
    const text = 'abc\x1b[?1049h\x1b[?25lxyz\x1b[?2004h';
    const whole = resetsAfter(text);
    for (let at = 1; at < text.length; at++)
      expect(resetsAfter(text.slice(0, at), text.slice(at))).toBe(whole);
    expect(resetsAfter(...text)).toBe(whole);
  });

  it('forgets everything at a full reset', () => {
    expect(resetsAfter('\x1b[?1049h\x1bc')).toBe('');
  });

  it.each([
    ['\x1b[?6h', '\x1b[?6l'],
    ['\x1b[4h', '\x1b[4l'],
    ['\x1b[?7l', '\x1b[?7h'],
    ['\x1b[?69h\x1b[5;10s', '\x1b[?69l'],
    ['\x1b[?5h', '\x1b[?5l'],
    ['\x0e', '\x0f'],
    ['\x1b(0', '\x1b(B'],
    ['\x1b[?1h', '\x1b[?1l'],
    ['\x1b=', '\x1b>'],
    ['\x1b[3;9r', '\x1b[r'],
    ['\x1b[5 q', '\x1b[0 q'],
    ['\x1b[20h', '\x1b[20l'],
  ])('takes %j back, unless the program ended by itself or did so', (on, off) => {
    const modes = new TerminalModes();
    for (const character of `text${on}text`) modes.observe(Buffer.from(character));
    expect(modes.resets()).toContain(off);
    expect(modes.resets('unusable')).toBe('');
    modes.observe(Buffer.from(off));
    expect(modes.resets()).toBe('');
  });

  it('puts a terminal that was reset into the same modes again', async () => {
    const text = '\x1b[?1049h\x1b[2;4r\x1b[?6h\x1b[4h\x1b[?7l\x1b[?2004h\x1b[?25l';
    const modes = new TerminalModes();
    modes.observe(Buffer.from(text));
    const [first, second] = [new Screen({ cols: 20, rows: 6 }), new Screen({ cols: 20, rows: 6 })];
    await first.write(text);
    await second.write(`${text}${modes.resets()}${modes.sets()}`);
    expect(second.serialize()).toBe(first.serialize());
    expect(new TerminalModes().sets()).toBe('');
    first.dispose();
    second.dispose();
  });

  it('takes back what makes the terminal unusable in any case', () => {
    const modes = new TerminalModes();
    modes.observe(Buffer.from('\x1b[?1049;1016h\x1b[>4;2m\x1b[?1h'));
    expect(modes.resets('unusable')).toBe('\x1b[?1016l\x1b[>4m\x1b[?1049l\x1b[0m');
  });

  it('leaves the cursor where it is when it takes a region back', async () => {
    const screen = new Screen({ cols: 20, rows: 6 });
    await screen.write(`\x1b[2;4rone\x1b[3;5H${resetsAfter('\x1b[2;4r')}`);
    expect(screen.cursor).toMatchObject({ row: 2, column: 4 });
    await screen.write(`\x1b[2;4r\x1b[?6h\x1b[1;1Htwo${resetsAfter('\x1b[2;4r\x1b[?6h')}`);
    expect(screen.text()).toContain('two');
    expect(screen.cursor).toMatchObject({ row: 5, column: 0 });
    screen.dispose();
  });

  it('leaves a terminal as a new one, whatever was set and wherever it was cut', async () => {
    const sequences = [
      ...[
        '\x1b[?6h',
        '\x1b[?6l',
        '\x1b[4h',
        '\x1b[4l',
        '\x1b[?7l',
        '\x1b[?7h',
        '\x1b[?45h',
        '\x1b[2;4r',
        '\x1b[r',
      ],
      ...[
        '\x1b(0',
        '\x1b(B',
        '\x1b[?1h',
        '\x1b[?1l',
        '\x1b=',
        '\x1b>',
        '\x1b[?1049h',
        '\x1b[?1049l',
        '\x1b[?47h',
      ],
      ...[
        '\x1b[?2004h',
        '\x1b[?25l',
        '\x1b[?25h',
        '\x1b[?1002;1006h',
        '\x1b[31m',
        '\x1bc',
        'text\r\n',
        '\x1b[1;33;44m',
      ],
    ];
    const empty = new Screen({ cols: 20, rows: 6 });
    await empty.write('\x1b[H\x1b[2J');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...sequences), { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (parts, size) => {
          const bytes = Buffer.from(parts.join(''));
          const modes = new TerminalModes();
          for (let at = 0; at < bytes.length; at += size) modes.observe(bytes.subarray(at, at + size));
          const screen = new Screen({ cols: 20, rows: 6 });
          await screen.write(`${bytes}${modes.resets()}\x1b[0m\x1b[H\x1b[2J`);
          expect(screen.serialize()).toBe(empty.serialize());
          screen.dispose();
        },
      ),
    );
    empty.dispose();
  });
});
