// Reads text from bytes that may go on: over colours, and with an exception where only more bytes could tell what
// comes next. Reads at most 4 KiB from where it began.

import { skipColour } from './plain-bytes.ts';

/** One piece of a stream, as far as it is known. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Where the text begins that may be looked back at. */
  readonly floor: number;
  /** The two characters before `floor`, the nearer one in the low byte. */
  readonly before: number;
  /** Whether nothing follows the bytes. */
  readonly last: boolean;
}

/** What a reader throws that has run out of bytes. */
export const OUT_OF_BYTES = Symbol('out of bytes');

/** How a secret that was taken out begins. */
export const MARK = '[REDACTED:';

const REACH = 4096;

/** Reads on from an index, over colours; throws OUT_OF_BYTES where only more bytes could tell what comes next. */
export class Reader {
  /** Index after the last byte that was read. */
  to: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #last: boolean;

  constructor(piece: Piece, at: number) {
    this.#bytes = piece.bytes;
    this.to = at;
    this.#end = Math.min(piece.bytes.length, at + REACH);
    this.#last = piece.last || this.#end === at + REACH;
  }

  /** Index of the next byte of text. */
  at(): number {
    const at = skipColour(this.#bytes, this.to, this.#end);
    if (at >= this.#end && !this.#last) throw OUT_OF_BYTES;
    return at;
  }

  /** The next byte of text without reading it, -1 at the end. */
  next(): number {
    const at = this.at();
    return at < this.#end ? this.#bytes[at]! : -1;
  }

  isNext(byte: number): boolean {
    return this.next() === byte;
  }

  skip(): void {
    this.to = this.at() + 1;
  }

  accept(byte: number): boolean {
    if (!this.isNext(byte)) return false;
    this.skip();
    return true;
  }

  /** Spaces and tabs, at most 8; NUL stands between the arguments of a command. */
  blanks(): number {
    let count = 0;
    for (; count < 8; count++) {
      const byte = this.next();
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0) break;
      this.skip();
    }
    return count;
  }

  /** The longest run of bytes in the set, up to a number of them. */
  word(set: Uint8Array, maximum: number): string {
    let text = '';
    while (text.length < maximum) {
      const byte = this.next();
      if (byte < 0 || set[byte] === 0) break;
      text += String.fromCharCode(byte);
      this.skip();
    }
    return text;
  }

  /** All text up to an index. */
  wordUntil(index: number): string {
    let text = '';
    while (this.at() < index) {
      text += String.fromCharCode(this.next());
      this.skip();
    }
    return text;
  }

  /** As `word`, without reading it. */
  ahead(set: Uint8Array, maximum: number): string {
    const { to } = this;
    const text = this.word(set, maximum);
    this.to = to;
    return text;
  }

  /** An opening quote: the quote itself, or a backslash for one that is escaped; undefined when there is none. */
  quote(): string | undefined {
    const { to } = this;
    const escaped = this.accept(0x5c);
    if (escaped) while (this.accept(0x5c));
    const byte = this.next();
    if (byte !== 0x22 && byte !== 0x27 && byte !== 0x60) {
      this.to = to;
      return undefined;
    }
    this.skip();
    this.#quote = byte;
    return escaped ? '\\' : String.fromCharCode(byte);
  }
  #quote = 0;

  /** What stands between the quote that was opened and its end, or the end of the line. */
  quoted(maximum: number): string {
    let text = '';
    while (text.length < maximum) {
      const byte = this.next();
      if (byte < 0 || byte === this.#quote || byte === 0 || byte === 0x0a || byte === 0x0d) break;
      text += String.fromCharCode(byte);
      this.skip();
      if (byte !== 0x5c) continue;
      const escaped = this.next();
      if (escaped <= 0 || escaped === 0x0a) break;
      text += String.fromCharCode(escaped);
      this.skip();
    }
    return text;
  }

  /** Whether a secret that was taken out before stands here: then this place has been judged. */
  atMark(): boolean {
    const { to } = this;
    let matched = 0;
    while (matched < MARK.length && this.accept(MARK.charCodeAt(matched))) matched++;
    this.to = to;
    return matched === MARK.length;
  }
}
