// `wrapper recover`, and recovery in passing: sessions whose wrapper died are completed before anything is shown.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { RecordingWriter } from '../../../src/data/recording-writer.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { isoTimestamp } from '../../../src/model/time.ts';
import { captureStreams, contextOf } from './harness.ts';
import { NOW } from './sample-database.ts';

const ID = 'sess_dead00000001';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-recover-'));
  const dbPath = join(folder, 'data', 'wrapper.db');
  const { cast } = sessionFiles(dbPath, ID);
  const database = openDatabase(dbPath);
  new SessionStore(database).createSession({
    sessionId: ID,
    agentName: 'codex',
    environment: null,
    startedAt: isoTimestamp(NOW - 60_000),
    stdoutLogPath: cast,
    stderrLogPath: null,
    extractionConfigVersion: null,
    environmentConfigVersion: null,
    // A process of another boot of this machine is dead.
    owner: { pid: 1, startTicks: 1, bootId: '00000000-0000-0000-0000-000000000000', host: hostname() },
    cwd: folder,
    argv: ['x'],
    command: 'x',
    wrapperVersion: null,
  });
  database.close();
  const header = {
    width: 80,
    height: 24,
    startedAtMs: 0,
    command: 'x',
    sessionId: ID,
    agent: 'codex',
    version: null,
  };
  const writer = RecordingWriter.create(cast, { ...header, mode: 'pipe' }, { maxBytes: 0 });
  writer.append('stdout', Buffer.from('error: one\nfine\nerror: two\n'), 1000);
  writer.flush();
  appendFileSync(cast, '[2.0,"o","torn');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function wrapper(line: string) {
  const captured = captureStreams();
  const status = await runProgram(line.split(' '), contextOf(captured, folder, NOW));
  return { status, stdout: captured.stdout(), stderr: captured.stderr() };
}

describe('recovery', () => {
  it('by hand says what it did, once', async () => {
    const { stdout, stderr, status } = await wrapper('recover');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^dead00 +codex +lost +3 +2 +2 +14 B$/m);
    expect(stderr).toBe('1 session recovered.\n');
    expect((await wrapper('recover')).stderr).toBe('Nothing to recover.\n');
  });

  it('by hand gives a document', async () => {
    expect(JSON.parse((await wrapper('recover --json')).stdout)).toEqual({
      schema_version: 1,
      recovered: [
        {
          session_id: ID,
          agent_name: 'codex',
          state: 'lost',
          lines: 3,
          events: 2,
          events_added: 2,
          bytes_cut: 14,
        },
      ],
      failed: [],
    });
  });

  it.each([
    ['what is no database', 2, 'is not a database', () => Buffer.from('a text')],
    ['a damaged database', 1, 'is damaged', (whole: Buffer) => whole.subarray(0, 300)],
    ['a database damaged within', 1, 'is damaged', (whole: Buffer) => Buffer.from(whole).fill(0x5a, 100)],
  ])('by hand refuses %s', async (_name, status, message, change) => {
    const path = join(folder, 'other.db');
    writeFileSync(path, change(readFileSync(join(folder, 'data', 'wrapper.db'))));
    const refused = await wrapper(`recover --db ${path}`);
    expect(refused).toMatchObject({ status, stdout: '' });
    expect(refused.stderr).toContain(message);
    expect(refused.stderr).not.toContain('Nothing');
  });

  it('in passing comes before the list', async () => {
    const { stdout, stderr } = await wrapper('events');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toBe(
      'Completed 1 session whose end had not been stored.\nwrapper sessions --state lost lists those whose wrapper died.\n',
    );
    expect((await wrapper('sessions --state lost --json')).stdout).toContain(ID);
  });

  it('in passing is silent when a program listens', async () => {
    const { stdout, stderr } = await wrapper('sessions --json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ state: 'lost', total_extraction_events: 2 }] });
  });
});
