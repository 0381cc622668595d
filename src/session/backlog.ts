// What waits to be understood: the ring, and behind it, while the recorder cannot keep up, the spool file. Frames come
// out in the order in which they went in. Moving frames from the ring to the spool is all that has to keep pace with
// the agent.

import { freeBytes, removeSpool, SpoolReader, SpoolWriter } from '../data/spool.ts';
import { LEFT_TO_RECORDING } from '../data/spool-frame.ts';
import { type ChunkRing, FRAME_KINDS, type Frame } from './chunk-ring.ts';

/** More than this waiting in the ring (bytes) goes to the spool first; understanding it would take too long. */
const SPOOL_ABOVE = 64 * 1024;
/** While the spool is in use, the ring is emptied into it when this much waits. */
const MOVE_ABOVE = 256 * 1024;
/** What has waited in the ring for this long goes to the spool: memory does not survive a crash. In ms. */
const SPOOL_OLDER_THAN_MS = 40;

/**
 * More than this going to the spool in one span (bytes, ms) is a flood: 20 MB/s. Understanding it meanwhile would take a
 * processor from the agent, and it will not be understood before the flood is over anyway.
 */
const FLOOD_BYTES = 2 * 1024 * 1024;
const FLOOD_SPAN_MS = 100;

/** Counted with each frame, here and by the spool. */
const FRAME_HEADER = 16;

interface Spool {
  readonly writer: SpoolWriter;
  readonly reader: SpoolReader;
  waiting: number;
}

export class Backlog {
  readonly #ring: ChunkRing;
  readonly #path: string | undefined;
  readonly #elapsed: () => number;
  #spool: Spool | undefined;
  #spoolFailed = false;
  #failure: unknown;
  #lostBytes = 0;
  /** What went to the spool in this span and in the one before it. */
  #span = { since: 0, bytes: 0, before: 0 };

  /**
   * @param spoolPath where a spool may be made; undefined for none
   * @param elapsed milliseconds since the start of the session, by the clock of the frames
   */
  constructor(ring: ChunkRing, spoolPath: string | undefined, elapsed: () => number) {
    this.#ring = ring;
    this.#path = spoolPath;
    this.#elapsed = elapsed;
  }

  /** Bytes that wait, frame headers included. */
  get waitingBytes(): number {
    return this.#ring.used + (this.#spool?.waiting ?? 0);
  }

  /** Whether so much comes in that it is better only kept for now. */
  get flooded(): boolean {
    this.#advanceSpan();
    return this.#span.bytes + this.#span.before > FLOOD_BYTES;
  }

  /** Why frames were lost: the first error of writing to the spool; undefined when none was. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Bytes of the frames that were lost to it. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /**
   * Does one step: gives the oldest frame to `take`, or makes room. With `holdBack` nothing is taken, and frames are
   * only brought to safety. Returns false when there is nothing to do.
   */
  next(take: (frame: Frame) => void, holdBack: boolean): boolean {
    if (this.#spool === undefined) {
      const urgent = this.#ring.used > SPOOL_ABOVE || this.#isOld() || (holdBack && this.#ring.used > 0);
      if (urgent && this.#openSpool()) return this.#moveToSpool();
      return !holdBack && this.#ring.read(take);
    }
    const urgent = this.#ring.used > MOVE_ABOVE || this.#isOld() || holdBack;
    if (urgent && !this.#spoolFailed) return this.#moveToSpool();
    if (holdBack) return false;
    return this.#takeFromSpool(take);
  }

  /** To be called while a long frame is worked on: what comes in meanwhile must not wait in memory. */
  keepUp(): void {
    if (this.#spool === undefined || this.#spoolFailed) return;
    if (this.#ring.used > MOVE_ABOVE || this.#isOld()) this.#moveToSpool();
  }

  /** Closes and removes the spool; what is still in it is given up. */
  discard(): void {
    this.#spool?.reader.close();
    this.#spool?.writer.close();
    if (this.#spool !== undefined && this.#path !== undefined) removeSpool(this.#path);
    this.#spool = undefined;
  }

  #advanceSpan(): void {
    const now = performance.now();
    const passed = now - this.#span.since;
    if (passed < FLOOD_SPAN_MS) return;
    this.#span = { since: now, bytes: 0, before: passed < 2 * FLOOD_SPAN_MS ? this.#span.bytes : 0 };
  }

  #isOld(): boolean {
    const oldest = this.#ring.oldestMs;
    return oldest !== undefined && this.#elapsed() - oldest > SPOOL_OLDER_THAN_MS;
  }

  #openSpool(): boolean {
    if (this.#path === undefined || this.#spoolFailed) return false;
    try {
      removeSpool(this.#path);
      const writer = new SpoolWriter(this.#path);
      if (freeBytes(this.#path) < LEFT_TO_RECORDING) {
        writer.close();
        removeSpool(this.#path);
        this.#spoolFailed = true;
        return false;
      }
      this.#spool = { writer, reader: new SpoolReader(this.#path), waiting: 0 };
      return true;
    } catch {
      // Without a spool the ring has to do; when it is full, chunks are dropped and counted.
      this.#spoolFailed = true;
      return false;
    }
  }

  #moveToSpool(): boolean {
    const spool = this.#spool;
    if (spool === undefined || this.#ring.used === 0) return false;
    const sizes: number[] = [];
    // Not what comes in meanwhile: a flood would keep us here for ever.
    let left = this.#ring.used;
    this.#advanceSpan();
    this.#span.bytes += left;
    const move = (frame: Frame): void => {
      left -= frame.bytes.length + FRAME_HEADER;
      sizes.push(frame.bytes.length);
      const kind = FRAME_KINDS.indexOf(frame.kind);
      spool.writer.append({ kind, elapsedMs: frame.elapsedMs, bytes: frame.bytes });
    };
    try {
      while (left > 0 && this.#ring.read(move));
      spool.waiting += spool.writer.flush();
    } catch (error) {
      // A full disk: what is in the file is still read, what comes later has to wait in the ring.
      this.#spoolFailed = true;
      this.#failure = error;
      const kept = spool.writer.flush();
      spool.waiting += kept;
      this.#lostBytes += bytesBehind(sizes, kept);
    }
    return true;
  }

  #takeFromSpool(take: (frame: Frame) => void): boolean {
    const spool = this.#spool;
    if (spool === undefined) return false;
    const frame = spool.reader.next();
    if (frame === undefined) {
      // Drained. What is in the ring by now came later, so the order is kept.
      this.discard();
      return this.#ring.used > 0;
    }
    spool.waiting -= frame.bytes.length + FRAME_HEADER;
    take({ kind: FRAME_KINDS[frame.kind] ?? 'output', elapsedMs: frame.elapsedMs, bytes: frame.bytes });
    return true;
  }
}

/** Bytes of those frames that do not lie within the first `kept` bytes, headers included. */
function bytesBehind(sizes: readonly number[], kept: number): number {
  let [left, behind] = [kept, 0];
  for (const size of sizes) {
    left -= size + FRAME_HEADER;
    if (left < 0) behind += size;
  }
  return behind;
}
