// Time: the clock as a parameter, and the one text form of a timestamp.

/** Two clocks: wall time for timestamps, monotonic time for durations. Both in milliseconds. */
export interface Clock {
  wall(): number;
  monotonic(): number;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};

/** ISO-8601 UTC with milliseconds, the only form in which a time is stored: `2026-02-10T10:30:00.000Z`. */
export function isoTimestamp(epochMs: number): string {
  const ms = Math.floor(epochMs);
  if (ms !== latest.ms) latest = { ms, text: new Date(ms).toISOString() };
  return latest.text;
}

/** Events come in crowds: the time of the one before is often the time of the next. */
let latest = { ms: 0, text: new Date(0).toISOString() };
