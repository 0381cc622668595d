// After a crash of a recorder that was behind: puts what waits in the spool at the end of the recording, so that the
// recording is whole again and everything else can be made from it.

import { existsSync, statSync } from 'node:fs';
import type { LiveSession } from '../data/live-sessions.ts';
import { readRecording, readRecordingHeader } from '../data/recording-reader.ts';
import { RecordingWriter } from '../data/recording-writer.ts';
import type { SessionFiles } from '../data/session-files.ts';
import { readSpool, removeSpool } from '../data/spool.ts';
import type { StreamName } from '../model/event.ts';
import { Redactor } from '../stream/redactor.ts';
import { Utf8Border } from '../stream/utf8-border.ts';
import { FRAME_KINDS } from './chunk-ring.ts';

/** Recording times have six decimals of a second. */
const MICROSECONDS_PER_MS = 1000;

/**
 * Appends the output of a spool that the recording lacks, and removes the spool. Makes the recording when the wrapper
 * died before it could. Frames are told from those that are
 * already recorded by their time; all of them go through the redactor, because one may hold the rest of another's
 * secret.
 *
 * @param spool path of the spool, which need not exist
 * @param files of a session whose recording, if there is one, ends with a whole line
 * @throws when the recording cannot be written; the spool is then still there
 */
export function appendSpool(spool: string, files: SessionFiles, live: LiveSession): void {
  let writer: RecordingWriter | undefined;
  let recordedUntilMs = 0;
  let lastMs = 0;
  const redactor = new Redactor();
  const borders = new Map<StreamName, Utf8Border>();
  const keep = (stream: StreamName, bytes: Uint8Array): void => {
    const isNew =
      Math.round(lastMs * MICROSECONDS_PER_MS) > Math.round(recordedUntilMs * MICROSECONDS_PER_MS);
    if (isNew && bytes.length > 0) writer?.append(stream, bytes, lastMs);
  };
  for (const frame of readSpool(spool)) {
    const kind = FRAME_KINDS[frame.kind];
    if (kind === undefined || kind === 'input' || kind === 'resize' || kind === 'suspend') continue;
    if (writer === undefined) {
      recordedUntilMs = lastOutputTime(files.cast);
      writer = existsSync(files.cast)
        ? resume(files, recordedUntilMs)
        : create(files, live, kind === 'pty' ? 'pty' : 'pipe');
    }
    lastMs = frame.elapsedMs;
    const border = borders.get(kind) ?? new Utf8Border();
    borders.set(kind, border);
    keep(kind, border.push(redactor.push(kind, frame.bytes)));
  }
  for (const [stream, border] of borders) {
    keep(stream, border.push(redactor.flush(stream)));
    keep(stream, border.flush());
  }
  writer?.close(lastMs);
  removeSpool(spool);
}

/** Its size is not known any more; players need one. */
function create(
  files: SessionFiles,
  { session, startedAtMs }: LiveSession,
  mode: 'pty' | 'pipe',
): RecordingWriter {
  return RecordingWriter.create(
    files.cast,
    {
      width: 80,
      height: 24,
      startedAtMs,
      command: session.command,
      sessionId: session.sessionId,
      agent: session.agentName,
      version: session.wrapperVersion,
      mode,
    },
    { maxBytes: 0, stderrLog: mode === 'pipe' ? files.stderrLog : null },
  );
}

function resume(files: SessionFiles, elapsedMs: number): RecordingWriter {
  const header = readRecordingHeader(files.cast);
  const details = header?.['wrapper'] as { mode?: string } | undefined;
  const mode = details?.mode === 'pty' ? 'pty' : 'pipe';
  return RecordingWriter.resume(
    files.cast,
    { bytes: statSync(files.cast).size, elapsedMs, mode },
    { maxBytes: 0, stderrLog: mode === 'pipe' ? files.stderrLog : null },
  );
}

/** Time of the last output in a recording, in ms, -1 when there is none; markers may be later than output that is still in the spool. */
function lastOutputTime(cast: string): number {
  let last = 0;
  if (!existsSync(cast)) return -1;
  for (const event of readRecording(cast)) if (event.code === 'o') last = event.t;
  return last;
}
