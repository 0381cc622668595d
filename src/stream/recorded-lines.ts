// The output of a recording as lines, as a reader saw them: without escape sequences, overwritten text resolved, numbered
// over all streams in the order in which they were completed, as in the events.

import { LineCleaner } from './line-cleaner.ts';

export interface RecordedLine {
  readonly number: number;
  /** Time of the piece that completed it, in ms. */
  readonly elapsedMs: number;
  readonly stream: string;
  readonly text: string;
  /** Bytes of an enormous line that the text does not hold; 0 for all others. */
  readonly overflowBytes: number;
}

export class RecordedLines {
  readonly #cleaners = new Map<string, LineCleaner>();
  #ready: RecordedLine[] = [];
  #elapsedMs = 0;
  #count = 0;

  /** Lines completed so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes a piece of a stream and gives the lines that it completes. */
  push(stream: string, text: string, elapsedMs: number): readonly RecordedLine[] {
    this.#elapsedMs = elapsedMs;
    this.#cleanerOf(stream).push(Buffer.from(text));
    return this.#take();
  }

  /** Unterminated last lines, in the order in which the extractor numbers them: stderr comes last. */
  end(): readonly RecordedLine[] {
    const streams = [...this.#cleaners.keys()].sort(
      (a, b) => Number(a === 'stderr') - Number(b === 'stderr'),
    );
    for (const stream of streams) this.#cleaners.get(stream)!.end();
    return this.#take();
  }

  #take(): readonly RecordedLine[] {
    const ready = this.#ready;
    if (ready.length > 0) this.#ready = [];
    return ready;
  }

  #cleanerOf(stream: string): LineCleaner {
    const known = this.#cleaners.get(stream);
    if (known !== undefined) return known;
    const cleaner = new LineCleaner((text, overflowBytes) => {
      const number = ++this.#count;
      this.#ready.push({ number, elapsedMs: this.#elapsedMs, stream, text, overflowBytes });
    });
    this.#cleaners.set(stream, cleaner);
    return cleaner;
  }
}
