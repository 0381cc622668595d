// What goes out to subscribers is written at the end of a turn of the event loop; to a crowd in short turns with a moment
// between them. A thread that works for as long as a crowd takes keeps a processor for a whole slice of the scheduler's
// time, and an agent or its wrapper that wakes up meanwhile waits for that long. So the processor is given back early, and
// the agent's output goes first.

/** A turn of writing ends after this long, in ms: some sixty writes. */
const LONGEST_TURN_MS = 1;
/** How long the thread sleeps between two turns, in ms: the shortest that a timer can be. */
const REST_MS = 1;

export class WriteTurns {
  #waiting: (() => void)[] = [];
  #next = 0;
  #running = false;
  #afterwards: (() => void)[] = [];
  #busyMs = 0;

  /** Milliseconds that have gone into writing so far. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** Writes when the code that runs now is through; in the order in which it is added. */
  add(write: () => void): void {
    this.#waiting.push(write);
    if (this.#running) return;
    this.#running = true;
    process.nextTick(() => this.#turn());
  }

  /** Runs `work` when everything that has been added is written. */
  afterwards(work: () => void): void {
    if (this.#running) this.#afterwards.push(work);
    else process.nextTick(work);
  }

  #turn(): void {
    const began = performance.now();
    let busy = 0;
    try {
      while (this.#next < this.#waiting.length && busy < LONGEST_TURN_MS) {
        this.#waiting[this.#next++]!();
        busy = performance.now() - began;
      }
    } finally {
      this.#busyMs += busy;
      if (this.#next < this.#waiting.length) setTimeout(() => this.#turn(), REST_MS);
      else this.#end();
    }
  }

  #end(): void {
    this.#waiting = [];
    this.#next = 0;
    this.#running = false;
    const afterwards = this.#afterwards;
    this.#afterwards = [];
    for (const work of afterwards) work();
  }
}
