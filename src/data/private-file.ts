// Files and folders that only their owner may read, whatever the umask.

import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and its parents with mode 0700; one that is there already stays as it is. Step by step, because
 * `mkdirSync` with `recursive` never returns where the system answers ENOENT although the parent exists (/proc).
 */
export function makePrivateFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makePrivateFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (error) {
    // Another process that starts at the same time may have been faster.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
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

/** Makes an empty file with mode 0600, unless there is one. */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openPrivateFile(path, 'wx'));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
