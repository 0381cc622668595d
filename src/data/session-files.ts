// Where the files of a session are: beside the database, in the folder `sessions`.

import { dirname, join } from 'node:path';

export interface SessionFiles {
  readonly folder: string;
  /** The recording, asciicast v2. */
  readonly cast: string;
  /** stderr alone, in pipe mode. */
  readonly stderrLog: string;
  /** Keyframes of the recording. */
  readonly index: string;
  /** Output that waits to be understood; exists only while the recorder is behind. */
  readonly spool: string;
  /** Exists while the session runs, and after a crash. */
  readonly live: string;
}

/** The folder of all sessions of a database. */
export function sessionsFolder(dbPath: string): string {
  return join(dirname(dbPath), 'sessions');
}

/** The files of one session. @param sessionId must have been checked against SESSION_ID */
export function sessionFiles(dbPath: string, sessionId: string): SessionFiles {
  const folder = sessionsFolder(dbPath);
  return {
    folder,
    cast: join(folder, `${sessionId}.cast`),
    stderrLog: join(folder, `${sessionId}.stderr.log`),
    index: join(folder, `${sessionId}.index.jsonl`),
    spool: join(folder, `${sessionId}.spool`),
    live: join(folder, 'live', `${sessionId}.json`),
  };
}
