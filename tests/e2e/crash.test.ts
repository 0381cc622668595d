// The third promise: the wrapper is killed with SIGKILL at a random moment while its child prints numbered lines. What
// was printed until shortly before is in the recording, and after recovery every line of it has its event exactly once.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { onlyRecording, parseRecording, recordedText } from '../support/recording.ts';
import { errorLinesOf, expectEventsOf } from '../support/recovered.ts';
import { isRunning } from '../support/shell.ts';
import { onTerminal } from '../support/terminal.ts';
import {
  BIN,
  PROGRAMS,
  sqlite,
  temporaryFolder,
  testEnvironment,
  until,
  wrapper,
} from '../support/wrapper.ts';

/** How much output may be missing from the recording, in ms, on a machine that has a processor for us. */
const MOST_MISSING_MS = 100;
/** Moments after the child's first line; the first ones fall into the start of the recorder's thread. */
const LATEST_MOMENT_MS = 1200;
/** Over the last stretch before the kill, in ms, standing in line for a processor is measured and allowed for. */
const MEASURED_MS = 500;
const rounds = Number(process.env['WRAPPER_TEST_ROUNDS'] ?? 12);

/** Ways in which the next command finds the dead session. */
const FINDERS: readonly (readonly string[])[] = [
  ['recover'],
  ['sessions'],
  ['next', '--enable-db', '--', 'sleep', '0.2'],
];

it.each(Array.from({ length: rounds }, (_, round) => round))(
  'killed at a random moment: round %i',
  async (round) => {
    const cwd = temporaryFolder();
    const flags = round % 4 === 3 ? ['--pty'] : [];
    const afterMs = Math.round(Math.random() * LATEST_MOMENT_MS);
    const { child, program, killedAt, starvedMs } = await killWrapper(cwd, flags, afterMs);
    expect(child.signalCode).toBe('SIGKILL');
    await until('the program has ended', () => !isRunning(program));

    const finder = FINDERS[round % FINDERS.length] ?? [];
    const found = await wrapper(finder, { cwd });
    expect(found.status, found.stderr.toString()).toBe(0);

    const recording = onlyRecordingOf(cwd, 'agent');
    parseRecording(recording);
    expectEventsOf(cwd, recording);
    expect(sqlite(cwd, "SELECT state, exit_code FROM process_sessions WHERE agent_name = 'agent'")).toEqual([
      'lost|',
    ]);
    const states = `SELECT c.state FROM process_state_changes c JOIN process_sessions s USING (session_id)
    WHERE s.agent_name = 'agent' ORDER BY c.id`;
    expect(sqlite(cwd, states)).toEqual(['started', 'running', 'lost']);
    const recorded = errorLinesOf(recording).filter((line) => /^(\d+)\|error \1$/.test(line)).length;
    const allowed = MOST_MISSING_MS + starvedMs;
    expect(recorded, `${afterMs} ms, starved ${starvedMs} ms`).toBeGreaterThanOrEqual(
      printedUntil(cwd, killedAt - allowed),
    );

    const again = await wrapper(['recover'], { cwd });
    expect(again.stderr.toString()).toMatch(/nothing to recover/i);
    expectEventsOf(cwd, recording);
  },
);

it('opens in asciinema', async () => {
  const cwd = temporaryFolder();
  await killWrapper(cwd, [], 300);
  expect((await wrapper(['recover'], { cwd })).status).toBe(0);
  const played = await onTerminal(`asciinema play -s 1000 -i 0.001 '${onlyRecording(cwd)}'`, { cwd });
  expect(played.status).toBe(0);
  expect(played.stdout.toString()).toContain('error 10\r\n');
});

it('killed in a flood that waits in the spool: nothing is missing in between', async () => {
  const cwd = temporaryFolder();
  const flood = 'BEGIN { for (;;) { i++; print (i % 1000 ? "line of a flood " : "error ") i } }';
  const child = spawn(process.execPath, [BIN, 'agent', '--enable-db', '--', 'awk', flood], {
    cwd,
    env: testEnvironment(cwd),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let received = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  await until('much was printed', () => received > 20_000_000);
  child.kill('SIGKILL');
  await until('the wrapper is dead', () => child.signalCode !== null);
  expect((await wrapper(['recover'], { cwd })).status).toBe(0);
  const recording = onlyRecording(cwd);
  const lines = recordedText(recording).split('\r\n').slice(0, -1);
  expect(lines.length).toBeGreaterThan(100_000);
  expect(lines.find((line, index) => !line.endsWith(` ${index + 1}`))).toBeUndefined();
  expectEventsOf(cwd, recording);
});

it('a session that is alive is left alone', async () => {
  const cwd = temporaryFolder();
  const child = startWrapper(cwd, []);
  await until('the program prints', () => printed(cwd).length > 3);
  const found = await wrapper(['recover'], { cwd });
  expect(found.stderr.toString()).toMatch(/nothing to recover/i);
  expect(sqlite(cwd, 'SELECT state FROM process_sessions')).toEqual(['running']);
  child.kill('SIGTERM');
  await until('the wrapper has ended', () => child.exitCode !== null || child.signalCode !== null);
  expect(sqlite(cwd, 'SELECT state, exit_code FROM process_sessions')).toEqual(['killed|143']);
  expectEventsOf(cwd, onlyRecording(cwd));
});

interface Killed {
  readonly child: ChildProcess;
  readonly program: number;
  readonly killedAt: number;
  /** For how long threads of the wrapper had to wait for a processor shortly before. */
  readonly starvedMs: number;
}

/** Wraps the program that counts, and kills the wrapper some time after the program's first line. */
async function killWrapper(cwd: string, flags: readonly string[], afterMs: number): Promise<Killed> {
  const child = startWrapper(cwd, flags);
  await until('the program prints', () => printed(cwd).length > 0);
  const program = Number(/^pid (\d+)/.exec(readFileSync(join(cwd, 'printed'), 'utf8'))?.[1]);
  const moment = Date.now() + afterMs;
  await until('the moment is near', () => Date.now() >= moment - MEASURED_MS);
  const waitedBefore = afterMs < MEASURED_MS ? 0 : waitedForProcessorMs(child.pid);
  await until('the moment has come', () => Date.now() >= moment);
  const starvedMs = waitedForProcessorMs(child.pid) - waitedBefore;
  const killedAt = Date.now();
  child.kill('SIGKILL');
  await until('the wrapper is dead', () => child.signalCode !== null);
  return { child, program, killedAt, starvedMs };
}

/** Sum over the threads of a process, from the second field of schedstat, which is in ns. */
function waitedForProcessorMs(pid: number | undefined): number {
  const folder = `/proc/${pid}/task`;
  const waits = readdirSync(folder).map((thread) =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ')[1]),
  );
  return Math.round(waits.reduce((sum, wait) => sum + wait, 0) / 1e6);
}

function startWrapper(cwd: string, flags: readonly string[]): ChildProcess {
  const program = join(PROGRAMS, 'numbered-lines.mjs');
  const child = spawn(
    process.execPath,
    [BIN, 'agent', '--enable-db', ...flags, '--', process.execPath, program, 'printed'],
    { cwd, env: testEnvironment(cwd), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  child.stdout?.resume();
  return child;
}

/** What the program has noted: the number of each last line of a write, and when it was written. */
function printed(cwd: string): { number: number; at: number }[] {
  if (!existsSync(join(cwd, 'printed'))) return [];
  const [, ...lines] = readFileSync(join(cwd, 'printed'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [number = 0, at = 0] = line.split(' ').map(Number);
    return { number, at };
  });
}

function printedUntil(cwd: string, time: number): number {
  return (
    printed(cwd)
      .filter(({ at }) => at <= time)
      .at(-1)?.number ?? 0
  );
}

function onlyRecordingOf(cwd: string, agent: string): string {
  const [path = ''] = sqlite(
    cwd,
    `SELECT stdout_log_path FROM process_sessions WHERE agent_name = '${agent}'`,
  );
  return path;
}
