// Folders beside the recordings in which an import keeps what is not in its place yet, private to their owner.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from '../../data/private-file.ts';

const PREFIX = '.import-';

/**
 * Makes a new folder, and removes those of imports that were killed.
 *
 * @param sessionsFolder where the recordings of the database are; made when absent
 * @throws Error of node:fs
 */
export function makeStagingFolder(sessionsFolder: string): string {
  makePrivateFolder(sessionsFolder);
  removeAbandoned(sessionsFolder);
  return mkdtempSync(join(sessionsFolder, `${PREFIX}${process.pid}-`));
}

function removeAbandoned(sessionsFolder: string): void {
  for (const name of readdirSync(sessionsFolder)) {
    const pid = name.startsWith(PREFIX) ? /^\d+/.exec(name.slice(PREFIX.length))?.[0] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(join(sessionsFolder, name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
