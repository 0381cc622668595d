// Which database is meant, whatever the path by which it was reached: how two wrappers tell whether they serve the same
// one, and where the files are that they share about it.

import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The path of a database without symbolic links, so that the files beside it are the same for everybody. The database,
 * and even its folder, need not exist yet.
 */
export function canonicalDatabasePath(dbPath: string): string {
  const path = resolve(dbPath);
  try {
    return realpathSync(path);
  } catch {
    // Not made yet: its folder may be there.
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path; // nor is its folder
  }
}

/**
 * 16 hexadecimal digits that stand for the file itself: another file that takes its place has another identity. Before
 * there is a file they stand for its path.
 */
export function databaseIdentity(dbPath: string): string {
  const path = canonicalDatabasePath(dbPath);
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  const name = stats === undefined ? `path:${path}` : `file:${stats.dev}:${stats.ino}`;
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}
