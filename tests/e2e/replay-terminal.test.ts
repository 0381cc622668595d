// A replay in a terminal with a person at it: stopped and continued in every way that a job can be, and what is left of
// it on the screen.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Terminal } from '../support/terminal.ts';
import { until, wrapper } from '../support/wrapper.ts';

const LINES = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\r\n`).join('');

/** A terminal of 80 by 24, and a session in its folder that printed something at once, and again after a minute. */
async function recorded(text: string = LINES): Promise<Terminal> {
  const terminal = new Terminal();
  terminal.resize(80, 24);
  const lines = [{ version: 2, width: 80, height: 24 }, [0.01, 'o', text], [60, 'o', 'the end\r\n']];
  writeFileSync(
    join(terminal.cwd, 'session.cast'),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  const imported = await wrapper(['import', 'session.cast'], { cwd: terminal.cwd });
  expect(imported.status).toBe(0);
  return terminal;
}

/** Runs a command line below a mark that has to be there again afterwards. */
async function runs(terminal: Terminal, line: string): Promise<void> {
  terminal.run(`clear; stty -g > before; echo MARK; ${line}`);
  await terminal.shows(/▶ 00:0/);
}

/** Ends a replay; nothing of it is left. */
async function quits(terminal: Terminal): Promise<void> {
  terminal.press('q');
  await until('the screen is back', () => terminal.query('alternate_on') === '0');
  await terminal.shows(/^MARK$/m);
  // Not before the shell reads again: what is typed earlier, script(1) may still take for its own command.
  await terminal.shows(/\nready>\s*$/);
  expect(terminal.screen()).not.toMatch(/[▶‖■]|line \d/);
  terminal.run('stty -g > after; cmp before after && echo the same $?');
  await terminal.shows('the same 0');
}

const lastRow = (terminal: Terminal): string => terminal.screen().split('\n').filter(Boolean).at(-1) ?? '';

/** What a shell is running. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

describe('a player that is stopped', () => {
  it.each([
    ['wrapper replay last --speed 0.1'],
    ['timeout 100 wrapper replay last --speed 0.1'],
    ["sh -c 'wrapper replay last --speed 0.1; :'"],
  ])('goes on and leaves nothing: %s', async (line) => {
    const terminal = await recorded();
    await runs(terminal, line);
    terminal.press('Space');
    await terminal.shows('‖ 00:0');
    terminal.press('C-z');
    await terminal.shows('Stopped');
    expect(terminal.query('alternate_on')).toBe('0');
    expect(terminal.screen()).toContain('MARK');
    terminal.resize(60, 12);
    terminal.run('fg');
    await until('the status is in the last row of the new size', () =>
      /^ ‖ 00:0\d.*q quit $/.test(terminal.screen().split('\n')[11]?.padEnd(60) ?? ''),
    );
    terminal.press('C-z');
    await until('it has stopped again', () => terminal.screen().split('Stopped').length === 3);
    terminal.resize(80, 24);
    terminal.run('fg');
    await terminal.shows('‖ 00:0');
    terminal.press('Space');
    await terminal.shows('▶ 00:0');
    await quits(terminal);
  });

  it('draws everything again after a stop that it could not see coming', async () => {
    const terminal = await recorded();
    await runs(terminal, 'wrapper replay last --speed 0.1');
    await terminal.shows(/^line 40$/m);
    process.kill(childOf(Number(terminal.query('pane_pid'))), 'SIGSTOP');
    await terminal.shows('Stopped');
    terminal.run('fg');
    await until('the picture is whole again', () => /^ ▶ 00:0\d.*q quit/.test(lastRow(terminal)));
    expect(terminal.screen()).not.toMatch(/Stopped|ready>/);
    terminal.press('Space');
    await terminal.shows('‖ 00:0');
    await quits(terminal);
  });

  it('goes on at once where nobody could let it go on', async () => {
    const terminal = await recorded();
    await runs(terminal, 'script -qc "wrapper replay last --speed 0.1" /dev/null');
    terminal.press('C-z', 'Space');
    await terminal.shows('‖ 00:0');
    await quits(terminal);
  });
});

describe('the keys of a player', () => {
  it.each([
    [80, 24],
    [40, 12],
  ])('are told in full at %d by %d', async (columns, rows) => {
    const terminal = await recorded();
    terminal.resize(columns, rows);
    await runs(terminal, 'wrapper replay last --speed 0.1');
    terminal.press('?');
    for (const key of ['space pause', 'q quit', '←→ 5 s', '0-9 tenth', '/ search', 'n N event', '. step'])
      await terminal.shows(key);
    await terminal.shows('▶ 00:0');
    terminal.press('?');
    await until('they are gone', () => !terminal.screen().includes('0-9 tenth'));
    await quits(terminal);
  });
});

describe('the prompt of a search', () => {
  it.each(['C-c', 'Escape'])('is left with %s, and the replay goes on', async (key) => {
    const terminal = await recorded();
    await runs(terminal, 'wrapper replay last --speed 0.1');
    terminal.press('/', 'x', 'y');
    await terminal.shows('/xy█');
    terminal.press(key);
    await until('the prompt is gone', () => !terminal.screen().includes('█'));
    await terminal.shows(/▶ 00:0.*\? keys/);
    await quits(terminal);
  });
});

describe('a search', () => {
  it('goes from line to line, also of what was printed at once, and plays on from there', async () => {
    const terminal = await recorded('foo 1\r\nfoo 2\r\nbar\r\nfoo 3\r\n');
    await runs(terminal, 'wrapper replay last');
    terminal.press('Space', '0');
    await terminal.shows('‖ 00:00');
    const finds = async (typed: string, note: string): Promise<void> => {
      terminal.press(...`/${typed}`, 'Enter');
      await terminal.shows(note);
    };
    await finds('foo', 'found: foo 1');
    await finds('', 'found: foo 2');
    await finds('bar', 'found: bar');
    await finds('foo', 'found: foo 3');
    await finds('', 'not found: foo');
    // Elsewhere the search begins there.
    terminal.press('0');
    await finds('', 'found: foo 1');
    await finds('end', 'found: the end');
    terminal.press('0', 'Space');
    await terminal.shows(/foo 1\nfoo 2\nbar\nfoo 3\n[\s\S]*▶ 00:0/);
    await quits(terminal);
  });
});

describe('a terminal with its own home and end', () => {
  it('goes to the start and to the end', async () => {
    const terminal = await recorded();
    await runs(terminal, 'wrapper replay last');
    terminal.press('End');
    await terminal.shows(/[■▶] 01:00 \/ 01:00/);
    terminal.press('Home');
    await terminal.shows('▶ 00:00 / 01:00');
    await quits(terminal);
  });
});

describe('a terminal after output that set it', () => {
  const SETS = '\x1b[2;9r\x1b[?6h\x1b[4h\x1b[?7l\x1b=\x1b(0qqq';
  const flags = (terminal: Terminal): string =>
    ['origin_flag', 'insert_flag', 'wrap_flag', 'keypad_flag', 'scroll_region_upper']
      .map((it) => terminal.query(it))
      .join(' ');
  const USUAL = '0 0 1 0 0';

  it('is as it was when a replay without keys has ended, or was broken off', async () => {
    const terminal = await recorded(SETS);
    terminal.run('clear; wrapper replay last --speed max --no-controls; echo "status $?"');
    await terminal.shows('status 0');
    expect(flags(terminal)).toBe(USUAL);
    terminal.run('clear; wrapper replay last --speed 0.1 --no-controls');
    await until('the recording has set the terminal', () => terminal.query('origin_flag') === '1');
    terminal.press('C-c');
    await until('the shell is back', () => terminal.query('pane_current_command') === 'bash');
    terminal.run('echo "status $?"');
    await terminal.shows('status 130');
    expect(flags(terminal)).toBe(USUAL);
  });

  it('is that of the recording again after a stop', async () => {
    const terminal = await recorded('\x1b[?1049h\x1b[Hdrawn');
    terminal.run('clear; echo MARK; wrapper replay last --speed 0.1 --no-controls');
    await terminal.shows('drawn');
    terminal.press('C-z');
    await terminal.shows('Stopped');
    terminal.run('fg');
    await until('the screen is the other one', () => terminal.query('alternate_on') === '1');
    terminal.press('C-c');
    await until('the screen is back', () => terminal.query('alternate_on') === '0');
    expect(terminal.screen()).toContain('MARK');
  });

  it('is as it was when a wrapped program has died, and as the program left it when that has ended', async () => {
    const terminal = await recorded();
    const run = (end: string): void => {
      writeFileSync(join(terminal.cwd, 'sets'), SETS);
      writeFileSync(join(terminal.cwd, 'sets.sh'), `cat sets; ${end}`);
      terminal.run('clear; wrapper codex -- sh sets.sh; echo "status $?"');
    };
    run('kill -KILL $$');
    await terminal.shows('status 137');
    expect(flags(terminal)).toBe(USUAL);
    run('exit 3');
    await terminal.shows('status 3');
    expect(flags(terminal)).toBe(USUAL);
    run('exit 0');
    await until('the program has set the terminal', () => terminal.query('origin_flag') === '1');
    await until('the shell is back', () => terminal.query('pane_current_command') === 'bash');
    expect(flags(terminal)).toBe('1 1 0 1 1');
  });
});
