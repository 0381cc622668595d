// What a session meets when it starts: no database, an older one, or a file that is not ours to write to.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../src/data/database-format.ts';
import { MIGRATIONS } from '../../src/data/migrations/index.ts';
import { holdLock, letGo } from '../support/lock.ts';
import { onlyRecording, parseRecording, textOf } from '../support/recording.ts';
import { expectNote, expectRefusal, fingerprint, shell } from '../support/shell.ts';
import { sqlite, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

describe('ten sessions that start at once', () => {
  const TEN = `for i in $(seq 10); do wrapper test-$i "echo error $i" --enable-db & done
    for job in $(jobs -p); do wait $job || echo "status $?" >&2; done`;

  it.each([
    ['on no database', () => {}],
    ['on an empty file', emptyFile],
    ['on a database of the schema before', olderDatabase],
  ])('%s', async (_, prepare) => {
    const cwd = temporaryFolder();
    prepare(cwd);
    const found = await shell(TEN, { cwd });
    expect(found.stderr.toString()).toBe('');
    expect(found.stdout.toString().split('\n').sort()).toEqual(
      ['', ...Array.from({ length: 10 }, (_, i) => `error ${i + 1}`)].sort(),
    );
    expect(sqlite(cwd, "SELECT COUNT(*), SUM(state = 'completed') FROM process_sessions")).toEqual(['10|10']);
    expect(sqlite(cwd, 'SELECT COUNT(*), COUNT(DISTINCT agent_name) FROM extraction_events')).toEqual([
      '10|10',
    ]);
    expect(sqlite(cwd, 'PRAGMA user_version')).toEqual([String(SCHEMA_VERSION)]);
    expect(sqlite(cwd, 'PRAGMA application_id')).toEqual([String(APPLICATION_ID)]);
    expect(sqlite(cwd, 'PRAGMA integrity_check')).toEqual(['ok']);
  });
});

describe('an older database that takes long to be brought up to date', () => {
  /** What the sessions of a day would leave behind in it is of no matter; its size is. */
  function largeOlderDatabase(cwd: string): void {
    olderDatabase(cwd);
    const database = new BetterSqlite3(join(cwd, 'data/wrapper.db'));
    database.exec(
      "INSERT INTO code_blocks (agent_name, session_id, content) VALUES ('agent', 'sess_000000000000', printf('%.*c', 40000000, 'x'))",
    );
    database.close();
  }
  /** Processes that bring it up to date. */
  const upgrades = (cwd: string): number =>
    readdirSync('/proc').filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`recover\0--db\0${cwd}`);
      } catch {
        return false; // no process, or it has ended
      }
    }).length;

  it('does not keep a session waiting, which is stored when it is done', async () => {
    const cwd = temporaryFolder();
    largeOlderDatabase(cwd);
    // As if it took longer than the session.
    const holder = await holdLock(join(cwd, 'data/wrapper.db'));
    const found = await wrapper(['codex', 'echo "error: one"; sleep 0.5; exit 3', '--enable-db'], { cwd });
    expect(found.stdout.toString()).toBe('error: one\n');
    expect(found.status).toBe(3);
    expectNote(found.stderr.toString(), /has still to be brought up to date .* not stored yet/);
    expect(textOf(parseRecording(onlyRecording(cwd)), 'o')).toBe('error: one\r\n');
    expect(upgrades(cwd)).toBe(1);
    await letGo(holder);
    await until('the process that does it has ended', () => upgrades(cwd) === 0);
    expect(sqlite(cwd, 'PRAGMA user_version')).toEqual([String(SCHEMA_VERSION)]);
    expect(sqlite(cwd, 'SELECT exit_code, state, total_extraction_events FROM process_sessions')).toEqual([
      '3|failed|1',
    ]);
  });

  it('is brought up to date by a command, which says so', async () => {
    const cwd = temporaryFolder();
    largeOlderDatabase(cwd);
    const found = await wrapper(['sessions', '--json'], { cwd });
    expect(found.stderr.toString()).toMatch(/^Bringing .*wrapper\.db \([\d.]+ MiB\) up to date/);
    expect(JSON.parse(found.stdout.toString())).toMatchObject({ sessions: [] });
    expect(sqlite(cwd, 'PRAGMA user_version')).toEqual([String(SCHEMA_VERSION)]);
    expect(found.status).toBe(0);
  });
});

describe('a file that is not ours to write to is refused before anything starts', () => {
  it.each([
    ['the database of a newer wrapper', newerDatabase, /newer wrapper/],
    ['a database of another program', foreignDatabase, /another program/],
    ['a text file', (path: string) => writeFileSync(path, 'notes of mine\n'), /is not a database/],
    ['a folder', (path: string) => mkdirSync(path), /is a folder/],
  ])('%s', async (_, make, says) => {
    const cwd = temporaryFolder();
    make(join(cwd, 'given'));
    const before = fingerprint(cwd);
    for (const way of [
      ['--db', 'given', '--enable-db'],
      ['--enable-db', '--db=given'],
    ]) {
      const found = await wrapper([...way, 'codex', '--', 'touch', 'started'], { cwd });
      expectRefusal(found, 2, says);
      expect(found.stderr.toString()).toContain('given');
    }
    expect(fingerprint(cwd)).toEqual(before);
    expect(existsSync(join(cwd, 'started'))).toBe(false);
  });
});

function emptyFile(cwd: string): void {
  mkdirSync(join(cwd, 'data'), { mode: 0o700 });
  writeFileSync(join(cwd, 'data/wrapper.db'), '', { mode: 0o600 });
}

/** Ours by its mark, with every migration but the last. */
function olderDatabase(cwd: string): void {
  mkdirSync(join(cwd, 'data'), { mode: 0o700 });
  const database = new BetterSqlite3(join(cwd, 'data/wrapper.db'));
  database.pragma('journal_mode = WAL');
  database.pragma(`application_id = ${APPLICATION_ID}`);
  for (const { sql, version } of MIGRATIONS.slice(0, -1)) {
    database.exec(sql);
    database.pragma(`user_version = ${version}`);
  }
  database.close();
}

function newerDatabase(path: string): void {
  const database = new BetterSqlite3(path);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.exec('CREATE TABLE of_the_future (x)');
  database.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  database.close();
}

function foreignDatabase(path: string): void {
  const database = new BetterSqlite3(path);
  database.exec('CREATE TABLE contacts (name TEXT); INSERT INTO contacts VALUES (1)');
  database.close();
}
