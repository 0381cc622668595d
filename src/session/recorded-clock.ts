// The times of a recording while it is made. They never go back, and are whole microseconds, as they are written: the
// extractor is told the same times live as when the recording is read again, and so finds the same.

export class RecordedClock {
  #latestMs = 0;
  #silentUntilMs = 0;
  /** The last time that was stamped elsewhere, and when it was heard of here. */
  #heard = { elapsedMs: 0, at: performance.now() };

  /** Time of the latest thing in the recording, in ms from the start of the session. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** Takes a frame's time; returns the one that it is known by here. */
  hear(elapsedMs: number): number {
    this.#heard = { elapsedMs, at: performance.now() };
    // A frame may have been on its way while it was said that there was none: less than a millisecond.
    return Math.max(wholeMicroseconds(elapsedMs), this.#silentUntilMs);
  }

  /** The time of something that was printed or done at `elapsedMs` and is recorded now. */
  advance(elapsedMs: number): number {
    this.#latestMs = Math.max(this.#latestMs, wholeMicroseconds(elapsedMs));
    return this.#latestMs;
  }

  /** Promises that no frame comes that is known by an earlier time. */
  silentUntil(elapsedMs: number): void {
    this.#silentUntilMs = elapsedMs;
  }

  /** Ms from the start of the session: a little behind the clock that the frames are stamped by, never ahead of it. */
  now(): number {
    return wholeMicroseconds(this.#heard.elapsedMs + performance.now() - this.#heard.at);
  }
}

function wholeMicroseconds(elapsedMs: number): number {
  return Math.round(elapsedMs * 1000) / 1000;
}
