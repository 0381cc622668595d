// The queue between the supervisor and the recorder: a ring of bytes in shared memory. The main thread copies a chunk
// in and goes on; it allocates nothing, waits for nothing and sends a message only when the recorder is asleep.
//
// One writer, one reader. Positions count bytes and wrap at 2^32, which the capacity (a power of two) divides.

import { STREAM_NAMES, type StreamName } from '../model/event.ts';

/** 16 MiB: what an agent can print while the recorder is busy, before the supervisor has to ask it to hurry. */
const CAPACITY = 16 * 1024 * 1024;
const HEADER_BYTES = 64;
/** Frame: payload length (u32), kind (u8), 3 bytes unused, elapsed milliseconds (f64), payload, padding to 8. */
const FRAME_HEADER = 16;
/** A payload is at most this long; longer chunks are written as several frames. */
const LONGEST_PAYLOAD = 1024 * 1024;

const WRITTEN = 0;
const READ = 1;
const ASLEEP = 2;

/** What a frame carries besides output. */
export type FrameKind = StreamName | 'input' | 'resize' | 'suspend';
export const FRAME_KINDS: readonly FrameKind[] = [...STREAM_NAMES, 'input', 'resize', 'suspend'];

export interface Frame {
  readonly kind: FrameKind;
  /** Milliseconds since the start of the session. */
  readonly elapsedMs: number;
  /** Valid until the visitor returns. */
  readonly bytes: Uint8Array;
}

export class ChunkRing {
  readonly memory: SharedArrayBuffer;
  readonly capacity: number;
  readonly #state: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Payloads are copied here, one after the other: a gigabyte would otherwise leave a gigabyte of garbage. */
  #scratch = Buffer.alloc(0);

  /** @param memory the ring of another thread, or nothing for a new one of `capacity` bytes (a power of two) */
  constructor(memory?: SharedArrayBuffer, capacity: number = CAPACITY) {
    this.memory = memory ?? new SharedArrayBuffer(HEADER_BYTES + capacity);
    this.capacity = this.memory.byteLength - HEADER_BYTES;
    this.#state = new Int32Array(this.memory, 0, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(this.memory, HEADER_BYTES);
    this.#view = new DataView(this.memory, HEADER_BYTES);
  }

  /** Bytes waiting to be read. */
  get used(): number {
    return (Atomics.load(this.#state, WRITTEN) - Atomics.load(this.#state, READ)) >>> 0;
  }

  /** Position of the reader: changes whenever the reader makes progress. */
  get readPosition(): number {
    return Atomics.load(this.#state, READ);
  }

  /** When the oldest waiting frame was written, in ms since the start of the session; undefined when none waits. */
  get oldestMs(): number | undefined {
    if (this.used === 0) return undefined;
    return this.#view.getFloat64(((Atomics.load(this.#state, READ) >>> 0) % this.capacity) + 8, true);
  }

  /** Copies a chunk in, whole or not at all; false when there is no room. */
  write(kind: FrameKind, elapsedMs: number, chunk: Uint8Array): boolean {
    const frames = Math.max(1, Math.ceil(chunk.length / LONGEST_PAYLOAD));
    if (this.capacity - this.used < chunk.length + frames * (FRAME_HEADER + 8)) return false;
    for (let from = 0, left = frames; left > 0; left--, from += LONGEST_PAYLOAD) {
      this.#writeFrame(kind, elapsedMs, frames === 1 ? chunk : chunk.subarray(from, from + LONGEST_PAYLOAD));
    }
    return true;
  }

  /** Whether the reader waits for a message; clears the mark, so that one message is sent for many chunks. */
  takeAsleep(): boolean {
    return Atomics.compareExchange(this.#state, ASLEEP, 1, 0) === 1;
  }

  /** Called by the reader before it waits; false when there is something to read after all. */
  fallAsleep(): boolean {
    Atomics.store(this.#state, ASLEEP, 1);
    if (this.used === 0) return true;
    Atomics.store(this.#state, ASLEEP, 0);
    return false;
  }

  /** Gives the oldest frame to `visit` and frees its room; false when the ring is empty. */
  read(visit: (frame: Frame) => void): boolean {
    if (this.used === 0) return false;
    const position = Atomics.load(this.#state, READ) >>> 0;
    const at = position % this.capacity;
    const length = this.#view.getUint32(at, true);
    const kind = FRAME_KINDS[this.#view.getUint8(at + 4)] ?? 'output';
    const elapsedMs = this.#view.getFloat64(at + 8, true);
    const bodyAt = (at + FRAME_HEADER) % this.capacity;
    try {
      visit({ kind, elapsedMs, bytes: this.#copyOut(bodyAt, length) });
    } finally {
      Atomics.store(this.#state, READ, (position + FRAME_HEADER + padded(length)) | 0);
    }
    return true;
  }

  #writeFrame(kind: FrameKind, elapsedMs: number, payload: Uint8Array): void {
    const position = Atomics.load(this.#state, WRITTEN) >>> 0;
    const at = position % this.capacity;
    this.#view.setUint32(at, payload.length, true);
    this.#view.setUint8(at + 4, FRAME_KINDS.indexOf(kind));
    this.#view.setFloat64(at + 8, elapsedMs, true);
    const bodyAt = (at + FRAME_HEADER) % this.capacity;
    const first = Math.min(payload.length, this.capacity - bodyAt);
    this.#bytes.set(first === payload.length ? payload : payload.subarray(0, first), bodyAt);
    if (first < payload.length) this.#bytes.set(payload.subarray(first), 0);
    Atomics.store(this.#state, WRITTEN, (position + FRAME_HEADER + padded(payload.length)) | 0);
  }

  /** Decoders and SQLite refuse shared memory, and a frame may wrap around the end: so the payload is copied. */
  #copyOut(at: number, length: number): Uint8Array {
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafe(Math.max(length, 64 * 1024));
    const bytes = this.#scratch.subarray(0, length);
    const first = Math.min(length, this.capacity - at);
    bytes.set(this.#bytes.subarray(at, at + first), 0);
    if (first < length) bytes.set(this.#bytes.subarray(0, length - first), first);
    return bytes;
  }
}

/** Frames begin at multiples of eight, so that a frame header never wraps around the end. */
function padded(length: number): number {
  return (length + 7) & ~7;
}
