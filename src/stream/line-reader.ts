// Bytes of one stream → lines, with the patterns that may match each. Hot path: one table look-up per byte, and
// nothing per line but a count, unless a pattern may match it or somebody wants every line. Colours (SGR) are
// skipped in the loop; a line with any other control goes through the LineCleaner first. Both ways give the same
// lines, so that the cuts between the pieces do not matter.

import { isUtf8 } from 'node:buffer';
import type { Automaton } from './byte-automaton.ts';
import { ACCEPTING, ESCAPE, LATIN, NEWLINE, RETURN, UNKNOWN } from './byte-classes.ts';
import { LineCleaner } from './line-cleaner.ts';
import type { Prefilter } from './prefilter.ts';

/** A line is kept up to this many bytes of UTF-8. */
export const MAX_LINE_BYTES = 8192;
/** A line of so many raw bytes is never over the limit: an invalid byte is decoded to three. */
const CERTAIN_BYTES = Math.floor(MAX_LINE_BYTES / 3);
/** An unfinished line longer than this is cleaned as it comes, which needs no more memory however long it gets. */
const MAX_TAIL = 64 * 1024;

export interface LineSink {
  /**
   * What tells the candidates; undefined at the very start, when it is cheaper to try every pattern on the first
   * lines than to build it.
   */
  prefilter(): Prefilter | undefined;
  /** The candidates of a line as long as there is no prefilter: all. */
  readonly everything: readonly number[];
  /** Lines completed over all streams; the reader counts it up before each line. */
  lines: number;
  /** Whether every line of this stream is wanted now, and not only those with a candidate. */
  wantsAll(): boolean;
  /**
   * @param text the cleaned line, cut at MAX_LINE_BYTES
   * @param bytes length of the whole cleaned line in UTF-8
   * @param candidates positions of the patterns that may match, ascending; the array is reused
   */
  line(text: string, bytes: number, candidates: readonly number[]): void;
}

export class LineReader {
  #prefilter: Prefilter | undefined;
  readonly #sink: LineSink;
  readonly #cleaner: LineCleaner;
  readonly #candidates: number[] = [];
  /** The line (as a running number) for which a candidate was noted last, by id. */
  #noted = new Int32Array(0);
  #serial = 1;
  #tail = Buffer.alloc(4096);
  #tailLength = 0;
  /** Holds one cleaned line and a newline. */
  readonly #scratch = Buffer.alloc(MAX_LINE_BYTES + 1);

  constructor(sink: LineSink) {
    this.#sink = sink;
    this.#cleaner = new LineCleaner((text, overflow) => this.#cleanedLine(text, overflow));
  }

  push(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    let at = this.#cleanUntilIdle(bytes, 0, bytes.length);
    const end = bytes.lastIndexOf(10) + 1;
    if (at < end && this.#tailLength > 0) {
      const newline = bytes.indexOf(10, at) + 1;
      this.#keep(bytes.subarray(at, newline));
      const length = this.#tailLength;
      this.#tailLength = 0;
      this.#scan(this.#tail, 0, length);
      at = this.#cleanUntilIdle(bytes, newline, bytes.length);
    }
    if (at < end) {
      this.#scan(bytes, at, end);
      at = end;
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at));
  }

  /** Completes an unterminated last line. */
  end(): void {
    this.#cleaner.push(this.#tail.subarray(0, this.#tailLength));
    this.#tailLength = 0;
    this.#cleaner.end();
  }

  /** Keeps the beginning of a line, or cleans it at once when there is too much of it. */
  #keep(bytes: Buffer): void {
    const length = this.#tailLength + bytes.length;
    if (!this.#cleaner.idle) {
      this.#cleaner.push(bytes);
      return;
    }
    if (length > MAX_TAIL) {
      this.#cleaner.push(this.#tail.subarray(0, this.#tailLength));
      this.#tailLength = 0;
      this.#cleaner.push(bytes);
      return;
    }
    if (length > this.#tail.length) {
      const grown = Buffer.alloc(Math.min(Math.max(length, 2 * this.#tail.length), MAX_TAIL));
      this.#tail.copy(grown, 0, 0, this.#tailLength);
      this.#tail = grown;
    }
    bytes.copy(this.#tail, this.#tailLength);
    this.#tailLength = length;
  }

  /** Cleans line after line until the cleaner needs no more of them; returns where to go on. */
  #cleanUntilIdle(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && !this.#cleaner.idle) {
      const newline = bytes.indexOf(10, at);
      const to = newline < 0 || newline >= end ? end : newline + 1;
      this.#cleaner.push(bytes.subarray(at, to));
      at = to;
    }
    return at;
  }

  /** The prefilter, once there is one. */
  #ready(): Prefilter | undefined {
    if (this.#prefilter === undefined) {
      this.#prefilter = this.#sink.prefilter();
      if (this.#prefilter !== undefined) this.#noted = new Int32Array(this.#prefilter.idOf.length);
    }
    return this.#prefilter;
  }

  /** Whole lines: `bytes[end - 1]` is a newline. */
  #scan(bytes: Buffer, from: number, end: number): void {
    let at = from;
    let prefilter = this.#ready();
    while (prefilter === undefined && at < end) {
      const newline = bytes.indexOf(10, at) + 1;
      this.#cleaner.push(bytes.subarray(at, newline));
      at = this.#cleanUntilIdle(bytes, newline, end);
      prefilter = this.#ready();
    }
    if (prefilter !== undefined) this.#filter(prefilter.automaton, bytes, at, end);
  }

  #filter(automaton: Automaton, bytes: Buffer, from: number, end: number): void {
    const { classes, latinClass } = automaton;
    let table = automaton.table;
    let lineStart = from;
    let row: number = automaton.start;
    let coloured = false;
    let i = from;
    while (i < end) {
      let entry = 0;
      let byteClass = 0;
      for (;;) {
        byteClass = classes[bytes[i]!]!;
        entry = table[row + byteClass]!;
        if (entry < 0) break;
        row = entry;
        i++;
      }
      if (entry === NEWLINE) {
        const atEnd = automaton.acceptedAtEnd(row);
        if (atEnd.length > 0) this.#note(atEnd);
        this.#sink.lines++;
        if (i - lineStart > CERTAIN_BYTES) {
          this.#longLine(automaton, bytes, lineStart, i, coloured);
          table = automaton.table;
        } else if (this.#candidates.length > 0 || this.#sink.wantsAll()) {
          this.#emit(decode(bytes, lineStart, i, coloured), 0);
        }
        i++;
        lineStart = i;
        row = automaton.start;
        coloured = false;
        continue;
      }
      if (entry === ESCAPE) {
        const after = afterColour(bytes, i);
        if (after > 0) {
          coloured = true;
          i = after;
          continue;
        }
      } else if (entry === RETURN) {
        if (bytes[i + 1] === 10) {
          i++;
          continue;
        }
      } else {
        if (entry === LATIN) {
          const next = bytes[i + 1]!;
          byteClass = latinClass;
          // U+0080–U+009F are controls.
          if (next < 0x80 || next > 0x9f) entry = table[row + latinClass]!;
        }
        if (entry === UNKNOWN) {
          entry = automaton.step(row, byteClass);
          table = automaton.table;
        }
        if (entry >= 0) {
          row = entry;
          i++;
          continue;
        }
        if (entry <= ACCEPTING) {
          row = ACCEPTING - entry;
          this.#note(automaton.accepted(row));
          i++;
          continue;
        }
      }
      this.#dropCandidates();
      const newline = bytes.indexOf(10, i) + 1;
      this.#cleaner.push(bytes.subarray(lineStart, newline));
      i = this.#cleanUntilIdle(bytes, newline, end);
      table = automaton.table;
      lineStart = i;
      row = automaton.start;
      coloured = false;
    }
  }

  #note(ids: Int32Array): void {
    const { idOf } = this.#prefilter!;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (this.#noted[id] === this.#serial) continue;
      this.#noted[id] = this.#serial;
      this.#candidates.push(idOf[id]!);
    }
  }

  #dropCandidates(): void {
    this.#candidates.length = 0;
    this.#serial++;
  }

  /**
   * A line that may be over the limit. If it is cut, its end is another one than the automaton saw, so that the
   * candidates are found anew.
   */
  #longLine(automaton: Automaton, bytes: Buffer, from: number, newline: number, coloured: boolean): void {
    const certain = newline - from <= MAX_LINE_BYTES && isUtf8(bytes.subarray(from, newline));
    if (certain) {
      if (this.#candidates.length > 0 || this.#sink.wantsAll()) {
        this.#emit(decode(bytes, from, newline, coloured), 0);
      }
      return;
    }
    this.#dropCandidates();
    const text = decode(bytes, from, newline, coloured);
    this.#encode(text);
    this.#match(automaton, this.#scratch);
    if (this.#candidates.length > 0 || this.#sink.wantsAll()) this.#emit(text, Buffer.byteLength(text));
  }

  /** Writes the kept part of a cleaned line and a newline to the scratch buffer. */
  #encode(text: string): number {
    const { written } = encoder.encodeInto(text, this.#scratch.subarray(0, MAX_LINE_BYTES));
    this.#scratch[written] = 10;
    return written;
  }

  #cleanedLine(text: string, overflow: number): void {
    this.#sink.lines++;
    const written = this.#encode(text);
    const prefilter = this.#ready();
    if (prefilter === undefined) this.#candidates.push(...this.#sink.everything);
    else this.#match(prefilter.automaton, this.#scratch);
    if (this.#candidates.length === 0 && !this.#sink.wantsAll()) return;
    this.#emit(text, overflow > 0 || written >= MAX_LINE_BYTES - 3 ? Buffer.byteLength(text) + overflow : 0);
  }

  /** Notes the candidates of one cleaned line that ends with a newline. */
  #match(automaton: Automaton, bytes: Buffer): void {
    const { classes, latinClass } = automaton;
    let row: number = automaton.start;
    for (let i = 0; bytes[i] !== 10; i++) {
      const byte = bytes[i]!;
      const byteClass = byte === 0xc2 ? latinClass : classes[byte]!;
      let entry = automaton.table[row + byteClass]!;
      if (entry === UNKNOWN) entry = automaton.step(row, byteClass);
      if (entry <= ACCEPTING) {
        entry = ACCEPTING - entry;
        this.#note(automaton.accepted(entry));
      }
      row = entry;
    }
    this.#note(automaton.acceptedAtEnd(row));
  }

  /** @param bytes length of the whole line when it may be over the limit, else 0 */
  #emit(text: string, bytes: number): void {
    let kept = text;
    if (bytes > MAX_LINE_BYTES) {
      kept = text.slice(0, encoder.encodeInto(text, this.#scratch.subarray(0, MAX_LINE_BYTES)).read);
    }
    if (this.#candidates.length > 1) this.#candidates.sort(ascending);
    this.#sink.line(kept, bytes, this.#candidates);
    this.#dropCandidates();
  }
}

const encoder = new TextEncoder();
const ascending = (a: number, b: number): number => a - b;

/** Position after the SGR sequence (`ESC [ … m`) at `at`, or 0 when something else stands there. */
function afterColour(bytes: Buffer, at: number): number {
  if (bytes[at + 1] !== 0x5b) return 0;
  let i = at + 2;
  while (bytes[i]! >= 0x30 && bytes[i]! <= 0x3b) i++;
  return bytes[i] === 0x6d ? i + 1 : 0;
}

/** The text of a line that has nothing but colours in it; `newline` may have a carriage return before it. */
function decode(bytes: Buffer, from: number, newline: number, coloured: boolean): string {
  const to = newline > from && bytes[newline - 1] === 13 ? newline - 1 : newline;
  return coloured ? withoutColours(bytes, from, to) : bytes.toString('utf8', from, to);
}

function withoutColours(bytes: Buffer, from: number, to: number): string {
  let text = '';
  let at = from;
  for (;;) {
    const colour = bytes.indexOf(0x1b, at);
    if (colour < 0 || colour >= to) return text + bytes.toString('utf8', at, to);
    text += bytes.toString('utf8', at, colour);
    at = afterColour(bytes, colour);
  }
}
