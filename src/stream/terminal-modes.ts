// Remembers which terminal modes a child has switched on, so that they can be switched off when it dies without
// doing so. Looks at the bytes in place; it sits on the forwarding path and decodes nothing.

const ESC = 0x1b;

/** Private modes (CSI ? n h) that make a terminal unusable when left on, with xterm's numbers. */
const RESET_WHEN_SET = new Set([47, 1047, 1049, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 2004, 2026, 2031]);
/** Cursor visibility is the other way round: it is left in a bad state when reset (CSI ? 25 l). */
const CURSOR = 25;
/** A mode sequence is never longer; what is kept of a chunk's end to find one that is split. */
const LONGEST_SEQUENCE = 32;

export class TerminalModes {
  #on = new Set<number>();
  #cursorHidden = false;
  #keyboardPushes = 0;
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
    const kept = joined.subarray(resumeAt);
    this.#tail = kept.length === 0 || kept.length > LONGEST_SEQUENCE ? Buffer.alloc(0) : Buffer.from(kept);
  }

  /** The bytes that put the terminal back; empty when the child has left it as it found it. */
  resets(): string {
    let bytes = '';
    if (this.#on.has(2026)) bytes += '\x1b[?2026l';
    for (const mode of [...this.#on].sort((a, b) => a - b)) {
      if (mode !== 2026 && !isAlternateScreen(mode)) bytes += `\x1b[?${mode}l`;
    }
    if (this.#keyboardPushes > 0) bytes += `\x1b[<${this.#keyboardPushes}u`;
    for (const mode of this.#on) if (isAlternateScreen(mode)) bytes += `\x1b[?${mode}l`;
    if (this.#cursorHidden) bytes += '\x1b[?25h';
    return bytes === '' ? '' : `${bytes}\x1b[0m`;
  }

  /** Reads one sequence; false when the chunk ends inside it. */
  #sequenceAt(bytes: Buffer, at: number): boolean {
    if (at + 1 >= bytes.length) return false;
    if (bytes[at + 1] === 0x63) this.#reset(); // ESC c, full reset
    if (bytes[at + 1] !== 0x5b) return true;
    if (at + 2 >= bytes.length) return false;
    const prefix = bytes[at + 2];
    if (prefix !== 0x3f && prefix !== 0x3e && prefix !== 0x3c) return true;
    const params: number[] = [0];
    for (let i = at + 3; i < at + LONGEST_SEQUENCE; i++) {
      const byte = bytes[i];
      if (byte === undefined) return false;
      if (byte >= 0x30 && byte <= 0x39) params[params.length - 1] = (params.at(-1) ?? 0) * 10 + byte - 0x30;
      else if (byte === 0x3b) params.push(0);
      else {
        this.#apply(prefix, params, byte);
        return true;
      }
    }
    return true;
  }

  #apply(prefix: number, params: readonly number[], final: number): void {
    if (final === 0x75) {
      if (prefix === 0x3e) this.#keyboardPushes++;
      if (prefix === 0x3c) this.#keyboardPushes = Math.max(0, this.#keyboardPushes - (params[0] || 1));
      return;
    }
    if (prefix !== 0x3f || (final !== 0x68 && final !== 0x6c)) return;
    const set = final === 0x68;
    for (const mode of params) {
      if (mode === CURSOR) this.#cursorHidden = !set;
      else if (set && RESET_WHEN_SET.has(mode)) this.#on.add(mode);
      else if (!set) this.#on.delete(mode);
    }
  }

  #reset(): void {
    this.#on.clear();
    this.#cursorHidden = false;
    this.#keyboardPushes = 0;
  }
}

function isAlternateScreen(mode: number): boolean {
  return mode === 47 || mode === 1047 || mode === 1049;
}
