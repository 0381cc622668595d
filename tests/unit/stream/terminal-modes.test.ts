import { describe, expect, it } from 'vitest';
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
});
