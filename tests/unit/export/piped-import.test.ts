// What comes through a pipe is imported as from a file, and leaves no copy behind.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { captureStreams, contextOf } from '../cli/harness.ts';
import { temporaryFolder } from '../data/temporary-folder.ts';
import { exported, newDatabasePath, storeSession } from './sessions.ts';

/** Longer than a pipe holds, and longer than what is looked at to tell the format. */
const pieces = Array.from({ length: 40 }, (_, at) => ({
  stream: 'stdout' as const,
  text: 'a line of it\n'.repeat(5000),
  elapsedMs: at,
}));

async function archive(): Promise<string> {
  const dbPath = newDatabasePath();
  storeSession(dbPath, { events: [{}, {}], pieces });
  return exported(dbPath, 'jsonl');
}

async function importInto(cwd: string, name: string, input = '', options: readonly string[] = []) {
  const captured = captureStreams();
  const status = await runProgram(['import', name, ...options], contextOf(captured, cwd, 0, input));
  const folder = join(cwd, 'data', 'sessions');
  const left = existsSync(folder) ? readdirSync(folder).filter((entry) => entry.startsWith('.')) : [];
  expect(left).toEqual([]);
  return { status, stdout: captured.stdout(), stderr: captured.stderr() };
}

it.each(['-', '/dev/fd/0'])('imports %s, what comes in on standard input', async (name) => {
  const cwd = temporaryFolder();
  const text = await archive();
  expect(text.length).toBeGreaterThan(2 * 1024 * 1024);
  expect(await importInto(cwd, name, text)).toMatchObject({ status: 0, stderr: '' });
  expect(await exported(join(cwd, 'data', 'wrapper.db'), 'jsonl')).toBe(text);
});

it('imports from a FIFO', async () => {
  const cwd = temporaryFolder();
  const text = await archive();
  writeFileSync(join(cwd, 'whole.jsonl'), text);
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  const writer = spawn('sh', ['-c', 'cat whole.jsonl > pipe'], { cwd, stdio: 'ignore' });
  try {
    expect(await importInto(cwd, 'pipe')).toMatchObject({ status: 0, stderr: '' });
  } finally {
    writer.kill();
  }
  expect(await exported(join(cwd, 'data', 'wrapper.db'), 'jsonl')).toBe(text);
});

it('tells what is wrong by the name that was given', async () => {
  const cwd = temporaryFolder();
  const torn = (await archive()).split('\n').slice(0, 2).join('\n').slice(0, -5);
  const { status, stderr } = await importInto(cwd, '-', torn);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^wrapper: standard input, line 2: the file ends in the middle/);
  expect((await importInto(cwd, '-')).stderr).toMatch(/^wrapper: standard input is neither an export/);
});

it.each([[], ['--format', 'cast'], ['--format', 'json']])(
  'says in words what is no file %j',
  async (...format) => {
    const cwd = temporaryFolder();
    expect(await importInto(cwd, 'absent.json', '', format)).toEqual({
      status: 1,
      stdout: '',
      stderr: `wrapper: ${cwd}/absent.json cannot be read: there is no such file
  Name an export of the wrapper or an asciicast; - is standard input.
`,
    });
    expect(await importInto(cwd, '.', '', format)).toEqual({
      status: 1,
      stdout: '',
      stderr: `wrapper: ${cwd} cannot be read: it is a folder
  Name the files in it that are to be imported.
`,
    });
  },
);
