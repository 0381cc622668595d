// Which files a database is made of: what nothing else may write over.

import { realpathSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { SESSION_ID } from '../model/ids.ts';
import { canonicalDatabasePath } from './database-identity.ts';
import { isRunJournal } from './run-journal.ts';
import { sessionFiles } from './session-files.ts';

/** Behind the name of the database: SQLite's files and what wrappers share. */
const BESIDE = ['', '-wal', '-shm', '-journal', '.token', '.server.json', '.server.lock'] as const;

/**
 * Whether a path is the database, a file beside it that belongs to it, or one of the files of a session; by its name, also
 * where no such file is at present, or because it is another name of the same file.
 *
 * @throws Error of node:fs when the path cannot be looked at
 */
export function isOwnFile(dbPath: string, path: string): boolean {
  const database = canonicalDatabasePath(dbPath);
  const target = canonicalDatabasePath(path);
  const beside = BESIDE.map((suffix) => database + suffix);
  if (beside.includes(target) || beside.some((own) => isSameFile(own, target))) return true;
  if (isRunJournal(database, target)) return true;
  const sessionId = basename(target).split('.')[0]!;
  if (!SESSION_ID.test(sessionId)) return false;
  // The folder of the recordings may be a link to another disk.
  return Object.entries(sessionFiles(database, sessionId)).some(
    ([part, own]) =>
      part !== 'folder' &&
      basename(own) === basename(target) &&
      realFolder(dirname(own)) === realFolder(dirname(target)),
  );
}

function isSameFile(one: string, other: string): boolean {
  const [left, right] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }));
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

function realFolder(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
}
