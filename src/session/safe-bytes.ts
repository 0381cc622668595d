// The one choke point: what comes out may be kept. Without secrets, and in whole characters, so that every piece can be
// understood by itself. Bytes that could begin a secret or a character are kept back until it is certain. What turns
// out to be harmless comes out with the time at which it was printed.

import type { StreamName } from '../model/event.ts';
import { Redactor } from '../stream/redactor.ts';
import { Utf8Border } from '../stream/utf8-border.ts';

/** Bytes that may be kept, and the time in ms at which they were printed. */
export interface SafePiece {
  readonly stream: StreamName;
  readonly bytes: Uint8Array;
  readonly elapsedMs: number;
}

interface Stretch {
  bytes: number;
  readonly elapsedMs: number;
}

interface SafeStream {
  readonly border: Utf8Border;
  /** Where the bytes that the redactor keeps back come from, oldest first. */
  held: Stretch[];
  heldBytes: number;
}

export class SafeBytes {
  readonly #redactor = new Redactor();
  readonly #streams = new Map<StreamName, SafeStream>();

  /** What may be kept by now, in order; often nothing, or more than was given. The pieces may be empty. */
  push(stream: StreamName, bytes: Uint8Array, elapsedMs: number): SafePiece[] {
    const state = this.#stateOf(stream);
    const before = this.#redactor.redactions;
    const out = this.#redactor.push(stream, bytes);
    state.held.push({ bytes: bytes.length, elapsedMs });
    state.heldBytes += bytes.length;
    return this.#timed(stream, state, out, before);
  }

  /** Whether a whole line, or the end of one, is among what is kept back. */
  get holdsLine(): boolean {
    for (const stream of this.#streams.keys()) if (this.#redactor.holdsLine(stream)) return true;
    return false;
  }

  /** What has been kept back for long enough; with `last` also half a character, because nothing will complete it. */
  *release(last: boolean): Generator<SafePiece> {
    for (const [stream, state] of this.#streams) {
      const latestMs = state.held.at(-1)?.elapsedMs ?? 0;
      const before = this.#redactor.redactions;
      const out = this.#redactor.flush(stream);
      yield* this.#timed(stream, state, out, before);
      if (last) yield { stream, bytes: state.border.flush(), elapsedMs: latestMs };
    }
  }

  /** A text that stands for itself, such as what was typed. */
  text(text: string): string {
    return this.#redactor.redactText(text);
  }

  /**
   * Gives what came out of the redactor the times at which it went in. Where something was taken out it cannot be told
   * what is from when, and all of it gets the latest time.
   *
   * @param before number of redactions before it came out
   */
  #timed(stream: StreamName, state: SafeStream, out: Uint8Array, before: number): SafePiece[] {
    const all = state.heldBytes - this.#redactor.heldBytes(stream);
    const used = take(state, all);
    const latest = used.at(-1);
    if (latest === undefined) return [];
    if (used.length === 1 || this.#redactor.redactions !== before || out.length !== all) {
      return [{ stream, bytes: state.border.push(out), elapsedMs: latest.elapsedMs }];
    }
    let at = 0;
    return used.map(({ bytes, elapsedMs }) => {
      at += bytes;
      return { stream, bytes: state.border.push(out.subarray(at - bytes, at)), elapsedMs };
    });
  }

  #stateOf(stream: StreamName): SafeStream {
    let state = this.#streams.get(stream);
    if (state === undefined) {
      state = { border: new Utf8Border(), held: [], heldBytes: 0 };
      this.#streams.set(stream, state);
    }
    return state;
  }
}

/** The next `count` of the bytes that were kept back. */
function take(state: SafeStream, count: number): Stretch[] {
  const used: Stretch[] = [];
  let left = count;
  for (const stretch of state.held) {
    if (left === 0) break;
    const bytes = Math.min(left, stretch.bytes);
    used.push({ bytes, elapsedMs: stretch.elapsedMs });
    stretch.bytes -= bytes;
    left -= bytes;
  }
  state.heldBytes -= count;
  if (count > 0) state.held = state.held.filter(({ bytes }) => bytes > 0);
  return used;
}
