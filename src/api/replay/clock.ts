// The clock of a replay: which moment of the session is now, and when another one is due. Pure arithmetic between two
// time lines. Nothing adds up: every deadline is counted from one anchor, so a thousand late timers make the last one as
// late as one of them.

export class ReplayClock {
  readonly #now: () => number;
  /** At this real time … */
  #realAnchor: number;
  /** … the session was here; both in milliseconds. */
  #anchor: number;
  #speed: number;
  #playing = false;

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number, start: { readonly position: number; readonly speed: number }) {
    this.#now = now;
    this.#realAnchor = now();
    this.#anchor = start.position;
    this.#speed = start.speed;
  }

  get speed(): number {
    return this.#speed;
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** Milliseconds since the start of the session. */
  position(): number {
    if (!this.#playing) return this.#anchor;
    return this.#anchor + (this.#now() - this.#realAnchor) * this.#speed;
  }

  /** The real time at which a position is reached; never, while the clock stands. */
  dueAt(position: number): number {
    if (!this.#playing) return Number.POSITIVE_INFINITY;
    return this.#realAnchor + (position - this.#anchor) / this.#speed;
  }

  play(): void {
    if (this.#playing) return;
    this.#realAnchor = this.#now();
    this.#playing = true;
  }

  pause(): void {
    this.#anchor = this.position();
    this.#playing = false;
  }

  setSpeed(speed: number): void {
    this.jump(this.position());
    this.#speed = speed;
  }

  /** It is this position now. */
  jump(position: number): void {
    this.#anchor = position;
    this.#realAnchor = this.#now();
  }

  /** Leaves out a stretch of the session: whatever was due at `from` is from now on what was due at `to`. */
  leaveOut(from: number, to: number): void {
    this.#anchor += to - from;
  }
}
