// What a session printed before somebody could be sent it live, from its recording: for those who watched already when the
// session began, and are to miss nothing of it.

import { readRecording } from '../../data/recording-reader.ts';
import { sizeAt } from '../../data/recording-seek.ts';
import type { SessionFiles } from '../../data/session-files.ts';
import type { LiveOutputDocument, LiveScreenDocument } from '../../model/wire.ts';

/** Longer beginnings are not sent, in bytes of the recording: a screen shows where they have led. */
export const LONGEST_BEGINNING = 1024 * 1024;

/**
 * The empty screen that the session began with, and each output after it, as they go to a subscriber.
 *
 * @param end an output whose line begins here or later in the recording is not told
 */
export function* recordedOutput(
  sessionId: string,
  { cast, index }: SessionFiles,
  end: number,
): Generator<Buffer> {
  const size = sizeAt(cast, index, 0);
  yield message({ type: 'screen', session_id: sessionId, ...size, elapsed_ms: 0, data: '' });
  for (const { t, code, data, stream, offset } of readRecording(cast)) {
    if (offset >= end) return;
    if (code !== 'o' || data === '') continue;
    // For players the recording ends the lines of a pipe as a terminal does.
    const printed = stream === 'pty' ? data : data.replaceAll('\r\n', '\n');
    yield message({
      type: 'output',
      session_id: sessionId,
      elapsed_ms: t,
      stream: stream ?? 'output',
      data: printed,
    });
  }
}

function message(document: LiveScreenDocument | LiveOutputDocument): Buffer {
  return Buffer.from(JSON.stringify(document));
}
