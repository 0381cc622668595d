// Decides at an anchor whether a secret stands there, and from where to where. The answer depends on the bytes
// alone, never on how they were cut into pieces: while the end of the piece could change it, the answer is `more`.
// No shape looks further than 4 KiB behind its anchor, so what is kept back is bounded.

import { plainBefore, skipColour } from './plain-bytes.ts';
import { MARK, OUT_OF_BYTES, type Piece, Reader } from './plain-reader.ts';
import { findPlace } from './secret-places.ts';
import type { AssignmentRule, PemRule, PlaceRule, SecretRule, TokenRule, UrlRule } from './secret-rule.ts';
import { TOKENS } from './secret-tokens.ts';
import { looksSecret } from './secret-value.ts';

export interface SecretMatch {
  readonly name: string;
  /** Index of the first byte of the secret, and of the first byte after it. */
  readonly from: number;
  readonly to: number;
  /** What goes on behind `to`: nothing, a word that was too long to read whole, or the body of a private key. */
  readonly rest: Uint8Array | 'pem' | null;
  /** The characters with which the secret would go on, if it was not known whole. */
  readonly open: Uint8Array | null;
  /** Other secrets may stand between the anchor and this one. */
  readonly far?: true;
}

/** A secret, none, or `more` when the answer depends on bytes that are not there yet. */
export type Verdict = SecretMatch | 'none' | 'more';

const MAX_SECRET = 512;

/** The rule's verdict on the anchor whose bytes are `anchor` (inclusive) to `after` (exclusive). */
export function judge(rule: SecretRule, piece: Piece, anchor: number, after: number): Verdict {
  try {
    switch (rule.shape) {
      case 'token':
        return judgeToken(rule, piece, anchor, after);
      case 'assignment':
        return judgeAssignment(rule, piece, anchor, after);
      case 'url':
        return judgeUrl(rule, piece, after);
      case 'pem':
        return judgePem(rule, piece, anchor);
      case 'place':
        return judgePlace(rule, piece, anchor, after);
    }
  } catch (problem) {
    if (problem === OUT_OF_BYTES) return 'more';
    throw problem;
  }
}

function judgeToken(rule: TokenRule, piece: Piece, anchor: number, after: number): Verdict {
  if (rule.atWordStart === true && !isWordStart(piece, anchor)) return 'none';
  const reader = new Reader(piece, anchor);
  const set = TOKEN_CHARS[rule.chars];
  const start = reader.wordUntil(after);
  const word = start + reader.word(set, MAX_SECRET - start.length);
  if (word.length >= MAX_SECRET) {
    if (!(rule.cut ?? rule.whole).test(word)) return 'none';
    return { name: rule.name, from: anchor, to: reader.to, rest: set, open: set };
  }
  const text = word.replace(/[-.]+$/, '');
  if (!rule.whole.test(text) || reader.atMark()) return 'none';
  const end = new Reader(piece, anchor);
  end.word(ANY, text.length);
  return { name: rule.name, from: anchor, to: end.to, rest: null, open: set };
}

/** At the beginning of a word, where `\n`, `\t` and the like in a JSON string are no part of a word. */
function isWordStart({ bytes, floor, before }: Piece, at: number): boolean {
  const near = plainBefore(bytes, at, floor);
  const previous = near < 0 ? before & 0xff : bytes[near]!;
  if (WORD[previous] === 0) return true;
  const far = near < 0 ? -1 : plainBefore(bytes, near, floor);
  const second = near < 0 ? before >> 8 : far < 0 ? before & 0xff : bytes[far]!;
  return second === 0x5c && ESCAPED[previous] === 1;
}

function judgeAssignment(rule: AssignmentRule, piece: Piece, anchor: number, after: number): Verdict {
  const reader = new Reader(piece, after);
  const nameRest = rule.kind === 'bearer' ? '' : reader.word(NAME, 48);
  if (!NAME_REST.test(nameRest)) return 'none';
  const upperCase =
    isUpper(piece.bytes, skipColour(piece.bytes, anchor + 1, after)) && !/[a-z]/.test(nameRest);

  const nameQuoted = reader.quote() !== undefined;
  if (nameQuoted) reader.accept(0x5d);
  const sign = readSign(reader, rule.kind);
  if (sign === undefined) return 'none';
  const opened = reader.quote();
  const scheme = rule.kind === 'header' && SCHEME.test(reader.ahead(NAME, 12));
  if (scheme) {
    reader.word(NAME, 12);
    reader.blanks();
  }

  const environment = upperCase && sign === '=';
  const from = reader.at();
  const set = opened !== undefined ? QUOTED : environment ? ENVIRONMENT : UNQUOTED;
  let value =
    opened === '\\' || opened === undefined ? reader.word(set, MAX_SECRET) : reader.quoted(MAX_SECRET);
  const long = value.length >= MAX_SECRET;
  if (!long && (reader.isNext(0x28) || reader.atMark())) return 'none';
  if (value.includes(MARK)) return 'none';
  const kind = rule.kind === 'header' && !scheme ? 'key' : rule.kind;
  const context = { kind, quoted: opened !== undefined, environment, nameQuoted, long };
  if (opened === undefined && !long && value.endsWith('.')) {
    // A full stop ends the sentence, not the secret.
    value = value.replace(/\.+$/, '');
    reader.to = from;
    reader.word(set, value.length);
  }
  if (!looksSecret(value, context)) return 'none';
  return { name: tokenName(value) ?? rule.name, from, to: reader.to, rest: long ? set : null, open: set };
}

/** The vendor's name says more than the variable's. */
function tokenName(value: string): string | undefined {
  return TOKENS.find((rule) => rule.whole.test(value))?.name;
}

/** The sign between name and value: `=` when nothing but it stands there, `:` for all others. */
function readSign(reader: Reader, kind: AssignmentRule['kind']): '=' | ':' | undefined {
  const spaced = reader.blanks() > 0;
  if (kind === 'bearer') return ':';
  const byte = reader.next();
  if (kind === 'flag' && spaced && byte !== 0x3d && byte !== 0x3a) return ':';
  if (byte !== 0x3d && byte !== 0x3a) return undefined;
  reader.skip();
  const second = reader.next();
  if (second === byte) return undefined;
  if (byte === 0x3d ? second === 0x3e : second === 0x3d) reader.skip();
  const follows = reader.blanks() > 0;
  return byte === 0x3d && !spaced && !follows ? '=' : ':';
}

function judgeUrl(rule: UrlRule, piece: Piece, after: number): Verdict {
  const reader = new Reader(piece, after);
  const authority = reader.word(AUTHORITY, MAX_SECRET);
  if (authority.length === MAX_SECRET) return 'none';
  const colon = authority.indexOf(':');
  const at = authority.lastIndexOf('@');
  if (colon < 0 || at <= colon + 1 || authority.includes(MARK)) return 'none';
  if (URL_PLACEHOLDER.test(authority.slice(colon + 1, at))) return 'none';
  // A token can stand in the user's place (`https://<token>:x-oauth-basic@…`): what is no plain name goes too.
  const start = URL_USER.test(authority.slice(0, colon)) ? colon + 1 : 0;
  const user = new Reader(piece, after);
  user.word(AUTHORITY, start);
  const from = user.at();
  const password = new Reader(piece, from);
  password.word(AUTHORITY, at - start);
  const name = tokenName(authority.slice(start, at)) ?? rule.name;
  return { name, from, to: password.to, rest: null, open: null };
}

function judgePem(rule: PemRule, piece: Piece, anchor: number): Verdict {
  const reader = new Reader(piece, anchor);
  const header = reader.word(PEM_HEADER, 80);
  const label = /^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/.exec(header);
  if (label === null) return 'none';
  const end = new Reader(piece, anchor);
  end.word(PEM_HEADER, label[0].length);
  const body = pemStep(piece.bytes, end.to, piece.last);
  if (body === 'more' || body === 'none') return body;
  return { name: rule.name, from: anchor, to: end.to, rest: 'pem', open: null };
}

function judgePlace(rule: PlaceRule, piece: Piece, anchor: number, after: number): Verdict {
  const place = findPlace(rule, piece, anchor, after);
  if (place === undefined) return 'none';
  const start = new Reader(piece, after);
  start.word(ANY, place.from);
  const from = start.at();
  const name = tokenName(start.word(ANY, place.length)) ?? rule.name;
  const rest = place.long ? place.set : null;
  return { name, from, to: start.to, rest, open: place.set, far: true };
}

/**
 * The next stretch of a private key's body from `at`: where it ends, and whether the armour's last line was in it.
 * Up to 96 bytes of anything may stand between two stretches: line ends, line numbers, quotes, header fields.
 */
export function pemStep(
  bytes: Uint8Array,
  at: number,
  last: boolean,
): { to: number; done: boolean } | 'none' | 'more' {
  const available = Math.min(bytes.length, at + PEM_WINDOW);
  const window = Buffer.from(bytes.buffer, bytes.byteOffset + at, available - at).toString('latin1');
  const found = PEM_STRETCH.exec(window);
  if (found !== null) {
    if (found[0].includes(MARK)) return 'none';
    return { to: at + found[0].length, done: found[0].endsWith('-----') };
  }
  return last || available - at === PEM_WINDOW ? 'none' : 'more';
}

const PEM_WINDOW = 192;
const PEM_STRETCH = /^[\s\S]{0,96}?(?:-----END [A-Z0-9 ]{0,30}-----|[A-Za-z0-9+/=]{32,})/;
const NAME_REST =
  /^(?:[_-]?(?:access[_-]?key|key|value|val|hash|b64|base64|str|string|text|prod|production|dev|staging|test|main|old|new|live|[0-9]))*$/i;
const SCHEME = /^(?:bearer|basic|token|digest|apikey|negotiate)$/i;
/** Shorter than any token. */
const URL_USER = /^[A-Za-z0-9._%+-]{0,14}$/;
const URL_PLACEHOLDER = /^(?:\$.*|\*+|\{.*|%\(?\w*\)?s?|x{3,}|\.{3})$/i;

/** A set of bytes as a table of 256 flags, from characters and ranges (`a-z`). */
function only(spec: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let i = 0; i < spec.length; i++) {
    const first = spec.charCodeAt(i);
    const isRange = spec[i + 1] === '-' && i + 2 < spec.length;
    if (isRange) i += 2;
    set.fill(1, first, spec.charCodeAt(i) + 1);
  }
  return set;
}

/** All bytes but these. */
function allBut(spec: string): Uint8Array {
  return only(spec).map((flag) => 1 - flag);
}

const LETTERS_AND_DIGITS = 'A-Za-z0-9';
const ANY = allBut('');
const WORD = only(`${LETTERS_AND_DIGITS}_`);
const ESCAPED = only('nrtbf');
const NAME = only(`${LETTERS_AND_DIGITS}_-`);
const QUOTED = allBut('"\'`\\\r\n\0');
const ENVIRONMENT = allBut('"\'`\\ \t\r\n\0');
const UNQUOTED = allBut('"\'`\\ \t\r\n\0,;&|<>()[]{}');
const AUTHORITY = allBut('"\'`\\ \t\r\n\0/?#<>');
const PEM_HEADER = only('A-Z0-9 -');
/** The body of a private key's line. */
export const BASE64 = only(`${LETTERS_AND_DIGITS}+/=`);
const TOKEN_CHARS: Record<TokenRule['chars'], Uint8Array> = {
  '': WORD,
  '-': NAME,
  '-.': only(`${LETTERS_AND_DIGITS}_.-`),
  '-./': only(`${LETTERS_AND_DIGITS}_./-`),
  '+/=': only(`${LETTERS_AND_DIGITS}_+/=`),
};

function isUpper(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at] ?? 0;
  return byte >= 0x41 && byte <= 0x5a;
}
