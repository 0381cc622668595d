// The processes that belong to a child: what a pause must stop and a kill must end. A child on a terminal leads a session,
// and whatever is in it belongs to the child, also the jobs of a shell; a child on pipes shares our own session and process
// group, so there its descendants are meant, and never we ourselves.

import { readdirSync, readFileSync } from 'node:fs';

/** A process for good: a pid is used again, with the start time it is not. */
export interface ProcessName {
  readonly pid: number;
  readonly startTicks: number;
}

interface Process extends ProcessName {
  readonly parent: number;
  readonly session: number;
  readonly state: string;
}

/**
 * The living processes of a child, the child first. Without /proc it is the child alone.
 *
 * @param leadsSession whether the child leads a session of its own
 */
export function processesOf(pid: number, leadsSession: boolean): ProcessName[] {
  const all = allProcesses().filter(({ state }) => state !== 'Z' && state !== 'X');
  const found = new Map(all.filter((process) => process.pid === pid).map((process) => [pid, process]));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const process of all) {
      const belongs = found.has(process.parent) || (leadsSession && process.session === pid);
      if (belongs) found.set(process.pid, process);
    }
  }
  found.delete(globalThis.process.pid);
  return [...found.values()].map(({ pid: id, startTicks }) => ({ pid: id, startTicks }));
}

/**
 * The living processes that were started with a variable of this value, wherever in the tree they are: also those whose
 * parent has ended, which no longer descend from anybody. Those that we may not look at are left out.
 */
export function processesWithVariable(name: string, value: string): ProcessName[] {
  const wanted = Buffer.from(`\0${name}=${value}\0`);
  const carries = ({ pid }: Process): boolean => {
    try {
      return Buffer.concat([NUL, readFileSync(`/proc/${pid}/environ`), NUL]).includes(wanted);
    } catch {
      return false; // gone, or another user's
    }
  };
  return allProcesses()
    .filter(
      (process) => process.state !== 'Z' && process.state !== 'X' && process.pid !== globalThis.process.pid,
    )
    .filter(carries)
    .map(({ pid, startTicks }) => ({ pid, startTicks }));
}

const NUL = Buffer.from([0]);

/** Whether the process is still that one. */
export function stillThere({ pid, startTicks }: ProcessName): boolean {
  const process = readProcess(String(pid));
  return process !== undefined && process.startTicks === startTicks && process.state !== 'Z';
}

function allProcesses(): Process[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return []; // not Linux
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(readProcess)
    .filter((process) => process !== undefined);
}

/** Fields 3 (state), 4 (ppid), 6 (session) and 22 (starttime) of /proc/PID/stat; see proc_pid_stat(5). */
function readProcess(pid: string): Process | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // gone since it was listed
  }
  // Field 2 is the name in parentheses and may itself contain blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number(pid),
    startTicks: Number(fields[19]),
    parent: Number(fields[1]),
    session: Number(fields[3]),
    state: fields[0] ?? '?',
  };
}
