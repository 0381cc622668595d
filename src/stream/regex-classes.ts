// Classes of characters in regular expressions (`[a-z]`, `\d`, `[[:alpha:]]`), as the prefilter needs them: exact
// for ASCII, and for few others as far as it pays.

import type { AsciiSet, RegexNode } from './regex-tree.ts';

/** A positive class with this many non-ASCII members or fewer is kept exactly. */
const EXACT_MEMBERS = 32;

const encoder = new TextEncoder();

export function asciiSet(has: (code: number) => boolean): AsciiSet {
  const set = new Uint8Array(128);
  for (let code = 0; code < 128; code++) if (has(code)) set[code] = 1;
  return set;
}
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
export const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

export const ALL = asciiSet(() => true);
export const NONE = asciiSet(() => false);
const DIGITS = asciiSet(isDigit);
const WORD = asciiSet((code) => isDigit(code) || isLetter(code) || code === 0x5f);
const SPACES = asciiSet((code) => code === 0x20 || (code >= 9 && code <= 13));
const complement = (set: AsciiSet): AsciiSet => set.map((member) => 1 - member);

export const POSIX: Record<string, (code: number) => boolean> = {
  alnum: (code) => isDigit(code) || isLetter(code),
  alpha: isLetter,
  blank: (code) => code === 0x20 || code === 9,
  digit: isDigit,
  lower: (code) => isLetter(code) && code >= 0x61,
  punct: (code) => code > 0x20 && code < 0x7f && !isDigit(code) && !isLetter(code),
  space: (code) => SPACES[code] === 1,
  upper: (code) => isLetter(code) && code < 0x61,
  word: (code) => WORD[code] === 1,
  xdigit: (code) => isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66),
};

export type CharacterClass = RegexNode & { kind: 'char' };
export const CLASS_ESCAPES: Record<string, CharacterClass> = {
  d: { kind: 'char', ascii: DIGITS, beyond: 'none' },
  D: { kind: 'char', ascii: complement(DIGITS), beyond: 'any' },
  w: { kind: 'char', ascii: WORD, beyond: 'none' },
  W: { kind: 'char', ascii: complement(WORD), beyond: 'any' },
  s: { kind: 'char', ascii: SPACES, beyond: 'space' },
  S: { kind: 'char', ascii: complement(SPACES), beyond: 'any' },
};
export const ANY_CHARACTER: CharacterClass = { kind: 'char', ascii: ALL, beyond: 'any' };

/** The members of a bracketed class, kept exactly only as far as it pays. */
export class ClassMembers {
  readonly #ignoreCase: boolean;
  readonly #ascii = new Uint8Array(128);
  /** Set when a class inside the class is only approximated: the complement cannot be taken then. */
  #approximate = false;
  #beyond: 'none' | 'space' | 'any' = 'none';
  #exact: number[] = [];

  constructor(ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
  }

  addClass(added: CharacterClass): void {
    for (let code = 0; code < 128; code++) if (added.ascii[code] === 1) this.#ascii[code] = 1;
    if (added.beyond === 'any' || (added.beyond === 'space' && this.#beyond === 'none')) {
      this.#beyond = added.beyond;
    }
    if (added.beyond === 'any') this.#approximate = true;
  }

  addRange(low: number, high: number): void {
    for (let code = low; code <= Math.min(high, 127); code++) {
      this.#ascii[code] = 1;
      if (!this.#ignoreCase || !isLetter(code)) continue;
      this.#ascii[code ^ 0x20] = 1;
      if ((code | 0x20) === 0x73 || (code | 0x20) === 0x6b) this.#beyond = 'any';
    }
    if (high < 0x80) return;
    const from = Math.max(low, 0x80);
    const certain = !this.#ignoreCase && high < 0xd800 && high - from < EXACT_MEMBERS;
    if (certain && this.#exact.length + high - from < EXACT_MEMBERS) {
      for (let code = from; code <= high; code++) this.#exact.push(code);
    } else {
      this.#beyond = 'any';
      if (!this.#ignoreCase) return;
      this.#ascii.fill(1);
      this.#approximate = true;
    }
  }

  node(): RegexNode {
    const char: RegexNode = { kind: 'char', ascii: this.#ascii, beyond: this.#beyond };
    if (this.#beyond === 'any' || this.#exact.length === 0) return char;
    const exact: RegexNode[] = this.#exact.map((code) => ({
      kind: 'bytes',
      bytes: [...encoder.encode(String.fromCharCode(code))],
    }));
    const withAscii = this.#beyond === 'space' || this.#ascii.includes(1);
    return { kind: 'choice', branches: withAscii ? [char, ...exact] : exact };
  }

  complement(): RegexNode {
    // Every ASCII member that was added may have been added too many, unless the members are plain ones.
    const ascii = this.#approximate ? ALL : complement(this.#ascii);
    return { kind: 'char', ascii, beyond: 'any' };
  }
}
