// The one choke point: what comes out may be kept. Without secrets, and in whole characters, so that every piece can be
// understood by itself. Bytes that could begin a secret or a character are kept back until it is certain.

import type { StreamName } from '../model/event.ts';
import { Redactor } from '../stream/redactor.ts';
import { Utf8Border } from '../stream/utf8-border.ts';

export class SafeBytes {
  readonly #redactor = new Redactor();
  readonly #borders = new Map<StreamName, Utf8Border>();

  /** What may be kept by now; often nothing, or more than was given. */
  push(stream: StreamName, bytes: Uint8Array): Uint8Array {
    return this.#borderOf(stream).push(this.#redactor.push(stream, bytes));
  }

  /** What has been kept back for long enough; with `last` also half a character, because nothing will complete it. */
  *release(last: boolean): Generator<readonly [StreamName, Uint8Array]> {
    for (const [stream, border] of this.#borders) {
      const kept = this.#redactor.flush(stream);
      if (kept.length > 0) yield [stream, border.push(kept)];
    }
    for (const [stream, border] of last ? this.#borders : []) yield [stream, border.flush()];
  }

  /** A text that stands for itself, such as what was typed. */
  text(text: string): string {
    return this.#redactor.redactText(text);
  }

  #borderOf(stream: StreamName): Utf8Border {
    let border = this.#borders.get(stream);
    if (border === undefined) {
      border = new Utf8Border();
      this.#borders.set(stream, border);
    }
    return border;
  }
}
