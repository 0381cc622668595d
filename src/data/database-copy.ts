// A private copy of a database for reading where SQLite cannot read the file itself: one in WAL mode needs a `-shm`
// beside it, which cannot be made on a read-only file system or in a folder that belongs to somebody else.

import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A writer may write while the files are copied, where only our view of them is read-only. */
const ATTEMPTS = 3;

export interface DatabaseCopy {
  readonly path: string;
  /** Removes the copy. Doing so twice is harmless. */
  remove(): void;
}

/**
 * Copies the database at `path` and the `-wal` beside it to a new folder that only this user can enter.
 *
 * @throws Error of node:fs, or one that says that the files did not hold still; nothing is left behind then
 */
export function copyDatabase(path: string): DatabaseCopy {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-copy-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const target = join(folder, basename(path));
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = stampOf(path);
      copyFileSync(path, target);
      rmSync(`${target}-wal`, { force: true });
      if (statSync(`${path}-wal`, { throwIfNoEntry: false })) copyFileSync(`${path}-wal`, `${target}-wal`);
      if (stampOf(path) === before) return { path: target, remove };
    }
    throw new Error('it changed while it was copied');
  } catch (error) {
    remove();
    throw error;
  }
}

/** Changes whenever either file does. */
function stampOf(path: string): string {
  return [path, `${path}-wal`]
    .map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
    .map((status) => (status === undefined ? '-' : `${status.size}:${status.mtimeNs}`))
    .join(' ');
}
