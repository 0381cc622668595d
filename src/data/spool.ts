// Frames that wait in a file until the recorder can understand them: written as fast as the disk takes them, read back
// in order and in bounded memory. The same file may be written and read at once; half a frame at its end is not there.
//
// A frame is 24 bytes (length of the payload u32, length of the kind u8, kind in 11 bytes of ASCII, elapsed
// milliseconds f64, all little-endian) and the payload.

import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder, openPrivateFile } from './private-file.ts';

export interface SpoolFrame<Kind extends string = string> {
  /** A stream name, or what else the recorder takes; at most 11 ASCII characters. */
  readonly kind: Kind;
  readonly elapsedMs: number;
  readonly bytes: Uint8Array;
}

const HEADER = 24;
const LONGEST_KIND = 11;
/** How much is read at once; a longer frame is read whole. */
const READ_SIZE = 1024 * 1024;

export class SpoolWriter {
  readonly #file: number;
  #size: number;

  /** Makes the file with mode 0600, or appends to the one that is there. */
  constructor(path: string) {
    makePrivateFolder(dirname(path));
    this.#file = openPrivateFile(path, 'a');
    this.#size = fstatSync(this.#file).size;
  }

  /** Length of the file in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Writes frames in one go; payloads are not copied. When it throws, the file ends after the last whole append. */
  append(frames: readonly SpoolFrame[]): void {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const frame of frames) {
      parts.push(encodeHeader(frame), frame.bytes);
      length += HEADER + frame.bytes.length;
    }
    if (length === 0) return;
    try {
      const written = writevSync(this.#file, parts);
      if (written < length) this.#writeRest(Buffer.concat(parts).subarray(written));
    } catch (error) {
      this.#cutTo(this.#size);
      throw error;
    }
    this.#size += length;
  }

  /** Empties the file: everything in it has been read. Readers must be opened anew. */
  clear(): void {
    ftruncateSync(this.#file, 0);
    this.#size = 0;
  }

  close(): void {
    closeSync(this.#file);
  }

  #writeRest(rest: Uint8Array): void {
    for (let from = 0; from < rest.length; ) from += writeSync(this.#file, rest, from);
  }

  #cutTo(size: number): void {
    try {
      ftruncateSync(this.#file, size);
    } catch {
      // The reader tolerates half a frame; the error that led here is the one to report.
    }
  }
}

export class SpoolReader<Kind extends string = string> {
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
  next(): SpoolFrame<Kind> | undefined {
    if (!this.#ensure(HEADER)) return undefined;
    const length = this.#buffer.readUInt32LE(this.#from);
    const kindLength = this.#buffer[this.#from + 4]!;
    // A hole of zeros, as a power failure can leave it.
    if (kindLength === 0 || kindLength > LONGEST_KIND) return undefined;
    if (!this.#ensure(HEADER + length)) return undefined;
    const start = this.#from;
    const kind = this.#buffer.toString('latin1', start + 5, start + 5 + kindLength) as Kind;
    const elapsedMs = this.#buffer.readDoubleLE(start + 16);
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
export function* readSpool<Kind extends string = string>(path: string): Generator<SpoolFrame<Kind>> {
  let reader: SpoolReader<Kind>;
  try {
    reader = new SpoolReader<Kind>(path);
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

export function removeSpool(path: string): void {
  rmSync(path, { force: true });
}

function encodeHeader(frame: SpoolFrame): Uint8Array {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(frame.bytes.length, 0);
  header[4] = Math.min(frame.kind.length, LONGEST_KIND);
  header.write(frame.kind.slice(0, LONGEST_KIND), 5, 'latin1');
  header.writeDoubleLE(frame.elapsedMs, 16);
  return header;
}
