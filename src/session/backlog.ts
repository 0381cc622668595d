// What waits to be understood: the ring, and behind it, while the recorder cannot keep up, the spool file. Frames come
// out in the order in which they went in. Moving frames from the ring to the spool is all that has to keep pace with
// the agent.

import { removeSpool, SpoolReader, SpoolWriter } from '../data/spool.ts';
import { type ChunkRing, FRAME_KINDS, type Frame } from './chunk-ring.ts';

/** More than this waiting in the ring (bytes) goes to the spool first; understanding it would take too long. */
const SPOOL_ABOVE = 4 * 1024 * 1024;
/** While the spool is in use, the ring is emptied into it when this much waits. */
const MOVE_ABOVE = 256 * 1024;
/** What has waited in the ring for this long goes to the spool: memory does not survive a crash. In ms. */
const SPOOL_OLDER_THAN_MS = 40;

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
    if (this.#ring.used > MOVE_ABOVE || this.#isOld() || holdBack) return this.#moveToSpool();
    return this.#takeFromSpool(take);
  }

  /** Closes and removes the spool; what is still in it is given up. */
  discard(): void {
    this.#spool?.reader.close();
    this.#spool?.writer.close();
    if (this.#spool !== undefined && this.#path !== undefined) removeSpool(this.#path);
    this.#spool = undefined;
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
    try {
      while (
        this.#ring.read((frame) =>
          spool.writer.append({
            kind: FRAME_KINDS.indexOf(frame.kind),
            elapsedMs: frame.elapsedMs,
            bytes: frame.bytes,
          }),
        )
      );
    } finally {
      spool.waiting += spool.writer.flush();
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
    spool.waiting -= frame.bytes.length + 16;
    take({ kind: FRAME_KINDS[frame.kind] ?? 'output', elapsedMs: frame.elapsedMs, bytes: frame.bytes });
    return true;
  }
}
