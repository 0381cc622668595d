// Frames that wait in a file until the recorder can understand them: written as fast as the disk takes them, read back
// in order and in bounded memory. The same file may be written and read at once; half a frame at its end is not there.
//
// A frame is a header (see spool-frame.ts) and the payload. What a kind means is the caller's affair.

import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder, openPrivateFile } from './private-file.ts';
import { putSpoolFrameHeader, SPOOL_HEADER_BYTES, SPOOL_MARK } from './spool-frame.ts';

export interface SpoolFrame {
  /** 0 to 255. */
  readonly kind: number;
  readonly elapsedMs: number;
  readonly bytes: Uint8Array;
}

const HEADER = SPOOL_HEADER_BYTES;
/** Payloads from this size on are written from where they are, smaller ones are gathered. */
const LARGE = 32 * 1024;
const BUFFER_SIZE = 512 * 1024;
/** How much is read at once; a longer frame is read whole. */
const READ_SIZE = 1024 * 1024;

export class SpoolWriter {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  #used = 0;
  /** Length of the file. */
  #size: number;
  #written = 0;

  /** Makes the file with mode 0600, or appends to the one that is there. */
  constructor(path: string) {
    makePrivateFolder(dirname(path));
    this.#file = openPrivateFile(path, 'a');
    this.#size = fstatSync(this.#file).size;
  }

  /**
   * Takes a frame, whose payload may change afterwards. It is in the file after `flush` at the latest. When writing
   * fails it throws, and the file ends after what an earlier write put there.
   */
  append({ kind, elapsedMs, bytes }: SpoolFrame): void {
    if (this.#used + HEADER + Math.min(bytes.length, LARGE) > BUFFER_SIZE) this.#write([]);
    putSpoolFrameHeader(this.#buffer, this.#used, kind, elapsedMs, bytes.length);
    this.#used += HEADER;
    if (bytes.length < LARGE) {
      this.#buffer.set(bytes, this.#used);
      this.#used += bytes.length;
    } else {
      this.#write([bytes]);
    }
  }

  /**
   * Writes what was gathered.
   *
   * @returns bytes, frame headers included (16 each), that went into the file since the last flush
   */
  flush(): number {
    if (this.#used > 0) this.#write([]);
    const written = this.#written;
    this.#written = 0;
    return written;
  }

  /** Closes the file without a flush. */
  close(): void {
    closeSync(this.#file);
  }

  #write(more: Uint8Array[]): void {
    const parts = [this.#buffer.subarray(0, this.#used), ...more];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.#used = 0;
    try {
      const written = writevSync(this.#file, parts);
      if (written < length) this.#writeRest(Buffer.concat(parts).subarray(written));
    } catch (error) {
      this.#cut();
      throw error;
    }
    this.#size += length;
    this.#written += length;
  }

  #writeRest(rest: Uint8Array): void {
    for (let from = 0; from < rest.length; ) from += writeSync(this.#file, rest, from);
  }

  #cut(): void {
    try {
      ftruncateSync(this.#file, this.#size);
    } catch {
      // The reader tolerates half a frame; the error that led here is the one to report.
    }
  }
}

export class SpoolReader {
  readonly #file: number;
  #buffer = Buffer.allocUnsafe(READ_SIZE);
  /** The part of the buffer that is read and not yet given out. */
  #from = 0;
  #to = 0;
  /** Where in the file the next frame begins. */
  #position: number;

  /** @param position where to go on, as given by `position` of an earlier reader */
  constructor(path: string, position = 0) {
    this.#file = openSync(path, 'r');
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  /**
   * The next frame, or undefined when no whole one is there; then it may be asked again after more was appended. The
   * payload is a view that is valid until the next call.
   */
  next(): SpoolFrame | undefined {
    if (!this.#ensure(HEADER)) return undefined;
    const length = this.#buffer.readUInt32LE(this.#from);
    if (this.#buffer[this.#from + 5] !== SPOOL_MARK || !this.#ensure(HEADER + length)) return undefined;
    const start = this.#from;
    const kind = this.#buffer[start + 4]!;
    const elapsedMs = this.#buffer.readDoubleLE(start + 8);
    const bytes = this.#buffer.subarray(start + HEADER, start + HEADER + length);
    this.#from += HEADER + length;
    this.#position += HEADER + length;
    return { kind, elapsedMs, bytes };
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Makes `length` bytes available at `#from`; false when the file does not have them yet. */
  #ensure(length: number): boolean {
    if (this.#to - this.#from >= length) return true;
    if (this.#buffer.length - this.#from < length) {
      const target = length > this.#buffer.length ? Buffer.allocUnsafe(length) : this.#buffer;
      this.#buffer.copy(target, 0, this.#from, this.#to);
      this.#buffer = target;
      this.#to -= this.#from;
      this.#from = 0;
    }
    while (this.#to - this.#from < length) {
      const place = this.#position + (this.#to - this.#from);
      const count = readSync(this.#file, this.#buffer, this.#to, this.#buffer.length - this.#to, place);
      if (count === 0) return false;
      this.#to += count;
    }
    return true;
  }
}

/** Reads every whole frame of a spool that nobody writes any more; none when there is no such file. */
export function* readSpool(path: string): Generator<SpoolFrame> {
  let reader: SpoolReader;
  try {
    reader = new SpoolReader(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) yield frame;
  } finally {
    reader.close();
  }
}

/** Bytes that the disk of a spool still has for users. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

export function removeSpool(path: string): void {
  rmSync(path, { force: true });
}
