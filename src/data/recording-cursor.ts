// A place in a recording from which events are read one by one: small pieces, so that a reader in between others never
// keeps them waiting, and nothing is held but the piece. At the end of what is there it may be asked again, when the
// recording is still being written.

import { closeSync } from 'node:fs';
import { EventReader, openIfThere, type RecordingEvent } from './recording-reader.ts';

const PIECE_BYTES = 64 * 1024;

export class RecordingCursor {
  readonly #path: string;
  readonly #end: number;
  #file: number | undefined;
  #reader: EventReader | undefined;
  #from: number;
  #events: readonly RecordingEvent[] = [];
  #next = 0;
  #closed = false;

  /**
   * @param fromOffset offset of an event line, or 0; from within a line reading begins behind it
   * @param end events whose line begins here or later are not there; none by default
   */
  constructor(path: string, fromOffset = 0, end: number = Number.POSITIVE_INFINITY) {
    this.#path = path;
    this.#from = fromOffset;
    this.#end = end;
  }

  /** The next event, which stays the next; undefined when there is none, or none yet. */
  peek(): RecordingEvent | undefined {
    while (this.#next >= this.#events.length) {
      const events = this.#read();
      if (events === undefined) return undefined;
      this.#events = events;
      this.#next = 0;
    }
    const event = this.#events[this.#next];
    return event !== undefined && event.offset < this.#end ? event : undefined;
  }

  /** Goes on to the event after the next one. */
  skip(): void {
    this.#next++;
  }

  /** Goes to another place. */
  move(offset: number): void {
    this.#from = offset;
    this.#reader = undefined;
    this.#events = [];
    this.#next = 0;
  }

  /** From here on there is nothing. */
  close(): void {
    this.#closed = true;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#reader = undefined;
    this.#events = [];
  }

  #read(): RecordingEvent[] | undefined {
    if (this.#closed) return undefined;
    this.#file ??= openIfThere(this.#path);
    if (this.#file === undefined) return undefined;
    this.#reader ??= new EventReader(this.#file, this.#from, PIECE_BYTES);
    return this.#reader.read();
  }
}
