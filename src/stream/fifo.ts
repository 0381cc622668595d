// Real pipes for the child's output. Node gives a child socket pairs, and a socket cannot be opened again through
// /dev/stdout or /dev/stderr: `echo oops > /dev/stderr`, common in scripts, would fail under us and not without us.
// A FIFO that is opened at both ends and unlinked is an ordinary pipe. One descriptor may serve as stdout and as
// stderr, which keeps their order when the caller has sent both to one file.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Fifo {
  /** Read end, non-blocking. */
  readonly readFd: number;
  /** Write end, blocking: what the child gets. */
  readonly writeFd: number;
}

/** Makes `count` pipes; undefined where FIFOs cannot be made (no `mkfifo`, no temporary folder). */
export function openFifos(count: number): Fifo[] | undefined {
  let folder: string | undefined;
  const opened: number[] = [];
  try {
    folder = mkdtempSync(join(tmpdir(), 'wrapper-'));
    const paths = Array.from({ length: count }, (_, index) => join(folder ?? '', String(index)));
    const made = spawnSync('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
    if (made.status !== 0) return undefined;
    return paths.map((path) => {
      const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      opened.push(readFd);
      const writeFd = openSync(path, constants.O_WRONLY);
      opened.push(writeFd);
      return { readFd, writeFd };
    });
  } catch {
    // The caller falls back to socket pairs: a smaller fidelity is no reason not to start the agent.
    for (const fd of opened) closeSync(fd);
    return undefined;
  } finally {
    if (folder !== undefined) removeFolder(folder, count);
  }
}

/** By name: `rmSync` with `recursive` loads a module of its own, which every start would pay for. */
function removeFolder(folder: string, count: number): void {
  for (let index = 0; index < count; index++) {
    try {
      unlinkSync(join(folder, String(index)));
    } catch {
      // it was not made
    }
  }
  try {
    rmdirSync(folder);
  } catch {
    // somebody cleans temporary folders faster than we do
  }
}
