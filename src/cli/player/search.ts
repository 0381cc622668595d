// Finds text in what comes next of a recording. Read piece by piece: memory stays flat, keys are heard meanwhile, and the
// search ends when it is no longer wanted.

import { RecordingCursor } from '../../data/recording-cursor.ts';
import { LineCleaner } from '../../stream/line-cleaner.ts';

/** Others have their turn after so many milliseconds. */
const SLICE_MS = 12;

export interface Match {
  /** When it was printed, in milliseconds since the start of the session. */
  readonly ms: number;
  readonly line: string;
}

/**
 * The first line with a text behind a place of a recording. Case counts when the text has a capital letter.
 *
 * @param wanted asked between pieces; when it says no, there is no match
 */
export async function findText(
  path: string,
  fromOffset: number,
  text: string,
  wanted: () => boolean,
): Promise<Match | undefined> {
  const exact = text !== text.toLowerCase();
  const sought = exact ? text : text.toLowerCase();
  const cursor = new RecordingCursor(path, fromOffset);
  const streams = new Map<string | null, OpenLine>();
  let line: string | undefined;
  const look = (candidate: string): void => {
    if ((exact ? candidate : candidate.toLowerCase()).includes(sought)) line ??= candidate;
  };
  try {
    let sliceEnd = performance.now() + SLICE_MS;
    for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
      cursor.skip();
      if (event.code === 'o') {
        const stream = streams.get(event.stream) ?? { cleaner: new LineCleaner(look), printedAt: event.t };
        streams.set(event.stream, stream);
        stream.cleaner.push(Buffer.from(event.data));
        if (line !== undefined) {
          // What only ended the line may have come long after, when the text was gone again.
          const printed = (exact ? event.data : event.data.toLowerCase()).includes(sought);
          return { ms: printed ? event.t : stream.printedAt, line };
        }
        stream.printedAt = event.t;
      }
      if (performance.now() < sliceEnd) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (!wanted()) return undefined;
      sliceEnd = performance.now() + SLICE_MS;
    }
    for (const { cleaner, printedAt } of streams.values()) {
      cleaner.end();
      if (line !== undefined) return { ms: printedAt, line };
    }
    return undefined;
  } finally {
    cursor.close();
  }
}

/** The line of a stream that has not ended yet. */
interface OpenLine {
  readonly cleaner: LineCleaner;
  /** When something was added to it last. */
  printedAt: number;
}
