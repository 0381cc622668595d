// Reads JSON from a file that somebody else made, value by value, however large the file is: a document is walked from
// outside, and only the values inside it are held. Nothing in the file can make it use much memory or recurse deeply.
// Every mistake is told with its line.

import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { WrapperError } from '../model/errors.ts';

/** Largest single value, in bytes. */
const LONGEST_VALUE = 16 * 1024 * 1024;
/** Deepest nesting within a value. */
const DEEPEST = 32;
const READ_SIZE = 1024 * 1024;

export interface JsonValue {
  readonly value: unknown;
  /** As it stands in the file. */
  readonly text: string;
  /** Line in the file where it begins, from 1. */
  readonly line: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

export class JsonInput {
  readonly #path: string;
  readonly #file: number;
  readonly #pieceBytes: number;
  #buffer = Buffer.alloc(0);
  #at = 0;
  #offset = 0;
  #ended = false;
  #line = 1;

  /**
   * @param pieceBytes how much is read at once
   * @throws WrapperError `storage_unavailable` when the file cannot be opened
   */
  constructor(path: string, pieceBytes = READ_SIZE) {
    this.#path = path;
    this.#pieceBytes = pieceBytes;
    try {
      this.#file = openSync(path, 'r');
    } catch (error) {
      throw new WrapperError('storage_unavailable', `${path} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (this.#byte() === 0xef) this.#skipMark();
  }

  /** Line of what comes next. */
  get line(): number {
    return this.#line;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The next character that is no white space; undefined at the end of the file. */
  peek(): string | undefined {
    for (;;) {
      const byte = this.#byte();
      if (byte === undefined) return undefined;
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== NEWLINE)
        return String.fromCharCode(byte);
      this.#step();
    }
  }

  /** Whether the next character is this one; if so, it is passed. */
  accept(character: string): boolean {
    if (this.peek() !== character) return false;
    this.#step();
    return true;
  }

  /** @throws WrapperError `import_invalid` when something else comes */
  expect(character: string): void {
    if (!this.accept(character)) throw this.error(`${character} is missing`);
  }

  /** Passes the rest of the line. */
  skipLine(): void {
    for (let byte = this.#byte(); byte !== undefined; byte = this.#byte()) {
      this.#step();
      if (byte === NEWLINE) return;
    }
  }

  /** The next value. @throws WrapperError `import_invalid` */
  value(): JsonValue {
    this.peek();
    const line = this.#line;
    const bytes = this.#raw(true);
    if (!isUtf8(bytes)) throw this.error('is no UTF-8', line);
    const text = bytes.toString('utf8');
    try {
      return { value: JSON.parse(text), text, line };
    } catch {
      throw this.error('is no JSON', line);
    }
  }

  /** The next string, as the name of a member. */
  key(): string {
    const { value, line } = this.value();
    if (typeof value !== 'string') throw this.error('a name is missing', line);
    return value;
  }

  /** Passes the next value without holding it. */
  skipValue(): void {
    this.peek();
    this.#raw(false);
  }

  /** An error at a line of the file, by default where reading has come to. */
  error(reason: string, line = this.#line): WrapperError {
    return new WrapperError('import_invalid', `${this.#path}, line ${line}: ${reason}`);
  }

  /** The bytes of the next value, complete by its brackets and quotes; empty when they are not wanted. */
  #raw(wanted: boolean): Buffer {
    const parts: Buffer[] = [];
    let length = 0;
    let depth = 0;
    let inString = false;
    let begun = false;
    const from = this.#line;
    for (;;) {
      if (this.#at >= this.#buffer.length && !this.#fill()) break;
      const buffer = this.#buffer;
      const start = this.#at;
      let i = start;
      let done = false;
      for (; i < buffer.length && !done; i++) {
        const byte = buffer[i]!;
        if (inString) {
          if (byte === BACKSLASH) {
            // Its pair may be in the next piece: the piece then ends here, unless the file does.
            if (i + 1 >= buffer.length) break;
            i++;
          } else if (byte === QUOTE) {
            inString = false;
            done = depth === 0;
          } else if (byte === NEWLINE) this.#line++;
          continue;
        }
        switch (byte) {
          case QUOTE:
            inString = true;
            begun = true;
            break;
          case 0x7b: // {
          case 0x5b: // [
            begun = true;
            if (++depth > DEEPEST && wanted) throw this.error(`is nested more than ${DEEPEST} deep`, from);
            break;
          case 0x7d: // }
          case 0x5d: // ]
            if (depth === 0) {
              done = true;
              i--; // the bracket is of what is around the value
            } else done = --depth === 0;
            break;
          case NEWLINE:
          case 0x20:
          case 0x09:
          case 0x0d:
          case 0x2c: // ,
          case 0x3a: // :
            if (depth === 0) {
              done = true;
              i--;
            } else if (byte === NEWLINE) this.#line++;
            break;
          default:
            begun = true;
        }
      }
      length += i - start;
      if (wanted && length > LONGEST_VALUE) throw this.error(`is longer than ${LONGEST_VALUE} bytes`, from);
      if (wanted) parts.push(Buffer.from(buffer.subarray(start, i)));
      this.#at = i;
      if (done) {
        if (!begun) break;
        return Buffer.concat(parts);
      }
      if (i === start && !this.#fill()) break;
    }
    // A number, true, false or null may end with the file.
    if (begun && depth === 0 && !inString) return Buffer.concat(parts);
    throw this.error(begun ? 'the file ends in the middle of a value' : 'a value is missing', from);
  }

  #skipMark(): void {
    for (const byte of [0xef, 0xbb, 0xbf]) if (this.#byte() === byte) this.#step();
  }

  #byte(): number | undefined {
    if (this.#at >= this.#buffer.length && !this.#fill()) return undefined;
    return this.#buffer[this.#at];
  }

  #step(): void {
    if (this.#buffer[this.#at++] === NEWLINE) this.#line++;
  }

  /** Reads on behind what is not used yet; false at the end of the file. */
  #fill(): boolean {
    if (this.#ended) return false;
    const rest = this.#buffer.subarray(this.#at);
    const next = Buffer.allocUnsafe(this.#pieceBytes + rest.length);
    rest.copy(next);
    const count = readSync(this.#file, next, rest.length, this.#pieceBytes, this.#offset);
    this.#offset += count;
    this.#ended = count === 0;
    this.#buffer = next.subarray(0, rest.length + count);
    this.#at = 0;
    return count > 0;
  }
}
