// A database that is removed or moved while others have it open, and the new one that takes its name.

import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { sampleSession } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const open: Database[] = [];
afterEach(() => {
  for (const database of open.splice(0)) database.close();
});

function opened(path: string, options?: Parameters<typeof openDatabase>[1]): Database {
  const database = openDatabase(path, options);
  open.push(database);
  return database;
}

function sessions(database: Database): string[] {
  return database
    .prepare('SELECT session_id FROM process_sessions ORDER BY 1')
    .all()
    .map((row) => (row as { session_id: string }).session_id);
}

const [FIRST, SECOND, THIRD] = ['sess_000000000001', 'sess_000000000002', 'sess_000000000003'];

/** A database with one session, open for writing and for reading, whose file then goes away. */
function lostWhileOpen(takeAway: (path: string) => void): { path: string; old: Database[] } {
  const path = join(temporaryFolder(), 'wrapper.db');
  const writer = opened(path);
  new SessionStore(writer).createSession(sampleSession({ sessionId: FIRST }));
  const reader = opened(path, { readonly: true });
  expect(sessions(reader)).toEqual([FIRST]);
  takeAway(path);
  return { path, old: [writer, reader] };
}

describe('a database whose predecessor went away while it was open', () => {
  it.each([
    ['removed', (path: string) => rmSync(path)],
    ['moved', (path: string) => renameSync(path, `${path}.moved`)],
  ])('(%s) is another one, and keeps what it has when the old one is closed', (_how, takeAway) => {
    const { path, old } = lostWhileOpen(takeAway);
    const next = opened(path);
    expect(sessions(next)).toEqual([]);
    new SessionStore(next).createSession(sampleSession({ sessionId: SECOND }));
    new SessionStore(old[0]!).createSession(sampleSession({ sessionId: THIRD }));
    for (const database of old) database.close();
    const later = opened(path, { readonly: true });
    expect(sessions(later)).toEqual([SECOND]);
    next.close();
    later.close();
    expect(sessions(opened(path))).toEqual([SECOND]);
  });

  it('leaves the last changes of a moved one where they can be found', () => {
    const { path, old } = lostWhileOpen((gone) => renameSync(gone, `${gone}.moved`));
    const size = statSync(`${path}-wal`).size;
    expect(size).toBeGreaterThan(0);
    opened(path);
    expect(statSync(`${path}-wal.orphan`).size).toBe(size);
    for (const database of old) database.close();
    expect(existsSync(`${path}-wal.orphan`)).toBe(true);
  });

  it('overwrites no orphan of before', () => {
    const path = join(temporaryFolder(), 'wrapper.db');
    for (const text of ['first', 'second', 'third']) {
      writeFileSync(`${path}-wal`, text);
      openDatabase(path).close();
      rmSync(path);
    }
    const orphans = readdirSync(dirname(path)).filter((name) => name.includes('orphan'));
    expect(orphans.sort()).toEqual([
      'wrapper.db-wal.orphan',
      'wrapper.db-wal.orphan-2',
      'wrapper.db-wal.orphan-3',
    ]);
  });
});

it('a new database in an empty folder leaves nothing but itself', () => {
  const path = join(temporaryFolder(), 'wrapper.db');
  openDatabase(path).close();
  expect(readdirSync(dirname(path))).toEqual(['wrapper.db']);
});
