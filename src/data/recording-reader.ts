// Reads recordings a piece at a time, however large they are, while they are written, and after their writer died: a half
// last line is never given out.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import type { StreamName } from '../model/event.ts';

export interface RecordingEvent {
  /** Milliseconds since the start of the session, to the microsecond. */
  readonly t: number;
  /** `o` output, `i` input, `r` resize, `m` marker; others as they come. */
  readonly code: string;
  readonly data: string;
  /** Where an `o` event came from; null for other codes. */
  readonly stream: StreamName | null;
  /** Where its line begins in the file. */
  readonly offset: number;
}

/** What a reader knows when it has come to the end. */
export interface RecordingEnd {
  /** End of the last whole line. */
  readonly offset: number;
  /** Bytes after it. */
  readonly tornBytes: number;
  /** Whole lines that are no event: the file was damaged. */
  readonly damagedLines: number;
}

const READ_SIZE = 1024 * 1024;
const NEWLINE = 0x0a;

/** The first line of a recording; undefined when the file is absent, or has no whole line that is a header. */
export function readRecordingHeader(path: string): Record<string, unknown> | undefined {
  const file = openIfThere(path);
  if (file === undefined) return undefined;
  try {
    const [line] = new LineReader(file, 0).read();
    return line === undefined ? undefined : parseHeader(line.text);
  } finally {
    closeSync(file);
  }
}

/**
 * The events of a recording in order, none when there is no such file. The generator's return value tells how it ended.
 *
 * @param options.fromOffset offset of an event line, as keyframes and events have it
 * @param options.pieceBytes how much is read at once; a megabyte by default
 */
export function* readRecording(
  path: string,
  options: { fromOffset?: number | undefined; pieceBytes?: number | undefined } = {},
): Generator<RecordingEvent, RecordingEnd> {
  const file = openIfThere(path);
  if (file === undefined) return { offset: 0, tornBytes: 0, damagedLines: 0 };
  try {
    const reader = new EventReader(file, options.fromOffset ?? 0, options.pieceBytes);
    for (let events = reader.read(); events !== undefined; events = reader.read()) yield* events;
    return {
      offset: reader.offset,
      tornBytes: fstatSync(file).size - reader.offset,
      damagedLines: reader.damagedLines,
    };
  } finally {
    closeSync(file);
  }
}

export interface FollowOptions {
  /** Whether nobody will write any more; asked before the file is read for the last time. */
  readonly ended: () => boolean;
  readonly fromOffset?: number | undefined;
  /** How often the file is looked at, in ms; 100 by default. */
  readonly pollMs?: number | undefined;
}

/** The events of a recording that is being written, as they come, until `ended`. */
export async function* followRecording(path: string, options: FollowOptions): AsyncGenerator<RecordingEvent> {
  let file: number | undefined;
  let reader: EventReader | undefined;
  try {
    for (;;) {
      const last = options.ended();
      file ??= openIfThere(path);
      if (file !== undefined) {
        reader ??= new EventReader(file, options.fromOffset ?? 0);
        for (let events = reader.read(); events !== undefined; events = reader.read()) yield* events;
      }
      if (last) return;
      await new Promise((resolve) => setTimeout(resolve, options.pollMs ?? 100));
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Cuts a half last line off a recording whose writer is dead, so that every player opens it.
 *
 * @returns the number of bytes cut; 0 also when there is no such file
 */
export function truncateToWholeLine(path: string): number {
  const file = openIfThere(path, 'r+');
  if (file === undefined) return 0;
  try {
    const { size } = fstatSync(file);
    const end = lineBefore(file, size);
    if (end < size) ftruncateSync(file, end);
    return size - end;
  } finally {
    closeSync(file);
  }
}

/** Where the line begins that is being written at `end`: behind the last newline before it, 0 when there is none. */
export function lineBefore(file: number, end: number): number {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  for (let to = end; to > 0; ) {
    const from = Math.max(0, to - buffer.length);
    const count = readSync(file, buffer, 0, to - from, from);
    const newline = buffer.subarray(0, count).lastIndexOf(NEWLINE);
    if (newline >= 0) return from + newline + 1;
    to = from;
  }
  return 0;
}

/** Parses the lines of an open file; knows from the header what the unmarked stream is. */
export class EventReader {
  readonly #lines: LineReader;
  #stream: StreamName | undefined;
  #marked = false;
  damagedLines = 0;

  /** @param pieceBytes how much is read at once; a megabyte by default */
  constructor(file: number, fromOffset: number, pieceBytes = READ_SIZE) {
    if (fromOffset > 0) {
      const [header] = new LineReader(file, 0).read();
      if (header !== undefined) this.#setStreams(parseHeader(header.text));
    }
    this.#lines = new LineReader(file, fromOffset, pieceBytes);
  }

  /** Where the next line begins. */
  get offset(): number {
    return this.#lines.offset;
  }

  /** The events of the next piece, undefined when there is none yet. */
  read(): RecordingEvent[] | undefined {
    const lines = this.#lines.read();
    if (lines.length === 0) return undefined;
    const events: RecordingEvent[] = [];
    for (const line of lines) {
      if (this.#stream === undefined) {
        this.#setStreams(parseHeader(line.text));
        if (line.text.startsWith('{')) continue;
      }
      const event = this.#parse(line);
      if (event === undefined) this.damagedLines++;
      else events.push(event);
    }
    return events;
  }

  /** Only our own recordings mark a stream by white space; others use blanks as they like. */
  #setStreams(header: Record<string, unknown> | undefined): void {
    const ours = header?.['wrapper'];
    this.#marked = typeof ours === 'object' && ours !== null;
    this.#stream = this.#marked && (ours as { mode?: unknown }).mode === 'pipe' ? 'stdout' : 'pty';
  }

  #parse({ text, offset }: Line): RecordingEvent | undefined {
    try {
      const event: unknown = JSON.parse(text);
      if (!Array.isArray(event) || event.length < 3) return undefined;
      const [seconds, code, data] = event as unknown[];
      if (typeof seconds !== 'number' || typeof code !== 'string' || typeof data !== 'string')
        return undefined;
      const stream = code === 'o' ? this.#streamOf(text) : null;
      return { t: Math.round(seconds * 1e6) / 1000, code, data, stream, offset };
    } catch {
      return undefined;
    }
  }

  #streamOf(text: string): StreamName {
    const comma = text.indexOf(',');
    if (!this.#marked || text[comma + 1] !== ' ') return this.#stream ?? 'pty';
    return text.startsWith(' "o", ', comma + 1) ? 'stderr' : 'output';
  }
}

interface Line {
  readonly text: string;
  readonly offset: number;
}

/** Reads whole lines from an open file, a piece at a time. */
class LineReader {
  readonly #file: number;
  #buffer: Buffer;
  /** Bytes of a line whose end has not been read yet, at the beginning of the buffer. */
  #kept = 0;
  #offset: number;

  constructor(file: number, offset: number, pieceBytes = READ_SIZE) {
    this.#file = file;
    this.#offset = offset;
    this.#buffer = Buffer.allocUnsafe(pieceBytes);
  }

  /** Where the first line begins that has not been given out. */
  get offset(): number {
    return this.#offset;
  }

  /** The next lines; none when the file has no further whole line yet. */
  read(): Line[] {
    for (;;) {
      if (this.#kept === this.#buffer.length) this.#grow();
      const room = this.#buffer.length - this.#kept;
      const count = readSync(this.#file, this.#buffer, this.#kept, room, this.#offset + this.#kept);
      if (count === 0) {
        // Read again next time: whoever cuts a torn tail may go on writing in its place.
        this.#kept = 0;
        return [];
      }
      const lines = this.#split(this.#kept + count);
      if (lines.length > 0) return lines;
    }
  }

  #split(end: number): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let to = this.#newline(from, end); to >= 0; to = this.#newline(from, end)) {
      lines.push({ text: this.#buffer.toString('utf8', from, to), offset: this.#offset + from });
      from = to + 1;
    }
    this.#buffer.copyWithin(0, from, end);
    this.#kept = end - from;
    this.#offset += from;
    return lines;
  }

  #newline(from: number, end: number): number {
    const position = this.#buffer.indexOf(NEWLINE, from);
    return position < end ? position : -1;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

function parseHeader(text: string): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(text);
    return typeof header === 'object' && header !== null && !Array.isArray(header)
      ? (header as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Opens a file, or undefined when there is none. */
export function openIfThere(path: string, flags: 'r' | 'r+' = 'r'): number | undefined {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
