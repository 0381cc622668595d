// The output of a recording as lines, as a reader saw them: without escape sequences, overwritten text resolved, numbered
// over all streams in the order in which they were completed, as in the events.

import type { CastEvent } from '../../data/recording-text.ts';
import { escapeLine } from '../../model/visible-text.ts';
import { LineCleaner } from '../../stream/line-cleaner.ts';
import type { RecordingSource, SessionSource } from './session-source.ts';

export interface TextLine {
  readonly number: number;
  readonly elapsedMs: number;
  readonly stream: string;
  readonly text: string;
  /** Bytes of an enormous line that the text does not hold. */
  readonly overflowBytes: number;
}

/** The `txt` export: what `wrapper log` prints. */
export function* txt(_source: SessionSource, recording: RecordingSource): Generator<string> {
  for (const line of textLines(recording.events())) {
    const cut = line.overflowBytes > 0 ? ` … (${line.overflowBytes} bytes more)` : '';
    yield `${escapeLine(line.text)}${cut}\n`;
  }
}

/** Lines as they are completed; unterminated last ones at the end, that of stderr after the others. */
export function* textLines(events: Iterable<CastEvent>): Generator<TextLine> {
  const cleaners = new Map<string, LineCleaner>();
  let ready: TextLine[] = [];
  let number = 0;
  let elapsedMs = 0;
  const cleanerOf = (stream: string): LineCleaner => {
    const known = cleaners.get(stream);
    if (known !== undefined) return known;
    const cleaner = new LineCleaner((text, overflowBytes) => {
      ready.push({ number: ++number, elapsedMs, stream, text, overflowBytes });
    });
    cleaners.set(stream, cleaner);
    return cleaner;
  };
  for (const event of events) {
    if (event.code !== 'o') continue;
    elapsedMs = event.t;
    cleanerOf(event.stream ?? 'output').push(Buffer.from(event.data));
    yield* ready;
    ready = [];
  }
  const streams = [...cleaners.keys()].sort((a, b) => Number(a === 'stderr') - Number(b === 'stderr'));
  for (const stream of streams) cleaners.get(stream)!.end();
  yield* ready;
}
