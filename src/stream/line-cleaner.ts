// Bytes of one stream → lines as a reader sees them: UTF-8 decoded, control sequences of every kind removed,
// carriage returns, backspaces and erasures carried out. A state machine that survives the end of chunks and of
// lines; grammar after ECMA-48 and xterm's "Control Sequences". It may be fed any cut of the bytes.
//
// Line mode only: what moves to another row (cursor up, home, alternate screen) ends the line.

import { LineCells } from './line-cells.ts';

/** An operating system command that is never ended is given up after this many characters … */
const OSC_LIMIT = 64 * 1024;
/** … and a device control string, or a command that carries a file or the clipboard, after these. */
const STRING_LIMIT = 16 * 1024 * 1024;
const LONG_COMMAND = /^(?:G|(?:52|1337)(?:;|$))/;
/** Parameters of a CSI sequence that are kept; longer ones are skipped over. */
const PARAMETER_LIMIT = 64;

const GROUND = 0;
const ESCAPE = 1;
const INTERMEDIATE = 2;
const CSI = 3;
const SINGLE_SHIFT = 4;
const COMMAND = 5; // OSC
const STRING = 6; // DCS, SOS, PM
const COMMAND_ESCAPE = 7;
const STRING_ESCAPE = 8;

const ESC = 0x1b;
const BACKSLASH = 0x5c;

export class LineCleaner {
  readonly #onLine: (text: string, overflowBytes: number) => void;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #cells = new LineCells();
  #state = GROUND;
  /** Parameters of the CSI sequence, or the first characters of the OSC. */
  #parameters = '';
  #stringLength = 0;
  #line = 0;
  #saved = { line: -1, column: 0 };
  #undecoded = false;

  /**
   * @param onLine gets every completed line; `overflowBytes` counts what the text could not hold (0 for all but
   * enormous lines)
   */
  constructor(onLine: (text: string, overflowBytes: number) => void) {
    this.#onLine = onLine;
  }

  /** Whether what comes next starts a line in the initial state, as if nothing had been pushed. */
  get idle(): boolean {
    return (
      this.#state === GROUND &&
      this.#cells.column === 0 &&
      this.#cells.empty &&
      !this.#undecoded &&
      this.#saved.line !== this.#line
    );
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // Only after an ASCII byte is it certain that the decoder keeps nothing back.
    this.#undecoded = bytes[bytes.length - 1]! >= 0x80;
    this.#clean(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Emits the last line, if it has text without a newline. */
  end(): void {
    this.#clean(this.#decoder.decode());
    this.#undecoded = false;
    this.#state = GROUND;
    if (this.#cells.empty) this.#cells.clear();
    else this.#endLine();
  }

  #clean(text: string): void {
    const length = text.length;
    let i = 0;
    while (i < length) {
      if (this.#state === GROUND) {
        const from = i;
        let code = text.charCodeAt(i);
        // Past the end the code is NaN, which ends the loop as well.
        while (code >= 0x20 && code < 0x7f) code = text.charCodeAt(++i);
        if (i > from) this.#cells.writeAscii(text, from, i);
        if (i >= length) return;
        if (code >= 0xa0) {
          const codePoint = text.codePointAt(i)!;
          this.#cells.write(codePoint);
          i += codePoint > 0xffff ? 2 : 1;
        } else {
          this.#control(code);
          i++;
        }
      } else if (this.#state >= COMMAND) {
        i = this.#skipString(text, i);
      } else {
        i += this.#sequence(text.charCodeAt(i)) ? 1 : 0;
      }
    }
  }

  /** One character of a sequence that is no string; false when it must be read again in the ground state. */
  #sequence(code: number): boolean {
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      this.#control(code);
      return true;
    }
    if (this.#state === SINGLE_SHIFT) {
      this.#state = GROUND;
      return true;
    }
    if (code >= 0xa0) {
      this.#state = GROUND;
      return false;
    }
    if (this.#state === CSI) {
      if (code >= 0x40) {
        this.#state = GROUND;
        this.#controlSequence(code);
      } else if (this.#parameters.length < PARAMETER_LIMIT) {
        this.#parameters += String.fromCharCode(code);
      }
    } else if (code < 0x30) {
      this.#state = INTERMEDIATE;
    } else {
      const plain = this.#state === ESCAPE;
      this.#state = GROUND;
      if (plain) this.#escape(code);
    }
    return true;
  }

  /** Skips inside OSC, DCS, SOS, PM, APC; returns where to go on. */
  #skipString(text: string, from: number): number {
    let i = from;
    if (this.#state === COMMAND_ESCAPE || this.#state === STRING_ESCAPE) {
      // ESC \ ends the string; ESC and anything else abort it and begin a sequence.
      const terminated = text.charCodeAt(i) === BACKSLASH;
      this.#state = terminated ? GROUND : ESCAPE;
      return terminated ? i + 1 : i;
    }
    const command = this.#state === COMMAND;
    const limit = command && !LONG_COMMAND.test(this.#parameters) ? OSC_LIMIT : STRING_LIMIT;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === ESC) {
        this.#state = command ? COMMAND_ESCAPE : STRING_ESCAPE;
        return i + 1;
      }
      if (code === 0x9c || code === 0x18 || code === 0x1a || (code === 0x07 && command)) {
        this.#state = GROUND;
        return i + 1;
      }
      if (command && this.#stringLength < 5) {
        this.#parameters += text[i]!;
        this.#stringLength++;
        if (this.#stringLength === 5) return i + 1; // what it is, and so its limit, is known now
      } else if (++this.#stringLength > limit) {
        this.#state = GROUND;
        return i;
      }
    }
    return i;
  }

  /** C0 and C1 controls: carried out in every state but inside strings. */
  #control(code: number): void {
    const cells = this.#cells;
    switch (code) {
      case 0x08:
        if (cells.column > 0) cells.column--;
        return;
      case 0x09:
        cells.tab();
        return;
      case 0x0a:
        this.#endLine();
        return;
      case 0x0d:
        cells.column = 0;
        return;
      case 0x18:
      case 0x1a:
        this.#state = GROUND;
        return;
      case ESC:
        this.#state = ESCAPE;
        return;
    }
    if (code < 0x80) return;
    this.#state = GROUND;
    this.#escape(code - 0x40);
  }

  /** ESC and one final character (the 8-bit C1 controls are the same, less 0x40). */
  #escape(final: number): void {
    switch (final) {
      case 0x37: // DECSC
        this.#save();
        return;
      case 0x38: // DECRC
        this.#restore();
        return;
      case 0x44: // IND
      case 0x4d: // RI
      case 0x63: // RIS
        this.#leaveLine();
        return;
      case 0x45: // NEL
        this.#endLine();
        return;
      case 0x4e: // SS2
      case 0x4f: // SS3
        this.#state = SINGLE_SHIFT;
        return;
      case 0x5b:
        this.#state = CSI;
        this.#parameters = '';
        return;
      case 0x5d:
      // APC, which Buildkite ends with BEL like an OSC; only kitty's graphics (G…) are long.
      case 0x5f:
        this.#state = COMMAND;
        this.#parameters = '';
        this.#stringLength = 0;
        return;
      case 0x50: // DCS
      case 0x58: // SOS
      case 0x5e: // PM
        this.#state = STRING;
        this.#stringLength = 0;
        return;
    }
  }

  #controlSequence(final: number): void {
    if (final === 0x6d) return; // SGR: by far the most frequent
    const cells = this.#cells;
    const parameters = this.#parameters;
    if (final === 0x68 || final === 0x6c) {
      if (/^\?(?:[0-9;]*;)?(?:47|1047|1049)(?:;|$)/.test(parameters)) this.#leaveLine();
      return;
    }
    if (!/^\??[0-9;:]*$/.test(parameters)) return;
    const first = Number.parseInt(parameters.replace('?', ''), 10);
    const count = Number.isNaN(first) || first === 0 ? 1 : first;
    switch (String.fromCharCode(final)) {
      case 'A':
      case 'B':
      case 'E':
      case 'F':
      case 'H':
      case 'd':
      case 'f':
        this.#leaveLine();
        return;
      case 'C':
      case 'a':
        cells.moveBy(count);
        return;
      case 'D':
        cells.moveBy(-count);
        return;
      case 'G':
      case '`':
        cells.moveTo(count - 1);
        return;
      case 'J':
        if (first === 1) cells.erase(0, cells.column + 1);
        else if (first > 1) this.#leaveLine();
        else cells.eraseRight();
        return;
      case 'K':
        if (first === 1) cells.erase(0, cells.column + 1);
        else if (first === 2) cells.erase(0, Number.MAX_SAFE_INTEGER);
        else cells.eraseRight();
        return;
      case 'P':
        cells.deleteCells(count);
        return;
      case '@':
        cells.insertCells(count);
        return;
      case 'X':
        cells.erase(cells.column, cells.column + count);
        return;
      case 's':
        if (parameters === '') this.#save();
        return;
      case 'u':
        if (parameters === '') this.#restore();
        return;
    }
  }

  #save(): void {
    this.#saved = { line: this.#line, column: this.#cells.column };
  }

  #restore(): void {
    if (this.#saved.line === this.#line) this.#cells.moveTo(this.#saved.column);
    else this.#leaveLine();
  }

  /** The cursor goes to another row: a line that has text is over. */
  #leaveLine(): void {
    if (!this.#cells.blank) {
      this.#endLine();
      return;
    }
    this.#line++;
    this.#cells.clear();
  }

  #endLine(): void {
    const overflow = this.#cells.overflowBytes;
    const text = this.#cells.text();
    this.#line++;
    this.#cells.clear();
    this.#onLine(text, overflow);
  }
}
