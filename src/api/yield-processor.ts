// Serving is watching, and who watches must not slow down what is watched: where processors are short, the thread that
// answers dashboards waits for the agents, their wrappers and everything else of the user's.

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Niceness of a server: it gets a third of what another busy thread gets, and all that is idle. */
const NICENESS = 5;

/**
 * Puts the calling thread behind the others, not its process: in a wrapped session the agent's bytes pass through another
 * thread of it. Processes that this thread starts are behind, too, so not for a server that starts runs.
 *
 * Only Linux has priorities of threads (setpriority(2), "C library/kernel differences"); elsewhere nothing is done.
 */
export function yieldProcessor(): void {
  try {
    const thread = /\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0];
    if (thread !== undefined) setPriority(Number(thread), NICENESS);
  } catch {
    // Without /proc, or already less urgent than this: the server works all the same.
  }
}
