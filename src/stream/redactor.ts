// Takes secrets out of what is recorded: `[REDACTED:<rule>]` stands where one was. Works on bytes as they arrive.
// Promises: a secret that is cut over any number of pieces is found; how the input is cut does not change the output
// (with one flush at the end); all other bytes stay as they are; redacting twice changes nothing more; a piece in
// which nothing is suspicious comes back as the same buffer. Kept back between pieces are at most 8 KiB, and only
// what could be the beginning of a secret.

import type { StreamName } from '../model/event.ts';
import { buildAnchorTable, OPENING_MASK } from './anchor-table.ts';
import { colourLength, coloursIn, endsColour, openColour, plainBefore, skipColour } from './plain-bytes.ts';
import type { SecretRule } from './secret-rule.ts';
import { SECRET_RULES } from './secret-rules.ts';
import { BASE64, judge, pemStep, type SecretMatch } from './secret-shapes.ts';

interface StreamState {
  held: Uint8Array;
  /** The two characters before `held`, the nearer one in the low byte. */
  before: number;
  /** What is being left out: the rest of a long word, the body of a private key, or nothing. */
  rest: Uint8Array | 'pem' | null;
}

const NOTHING = new Uint8Array(0);
const NEWLINE = 0x0a;
const WORDS: { anchor: string; rule: SecretRule }[] = SECRET_RULES.flatMap((rule) =>
  rule.anchors.map((anchor) => ({ anchor, rule })),
);
const TABLE = buildAnchorTable(WORDS.map(({ anchor }) => anchor));
/** Before the first byte stands a line end, after a mark its bracket. */
const AT_START = 0x0a0a;
const AFTER_MARK = 0x785d;

export class Redactor {
  readonly #streams = new Map<StreamName, StreamState>();
  #redactions = 0;

  /** Number of secrets taken out so far, over all streams and texts. */
  get redactions(): number {
    return this.#redactions;
  }

  /** What can be kept of a stream so far. The result may share memory with `bytes`. */
  push(stream: StreamName, bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes;
    const state = this.#stateOf(stream);
    const joined = state.held.length === 0 ? bytes : Buffer.concat([state.held, bytes]);
    return this.#redact(state, joined, false);
  }

  /**
   * What was kept back, judged as if nothing followed: at the end, or when a stream has been quiet for a while. The
   * stream may go on afterwards; a secret that was cut exactly here is left out whole if its first part was one already.
   */
  flush(stream: StreamName): Uint8Array {
    const state = this.#streams.get(stream);
    if (state === undefined || state.held.length === 0) return NOTHING;
    return this.#redact(state, state.held, true);
  }

  /** How many of the bytes that were pushed are kept back, because they could be the beginning of a secret. */
  heldBytes(stream: StreamName): number {
    return this.#streams.get(stream)?.held.length ?? 0;
  }

  /** Whether the end of a line is among them. */
  holdsLine(stream: StreamName): boolean {
    return this.#streams.get(stream)?.held.includes(NEWLINE) ?? false;
  }

  /** A whole text: a command line, a title, a value of metadata. */
  redactText(text: string): string {
    const bytes = Buffer.from(text);
    const redacted = this.#redact(newState(), bytes, true);
    return redacted === bytes ? text : Buffer.from(redacted).toString();
  }

  /** The arguments of a command, one by one, where an option's value is the next argument (`--password`, `x`). */
  redactArguments(argv: readonly string[]): string[] {
    const together = this.redactText(argv.join('\0')).split('\0');
    // A private key that begins in one argument and ends in another takes the border with it.
    return together.length === argv.length ? together : argv.map((argument) => this.redactText(argument));
  }

  #stateOf(stream: StreamName): StreamState {
    let state = this.#streams.get(stream);
    if (state === undefined) {
      state = newState();
      this.#streams.set(stream, state);
    }
    return state;
  }

  #redact(state: StreamState, bytes: Uint8Array, last: boolean): Uint8Array {
    const parts: Uint8Array[] = [];
    const hold = { at: bytes.length };
    const ahead: SecretMatch[] = [];
    let floor = 0;
    for (;;) {
      if (state.rest !== null) {
        floor = leaveOut(state, bytes, floor, last, parts, hold);
        if (state.rest !== null || floor >= bytes.length) break;
      }
      const match = ahead.shift() ?? findSecret(bytes, floor, state.before, last, hold, ahead);
      if (match === undefined) break;
      this.#redactions++;
      parts.push(bytes.subarray(floor, match.from), Buffer.from(`[REDACTED:${match.name}]`));
      parts.push(...coloursIn(bytes, match.from, match.to));
      floor = match.to;
      // After a flush in the middle of a word, the rest of the word is still part of the secret.
      state.rest = match.rest ?? (last && match.to === bytes.length ? match.open : null);
      state.before = AFTER_MARK;
    }
    if (state.rest === null) state.before = charactersBefore(bytes, hold.at, floor, state.before);
    // A copy, because the caller may use its buffer again.
    state.held = hold.at < bytes.length ? new Uint8Array(bytes.subarray(hold.at)) : NOTHING;
    if (parts.length === 0) return hold.at === bytes.length ? bytes : bytes.subarray(0, hold.at);
    if (state.rest === null && floor < hold.at) parts.push(bytes.subarray(floor, hold.at));
    return Buffer.concat(parts);
  }
}

function newState(): StreamState {
  return { held: NOTHING, before: AT_START, rest: null };
}

/** The two characters before an index, the nearer one in the low byte. */
function charactersBefore(bytes: Uint8Array, at: number, floor: number, before: number): number {
  const near = plainBefore(bytes, at, floor);
  if (near < 0) return before;
  const far = plainBefore(bytes, near, floor);
  return ((far < 0 ? before & 0xff : bytes[far]!) << 8) | bytes[near]!;
}

/**
 * The first secret from `floor` on. When there is none, `hold.at` says from where on the bytes could still become one.
 * A command can stand far before its secret: what is found between them comes first, the others are left in `ahead`.
 */
function findSecret(
  bytes: Uint8Array,
  floor: number,
  before: number,
  last: boolean,
  hold: { at: number },
  ahead: SecretMatch[],
): SecretMatch | undefined {
  const piece = { bytes, floor, before, last };
  let far: { readonly match: SecretMatch; readonly start: number } | undefined;
  let end = bytes.length;
  let state = 0;
  for (let i = floor; ; i++) {
    i = runToStop(bytes, i, end, state, floor);
    state = stoppedIn;
    if (i >= end) break;
    if (state === TABLE.escape) {
      const length = colourLength(bytes, i, bytes.length);
      state = length === 0 ? 0 : stateBefore;
      if (length < 0 && !last) {
        hold.at = far?.start ?? wordStart(bytes, i, floor, TABLE.depth[state]!);
        return undefined;
      }
      if (length > 0) i += length - 1;
      continue;
    }
    const verdict = judgeAll(TABLE.ends[state]!, piece, i + 1);
    if (verdict === 'none') continue;
    const start = far?.start ?? wordStart(bytes, i + 1, floor, TABLE.depth[state]!);
    if (verdict === 'more') {
      hold.at = start;
      ahead.length = 0;
      return undefined;
    }
    if (far === undefined) {
      if (verdict.far !== true) return verdict;
      far = { match: verdict, start };
      end = verdict.from;
    } else if (verdict.from < far.match.from) {
      ahead.push(verdict);
      // The earlier secret takes the place of the later one that it goes into.
      if (verdict.rest !== null || verdict.to > far.match.from) return ahead.shift();
      piece.floor = verdict.to;
      piece.before = AFTER_MARK;
      i = verdict.to - 1;
      state = 0;
    }
  }
  if (far !== undefined) {
    ahead.push(far.match);
    return ahead.shift();
  }
  const cutOff = last ? -1 : openColour(bytes, floor);
  if (cutOff >= 0) hold.at = cutOff;
  else hold.at = last ? end : wordStart(bytes, end, floor, TABLE.depth[state]!);
  return undefined;
}

let stoppedIn = 0;
let stateBefore = 0;

/**
 * The hot loops: one look-up for each byte of everything that agents print. Stops at the end of an anchor and at an
 * escape; the state there is left in `stoppedIn`, the one before it in `stateBefore`, because an object would cost
 * more than the loops do on short pieces. Escapes that no anchor is around may be stepped over.
 */
function runToStop(bytes: Uint8Array, from: number, end: number, start: number, floor: number): number {
  const { next, firstStop, openings } = TABLE;
  let state = start;
  let i = from;
  while (i < end) {
    if (state === 0) {
      i = stepOver(openings, bytes, i, end);
      // Of an escape that was stepped over, the last byte is no letter that an anchor could begin with.
      if (i < end && endsColour(bytes, i, floor)) {
        i++;
        continue;
      }
    }
    do {
      const reached = next[(state << 8) | bytes[i]!]!;
      if (reached >= firstStop) {
        stateBefore = state;
        stoppedIn = reached;
        return i;
      }
      state = reached;
      i++;
    } while (state !== 0 && i < end);
  }
  stoppedIn = state;
  return end;
}

/** Index of the first byte from `from` on with which an anchor may begin; the last two bytes always may. */
function stepOver(openings: Uint8Array, bytes: Uint8Array, from: number, end: number): number {
  let run = 0;
  let i = from;
  for (; i < end; i++) {
    run = ((run << 5) | (bytes[i]! & 31)) & OPENING_MASK;
    if (openings[run] !== 0) break;
  }
  return Math.max(from, i - 2);
}

function judgeAll(
  words: readonly number[],
  piece: { bytes: Uint8Array; floor: number; before: number; last: boolean },
  after: number,
): SecretMatch | 'none' | 'more' {
  for (const word of words) {
    const { anchor, rule } = WORDS[word]!;
    const verdict = judge(rule, piece, wordStart(piece.bytes, after, piece.floor, anchor.length), after);
    if (verdict !== 'none') return verdict;
  }
  return 'none';
}

/** Index of the first of the last `count` characters before `at`. */
function wordStart(bytes: Uint8Array, at: number, floor: number, count: number): number {
  let start = at;
  for (let i = 0; i < count; i++) start = plainBefore(bytes, start, floor);
  return start;
}

/** Goes on leaving out from `at`; colours stay. Returns where the text goes on, with `state.rest` null when it does. */
function leaveOut(
  state: StreamState,
  bytes: Uint8Array,
  at: number,
  last: boolean,
  parts: Uint8Array[],
  hold: { at: number },
): number {
  let i = at;
  // An empty part tells the caller that not everything goes out as it came in.
  parts.push(NOTHING);
  const set = state.rest === 'pem' ? BASE64 : state.rest!;
  for (;;) {
    while (i < bytes.length && set[bytes[i]!] === 1) i++;
    if (i >= bytes.length) return holdFrom(hold, i);
    if (state.rest === 'pem') {
      const step = pemStep(bytes, i, last);
      if (step === 'more') return holdFrom(hold, i);
      if (step === 'none' || step.done) state.rest = null;
      if (step === 'none') return i;
      i = step.to;
      if (step.done) return i;
      continue;
    }
    const text = skipColour(bytes, i, bytes.length);
    if (text >= bytes.length && !last && bytes[i] === 0x1b) return holdFrom(hold, i);
    if (text === i || text >= bytes.length || set[bytes[text]!] === 0) {
      state.rest = null;
      return i;
    }
    parts.push(...coloursIn(bytes, i, text));
    i = text;
  }
}

function holdFrom(hold: { at: number }, at: number): number {
  hold.at = at;
  return at;
}
