// A recording without secrets: the redactor works on the joined output of each stream, as it did when the session was
// recorded, and the events keep their borders, times and order. A recording in which nothing is found comes out as it went
// in; where something is found, the pieces around it are put together.

import type { CastEvent } from '../data/recording-text.ts';
import type { StreamName } from '../model/event.ts';
import { Redactor } from '../stream/redactor.ts';

/** What may wait behind the possible beginning of a secret before it is let go. */
const MOST_WAITING_BYTES = 1024 * 1024;
const MOST_WAITING_EVENTS = 10_000;

/** An event on its way out; `ready` once its text is known to be the final one. */
interface Waiting {
  event: CastEvent;
  ready: boolean;
  /** The bytes of an `o` event, and how many of them the redactor has given out unchanged. */
  bytes: Buffer;
  passed: number;
}

const NOTHING = Buffer.alloc(0);

/** The same events without secrets, read and given out piece by piece. */
export function* redactRecording(events: Iterable<CastEvent>): Generator<CastEvent> {
  const passage = new Passage();
  for (const event of events) {
    passage.push(event);
    yield* passage.take();
  }
  passage.flush();
  yield* passage.take();
}

class Passage {
  readonly #redactor = new Redactor();
  readonly #queue: Waiting[] = [];
  readonly #streams = new Map<StreamName, Waiting[]>();
  #bytes = 0;

  push(event: CastEvent): void {
    if (event.code !== 'o' || event.stream === null) {
      const data = this.#redactor.redactText(event.data);
      this.#queue.push({
        event: data === event.data ? event : { ...event, data },
        ready: true,
        bytes: NOTHING,
        passed: 0,
      });
      return;
    }
    const bytes = Buffer.from(event.data);
    const waiting: Waiting = { event, ready: bytes.length === 0, bytes, passed: 0 };
    this.#queue.push(waiting);
    if (waiting.ready) return;
    this.#bytes += bytes.length;
    this.#waitingOf(event.stream).push(waiting);
    this.#settle(event.stream, this.#redactor.push(event.stream, bytes));
    if (this.#bytes > MOST_WAITING_BYTES || this.#queue.length > MOST_WAITING_EVENTS) this.flush();
  }

  /** Lets everything go, judged as if nothing followed. */
  flush(): void {
    for (const stream of this.#streams.keys()) this.#settle(stream, this.#redactor.flush(stream));
  }

  *take(): Generator<CastEvent> {
    let count = 0;
    while (this.#queue[count]?.ready === true) count++;
    for (const { event } of this.#queue.splice(0, count)) yield event;
  }

  /** Gives what came out of the redactor to the events whose bytes it was made of. */
  #settle(stream: StreamName, out: Uint8Array): void {
    const waiting = this.#waitingOf(stream);
    const total = waiting.reduce((sum, { bytes, passed }) => sum + bytes.length - passed, 0);
    const used = total - this.#redactor.heldBytes(stream);
    if (used === 0 && out.length === 0) return;
    this.#bytes -= used;
    if (Buffer.concat(take(waiting, used)).equals(out)) pass(waiting, used);
    else this.#replace(waiting, used, Buffer.from(out).toString());
    let done = 0;
    while (waiting[done]?.passed === waiting[done]?.bytes.length && waiting[done] !== undefined) {
      waiting[done++]!.ready = true;
    }
    waiting.splice(0, done);
  }

  /**
   * Puts `text` in the place of the next `used` bytes. Where the events end in it cannot be told: the last of those
   * that are used up or begun gets all of it.
   */
  #replace(waiting: Waiting[], used: number, text: string): void {
    let left = used;
    let index = 0;
    for (; left > 0; index++) {
      const entry = waiting[index]!;
      const kept = entry.bytes.subarray(0, entry.passed).toString();
      const count = Math.min(left, entry.bytes.length - entry.passed);
      left -= count;
      const rest = entry.bytes.subarray(entry.passed + count);
      entry.event = { ...entry.event, data: left > 0 ? kept : kept + text };
      entry.bytes = NOTHING;
      entry.passed = 0;
      if (rest.length === 0) continue;
      // What is still kept back becomes an event of its own, at the same time.
      const next: Waiting = {
        event: { ...entry.event, data: rest.toString() },
        ready: false,
        bytes: rest,
        passed: 0,
      };
      this.#queue.splice(this.#queue.indexOf(entry) + 1, 0, next);
      waiting.splice(index + 1, 0, next);
    }
  }

  #waitingOf(stream: StreamName): Waiting[] {
    let waiting = this.#streams.get(stream);
    if (waiting === undefined) {
      waiting = [];
      this.#streams.set(stream, waiting);
    }
    return waiting;
  }
}

/** The next `count` bytes of the waiting events, in one piece for each event. */
function take(waiting: readonly Waiting[], count: number): Buffer[] {
  const pieces: Buffer[] = [];
  let left = count;
  for (const { bytes, passed } of waiting) {
    if (left === 0) break;
    const piece = bytes.subarray(passed, passed + left);
    left -= piece.length;
    pieces.push(piece);
  }
  return pieces;
}

/** Marks the next `count` bytes as given out unchanged. */
function pass(waiting: readonly Waiting[], count: number): void {
  let left = count;
  for (const entry of waiting) {
    if (left === 0) break;
    const step = Math.min(left, entry.bytes.length - entry.passed);
    entry.passed += step;
    left -= step;
  }
}
