// A file for frames that wait to be understood. Written with as little work as possible, because it is used exactly when
// there is no time; read back in order; removed when everything in it has been dealt with.
//
// A frame: length of the payload (u32), kind (u8), 3 bytes unused, elapsed milliseconds (f64), payload; little-endian.
// A half-written frame at the end, left by a crash, is not a frame.

import { closeSync, existsSync, mkdirSync, openSync, readSync, rmSync, writevSync } from 'node:fs';
import { dirname } from 'node:path';

const HEADER = 16;
const READ_AHEAD = 1024 * 1024;
/** IOV_MAX on Linux and macOS. */
const MOST_VECTORS = 1024;

export interface SpoolFrame {
  /** Small number that the caller gives a meaning. */
  readonly kind: number;
  readonly elapsedMs: number;
  readonly bytes: Uint8Array;
}

/** Appends frames; `append` keeps the bytes until `flush`. */
export class SpoolWriter {
  readonly #file: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  /** @throws when the file cannot be made */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, 'a', 0o600);
  }

  append(frame: SpoolFrame): void {
    const header = Buffer.allocUnsafe(HEADER);
    header.writeUInt32LE(frame.bytes.length, 0);
    header.writeUInt32LE(frame.kind, 4);
    header.writeDoubleLE(frame.elapsedMs, 8);
    this.#pending.push(header);
    if (frame.bytes.length > 0) this.#pending.push(frame.bytes);
    this.#pendingBytes += HEADER + frame.bytes.length;
    if (this.#pending.length >= MOST_VECTORS - 2) this.flush();
  }

  /** Writes what was appended; returns the number of bytes. @throws on a full disk and the like */
  flush(): number {
    const total = this.#pendingBytes;
    let vectors = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    while (vectors.length > 0) vectors = afterWritten(vectors, writevSync(this.#file, vectors));
    return total;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads frames in order, also while a writer appends. */
export class SpoolReader {
  readonly #file: number;
  #offset = 0;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @throws when the file is absent or unreadable */
  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** The next whole frame, its bytes valid until the next call; undefined when there is none (yet). */
  next(): SpoolFrame | undefined {
    if (!this.#have(HEADER)) return undefined;
    const length = this.#buffer.readUInt32LE(this.#at);
    const kind = this.#buffer.readUInt32LE(this.#at + 4);
    const elapsedMs = this.#buffer.readDoubleLE(this.#at + 8);
    if (!this.#have(HEADER + length)) return undefined;
    const bytes = this.#buffer.subarray(this.#at + HEADER, this.#at + HEADER + length);
    this.#at += HEADER + length;
    return { kind, elapsedMs, bytes };
  }

  close(): void {
    closeSync(this.#file);
  }

  #have(bytes: number): boolean {
    while (this.#buffer.length - this.#at < bytes) {
      const kept = this.#buffer.subarray(this.#at);
      const grown = Buffer.allocUnsafe(Math.max(READ_AHEAD, bytes) + kept.length);
      kept.copy(grown);
      const read = readSync(this.#file, grown, kept.length, grown.length - kept.length, this.#offset);
      this.#offset += read;
      this.#buffer = grown.subarray(0, kept.length + read);
      this.#at = 0;
      if (read === 0) return false;
    }
    return true;
  }
}

export function spoolExists(path: string): boolean {
  return existsSync(path);
}

export function removeSpool(path: string): void {
  rmSync(path, { force: true });
}

/** What is left of `vectors` after `written` bytes of them. */
function afterWritten(vectors: Uint8Array[], written: number): Uint8Array[] {
  let index = 0;
  let left = written;
  for (const vector of vectors) {
    if (left < vector.length) break;
    left -= vector.length;
    index++;
  }
  const rest = vectors.slice(index);
  if (left > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(left);
  return rest;
}
