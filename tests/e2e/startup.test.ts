// What a session meets when it starts: no database, an older one, or a file that is not ours to write to.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../src/data/database-format.ts';
import { MIGRATIONS } from '../../src/data/migrations/index.ts';
import { expectRefusal, fingerprint, shell } from '../support/shell.ts';
import { sqlite, temporaryFolder, wrapper } from '../support/wrapper.ts';

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
