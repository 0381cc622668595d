// A place in a replay: what has been sent up to it. Exact, so that a client that was cut off goes on with the very next
// message; and short, because it is the id of every message.

export interface ReplayPlace {
  /** Milliseconds since the start of the session. */
  readonly offsetMs: number;
  /** Where the next line of the recording begins. */
  readonly output: number;
  /** Number of the last event. */
  readonly seq: number;
  /** State changes so far. */
  readonly changes: number;
}

export const START: ReplayPlace = { offsetMs: 0, output: 0, seq: 0, changes: 0 };

const FORM = /^(\d{1,12}(?:\.\d{1,3})?)-(\d{1,15})-(\d{1,15})-(\d{1,9})$/;

export function placeId({ offsetMs, output, seq, changes }: ReplayPlace): string {
  return `${toMicroseconds(offsetMs)}-${output}-${seq}-${changes}`;
}

/** The place that an id names; undefined when it is none. */
export function parsePlaceId(id: string): ReplayPlace | undefined {
  const found = FORM.exec(id);
  if (found === null) return undefined;
  const [offsetMs, output, seq, changes] = found.slice(1).map(Number);
  return { offsetMs: offsetMs!, output: output!, seq: seq!, changes: changes! };
}

/** Milliseconds with three decimals, as recordings have them; what is sent is never finer, so that it can be compared. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
