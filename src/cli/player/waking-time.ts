// Time that passes only while the process runs: a replay that was stopped (Ctrl-Z, SIGSTOP) goes on where it was, and
// does not rush through what would have happened meanwhile. A stop shows as a long gap between two looks at the clock.

import { type ReplayTime, realTime } from '../../api/replay/replay.ts';

const LOOK_MS = 200;
/** Between two looks there is never that much, unless the process did not run. */
const GAP_MS = 1000;

export interface WakingTime extends ReplayTime {
  /** Ends the looks at the clock. */
  stop(): void;
}

/** @param now monotonic time in milliseconds */
export function wakingTime(now: () => number = realTime.now): WakingTime {
  let lost = 0;
  let looked = now();
  const look = (): number => {
    const time = now();
    if (time - looked > GAP_MS) lost += time - looked;
    looked = time;
    return time - lost;
  };
  const looks = setInterval(look, LOOK_MS);
  looks.unref();
  return { ...realTime, now: look, stop: () => clearInterval(looks) };
}
