// The `txt` export: the output as lines, as `wrapper log` prints them.

import type { CastEvent } from '../../data/recording-text.ts';
import { escapeLine } from '../../model/visible-text.ts';
import { type RecordedLine, RecordedLines } from '../../stream/recorded-lines.ts';
import type { RecordingSource, SessionSource } from './session-source.ts';

/** A line of text for each line of the output. */
export function* txt(_source: SessionSource, recording: RecordingSource): Generator<string> {
  for (const line of textLines(recording.events())) {
    const cut = line.overflowBytes > 0 ? ` … (${line.overflowBytes} bytes more)` : '';
    yield `${escapeLine(line.text)}${cut}\n`;
  }
}

/** The lines of a recording, as they are completed. */
export function* textLines(events: Iterable<CastEvent>): Generator<RecordedLine> {
  const lines = new RecordedLines();
  for (const { code, data, stream, t } of events) {
    if (code === 'o') yield* lines.push(stream ?? 'output', data, t);
  }
  yield* lines.end();
}
