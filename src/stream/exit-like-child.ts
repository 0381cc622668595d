// Ends this process as the child ended, so that whoever started us sees no difference: the same exit code, or death by
// the same signal.

import { constants } from 'node:os';
import type { ChildExit } from './child.ts';
import { coreDumpsEnabled } from './process-status.ts';

/** Signals whose default action writes a core dump (signal(7)); ours must not replace the child's. */
const DUMPS_CORE = new Set([
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
]);
/** A signal that we send ourselves acts at once; if it has not after this long, it is ignored. In ms. */
const SIGNAL_ACTS_WITHIN_MS = 100;

/** What a shell reports for an end: the code, or 128 and the signal's number. */
export function shellStatus(exit: ChildExit): number {
  return exit.signal === null ? (exit.code ?? 0) : 128 + exit.signal;
}

/** Does not return normally after a death by signal; otherwise sets the exit status and ends the process. */
export async function exitLikeChild(exit: ChildExit): Promise<never> {
  if (exit.signal !== null) {
    const name = Object.entries(constants.signals).find(([, number]) => number === exit.signal)?.[0];
    if (name !== undefined && mayRaise(name)) {
      process.removeAllListeners(name);
      process.kill(process.pid, name as NodeJS.Signals);
      await new Promise((resolve) => setTimeout(resolve, SIGNAL_ACTS_WITHIN_MS));
    }
  }
  process.exit(shellStatus(exit));
}

/** Node ignores SIGPIPE, and a stopped wrapper would never end. */
function mayRaise(name: string): boolean {
  if (name === 'SIGPIPE' || name === 'SIGSTOP' || name === 'SIGTSTP') return false;
  return !DUMPS_CORE.has(name) || !coreDumpsEnabled();
}
