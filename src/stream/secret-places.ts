// Decides where a secret stands in a command line, a netrc entry or a cookie header. Between the anchor and the secret
// other words may stand, which may hold secrets of their own; the redactor looks for those. Promises: no place is
// taken for a secret when one was taken out before it already, so that redacting twice changes nothing more.

import { plainBefore } from './plain-bytes.ts';
import { MARK, type Piece, Reader } from './plain-reader.ts';
import type { PlaceRule } from './secret-rule.ts';

/** A secret behind an anchor, in characters of text from the anchor's end. */
export interface Place {
  readonly from: number;
  readonly length: number;
  /** With which characters the secret goes on when it was too long to be read whole. */
  readonly set: Uint8Array;
  readonly long: boolean;
}

type Command = Exclude<PlaceRule['place'], 'netrc' | 'cookie' | 'set-cookie'>;

/** An argument of a command: its text without its quotes, and where that begins. */
interface Word {
  readonly text: string;
  readonly at: number;
}

const MAX_LINE = 1024;
const MAX_VALUE = 512;
const MAX_PAIRS = 64;

const LINE = allBut('\r\n');
const VALUE = allBut(' \t\r\n\0');
const COOKIE = allBut('"\'`\\ \t\r\n\0;');
const COOKIE_NAME = allBut('"\'`\\ \t\r\n\0;=:,<>(){}[]$');
const COOKIES = allBut('"\'`\\\r\n\0');
const NETRC_WORD = allBut('\\ \t\r\n\0');
// No bracket: `[REDACTED:mysql_password] -p x` is no command of that name.
const PROGRAM = allBut(' \t\r\n\0"\'`\\;&|()<>=:,/[]');

const PLACEHOLDER = /^(?:\$.*|<.*|>.*|\{.*|%\w+%|\*+|\.{3,}|x{3,}|…)$/i;
const SEPARATOR = /[ \t\0]/;
const OPERATOR = /[;&|)\r\n]/;

/** The secret that the rule finds behind the end of its anchor; undefined when there is none. */
export function findPlace(rule: PlaceRule, piece: Piece, anchor: number, after: number): Place | undefined {
  switch (rule.place) {
    case 'netrc':
      return inNetrc(new Reader(piece, after), new Reader(piece, anchor).wordUntil(after));
    case 'cookie':
      // That of `Set-Cookie` has a rule of its own.
      if (characterBefore(piece, anchor) === 0x2d) return undefined;
      return inCookies(new Reader(piece, after));
    case 'set-cookie':
      return inCookies(new Reader(piece, after), 1);
    default:
      return inCommand(rule.place, new Reader(piece, after));
  }
}

function characterBefore({ bytes, floor, before }: Piece, at: number): number {
  const index = plainBefore(bytes, at, floor);
  return index < 0 ? before & 0xff : bytes[index]!;
}

function inCommand(command: Command, reader: Reader): Place | undefined {
  const tail = reader.word(PROGRAM, 32);
  if (command === 'mysql' ? tail.length >= 32 : tail !== '' && tail !== '.exe') return undefined;
  const next = reader.next();
  if (next !== 0x20 && next !== 0x09 && next !== 0 && next !== 0x22 && next !== 0x27) return undefined;
  const { line, long } = readLine(reader);
  const mark = line.indexOf(MARK);
  const goesOn = ({ text, at }: Word): boolean => mark >= 0 && at + text.length > mark;
  // The words of the whole line, so that a mark inside a quote does not leave the quote open.
  const words = wordsOf(line);
  const hasUser = words.some(({ text }) => /^(?:-u|--user)/.test(text));
  for (const [index, word] of words.entries()) {
    // What goes on into a secret that was taken out before was judged then, and all behind it.
    if (goesOn(word)) return undefined;
    const value = OPTIONS[command](word, words[index + 1]);
    if (value === undefined || value.text === '' || PLACEHOLDER.test(value.text)) continue;
    // `ssh login -p 2222` and `--name mysql -p3306:3306` are ports.
    if (command === 'mysql' && /^[\d.]+:\d/.test(value.text)) continue;
    if (command === 'login' && !hasUser && /^\d{1,5}$/.test(value.text)) continue;
    if (goesOn(value)) return undefined;
    const to = value.at + value.text.length;
    return {
      from: tail.length + value.at,
      length: value.text.length,
      set: VALUE,
      long: long && to === line.length,
    };
  }
  return undefined;
}

/** The value that a word, with the next one, gives to the option of a command that takes the secret. */
const OPTIONS: Record<Command, (word: Word, next: Word | undefined) => Word | undefined> = {
  curl: (word, next) => {
    const user = optionValue(word, next, /^(?:-[sSkLfvigGIN#0-9]*[uU]|--(?:proxy-)?user(?:=|$))/, true);
    const colon = user?.text.indexOf(':') ?? -1;
    return user === undefined || colon < 0 ? undefined : behind(user, colon + 1);
  },
  mysql: (word) => optionValue(word, undefined, /^(?:-p|--password=)/, true),
  sshpass: (word, next) => optionValue(word, next, /^(?:-p|--password=)/, true),
  login: (word, next) => optionValue(word, next, /^(?:-p(?:=|$)|--password(?:=|$))/, false),
};

function optionValue(
  word: Word,
  next: Word | undefined,
  option: RegExp,
  attached: boolean,
): Word | undefined {
  const found = option.exec(word.text)?.[0];
  if (found === undefined) return undefined;
  if (found.length < word.text.length && (attached || found.endsWith('='))) return behind(word, found.length);
  return found.endsWith('=') || next?.text.startsWith('-') === true ? undefined : next;
}

/** What stands in a word from an index on, without its quotes. */
function behind(word: Word, index: number): Word {
  const text = word.text.slice(index);
  const quote = /^\\*["']/.exec(text)?.[0];
  if (quote === undefined) return { text, at: word.at + index };
  const inner = text.slice(quote.length);
  return {
    text: inner.endsWith(quote) ? inner.slice(0, -quote.length) : inner,
    at: word.at + index + quote.length,
  };
}

/** The rest of a line, with the lines that a backslash joins to it. */
function readLine(reader: Reader): { line: string; long: boolean } {
  let line = '';
  for (;;) {
    line += reader.word(LINE, MAX_LINE - line.length);
    if (line.length >= MAX_LINE) return { line, long: true };
    if (!line.endsWith('\\')) return { line, long: false };
    const { to } = reader;
    const returned = reader.accept(0x0d);
    if (!reader.accept(0x0a)) {
      reader.to = to;
      return { line, long: false };
    }
    line += returned ? '\r\n' : '\n';
  }
}

/**
 * The arguments in what follows a command's name, up to the end of the command or of the string that it stands in.
 * Where NUL follows the name, NUL alone stands between arguments, and nothing is quoted.
 */
function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  if (line.startsWith('\0')) {
    let at = 1;
    for (const text of line.slice(1).split('\0')) {
      words.push({ text, at });
      at += text.length + 1;
    }
    return words;
  }
  let at = /^["']?/.exec(line)![0].length;
  while (at < line.length) {
    const joined = /^\\\r?\n/.exec(line.slice(at, at + 3))?.[0].length ?? 0;
    if (joined > 0 || SEPARATOR.test(line[at]!)) {
      at += Math.max(joined, 1);
      continue;
    }
    const end = wordEnd(line, at);
    if (end === at) break;
    words.push(behind({ text: line.slice(at, end), at }, 0));
    at = end;
  }
  return words;
}

/** Where the word that begins at an index ends: at a blank, an operator, or a quote that opens nothing. */
function wordEnd(line: string, start: number): number {
  let at = start;
  while (at < line.length) {
    if (SEPARATOR.test(line[at]!) || OPERATOR.test(line[at]!)) return at;
    let slashes = at;
    while (line[slashes] === '\\') slashes++;
    const quote = line[slashes];
    if (quote === '"' || quote === "'") {
      const mark = line.slice(at, slashes + 1);
      const close = closing(line, slashes + 1, mark);
      if (close < 0) return at;
      at = close + mark.length;
    } else if (slashes > at) {
      if (quote === '\n' || quote === '\r') return slashes - 1 > start ? slashes - 1 : at;
      at = Math.min(slashes + 1, line.length);
    } else {
      at++;
    }
  }
  return at;
}

/** Index of the closing quote that is escaped as the opening one; -1 when there is none. */
function closing(line: string, from: number, mark: string): number {
  let at = line.indexOf(mark, from);
  if (mark.endsWith("'")) return at;
  while (at > from && line[at - 1] === '\\') at = line.indexOf(mark, at + 1);
  return at;
}

const NETRC_KEY = /^(?:login|account|password)$/;

function inNetrc(reader: Reader, anchor: string): Place | undefined {
  const text = new Counter(reader);
  let host = '';
  if (/machine/i.test(anchor)) {
    if (!text.gap()) return undefined;
    host = text.take(NETRC_WORD, 256);
    if (host === '' || host.includes(MARK)) return undefined;
  }
  for (let pairs = 0; pairs < 3; pairs++) {
    const first = pairs === 0 && /login/i.test(anchor);
    if (!first && !text.gap()) return undefined;
    const key = first ? 'login' : text.take(NETRC_WORD, 16);
    if (!NETRC_KEY.test(key) || !text.gap()) return undefined;
    // In prose a machine has a password, too.
    if (key === 'password' && pairs === 0 && !host.includes('.')) return undefined;
    if (key === 'password') return netrcValue(text.take(VALUE, MAX_VALUE), text);
    const value = text.take(NETRC_WORD, 256);
    if (value === '' || value.includes(MARK)) return undefined;
  }
  return undefined;
}

/** Quotes around the value, and the end of a string that the entry stands in, are no part of it. */
function netrcValue(value: string, { at }: Counter): Place | undefined {
  const opening = /^\\*["']/.exec(value)?.[0].length ?? 0;
  const end = value.slice(opening).search(/(?:\\+[nrt])?\\*["'`](?:[,;:)}\]]|$)/);
  const text = end < 0 ? value.slice(opening) : value.slice(opening, opening + end);
  if (text === '' || value.includes(MARK) || PLACEHOLDER.test(text)) return undefined;
  return {
    from: at - value.length + opening,
    length: text.length,
    set: VALUE,
    long: end < 0 && value.length >= MAX_VALUE,
  };
}

/** The values of cookies, from the first to the last of at most `maximum`; one match takes all of them. */
function inCookies(reader: Reader, maximum = MAX_PAIRS): Place | undefined {
  const start = new Counter(reader);
  start.take(QUOTE, 4);
  start.take(BLANK, 8);
  if (start.take(COLON, 1) === '') return undefined;
  start.take(BLANK, 8);
  start.take(QUOTE_OR_LIST, 8);
  let from = -1;
  let to = -1;
  for (let pairs = 0; pairs < maximum; pairs++) {
    if (start.take(COOKIE_NAME, 128) === '' || start.take(EQUALS, 1) === '') break;
    start.take(QUOTE, 4);
    const at = start.at;
    const value = start.take(COOKIE, MAX_VALUE);
    if (value.includes(MARK)) break;
    if (from >= 0 || (value !== '' && !PLACEHOLDER.test(value))) {
      if (from < 0) from = at;
      to = start.at;
    }
    if (value.length >= MAX_VALUE || to - from > MAX_LINE) {
      return { from, length: to - from, set: maximum === 1 ? COOKIE : COOKIES, long: true };
    }
    if (maximum === 1 || start.take(SEMICOLON, 1) === '') break;
    start.take(BLANK, 8);
  }
  return from < 0 ? undefined : { from, length: to - from, set: COOKIE, long: false };
}

/** Counts the characters that a reader takes. */
class Counter {
  at = 0;
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  take(set: Uint8Array, maximum: number): string {
    const text = this.#reader.word(set, maximum);
    this.at += text.length;
    return text;
  }

  /** Takes blanks and line ends, also those that a string writes as `\\n`; whether there were any. */
  gap(): boolean {
    const before = this.at;
    while (this.at - before < 64) {
      if (this.take(BLANK, 64) !== '') continue;
      if (this.#reader.next() !== 0x5c) break;
      const written = /^\\+[nrt]/.exec(this.#reader.ahead(ESCAPE, 6))?.[0];
      if (written === undefined) break;
      this.take(ESCAPE, written.length);
    }
    return this.at > before;
  }
}

const BLANK = only(' \t\r\n\0');
const QUOTE = only('"\'`\\');
const QUOTE_OR_LIST = only('"\'`\\[ ');
const ESCAPE = only('\\nrt');
const COLON = only(':');
const EQUALS = only('=');
const SEMICOLON = only(';');

function only(characters: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const character of characters) set[character.charCodeAt(0)] = 1;
  return set;
}

function allBut(characters: string): Uint8Array {
  return only(characters).map((flag) => 1 - flag);
}
