// On a terminal: the child has one of its own that is like ours, programs that draw the screen and shells with jobs
// work, nothing is lost at the end, and our terminal is afterwards as it was before.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onlyRecording, parseRecording, recordedText } from '../support/recording.ts';
import { isRunning } from '../support/shell.ts';
import { onTerminal, Terminal } from '../support/terminal.ts';
import { bare, PROGRAMS, sqlite, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

describe('the child', () => {
  it('is on a terminal of its own, without one around it', async () => {
    const cwd = temporaryFolder();
    const found = await wrapper(['a', '--pty', '--enable-db', '--', 'sh', '-c', 'tty; stty size'], { cwd });
    expect(found.stdout.toString()).toMatch(/^\/dev\/pts\/\d+\r\n24 80\r\n$/);
    expect(recordedText(onlyRecording(cwd))).toBe(found.stdout.toString());
    expect(sqlite(cwd, 'SELECT stderr_log_path IS NULL FROM process_sessions')).toEqual(['1']);
  });

  it('is on none with --no-pty, or when our output goes elsewhere', async () => {
    const cwd = temporaryFolder();
    const script = `test -t 1 && echo terminal || echo none`;
    const inside = `wrapper a -- sh -c '${script}'; wrapper a --no-pty -- sh -c '${script}'; wrapper a -- sh -c '${script}' | cat`;
    const found = await onTerminal(inside, { cwd, env: { WRAPPER_QUIET: '1' } });
    expect(found.stdout.toString()).toBe('terminal\r\nnone\r\nnone\r\n');
  });

  it('sees the size of ours and follows it', async () => {
    const terminal = new Terminal();
    terminal.run('wrapper a --enable-db -- bash --norc');
    terminal.run('PS1="inner> "; clear');
    await terminal.shows(/^inner>$/m);
    terminal.run('stty size; tty');
    await terminal.shows('30 100');
    terminal.resize(72, 20);
    await until('the shell knows', () => {
      terminal.run('clear; stty size');
      return /20 72/.test(terminal.screen());
    });
    terminal.run('exit 4');
    await terminal.shows(/^ready>$/m);
    terminal.run('clear; echo "status $?"');
    const sizes = parseRecording(onlyRecording(terminal.cwd)).events.filter(([, code]) => code === 'r');
    expect(sizes.at(-1)?.[2]).toBe('72x20');
  });

  it.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['exit 255', 255],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
    ['kill -INT $$', 130],
    ['kill -HUP $$', 129],
  ])('ends by %s', async (end, status) => {
    const cwd = temporaryFolder();
    const found = await wrapper(['a', '--pty', '--enable-db', '--', 'sh', '-c', `echo before; ${end}`], {
      cwd,
    });
    expect(found.stdout.toString()).toBe('before\r\n');
    expect(found.status).toBe(status);
    expect(sqlite(cwd, 'SELECT exit_code FROM process_sessions')).toEqual([String(status)]);
  });

  it('that is missing or no program is reported as a shell would', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'plain'), 'text', { mode: 0o644 });
    expect((await wrapper(['a', '--pty', '--', 'no-such-command-here'], { cwd })).status).toBe(127);
    expect((await wrapper(['a', '--pty', '--', './plain'], { cwd })).status).toBe(126);
  });

  it('may print 64 KiB right before it ends: all of it arrives, and all of it is recorded', async () => {
    const cwd = temporaryFolder();
    const argv = ['a', '--pty', '--enable-db', '--', 'sh', '-c', 'head -c 65536 /dev/zero | tr "\\0" x'];
    const runs = 50;
    for (let done = 0; done < runs; done += 2) {
      const found = await Promise.all([wrapper(argv, { cwd }), wrapper(argv, { cwd })]);
      for (const { stdout, stderr, status } of found) {
        expect(status).toBe(0);
        expect(stderr.toString()).toBe('');
        expect(stdout.length).toBe(65_536);
        expect(stdout.every((byte) => byte === 0x78)).toBe(true);
      }
    }
    const whole = 'SELECT COUNT(*), SUM(bytes_missing), SUM(total_lines_processed) FROM process_sessions';
    expect(sqlite(cwd, whole)).toEqual([`${runs}|0|${runs}`]);
    for (const path of sqlite(cwd, 'SELECT stdout_log_path FROM process_sessions')) {
      expect(recordedText(path).length).toBe(65_536);
    }
  }, 120_000);
});

describe('our terminal', () => {
  /** Runs a script on a terminal; returns its modes before and after, and what was printed between. */
  async function modesAround(
    script: string,
    env: Record<string, string> = {},
  ): Promise<{ before: string; after: string; printed: string; cwd: string }> {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'script.sh'), script);
    const found = await onTerminal('stty -a > before; . ./script.sh; stty -a > after', { cwd, env });
    return {
      before: readFileSync(join(cwd, 'before'), 'utf8'),
      after: readFileSync(join(cwd, 'after'), 'utf8'),
      printed: found.stdout.toString(),
      cwd,
    };
  }
  const DRAWS = "printf '\\033[?1049h\\033[?25l\\033[?1000h\\033[?2004hdrawn'; stty raw -echo";
  const RESETS = ['\x1b[?1049l', '\x1b[?25h', '\x1b[?1000l', '\x1b[?2004l'];

  it('is as before after a normal end', async () => {
    const { before, after, printed } = await modesAround(
      "wrapper a --enable-db -- sh -c 'stty raw; echo hello'",
    );
    expect(after).toBe(before);
    expect(printed).toContain('hello');
    expect(printed).not.toContain('\x1b[?');
  });

  it('is as before after a child that was killed while it drew the screen', async () => {
    const script = `wrapper a --enable-db -- sh -c "${DRAWS.replaceAll('"', '\\"')}; kill -KILL \\$\\$"`;
    const { before, after, printed } = await modesAround(script);
    expect(after).toBe(before);
    for (const reset of RESETS) expect(printed.lastIndexOf(reset)).toBeGreaterThan(printed.indexOf('drawn'));
  });

  it.each(['TERM', 'HUP', 'INT', 'QUIT'])('is as before after SIG%s to the wrapper', async (signal) => {
    const script = `(until [ -e drawn ]; do sleep 0.02; done; kill -${signal} $(cat pid)) &
      wrapper a --enable-db -- sh -c "ulimit -c 0; echo \\$PPID > pid; ${DRAWS}; touch drawn; exec sleep 60"; echo "status $?"`;
    const { before, after, printed } = await modesAround(script);
    expect(after).toBe(before);
    for (const reset of RESETS) expect(printed.lastIndexOf(reset)).toBeGreaterThan(printed.indexOf('drawn'));
    expect(printed).toContain(`status ${{ TERM: 143, HUP: 129, INT: 130, QUIT: 131 }[signal]}`);
  });

  it('is as before when the recorder died', async () => {
    const script = `wrapper a --enable-db -- sh -c "echo error 1; until ls data/sessions/*.cast; do sleep 0.02; done
      ${DRAWS}; touch die; until [ -e died ]; do sleep 0.02; done; kill -KILL \\$\\$"; echo "status $?"`;
    const { before, after, printed, cwd } = await modesAround(script, {
      NODE_OPTIONS: `--require ${join(PROGRAMS, 'kill-recorder.cjs')}`,
      RECORDER_FAULT: 'terminate',
    });
    expect(after).toBe(before);
    for (const reset of RESETS) expect(printed.lastIndexOf(reset)).toBeGreaterThan(printed.indexOf('drawn'));
    expect(printed).toContain('status 137');
    expect(printed).toMatch(/wrapper: the recorder of session sess_\w+ stopped/);
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    expect(sqlite(cwd, 'SELECT state FROM process_sessions')).toEqual(['lost']);
  });
});

describe('programs that people use', () => {
  it('vim: edits a file and gives the screen back', async () => {
    const terminal = new Terminal();
    writeFileSync(join(terminal.cwd, 'notes.txt'), 'first\n');
    terminal.run('clear; wrapper a --enable-db -- vim -u NONE notes.txt; echo "status $?"');
    await terminal.shows('"notes.txt" 1 line');
    expect(terminal.query('alternate_on')).toBe('1');
    terminal.type('osecond line');
    await terminal.shows('second line');
    terminal.press('Escape');
    terminal.run(':wq');
    await terminal.shows('status 0');
    expect(terminal.query('alternate_on')).toBe('0');
    expect(readFileSync(join(terminal.cwd, 'notes.txt'), 'utf8')).toBe('first\nsecond line\n');
    parseRecording(onlyRecording(terminal.cwd));
  });

  it('htop: draws, takes keys and ends', async () => {
    const terminal = new Terminal();
    terminal.run('clear; wrapper a --enable-db -- htop; echo "status $?"');
    await terminal.shows(/Load average/);
    await terminal.shows(/F10/);
    terminal.press('q');
    await terminal.shows('status 0');
    expect(terminal.query('alternate_on')).toBe('0');
    expect(terminal.query('mouse_any_flag')).toBe('0');
  });

  it('bash: jobs, Ctrl-C and Ctrl-Z are its own', async () => {
    const terminal = new Terminal();
    terminal.run('wrapper a --enable-db -- bash --norc');
    terminal.run('PS1="inner> "; clear');
    await terminal.shows(/^inner>$/m);
    terminal.run('sleep 300');
    await until('sleep runs', () => terminal.query('pane_current_command') !== '' && sleeps(terminal));
    terminal.press('C-z');
    await terminal.shows(/Stopped +sleep 300/);
    terminal.run('jobs; fg');
    await until('sleep runs again', () => /fg\s+sleep 300|sleep 300\s*$/.test(terminal.screen().trimEnd()));
    terminal.press('C-c');
    await terminal.shows(/\^C\s*\ninner>/);
    terminal.run('echo "interrupted $?"');
    await terminal.shows(/^interrupted 130$/m);
    terminal.run('exit 3');
    await terminal.shows(/^ready>$/m);
    terminal.run('clear; echo end');
    await terminal.shows('end');
    expect(sqlite(terminal.cwd, 'SELECT exit_code FROM process_sessions')).toEqual(['3']);
  });
});

describe('job control of the wrapper itself', () => {
  it.each([
    ['on a terminal of its own', '--pty'],
    ['on pipes', '--no-pty'],
  ])('Ctrl-Z and fg %s', async (_, flag) => {
    const terminal = new Terminal();
    terminal.run(`clear; wrapper a --enable-db ${flag} -- sh -c "echo runs; exec cat"`);
    await terminal.shows(/^runs$/m);
    terminal.run('hello');
    await terminal.shows(/hello\s+hello/);
    terminal.press('C-z');
    await terminal.shows('Stopped');
    terminal.run('clear; echo back; stty -a | grep -o -- "-\\?icanon"');
    await terminal.shows(/back\nicanon/);
    terminal.run('clear; fg');
    await terminal.shows('wrapper a');
    terminal.run('again');
    await terminal.shows(/again\s+again/);
    terminal.press('C-d');
    await terminal.shows(/^ready>$/m);
    terminal.run('clear; echo end');
    await terminal.shows('end');
    expect(sqlite(terminal.cwd, 'SELECT state, exit_code FROM process_sessions')).toEqual(['completed|0']);
    const states = sqlite(terminal.cwd, 'SELECT state FROM process_state_changes ORDER BY id');
    expect(states.at(-1)).toBe('completed');
    if (flag === '--pty') expect(states).toEqual(['started', 'running', 'paused', 'running', 'completed']);
  });

  it('a child knows the size that the terminal got while it was stopped', async () => {
    const terminal = new Terminal();
    terminal.run('clear; wrapper a -- sh -c "echo runs; read x; stty size; cat"');
    await terminal.shows(/^runs$/m);
    terminal.press('C-z');
    await terminal.shows('Stopped');
    terminal.resize(61, 13);
    terminal.run('clear; fg');
    // As fg says it, on the cleared screen: what is typed before that is the shell's.
    await terminal.shows(/^(?![\s\S]*Stopped)[\s\S]*wrapper a/);
    terminal.press('Enter');
    await terminal.shows(/^13 61$/m);
    terminal.press('C-d');
    await terminal.shows(/^ready>$/m);
  });

  it('Ctrl-Z stops nothing that nobody could let go on', async () => {
    const terminal = new Terminal();
    terminal.run(`clear; script -qc 'wrapper a -- sh -c "echo runs; exec cat"' /dev/null`);
    await terminal.shows(/^runs$/m);
    terminal.press('C-z');
    terminal.run('hello');
    await terminal.shows(/hello\s+hello/);
    terminal.press('C-d');
    await terminal.shows(/^ready>$/m);
  });

  it('what is typed in one go with Ctrl-Z and after it is not lost', async () => {
    const terminal = new Terminal();
    terminal.run(`clear; script -qc 'wrapper a -- sh -c "echo runs; exec cat"' /dev/null`);
    await terminal.shows(/^runs$/m);
    terminal.type('dropped\x1ahello\r');
    await terminal.shows(/hello\s+hello/);
    expect(terminal.screen()).not.toContain('dropped');
    terminal.press('C-d');
    await terminal.shows(/^ready>$/m);
  });

  it('Ctrl-C ends the command, and its shell sees why', async () => {
    const terminal = new Terminal();
    terminal.run('clear; wrapper a --enable-db -- sh -c "echo runs; sleep 300"; echo "status $?"');
    await terminal.shows(/^runs/m);
    terminal.press('C-c');
    await terminal.shows(/^ready>$/m);
    await until('the session has ended', () => {
      return sqlite(terminal.cwd, 'SELECT state FROM process_sessions').join() === 'killed';
    });
    expect(sqlite(terminal.cwd, 'SELECT exit_code FROM process_sessions')).toEqual(['130']);
  });
});

function sleeps(terminal: Terminal): boolean {
  return /sleep 300/.test(terminal.screen());
}

it('leaves no process behind', async () => {
  const cwd = temporaryFolder();
  await wrapper(['a', '--pty', '--', 'sh', '-c', 'echo $$ > pid; echo $PPID > wrapper'], { cwd });
  for (const name of ['pid', 'wrapper']) {
    expect(isRunning(Number(readFileSync(join(cwd, name), 'utf8')))).toBe(false);
  }
  expect((await bare(['true'], { cwd })).status).toBe(0);
});
