// What our threads got of the processors: tells a thread that is slow on a busy machine from one that is stuck.

import { readdirSync, readFileSync } from 'node:fs';

/** Of one thread or, in a difference, the most of any thread; both in ms. */
export interface ProcessorTime {
  /** Spent running. */
  readonly ran: number;
  /** Spent standing in line for a processor. */
  readonly waited: number;
}

/**
 * The first two fields of /proc/PID/task/TID/schedstat, in ns there, for each thread of this process. Empty where the
 * system does not say.
 */
export function processorTimes(): Map<string, ProcessorTime> {
  const times = new Map<string, ProcessorTime>();
  try {
    for (const thread of readdirSync('/proc/self/task')) {
      const text = readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1');
      const [ran = 0, waited = 0] = text.split(' ').map((nanoseconds) => Number(nanoseconds) / 1e6);
      times.set(thread, { ran, waited });
    }
  } catch {
    // no /proc, or a thread ended while we looked: what was seen so far is used
  }
  return times;
}

/** The longest that one of the threads has run, and has waited, since. */
export function processorTimeSince(before: ReadonlyMap<string, ProcessorTime>): ProcessorTime {
  let [ran, waited] = [0, 0];
  for (const [thread, time] of processorTimes()) {
    ran = Math.max(ran, time.ran - (before.get(thread)?.ran ?? 0));
    waited = Math.max(waited, time.waited - (before.get(thread)?.waited ?? 0));
  }
  return { ran, waited };
}
