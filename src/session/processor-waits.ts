// How long our threads have waited for a processor: what tells a thread that is slow on a busy machine from one that is
// stuck.

import { readdirSync, readFileSync } from 'node:fs';

/**
 * How long each thread of this process has stood in line for a processor, in ms: the second field of
 * /proc/PID/task/TID/schedstat, in ns. Empty where the system does not say.
 */
export function waitsForProcessor(): Map<string, number> {
  const waits = new Map<string, number>();
  try {
    for (const thread of readdirSync('/proc/self/task')) {
      const text = readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1');
      waits.set(thread, Number(text.split(' ')[1] ?? 0) / 1e6);
    }
  } catch {
    // no /proc, or a thread ended while we looked: what was seen so far is used
  }
  return waits;
}

/** The longest time in ms that one of the threads has waited since. */
export function longestWaitSince(before: ReadonlyMap<string, number>): number {
  let longest = 0;
  for (const [thread, wait] of waitsForProcessor())
    longest = Math.max(longest, wait - (before.get(thread) ?? 0));
  return longest;
}
