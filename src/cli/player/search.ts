// Finds text in what comes next of a recording. Read piece by piece: memory stays flat, keys are heard meanwhile, and the
// search ends when it is no longer wanted.

import { RecordingCursor } from '../../data/recording-cursor.ts';
import { LineCleaner } from '../../stream/line-cleaner.ts';

/** Others have their turn after so many milliseconds. */
const SLICE_MS = 12;

/** Where a search begins. Finer than a place of a replay: what was printed at once may be many lines. */
export interface SearchPlace {
  /** Where reading begins: the start of a line of the recording, or 0. */
  readonly offset: number;
  /** Lines of output that end behind it and are passed over. */
  readonly lines: number;
}

export interface Match {
  /** When it was printed, in milliseconds since the start of the session. */
  readonly ms: number;
  readonly line: string;
  /** Right behind the line. */
  readonly next: SearchPlace;
}

/**
 * The first line with a text behind a place of a recording. Case counts when the text has a capital letter.
 *
 * @param wanted asked between pieces; when it says no, there is no match
 */
export async function findText(
  path: string,
  from: SearchPlace,
  text: string,
  wanted: () => boolean,
): Promise<Match | undefined> {
  const exact = text !== text.toLowerCase();
  const sought = exact ? text : text.toLowerCase();
  const cursor = new RecordingCursor(path, from.offset);
  const streams = new Map<string | null, OpenLine>();
  let lines = 0;
  /** The last event at which every line had ended, and the lines before it: a later search need not begin earlier. */
  let whole = { offset: from.offset, lines: 0 };
  let found: Omit<Match, 'ms'> | undefined;
  const look = (line: string): void => {
    lines++;
    if (found !== undefined || lines <= from.lines) return;
    if (!(exact ? line : line.toLowerCase()).includes(sought)) return;
    found = { line, next: { offset: whole.offset, lines: lines - whole.lines } };
  };
  try {
    let sliceEnd = performance.now() + SLICE_MS;
    for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
      cursor.skip();
      if (event.code === 'o') {
        if ([...streams.values()].every(({ cleaner }) => cleaner.idle))
          whole = { offset: event.offset, lines };
        const stream = streams.get(event.stream) ?? { cleaner: new LineCleaner(look), printedAt: event.t };
        streams.set(event.stream, stream);
        stream.cleaner.push(Buffer.from(event.data));
        if (found !== undefined) {
          // What only ended the line may have come long after, when the text was gone again.
          const printed = (exact ? event.data : event.data.toLowerCase()).includes(sought);
          return { ms: printed ? event.t : stream.printedAt, ...found };
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
      if (found !== undefined) return { ms: printedAt, ...found };
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
