// Writes a recording: asciicast v2, one header line and one line for each event, so that any player reads it. What is
// appended is buffered until `flush`; a file whose writer died ends with a whole line or with one half line.
//
// The stream of an `o` event is kept in the white space of its line, which every JSON reader ignores: `[1.0,"o","…"]`
// is the stream of the header's mode (stdout or pty), `[1.0, "o", "…"]` is stderr, `[1.0, "o","…"]` is output.

import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../model/errors.ts';
import type { StreamName } from '../model/event.ts';
import { isoTimestamp } from '../model/time.ts';
import { escapeControls, JsonText } from './json-text.ts';
import { makePrivateFolder, openPrivateFile } from './private-file.ts';
import { RecordingIndex } from './recording-index.ts';

export interface RecordingHeader {
  readonly width: number;
  readonly height: number;
  /** Start of the session in milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly command: string | null;
  readonly title?: string | null;
  readonly sessionId: string;
  readonly agent: string;
  readonly version: string | null;
  /** In `pipe` mode a bare `\n` is recorded as `\r\n`. */
  readonly mode: 'pty' | 'pipe';
}

export interface RecordingOptions {
  /** Size at which the recording ends, in bytes; 0 for none. */
  readonly maxBytes: number;
  /** Where stderr goes a second time, alone and unchanged; null for nowhere. */
  readonly stderrLog?: string | null;
  /** Where keyframes go; beside the recording by default. */
  readonly index?: string;
}

export interface RecordingSummary {
  /** Length of the file. */
  readonly bytes: number;
  /** Output that is not in the file: after the size limit, or because writing failed. */
  readonly bytesNotRecorded: number;
}

/** A longer piece is written as several lines, so that no line is long and no reader needs much memory. */
const LONGEST_PIECE = 64 * 1024;
/** Written without being asked when that much waits. */
const MOST_BUFFERED = 512 * 1024;
/** A piece becomes at most six times as long (`\\u0000`), which the buffer holds beside what waits. */
const BUFFER_SIZE = MOST_BUFFERED + 6 * LONGEST_PIECE + 128 * 1024;
/** Lines up to this length are put together before they are buffered. */
const SHORT = 1024;
/** Near the size limit a piece is halved down to this length, so that the recording is filled up to the limit. */
const SHORTEST_PIECE = 64;
/** Kept free below the size limit for the line that says that it was reached. */
const ROOM_FOR_LAST_LINE = 128;

export class RecordingWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #mode: 'pty' | 'pipe';
  readonly #maxBytes: number;
  readonly #index: RecordingIndex;
  readonly #texts = new Map<StreamName, JsonText>();
  /** Null when there is none, or no more. */
  #stderrLog: string | null;
  #stderrFile: number | undefined;
  #buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  #used = 0;
  /** Output bytes in the buffer, and those that never got into the file. */
  #outputWaiting = 0;
  #notRecorded = 0;
  /** Length of the file without the buffer. */
  #size = 0;
  #elapsedMs = 0;
  /** Size of the terminal, as far as it is known. */
  #terminal: { cols: number; rows: number } | undefined;
  #state: 'open' | 'full' | 'closed' = 'open';

  private constructor(path: string, file: number, mode: 'pty' | 'pipe', options: RecordingOptions) {
    this.#path = path;
    this.#file = file;
    this.#mode = mode;
    this.#maxBytes = options.maxBytes;
    this.#stderrLog = options.stderrLog ?? null;
    this.#index = new RecordingIndex(options.index ?? indexPath(path), { tMs: 0, offset: 0 });
  }

  /**
   * Makes a recording with mode 0600 in a folder with mode 0700, and writes its header at once.
   *
   * @throws Error of node:fs, also when the file is there already
   */
  static create(path: string, header: RecordingHeader, options: RecordingOptions): RecordingWriter {
    makePrivateFolder(dirname(path));
    const writer = new RecordingWriter(path, openPrivateFile(path, 'wx'), header.mode, options);
    // Players refuse a recording without events, and this one may be cut off before its first.
    writer.#line(`${headerLine(header)}\n[0.000000,"o",""]\n`);
    writer.#terminal = { cols: header.width || 80, rows: header.height || 24 };
    writer.flush();
    return writer;
  }

  /**
   * Goes on with a recording that ends with a whole line (see `truncateToWholeLine`).
   *
   * @param at length of the file, and time of its last event
   */
  static resume(
    path: string,
    at: { bytes: number; elapsedMs: number; mode: 'pty' | 'pipe' },
    options: RecordingOptions,
  ): RecordingWriter {
    const writer = new RecordingWriter(path, openPrivateFile(path, 'a'), at.mode, options);
    writer.#size = at.bytes;
    writer.#elapsedMs = at.elapsedMs;
    return writer;
  }

  get path(): string {
    return this.#path;
  }

  /** Bytes that have been written to the file. */
  get size(): number {
    return this.#size;
  }

  /** Output that is not in the file so far. */
  get bytesNotRecorded(): number {
    return this.#notRecorded;
  }

  /** Appends output: whole UTF-8 characters of one stream. Throws only when writing does. */
  append(stream: StreamName, bytes: Uint8Array, elapsedMs: number): void {
    if (stream === 'stderr' && this.#stderrLog !== null && this.#state === 'open') {
      this.#logStderr(this.#stderrLog, bytes, elapsedMs);
    }
    if (bytes.length <= LONGEST_PIECE) {
      this.#output(stream, bytes, elapsedMs);
      return;
    }
    for (let from = 0; from < bytes.length; ) {
      const to = characterBorder(bytes, from + LONGEST_PIECE);
      this.#output(stream, bytes.subarray(from, to), elapsedMs);
      from = to;
    }
  }

  resize(cols: number, rows: number, elapsedMs: number): void {
    this.#terminal = { cols, rows };
    this.#event('r', `${cols}x${rows}`, elapsedMs);
  }

  /** A chapter mark: one line, at most 60 characters. */
  marker(label: string, elapsedMs: number): void {
    const line = label.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
    const characters = [...line];
    this.#event('m', characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : line, elapsedMs);
  }

  /** What the user typed. */
  input(text: string, elapsedMs: number): void {
    this.#event('i', text, elapsedMs);
  }

  /**
   * Writes what waits. When that fails, the file is cut to its last whole line, the recording is closed, and what is
   * appended later is only counted.
   *
   * @param state lines completed and events found in what has been appended so far; when given, keyframes are kept
   */
  flush(state?: { line: number; seq: number }): void {
    if (this.#state === 'closed') return;
    this.#write();
    if (state === undefined) return;
    this.#index.note({ tMs: this.#elapsedMs, offset: this.#size, ...state, ...this.#terminal });
  }

  /** Writes what waits and closes the files. Closing twice is harmless. */
  close(elapsedMs: number): RecordingSummary {
    this.#advance(elapsedMs);
    if (this.#state !== 'closed') {
      this.#write();
      this.#closeFiles();
    }
    return { bytes: this.#size, bytesNotRecorded: this.#notRecorded };
  }

  #output(stream: StreamName, bytes: Uint8Array, elapsedMs: number): void {
    if (this.#state !== 'open') {
      this.#notRecorded += bytes.length;
      return;
    }
    if (bytes.length > SHORTEST_PIECE && !this.#hasRoomFor(6 * bytes.length)) {
      const middle = characterBorder(bytes, bytes.length >> 1);
      this.#output(stream, bytes.subarray(0, middle), elapsedMs);
      this.#output(stream, bytes.subarray(middle), elapsedMs);
      return;
    }
    let text = this.#texts.get(stream);
    if (text === undefined) {
      text = new JsonText(this.#mode === 'pipe');
      this.#texts.set(stream, text);
    }
    const start = `[${this.#advance(elapsedMs)}${outputMark(stream)}`;
    const json = text.encode(bytes);
    if (!this.#hasRoomFor(start.length + json.length + 2)) {
      this.#notRecorded += bytes.length;
      this.#endAtLimit();
      return;
    }
    this.#outputWaiting += bytes.length;
    if (json.length < SHORT) {
      this.#line(`${start}${json}]\n`);
      return;
    }
    // Joining the parts of a long line would copy it once more.
    this.#buffered(start);
    this.#buffered(json);
    this.#line(']\n');
  }

  #event(code: 'i' | 'm' | 'r', data: string, elapsedMs: number): void {
    if (this.#state !== 'open') return;
    const json = new JsonText(false).encode(Buffer.from(data));
    const line = `[${this.#advance(elapsedMs)},"${code}",${json}]\n`;
    if (this.#hasRoomFor(line.length)) this.#line(line);
    else this.#endAtLimit();
  }

  /** Seconds with six decimals; times never go back. */
  #advance(elapsedMs: number): string {
    if (elapsedMs > this.#elapsedMs) this.#elapsedMs = elapsedMs;
    return (this.#elapsedMs / 1000).toFixed(6);
  }

  #hasRoomFor(length: number): boolean {
    const size = this.#size + this.#used + length + ROOM_FOR_LAST_LINE;
    return this.#maxBytes === 0 || size <= this.#maxBytes;
  }

  #endAtLimit(): void {
    this.#line(`[${this.#advance(0)},"m","recording ended: size limit reached"]\n`);
    this.#state = 'full';
  }

  /** Buffers a whole line, or its end. Only whole lines are ever written. */
  #line(line: string): void {
    this.#buffered(line);
    if (this.#used >= MOST_BUFFERED) this.#write();
  }

  /** Latin-1 characters, each of which stands for one byte. There is room for a piece; a command may be longer. */
  #buffered(text: string): void {
    if (this.#used + text.length > this.#buffer.length) {
      this.#buffer = Buffer.concat([this.#buffer.subarray(0, this.#used)], this.#used + text.length + SHORT);
    }
    this.#used += this.#buffer.write(text, this.#used, 'latin1');
  }

  #write(): void {
    let done = 0;
    try {
      while (done < this.#used) done += writeSync(this.#file, this.#buffer, done, this.#used - done);
    } catch (error) {
      this.#giveUp(done);
      throw error;
    }
    this.#size += this.#used;
    this.#used = 0;
    this.#outputWaiting = 0;
  }

  /** What came before the last whole line that was written stays; all output of the failed write counts as missing. */
  #giveUp(done: number): void {
    const whole = done === 0 ? 0 : this.#buffer.lastIndexOf(0x0a, done - 1) + 1;
    try {
      ftruncateSync(this.#file, this.#size + whole);
    } catch {
      // Readers tolerate a half last line; the error that led here is the one to report.
    }
    this.#size += whole;
    this.#notRecorded += this.#outputWaiting;
    this.#used = 0;
    this.#closeFiles();
  }

  /** The log ends, with a note in the recording, when it cannot be written: the recording has the same bytes. */
  #logStderr(path: string, bytes: Uint8Array, elapsedMs: number): void {
    try {
      this.#stderrFile ??= openPrivateFile(path, 'a');
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#stderrFile, bytes, done);
    } catch (error) {
      this.#stderrLog = null;
      this.marker(`stderr log ended: ${messageOf(error)}`, elapsedMs);
    }
  }

  #closeFiles(): void {
    this.#state = 'closed';
    closeSync(this.#file);
    if (this.#stderrFile !== undefined) closeSync(this.#stderrFile);
    this.#stderrFile = undefined;
    this.#index.close();
  }
}

function headerLine(header: RecordingHeader): string {
  const fields = {
    version: 2,
    // A size of zero, as some terminals report it, would make a player guess.
    width: header.width || 80,
    height: header.height || 24,
    timestamp: Math.floor(header.startedAtMs / 1000),
    env: { SHELL: process.env['SHELL'], TERM: process.env['TERM'] },
    command: header.command ?? undefined,
    title: header.title ?? header.agent,
    wrapper: {
      session_id: header.sessionId,
      agent: header.agent,
      version: header.version,
      mode: header.mode,
      // The format has whole seconds only.
      started_at: isoTimestamp(header.startedAtMs),
    },
  };
  return Buffer.from(escapeControls(JSON.stringify(fields))).toString('latin1');
}

function outputMark(stream: StreamName): string {
  if (stream === 'stderr') return ', "o", ';
  return stream === 'output' ? ', "o",' : ',"o",';
}

/** The nearest border of a UTF-8 character at or before `position`; a character has at most three bytes to follow. */
function characterBorder(bytes: Uint8Array, position: number): number {
  if (position >= bytes.length) return bytes.length;
  for (let back = 0; back < 4; back++) if ((bytes[position - back]! & 0xc0) !== 0x80) return position - back;
  return position;
}

function indexPath(cast: string): string {
  return `${cast.replace(/\.cast$/, '')}.index.jsonl`;
}
