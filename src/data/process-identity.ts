// Whether the process that owned something is still there. A pid alone is reused; with the start time of the process and
// the id of the boot it is not.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessIdentity } from '../model/session.ts';

export type Liveness = 'alive' | 'dead' | 'unknown';

/** What this process would be recognised by. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTicks: readProcess(process.pid)?.startTicks ?? null,
    bootId: readBootId(),
    host: hostname(),
  };
}

/**
 * `unknown` when in doubt: another machine, another container, or a system that does not tell when a process started.
 * A zombie counts as dead.
 */
export function isAlive(identity: ProcessIdentity): Liveness {
  const here = identity.host === hostname();
  const bootId = readBootId();
  if (identity.bootId !== null && bootId !== null && identity.bootId !== bootId)
    return here ? 'dead' : 'unknown';
  if (identity.startTicks === null || bootId === null) {
    return here && !pidExists(identity.pid) ? 'dead' : 'unknown';
  }
  const process = readProcess(identity.pid);
  if (process !== undefined && process.startTicks === identity.startTicks) {
    return process.isZombie ? 'dead' : 'alive';
  }
  // The same boot under another name is a container, where the same pid is another process.
  if (!here) return 'unknown';
  if (process !== undefined) return 'dead';
  // Not in /proc although the pid exists: hidden from us (hidepid).
  return pidExists(identity.pid) ? 'unknown' : 'dead';
}

/** Field 3 (state) and 22 (start time in clock ticks since boot) of /proc/PID/stat; see proc_pid_stat(5). */
function readProcess(pid: number): { startTicks: number; isZombie: boolean } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // Field 2 is the name in parentheses and may itself contain blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = Number(fields[19]);
  if (!Number.isFinite(startTicks)) return undefined;
  return { startTicks, isZombie: fields[0] === 'Z' || fields[0] === 'X' };
}

function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    // Not Linux.
    return null;
  }
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
