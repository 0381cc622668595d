// The extractor, as the recorder uses it: a bug in it ends the extraction, never the recording.

import { messageOf } from '../model/errors.ts';
import type { StreamName } from '../model/event.ts';
import { createExtractor, type Extractor, type ExtractorOptions } from '../stream/extractor.ts';
import type { Problem } from './recorder-plan.ts';

export class GuardedExtraction {
  readonly #onProblem: (problem: Problem) => void;
  #extractor: Extractor | undefined;
  #lines = 0;

  constructor(options: ExtractorOptions, onProblem: (problem: Problem) => void) {
    this.#extractor = createExtractor(options);
    this.#onProblem = onProblem;
  }

  /** Lines completed so far, over all streams. */
  get lines(): number {
    return this.#extractor?.lines ?? this.#lines;
  }

  /** See Extractor. */
  get settlesAt(): number {
    return this.#extractor?.settlesAt ?? Number.POSITIVE_INFINITY;
  }

  push(stream: StreamName, bytes: Uint8Array, elapsedMs: number): void {
    this.#guard((extractor) => extractor.push(stream, bytes, elapsedMs));
  }

  settle(elapsedMs: number): void {
    this.#guard((extractor) => extractor.settle(elapsedMs));
  }

  end(elapsedMs: number): void {
    this.#guard((extractor) => extractor.end(elapsedMs));
  }

  #guard(step: (extractor: Extractor) => void): void {
    if (this.#extractor === undefined) return;
    try {
      step(this.#extractor);
    } catch (error) {
      this.#lines = this.#extractor.lines;
      this.#extractor = undefined;
      this.#onProblem({
        kind: 'recorder',
        message: `extraction stopped at line ${this.#lines + 1}: ${messageOf(error)}`,
        hint: 'the recording is complete; please report this',
      });
    }
  }
}
