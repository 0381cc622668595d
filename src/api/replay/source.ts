// The messages of a session in the order in which they happened: recorded output, events and state changes merged by
// time. Read a piece at a time, so that memory does not depend on the session; the reader may go to any place.
//
// At one moment output comes before the events that were found in it. Times never go back: an event whose line was
// completed earlier than it was found stands where it was found.

import { RecordingCursor } from '../../data/recording-cursor.ts';
import type { RecordingEvent } from '../../data/recording-reader.ts';
import { eventDocument, stateChangeDocument } from '../../model/documents.ts';
import type { StoredEvent } from '../../model/event.ts';
import type { SessionState } from '../../model/session.ts';
import type { ReplayMessage } from '../../model/wire-replay.ts';
import { elapsedOf, openMaterial, type ReplayMaterial, type ReplayStores } from './material.ts';
import { type ReplayPlace, START, toMicroseconds } from './place.ts';

export interface ReplayItem {
  readonly offsetMs: number;
  readonly message: ReplayMessage;
  /** The place behind it. */
  readonly place: ReplayPlace;
}

export interface SourceOptions {
  /** Whether recorded output is part of it. */
  readonly output: boolean;
  /** Whether it goes on with what a running session still does. */
  readonly follow: boolean;
  readonly from?: ReplayPlace | undefined;
}

const PAGE = 100;
const FINAL: readonly SessionState[] = ['completed', 'failed', 'killed', 'lost'];
/** A change of size, columns first. */
const SIZE = /^(\d{1,5})x(\d{1,5})$/;

export class ReplaySource {
  readonly #stores: () => ReplayStores;
  readonly #options: SourceOptions;
  readonly #cursor: RecordingCursor | undefined;
  #material: ReplayMaterial;
  #place: ReplayPlace;
  #events: readonly StoredEvent[] = [];
  #noMoreEvents = false;
  #closed = false;
  #next: ReplayItem | undefined;

  constructor(material: ReplayMaterial, stores: () => ReplayStores, options: SourceOptions) {
    this.#material = material;
    this.#stores = stores;
    this.#options = options;
    this.#place = rounded(options.from ?? START);
    const { recording } = material;
    if (options.output && recording !== null) {
      const end = this.#follows ? Number.POSITIVE_INFINITY : recording.end;
      this.#cursor = new RecordingCursor(recording.path, this.#place.output, end);
    }
  }

  get material(): ReplayMaterial {
    return this.#material;
  }

  /** What has been taken. */
  get place(): ReplayPlace {
    return this.#place;
  }

  /** The next message, which stays the next; undefined when there is none, or none yet. */
  peek(): ReplayItem | undefined {
    if (this.#closed) return undefined;
    this.#next ??= this.#find();
    return this.#next;
  }

  /** Goes on to the message after the next one. */
  take(): void {
    const item = this.peek();
    if (item === undefined) return;
    this.#place = item.place;
    this.#next = undefined;
    switch (item.message.type) {
      case 'extraction':
        this.#events = this.#events.slice(1);
        break;
      case 'state_change':
        break;
      default:
        this.#cursor?.skip();
    }
  }

  /** Goes to another place. */
  move(place: ReplayPlace): void {
    this.#place = rounded(place);
    this.#next = undefined;
    this.#events = [];
    this.#noMoreEvents = false;
    this.#cursor?.move(place.output);
  }

  /**
   * Looks what a running session has done meanwhile.
   *
   * @returns whether it had ended before, so that what is found now is the last of it
   */
  refresh(): boolean {
    if (!this.#follows) return true;
    const fresh = openMaterial(this.#stores(), this.#material.session.sessionId);
    const { ended } = fresh;
    this.#material = fresh;
    this.#noMoreEvents = false;
    return ended;
  }

  /** Releases the file; from here on there is nothing. */
  close(): void {
    this.#closed = true;
    this.#cursor?.close();
    this.#events = [];
    this.#next = undefined;
  }

  get #follows(): boolean {
    return this.#options.follow;
  }

  #find(): ReplayItem | undefined {
    const output = this.#outputItem();
    const event = this.#eventItem();
    const earlier = event === undefined || (output && output.offsetMs <= event.offsetMs) ? output : event;
    const change = this.#changeItem(earlier === undefined);
    if (change === undefined || (earlier && earlier.offsetMs < change.offsetMs)) return earlier;
    return change;
  }

  #outputItem(): ReplayItem | undefined {
    for (;;) {
      const event = this.#cursor?.peek();
      if (event === undefined) return undefined;
      const offsetMs = this.#notBack(event.t);
      const message = outputMessage(event, this.#material.session.sessionId, offsetMs);
      // The next line begins behind this one; the reader skips what is no event.
      const place = { ...this.#place, offsetMs, output: event.offset + 1 };
      if (message !== undefined) return { offsetMs, message, place };
      this.#cursor?.skip();
    }
  }

  #eventItem(): ReplayItem | undefined {
    if (this.#events.length === 0 && !this.#noMoreEvents) {
      const { session, lastSeq } = this.#material;
      const events = this.#stores().extractions.getExtractionsBySession(session.sessionId, {
        afterSeq: this.#place.seq,
        limit: PAGE,
      });
      this.#events = this.#follows ? events : events.filter((event) => event.seq <= lastSeq);
      this.#noMoreEvents = this.#events.length < PAGE;
    }
    const [event] = this.#events;
    if (event === undefined) return undefined;
    const { startedMs, durationMs } = this.#material;
    const offsetMs = this.#notBack(
      Math.min(elapsedOf(event, startedMs), Math.max(durationMs, event.elapsedMs ?? 0)),
    );
    return {
      offsetMs,
      message: { type: 'extraction', offset_ms: offsetMs, ...eventDocument(event) },
      place: { ...this.#place, offsetMs, seq: event.seq },
    };
  }

  /** The state in which a session ended comes after everything else, whatever the clocks said. */
  #changeItem(nothingElse: boolean): ReplayItem | undefined {
    const { changes, session, startedMs, durationMs } = this.#material;
    const change = changes[this.#place.changes];
    if (change === undefined) return undefined;
    const isFinal = FINAL.includes(change.state);
    if (isFinal && !nothingElse) return undefined;
    const elapsed = Date.parse(change.timestamp) - startedMs;
    const offsetMs = this.#notBack(isFinal ? Math.max(elapsed, durationMs) : elapsed);
    return {
      offsetMs,
      message: {
        type: 'state_change',
        offset_ms: offsetMs,
        session_id: session.sessionId,
        ...stateChangeDocument(change),
      },
      place: { ...this.#place, offsetMs, changes: this.#place.changes + 1 },
    };
  }

  #notBack(offsetMs: number): number {
    return Math.max(toMicroseconds(offsetMs), this.#place.offsetMs);
  }
}

function rounded(place: ReplayPlace): ReplayPlace {
  return { ...place, offsetMs: toMicroseconds(place.offsetMs) };
}

/** A recorded event as a message; undefined for codes that mean nothing to us, and for the empty first output. */
function outputMessage(
  event: RecordingEvent,
  sessionId: string,
  offsetMs: number,
): ReplayMessage | undefined {
  const at = { offset_ms: offsetMs, session_id: sessionId };
  switch (event.code) {
    case 'o':
      if (event.data === '') return undefined;
      return { type: 'output', ...at, elapsed_ms: event.t, stream: event.stream ?? 'pty', data: event.data };
    case 'r': {
      const size = SIZE.exec(event.data);
      return size === null
        ? undefined
        : { type: 'resize', ...at, cols: Number(size[1]), rows: Number(size[2]) };
    }
    case 'm':
      return { type: 'marker', ...at, label: event.data };
    case 'i':
      return { type: 'input', ...at, data: event.data };
    default:
      return undefined;
  }
}
