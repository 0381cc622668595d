// The recording as an asciicast: version 2 as it was recorded, and version 3, which newer players prefer.

import { cast3HeaderLine, castHeaderLine, castLine, IntervalLines } from '../../data/recording-text.ts';
import { durationOf } from './durations.ts';
import type { RecordingSource, SessionSource } from './session-source.ts';

/** The header and one line for each event. */
export function* cast(_source: SessionSource, recording: RecordingSource): Generator<string> {
  yield castHeaderLine(recording.header);
  for (const event of recording.events()) yield castLine(event);
}

/** Ends with the exit status, when there is one. */
export function* cast3({ session }: SessionSource, recording: RecordingSource): Generator<string> {
  yield cast3HeaderLine(recording.header);
  const lines = new IntervalLines();
  let last = 0;
  for (const event of recording.events()) {
    last = event.t;
    yield lines.line(event);
  }
  if (session.exitCode === null) return;
  const t = Math.max(last, durationOf(session) ?? 0);
  yield lines.line({ t, code: 'x', data: String(session.exitCode), stream: null });
}
