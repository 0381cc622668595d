// Regular expressions (JavaScript's and RE2's syntax) → a tree over UTF-8 bytes that matches AT LEAST what the
// expression matches. Only the prefilter uses it: what the tree cannot express becomes something wider (a
// non-ASCII class: any non-ASCII character; `\b`, look-around: nothing; a back-reference: anything).

import {
  ALL,
  ANY_CHARACTER,
  asciiSet,
  CLASS_ESCAPES,
  ClassMembers,
  isLetter,
  NONE,
  POSIX,
} from './regex-classes.ts';
import type { RegexNode } from './regex-tree.ts';

const STAR = 0x2a;
const PLUS = 0x2b;
const QUESTION = 0x3f;
const BRACE = 0x7b;
const BAR = 0x7c;
const CLOSE = 0x29;
const EMPTY: RegexNode = { kind: 'sequence', parts: [] };
const ANYTHING: RegexNode = { kind: 'anything' };
const MAX_DEPTH = 100;

const encoder = new TextEncoder();

const CONTROL_ESCAPES: Record<string, number> = { f: 12, n: 10, r: 13, t: 9, v: 11 };

// Nodes are shared wherever the same text stands, so that what is worked out about one (its bits, its byte set) is
// worked out once.
const bytes: RegexNode[] = [];
function oneByte(code: number): RegexNode {
  bytes[code] ??= { kind: 'bytes', bytes: [code] };
  return bytes[code];
}
const letters: RegexNode[] = [];
function eitherCase(lower: number): RegexNode {
  if (letters[lower] === undefined) {
    const ascii = asciiSet((code) => code === lower || code === lower - 0x20);
    // Unicode case folding (RE2): ſ is an s, the Kelvin sign a k.
    const folds = lower === 0x73 || lower === 0x6b;
    letters[lower] = { kind: 'char', ascii, beyond: folds ? 'any' : 'none' };
  }
  return letters[lower];
}
const classes = new Map<string, RegexNode>();

/**
 * The tree of a regular expression. Never throws: an expression that is not understood is `anything`.
 *
 * @param ignoreCase flag `i`
 */
export function parseRegex(source: string, ignoreCase: boolean): RegexNode {
  try {
    return new RegexParser(source, ignoreCase).parse();
  } catch {
    // Wider is always right here, and the engine that runs the expression reports its errors.
    return ANYTHING;
  }
}

class RegexParser {
  readonly #source: string;
  #at = 0;
  #ignoreCase: boolean;
  #depth = 0;

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source;
    this.#ignoreCase = ignoreCase;
  }

  parse(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new SyntaxError('unbalanced )');
    return node;
  }

  #peek(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #takeMatch(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #next(): string {
    const character = this.#source[this.#at++];
    if (character === undefined) throw new SyntaxError('unexpected end');
    return character;
  }

  #choice(): RegexNode {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError('nested too deeply');
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    this.#depth--;
    return branches.length === 1 ? branches[0]! : { kind: 'choice', branches };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      const code = this.#source.charCodeAt(this.#at);
      if (Number.isNaN(code) || code === BAR || code === CLOSE) break;
      const node = this.#repeated(this.#atom());
      if (node.kind === 'sequence') parts.push(...node.parts);
      else parts.push(node);
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(atom: RegexNode): RegexNode {
    let node = atom;
    for (;;) {
      const code = this.#source.charCodeAt(this.#at);
      if (code !== STAR && code !== PLUS && code !== QUESTION && code !== BRACE) return node;
      const counts = this.#takeMatch(/(?:\*|\+|\?|\{(\d+)(,?)(\d*)\})[?+]?/y);
      if (counts === null) return node;
      let min = counts[0][0] === '+' ? 1 : 0;
      let max = counts[0][0] === '?' ? 1 : Number.POSITIVE_INFINITY;
      if (counts[1] !== undefined) {
        min = Number(counts[1]);
        max = counts[2] === '' ? min : counts[3] === '' ? Number.POSITIVE_INFINITY : Number(counts[3]);
      }
      node = { kind: 'repeat', node, min, max };
    }
  }

  #atom(): RegexNode {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '.':
        return ANY_CHARACTER;
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new SyntaxError('nothing to repeat');
    }
    return this.#pair(character) ?? this.#literal(character);
  }

  /** A character outside the Basic Multilingual Plane, two units of the source. */
  #pair(high: string): RegexNode | undefined {
    const low = this.#takeMatch(/[\udc00-\udfff]/y)?.[0];
    if (low === undefined) return undefined;
    if (!/^[\ud800-\udbff]$/.test(high)) throw new SyntaxError('half a character');
    // JavaScript repeats the second unit, RE2 the character.
    if (/[*+?{]/y.test(this.#source[this.#at] ?? '')) return ANYTHING;
    if (this.#ignoreCase) return { kind: 'char', ascii: NONE, beyond: 'any' };
    return { kind: 'bytes', bytes: [...encoder.encode(high + low)] };
  }

  #group(): RegexNode {
    const flagsBefore = this.#ignoreCase;
    let seen = true; // whether what the group matches is part of the match
    if (this.#take('?')) {
      if (this.#takeMatch(/<?[=!]/y) !== null) seen = false;
      else if (this.#takeMatch(/:|P?<[A-Za-z_$][\w$]*>/y) === null) {
        const flags = this.#takeMatch(/([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])/y);
        if (flags === null) throw new SyntaxError('unknown group');
        if (flags[1]!.includes('i')) this.#ignoreCase = true;
        // A flag that is switched off is ignored: the tree only gets wider.
        if (flags[3] === ')') return EMPTY; // holds until the enclosing group ends
      }
    }
    const node = this.#choice();
    if (!this.#take(')')) throw new SyntaxError('missing )');
    this.#ignoreCase = flagsBefore;
    return seen ? node : EMPTY;
  }

  #literal(character: string): RegexNode {
    const code = character.charCodeAt(0);
    if (code < 0x80) {
      return this.#ignoreCase && isLetter(code) ? eitherCase(code | 0x20) : oneByte(code);
    }
    // Half of a surrogate pair, a letter that may have another case, or what an invalid byte is decoded to.
    const uncertain = this.#ignoreCase || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffd;
    return uncertain
      ? { kind: 'char', ascii: this.#ignoreCase ? ALL : NONE, beyond: 'any' }
      : { kind: 'bytes', bytes: [...encoder.encode(character)] };
  }

  #escape(): RegexNode {
    const character = this.#next();
    const escaped = CLASS_ESCAPES[character];
    if (escaped !== undefined) return escaped;
    if (character === 'b' || character === 'B') return EMPTY;
    if (character === 'Q') throw new SyntaxError('quoted text is not analysed');
    if (character === 'k' || (character >= '1' && character <= '9')) {
      this.#takeMatch(/\d*(?:<[^>]*>)?/y);
      return ANYTHING;
    }
    // These mean one thing to RE2 and another to JavaScript.
    if ('AzZGCXRpP'.includes(character)) {
      this.#takeMatch(/\{[^}]*\}/y);
      return ANYTHING;
    }
    this.#at--;
    const code = this.#escapedCode();
    return code === undefined ? ANYTHING : this.#literal(String.fromCharCode(code));
  }

  /** The UTF-16 unit that an escape stands for, in a class or outside; undefined when that is not certain. */
  #escapedCode(): number | undefined {
    const hexadecimal = this.#takeMatch(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})/y);
    if (hexadecimal !== null) return Number.parseInt((hexadecimal[1] ?? hexadecimal[2])!, 16);
    if (this.#takeMatch(/[xu]\{[^}]*\}/y) !== null) return undefined;
    const character = this.#next();
    const control = CONTROL_ESCAPES[character];
    if (control !== undefined) return control;
    return /[0-9acxuEQk]/.test(character) ? undefined : character.charCodeAt(0);
  }

  /** A bracketed class; parsed once for all places where the same text stands. */
  #class(): RegexNode {
    const simple = this.#takeMatch(/[^\\[\]]+\]/y)?.[0];
    if (simple === undefined) return this.#parseClass();
    const key = `${this.#ignoreCase ? 'i' : ''}${simple}`;
    let node = classes.get(key);
    if (node === undefined) {
      this.#at -= simple.length;
      node = this.#parseClass();
      classes.set(key, node);
    }
    return node;
  }

  #parseClass(): RegexNode {
    const negated = this.#take('^');
    const members = new ClassMembers(this.#ignoreCase);
    let first = true;
    for (;;) {
      // JavaScript reads `[]` and `[^]` as an empty class and its opposite, RE2 as a class with a bracket in it.
      if (this.#peek(']') && first) throw new SyntaxError('ambiguous class');
      if (this.#take(']')) break;
      first = false;
      this.#classPart(members);
    }
    return negated ? members.complement() : members.node();
  }

  #classPart(members: ClassMembers): void {
    const posix = this.#takeMatch(/\[:(\^?)([a-z]+):\]/y);
    if (posix !== null) {
      // JavaScript would read the letters themselves: both are taken.
      const has = POSIX[posix[2]!] ?? (() => true);
      const ascii = asciiSet((code) => has(code) !== (posix[1] === '^'));
      members.addClass({ kind: 'char', ascii, beyond: 'any' });
      for (const character of posix[0]) members.addRange(character.charCodeAt(0), character.charCodeAt(0));
      return;
    }
    const low = this.#classMember(members);
    if (low === undefined || !this.#peek('-') || this.#source[this.#at + 1] === ']') {
      if (low !== undefined) members.addRange(low, low);
      return;
    }
    this.#at++;
    const high = this.#classMember(members);
    if (high !== undefined) {
      members.addRange(low, high);
      return;
    }
    members.addRange(low, low);
    members.addRange(0x2d, 0x2d);
  }

  /** One member; undefined when it was a class (already added). */
  #classMember(members: ClassMembers): number | undefined {
    const character = this.#next();
    if (character !== '\\') return character.charCodeAt(0);
    const kind = this.#source[this.#at] ?? '';
    const escaped = CLASS_ESCAPES[kind];
    if (escaped !== undefined || /[pP]/.test(kind)) {
      this.#at++;
      if (escaped === undefined) this.#takeMatch(/\{[^}]*\}|\w/y);
      members.addClass(escaped ?? ANY_CHARACTER);
      return undefined;
    }
    if (kind === 'b') {
      this.#at++;
      return 8;
    }
    const code = this.#escapedCode();
    if (code === undefined) members.addClass(ANY_CHARACTER);
    return code;
  }
}
