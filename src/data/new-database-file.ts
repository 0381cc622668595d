// Makes the file of a new database. What SQLite keeps beside a database, `-wal` and `-shm`, belongs to the file and is
// found by its name: when a database is removed or moved away while it is open, these stay behind, in use. A new one under
// the name would share them, and lose what it has once the others close; so they are put out of the way first.

import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { canonicalDatabasePath } from './database-identity.ts';
import { throughExitGate } from './exit-gate.ts';
import { nativeBinding } from './native-binding.ts';
import { makePrivateFile, makePrivateFolder } from './private-file.ts';

/** How long one waits for another that puts leftovers away, in milliseconds: that is a few calls to the system. */
const PATIENCE_MS = 5000;

/**
 * Makes an empty file of mode 0600 at `path` and its folder of mode 0700, when absent. A `-wal` without its database is
 * kept under another name, `-wal.orphan` or `-wal.orphan-2` and so on: it may hold the last changes of one that was moved.
 *
 * @throws Error what the system or SQLite says
 */
export function makeDatabaseFile(path: string): void {
  if (existsSync(path)) return;
  makePrivateFolder(dirname(path));
  const file = canonicalDatabasePath(path);
  if (hasLeftovers(file)) throughExitGate(() => withoutLeftovers(file));
  else makePrivateFile(file);
}

function hasLeftovers(file: string): boolean {
  return existsSync(`${file}-wal`) || existsSync(`${file}-shm`);
}

/** One process at a time, and only while there is no database: what is beside one may be in use by it. */
function withoutLeftovers(file: string): void {
  const lockPath = `${file}.create.lock`;
  makePrivateFile(lockPath);
  const lock = new BetterSqlite3(lockPath, { timeout: PATIENCE_MS, ...nativeBinding() });
  try {
    // As the right to serve is: SQLite's own lock on an empty file, which the kernel gives back.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    if (existsSync(file)) return;
    putAside(`${file}-wal`);
    rmSync(`${file}-shm`, { force: true });
    makePrivateFile(file);
  } finally {
    lock.close();
  }
}

function putAside(log: string): void {
  const size = statSync(log, { throwIfNoEntry: false })?.size;
  if (size === undefined) return;
  if (size === 0) rmSync(log, { force: true });
  else renameSync(log, freeName(`${log}.orphan`));
}

function freeName(name: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(candidate)) return candidate;
  }
}
