// Remembers which terminal modes a child has switched on, so that they can be switched off when it dies without
// doing so. Looks at the bytes in place; it sits on the forwarding path and decodes nothing.
//
// Numbers and defaults are those of xterm ("XTerm Control Sequences"). A soft reset is not believed: terminals differ in
// what it takes back, and taking back once more does no harm.

const ESC = 0x1b;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;

/** Private modes (CSI ? n h) that make a terminal unusable when left on: nothing is seen any more, or keys are garbage. */
const UNUSABLE_WHEN_SET: ReadonlySet<number> = new Set([
  ...[47, 1047, 1049, 9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026, 2031, 2048],
]);
/** Cursor visibility is the other way round: it is left in a bad state when reset (CSI ? 25 l). */
const CURSOR = 25;
/** Modes in which a shell is drawn or typed wrongly: cursor keys, reverse video, reverse wrap, keypad. */
const STRANGE_WHEN_SET: ReadonlySet<number> = new Set([1, 5, 45, 66]);
/** The same when reset: wrapping at the margin, keys that repeat. */
const STRANGE_WHEN_RESET: ReadonlySet<number> = new Set([7, 8]);
/** What is counted from a region of the screen; a change of them moves the cursor home. */
const ORIGIN = 6;
const SIDE_MARGINS = 69;
/** Modes without a prefix (CSI n h): keys locked, insertion, a line feed that returns. */
const ANSI_STRANGE_WHEN_SET: ReadonlySet<number> = new Set([2, 4, 20]);
/** A mode sequence is never longer; what is kept of a chunk's end to find one that is split. */
const LONGEST_SEQUENCE = 32;

/**
 * What is to be taken back: everything, or only that without which the terminal cannot be used. A program that ends by
 * itself may mean the rest to stay, as tput(1) does.
 */
export type ResetScope = 'all' | 'unusable';

export class TerminalModes {
  #on = new Set<number>();
  #cursorHidden = false;
  #keyboardPushes = 0;
  #modifiedKeys = false;
  /** Modes that a terminal has from the start and that were switched off. */
  #off = new Set<number>();
  #ansiOn = new Set<number>();
  /** Rows of the scroll region; empty when it is the whole screen. */
  #region = '';
  #keypad = false;
  #cursorStyled = false;
  /** The character set is not ASCII: G0 is another one, or another than G0 is in use. */
  #otherCharacters = false;
  #shifted = false;
  #tail: Buffer = Buffer.alloc(0);

  /** Takes note of a chunk of output. */
  observe(chunk: Buffer): void {
    const joined = this.#tail.length > 0 ? Buffer.concat([this.#tail, chunk]) : chunk;
    let resumeAt = joined.length;
    for (let at = joined.indexOf(ESC); at !== -1; at = joined.indexOf(ESC, at + 1)) {
      if (!this.#sequenceAt(joined, at)) {
        resumeAt = at;
        break;
      }
    }
    const shiftOut = chunk.lastIndexOf(SHIFT_OUT);
    if (shiftOut !== -1 || this.#shifted) {
      const shiftIn = chunk.lastIndexOf(SHIFT_IN);
      if (shiftOut !== shiftIn) this.#shifted = shiftOut > shiftIn;
    }
    const kept = joined.subarray(resumeAt);
    this.#tail = kept.length === 0 || kept.length > LONGEST_SEQUENCE ? Buffer.alloc(0) : Buffer.from(kept);
  }

  /** The bytes that put the terminal back; empty when the child has left it as it found it. */
  resets(scope: ResetScope = 'all'): string {
    const strange = scope === 'all';
    const home = strange ? this.#homing() : '';
    let bytes = '';
    if (this.#on.has(2026)) bytes += '\x1b[?2026l';
    for (const mode of [...this.#on].sort((a, b) => a - b)) {
      if (UNUSABLE_WHEN_SET.has(mode) && mode !== 2026 && !isAlternateScreen(mode)) bytes += `\x1b[?${mode}l`;
    }
    if (this.#keyboardPushes > 0) bytes += `\x1b[<${this.#keyboardPushes}u`;
    if (this.#modifiedKeys) bytes += '\x1b[>4m';
    // To leave this screen brings the cursor of the other one back.
    if (this.#on.has(1049)) bytes += home;
    for (const mode of this.#on) if (isAlternateScreen(mode)) bytes += `\x1b[?${mode}l`;
    if (!this.#on.has(1049)) bytes += this.#keepingPlace(home);
    if (strange) bytes += this.#strange();
    if (this.#cursorHidden) bytes += '\x1b[?25h';
    return bytes === '' ? '' : `${bytes}\x1b[0m`;
  }

  /** The bytes that put the screen of a terminal that was reset into the modes of now, without what is on it. */
  sets(): string {
    let bytes = '';
    // A region and its origin are of the screen that is shown.
    for (const mode of this.#on) if (isAlternateScreen(mode)) bytes += `\x1b[?${mode}h`;
    if (this.#region !== '') bytes += `\x1b[${this.#region}r`;
    for (const mode of this.#on) if (!isAlternateScreen(mode) && mode !== 2026) bytes += `\x1b[?${mode}h`;
    for (const mode of this.#off) bytes += `\x1b[?${mode}l`;
    for (const mode of this.#ansiOn) bytes += `\x1b[${mode}h`;
    return this.#cursorHidden ? `${bytes}\x1b[?25l` : bytes;
  }

  /** Takes back what moves the cursor home when it is taken back. */
  #homing(): string {
    const modes = [ORIGIN, SIDE_MARGINS].filter((mode) => this.#on.has(mode));
    return modes.map((mode) => `\x1b[?${mode}l`).join('') + (this.#region === '' ? '' : '\x1b[r');
  }

  #keepingPlace(home: string): string {
    if (home === '') return '';
    // A cursor that is kept aside comes back with its origin mode; below everything is the next best place.
    return this.#on.has(ORIGIN) ? `${home}\x1b[9999;1H\n` : `\x1b7${home}\x1b8`;
  }

  #strange(): string {
    let bytes = '';
    for (const mode of this.#on) if (STRANGE_WHEN_SET.has(mode)) bytes += `\x1b[?${mode}l`;
    for (const mode of this.#off) bytes += `\x1b[?${mode}h`;
    for (const mode of this.#ansiOn) bytes += `\x1b[${mode}l`;
    if (this.#keypad) bytes += '\x1b>';
    if (this.#otherCharacters || this.#shifted) bytes += '\x0f\x1b(B';
    return this.#cursorStyled ? `${bytes}\x1b[0 q` : bytes;
  }

  /** Reads one sequence; false when the chunk ends inside it. */
  #sequenceAt(bytes: Buffer, at: number): boolean {
    const kind = bytes[at + 1];
    if (kind === undefined) return false;
    if (kind === 0x28) return this.#designate(bytes[at + 2]);
    if (kind !== 0x5b) {
      this.#escape(kind);
      return true;
    }
    let prefix = 0;
    let intermediate = 0;
    const params: number[] = [0];
    for (let i = at + 2; i < at + LONGEST_SEQUENCE; i++) {
      const byte = bytes[i];
      if (byte === undefined) return false;
      if (byte >= 0x30 && byte <= 0x39) params[params.length - 1] = (params.at(-1) ?? 0) * 10 + byte - 0x30;
      else if (byte === 0x3b || byte === 0x3a) params.push(0);
      else if (byte >= 0x3c && byte <= 0x3f && i === at + 2) prefix = byte;
      else if (byte >= 0x20 && byte <= 0x2f) intermediate = byte;
      else {
        if (intermediate === 0) this.#apply(prefix, params, byte);
        else if (intermediate === 0x20 && byte === 0x71) this.#cursorStyled = params[0] !== 0;
        return true;
      }
    }
    return true;
  }

  /** Takes note of a sequence of two bytes: ESC and this one. */
  #escape(byte: number): void {
    if (byte === 0x63)
      this.#reset(); // ESC c, full reset
    else if (byte === 0x3d) this.#keypad = true;
    else if (byte === 0x3e) this.#keypad = false;
    else if (byte === 0x6e || byte === 0x6f) this.#shifted = true; // G2, G3 in use
  }

  /** ESC ( and the character set that is G0 from now on; false when that is still to come. */
  #designate(set: number | undefined): boolean {
    if (set === undefined) return false;
    this.#otherCharacters = set !== 0x42;
    return true;
  }

  #apply(prefix: number, params: readonly number[], final: number): void {
    const [first = 0, second = 0] = params;
    switch (final) {
      case 0x75: // u
        if (prefix === 0x3e) this.#keyboardPushes++;
        if (prefix === 0x3c) this.#keyboardPushes = Math.max(0, this.#keyboardPushes - (first || 1));
        break;
      case 0x6d: // m
        if (prefix === 0x3e && first === 4) this.#modifiedKeys = second !== 0;
        break;
      case 0x72: // r
        if (prefix === 0) this.#region = first > 1 || second > 0 ? `${first};${second || ''}` : '';
        break;
      case 0x68: // h
      case 0x6c: // l
        for (const mode of params) {
          if (prefix === 0x3f) this.#setPrivate(mode, final === 0x68);
          else if (prefix === 0 && ANSI_STRANGE_WHEN_SET.has(mode)) mark(this.#ansiOn, mode, final === 0x68);
        }
        break;
      default:
    }
  }

  #setPrivate(mode: number, set: boolean): void {
    if (mode === CURSOR) this.#cursorHidden = !set;
    else if (STRANGE_WHEN_RESET.has(mode)) mark(this.#off, mode, !set);
    else if (isKnown(mode)) mark(this.#on, mode, set);
  }

  #reset(): void {
    for (const modes of [this.#on, this.#off, this.#ansiOn]) modes.clear();
    this.#cursorHidden = false;
    this.#keyboardPushes = 0;
    this.#modifiedKeys = false;
    this.#region = '';
    this.#keypad = false;
    this.#cursorStyled = false;
    this.#otherCharacters = false;
    this.#shifted = false;
  }
}

function mark(modes: Set<number>, mode: number, on: boolean): void {
  if (on) modes.add(mode);
  else modes.delete(mode);
}

function isKnown(mode: number): boolean {
  const isStrange = STRANGE_WHEN_SET.has(mode) || mode === ORIGIN || mode === SIDE_MARGINS;
  return isStrange || UNUSABLE_WHEN_SET.has(mode);
}

function isAlternateScreen(mode: number): boolean {
  return mode === 47 || mode === 1047 || mode === 1049;
}
