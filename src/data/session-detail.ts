// Everything about one session that is no list: its row, its states, its counts, and what there is of its recording.

import { statSync } from 'node:fs';
import type { Session } from '../model/session.ts';
import type { Database } from './database.ts';
import { ExtractionStore } from './extraction-store.ts';
import type { RecordingFacts, SessionDetail } from './query-types.ts';
import { sessionFiles } from './session-files.ts';
import { SessionStore } from './session-store.ts';

/** Undefined when there is no such session. */
export function readSessionDetail(database: Database, sessionId: string): SessionDetail | undefined {
  const sessions = new SessionStore(database);
  const session = sessions.getSession(sessionId);
  if (session === undefined) return undefined;
  const counts = new ExtractionStore(database).getSessionCounts(sessionId);
  return {
    session,
    stateChanges: sessions.getStateChanges(sessionId),
    totalEvents: counts.totalEvents,
    byType: counts.byType,
    byRisk: counts.byRisk,
    recording: recordingFacts(database.path, session),
  };
}

function recordingFacts(dbPath: string, session: Session): RecordingFacts | null {
  const path = session.stdoutLogPath;
  if (path === null) return null;
  const ended = session.endedAt === null ? Number.NaN : Date.parse(session.endedAt);
  const length = ended - Date.parse(session.startedAt);
  return {
    path,
    bytes: sizeOf(path),
    durationMs: Number.isNaN(length) ? null : length,
    hasKeyframes: (sizeOf(sessionFiles(dbPath, session.sessionId).index) ?? 0) > 0,
  };
}

function sizeOf(path: string): number | null {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? null;
  } catch {
    // A folder that may not be searched: for this user there is no file.
    return null;
  }
}
