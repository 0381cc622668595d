// Where the files of a session are: in the folder `sessions` beside the database.

import { dirname, join } from 'node:path';
import { SESSION_ID } from '../model/ids.ts';

export interface SessionFiles {
  readonly folder: string;
  /** The recording, asciicast v2. */
  readonly cast: string;
  /** stderr alone and as it was, in pipe mode. */
  readonly stderrLog: string;
  /** Keyframes of the recording. */
  readonly index: string;
  /** Frames that wait to be understood; only while the recorder is behind. */
  readonly spool: string;
  /** Frames from before the recorder ran; only until it does. */
  readonly early: string;
  /** What recovery needs; only while the session runs. */
  readonly live: string;
}

export function sessionFiles(dbPath: string, sessionId: string): SessionFiles {
  const folder = sessionsFolder(dbPath);
  const name = fileName(sessionId);
  return {
    folder,
    cast: join(folder, `${name}.cast`),
    stderrLog: join(folder, `${name}.stderr.log`),
    index: join(folder, `${name}.index.jsonl`),
    spool: join(folder, `${name}.spool`),
    early: join(folder, `${name}.early.spool`),
    live: join(liveFolder(dbPath), `${name}.json`),
  };
}

export function sessionsFolder(dbPath: string): string {
  return join(dirname(dbPath), 'sessions');
}

export function liveFolder(dbPath: string): string {
  return join(sessionsFolder(dbPath), 'live');
}

/** A row written by hand may have any text as its session id; no such text may lead out of the folder. */
function fileName(sessionId: string): string {
  return SESSION_ID.test(sessionId) ? sessionId : encodeURIComponent(sessionId).replaceAll('.', '%2E');
}
