// Files and folders that only their owner may read, whatever the umask.

import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync } from 'node:fs';

/** Makes a folder and its parents with mode 0700; one that is there already stays as it is. */
export function makePrivateFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) chmodSync(folder, 0o700);
}

/** Opens a file for writing with mode 0600. `flags` as in `node:fs`: `wx` for a new one, `a` to append. */
export function openPrivateFile(path: string, flags: 'wx' | 'w' | 'a' | 'a+'): number {
  const file = openSync(path, flags, 0o600);
  try {
    fchmodSync(file, 0o600);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return file;
}
