// `wrapper log`: the text of a session from its recording.

import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { RecordingWriter } from '../../../src/data/recording-writer.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { isoTimestamp } from '../../../src/model/time.ts';
import { captureStreams, contextOf } from './harness.ts';
import { IDS, makeSampleDatabase, NOW } from './sample-database.ts';

let folder: string;
let dbPath: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-log-'));
  dbPath = join(folder, 'data', 'wrapper.db');
  makeSampleDatabase(dbPath);
  const pipe = record(IDS.failed, 'pipe');
  pipe.append('stdout', Buffer.from('first\n\x1b[31msecond '), 1000);
  pipe.append('stderr', Buffer.from('oh no\n'), 1500);
  pipe.append('stdout', Buffer.from('half\x1b[0m\n10 %\r100 %\nno newline'), 62_000);
  pipe.close(63_000);
  const terminal = record(IDS.completed, 'pty');
  terminal.append('pty', Buffer.from('on a \x1b[1mterminal\x1b[0m\r\n'), 5);
  terminal.close(10);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function record(sessionId: string, mode: 'pipe' | 'pty'): RecordingWriter {
  const { cast } = sessionFiles(dbPath, sessionId);
  return RecordingWriter.create(
    cast,
    { width: 80, height: 24, startedAtMs: 0, command: 'x', sessionId, agent: 'codex', version: null, mode },
    { maxBytes: 0 },
  );
}

async function log(line: string) {
  const captured = captureStreams();
  const status = await runProgram(['log', ...line.split(' ')], contextOf(captured, folder, NOW));
  return { status, stdout: captured.stdout(), stderr: captured.stderr() };
}

describe('log', () => {
  it('gives lines as a reader saw them', async () => {
    const { stdout, stderr, status } = await log('aaaaab');
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toBe('first\noh no\nsecond half\n100 %\nno newline\n');
  });

  it('gives the time of the chunk that completed a line', async () => {
    const { stdout } = await log('aaaaab --timestamps');
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      '00:01.000  first',
      '00:01.500  oh no',
      '01:02.000  second half',
      '01:02.000  100 %',
    ]);
  });

  it('gives one stream', async () => {
    expect((await log('aaaaab --stream stderr')).stdout).toBe('oh no\n');
    expect((await log('aaaaab --stream stdout')).stdout).toBe('first\nsecond half\n100 %\nno newline\n');
    const terminal = await log('aaaaaa --stream stderr');
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr).toContain('joins stdout and stderr');
  });

  it('gives what was recorded with --raw', async () => {
    expect((await log('aaaaaa --raw')).stdout).toBe('on a \x1b[1mterminal\x1b[0m\r\n');
  });

  it('gives numbered lines with --jsonl', async () => {
    const lines = (await log('aaaaab --jsonl')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)[1]).toEqual({
      line_number: 2,
      elapsed_ms: 1500,
      stream: 'stderr',
      text: 'oh no',
    });
    expect(lines).toHaveLength(5);
  });

  it('says so when there is no recording', async () => {
    const { status, stderr } = await log('bbbbbb');
    expect(status).toBe(1);
    expect(stderr).toContain('has no recording at');
  });

  it('leaves out a half-written last line', async () => {
    appendFileSync(sessionFiles(dbPath, IDS.completed).cast, '[1.5,"o","torn');
    expect((await log('aaaaaa')).stdout).toBe('on a terminal\n');
  });

  it('follows until the session ends', async () => {
    const writer = record(IDS.running, 'pipe');
    writer.append('stdout', Buffer.from('one\n'), 10);
    writer.flush();
    const captured = captureStreams();
    const finished = runProgram(['log', 'cccccc', '--follow'], contextOf(captured, folder, NOW));
    await expect.poll(captured.stdout).toBe('one\n');
    writer.append('stdout', Buffer.from('two\nthree'), 20);
    writer.flush();
    await expect.poll(captured.stdout).toBe('one\ntwo\n');
    writer.close(30);
    const database = openDatabase(dbPath);
    new SessionStore(database).completeSession(IDS.running, {
      state: 'completed',
      exitCode: 0,
      endedAt: isoTimestamp(NOW),
      stats: { totalLines: 3, totalExtractions: 0 },
    });
    database.close();
    expect(await finished).toBe(0);
    expect(captured.stdout()).toBe('one\ntwo\nthree\n');
  });
});
