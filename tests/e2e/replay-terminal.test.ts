// A replay in a terminal with a person at it: stopped and continued in every way that a job can be, and what is left of
// it on the screen.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Terminal } from '../support/terminal.ts';
import { until, wrapper } from '../support/wrapper.ts';

const SCRIPT = 'for i in $(seq 1 40); do echo "line $i"; done; sleep 0.8; echo "the end"';

/** A terminal of 80 by 24 in whose folder what a script printed is recorded. */
async function recorded(script: string = SCRIPT): Promise<Terminal> {
  const terminal = new Terminal();
  terminal.resize(80, 24);
  writeFileSync(join(terminal.cwd, 'session.sh'), script);
  await wrapper(['codex', '--pty', '--enable-db', '--no-serve', '--', 'sh', 'session.sh'], {
    cwd: terminal.cwd,
  });
  return terminal;
}

/** Runs a command line below a mark that has to be there again afterwards. */
async function runs(terminal: Terminal, line: string): Promise<void> {
  terminal.run(`clear; stty -g > before; echo MARK; ${line}`);
  await terminal.shows(/▶ 00:00/);
}

/** Ends a replay; nothing of it is left. */
async function quits(terminal: Terminal): Promise<void> {
  terminal.press('q');
  await until('the screen is back', () => terminal.query('alternate_on') === '0');
  await terminal.shows(/^MARK$/m);
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
    await terminal.shows('‖ 00:00');
    terminal.press('C-z');
    await terminal.shows('Stopped');
    expect(terminal.query('alternate_on')).toBe('0');
    expect(terminal.screen()).toContain('MARK');
    terminal.resize(60, 12);
    terminal.run('fg');
    await until('the status is in the last row of the new size', () =>
      /^ ‖ 00:00.*q quit $/.test(terminal.screen().split('\n')[11]?.padEnd(60) ?? ''),
    );
    terminal.press('C-z');
    await until('it has stopped again', () => terminal.screen().split('Stopped').length === 3);
    terminal.resize(80, 24);
    terminal.run('fg');
    await terminal.shows('‖ 00:00');
    terminal.press('Space');
    await terminal.shows('▶ 00:00');
    await quits(terminal);
  });

  it('draws everything again after a stop that it could not see coming', async () => {
    const terminal = await recorded();
    await runs(terminal, 'wrapper replay last --speed 0.1');
    await terminal.shows(/^line 40$/m);
    process.kill(childOf(Number(terminal.query('pane_pid'))), 'SIGSTOP');
    await terminal.shows('Stopped');
    terminal.run('fg');
    await until('the picture is whole again', () => /^ ▶ 00:00.*q quit/.test(lastRow(terminal)));
    expect(terminal.screen()).not.toMatch(/Stopped|ready>/);
    terminal.press('Space');
    await terminal.shows('‖ 00:00');
    await quits(terminal);
  });

  it('goes on at once where nobody could let it go on', async () => {
    const terminal = await recorded();
    await runs(terminal, 'script -qc "wrapper replay last --speed 0.1" /dev/null');
    terminal.press('C-z', 'Space');
    await terminal.shows('‖ 00:00');
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
    await terminal.shows('▶ 00:00');
    terminal.press('?');
    await until('they are gone', () => !terminal.screen().includes('0-9 tenth'));
    await quits(terminal);
  });
});

describe('a terminal after output that set it', () => {
  const SETS = String.raw`printf '\033[2;9r\033[?6h\033[4h\033[?7l\033=\033(0qqq'`;
  const flags = (terminal: Terminal): string =>
    ['origin_flag', 'insert_flag', 'wrap_flag', 'keypad_flag', 'scroll_region_upper']
      .map((it) => terminal.query(it))
      .join(' ');
  const USUAL = '0 0 1 0 0';

  it('is as it was when a replay without keys has ended, or was broken off', async () => {
    const terminal = await recorded(`${SETS}; sleep 0.2; echo xx; sleep 0.2`);
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

  it('is as it was when a wrapped program has died, and as the program left it when that has ended', async () => {
    const terminal = await recorded();
    const run = (end: string): void => {
      writeFileSync(join(terminal.cwd, 'sets.sh'), `${SETS}; ${end}`);
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
