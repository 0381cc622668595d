// Tells a process from another that has been given the same pid: by its start time and the boot of its machine.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessIdentity } from '../model/session.ts';

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTicks: startTicksOf('self') ?? null, bootId: bootId(), host: hostname() };
}

/**
 * Whether a process is still there. `unknown` when it cannot be told from here: another machine, or no /proc and a pid
 * that is in use; nobody may then take its session away.
 */
export function isAlive(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (identity.host !== hostname()) return 'unknown';
  const boot = bootId();
  if (identity.bootId !== null && boot !== null && identity.bootId !== boot) return 'dead';
  if (!exists(identity.pid)) return 'dead';
  const ticks = startTicksOf(String(identity.pid));
  if (ticks === undefined || identity.startTicks === null) return 'unknown';
  return ticks === identity.startTicks ? 'alive' : 'dead';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's process is one all the same
  }
}

/** Field 22 of /proc/PID/stat (proc(5)): start time in clock ticks after boot. A zombie counts as gone. */
function startTicksOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? -1 : Number(fields[19]);
  } catch {
    return undefined; // no /proc, or the process is gone
  }
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return null; // not Linux
  }
}
