// The stores as the reading commands use them: opened for reading, after sessions whose wrapper died were recovered.

import type { ExtractionStore } from '../data/extraction-store.ts';
import type { SessionStore } from '../data/session-store.ts';
import type { SqliteRunStorage } from '../data/sqlite-run-storage.ts';
import { WrapperError } from '../model/errors.ts';
import type { Session } from '../model/session.ts';
import { escapeControls } from './format.ts';

export interface Reader {
  readonly dbPath: string;
  readonly sessions: SessionStore;
  readonly extractions: ExtractionStore;
  readonly runs: SqliteRunStorage;
  close(): void;
}

/**
 * Opens the database at `dbPath`; undefined when there is none yet. An older one is brought up to date first.
 *
 * @throws WrapperError as `openDatabase` does
 */
export async function openReader(dbPath: string): Promise<Reader | undefined> {
  const { inspectDatabaseFile } = await import('../data/database-file.ts');
  const { SCHEMA_VERSION } = await import('../data/database-format.ts');
  const file = inspectDatabaseFile(dbPath);
  if (file.kind === 'absent') return undefined;
  const { openDatabase } = await import('../data/database.ts');
  const { ExtractionStore } = await import('../data/extraction-store.ts');
  const { SessionStore } = await import('../data/session-store.ts');
  const { SqliteRunStorage } = await import('../data/sqlite-run-storage.ts');
  const { lastForeignTime, mendForeignTimes } = await import('../data/hand-written-times.ts');
  const isCurrent = file.kind === 'wrapper' && file.version === SCHEMA_VERSION;
  const database = openDatabase(dbPath, isCurrent ? { readonly: true } : { create: false });
  if (lastForeignTime(database) > 0) mendForeignTimes(dbPath);
  return {
    dbPath,
    sessions: new SessionStore(database),
    extractions: new ExtractionStore(database),
    runs: new SqliteRunStorage(database),
    close: () => database.close(),
  };
}

/**
 * The session that a person means by an id, the start of one (with or without `sess_`), or `last`.
 *
 * @throws WrapperError `session_unknown` or `session_ambiguous`
 */
export function findSession(reader: Reader, reference: string): Session {
  const found = reader.sessions.findSessions(reference);
  const [first, ...others] = found;
  const shown = escapeControls(reference);
  if (first === undefined) {
    throw new WrapperError('session_unknown', `no session ${shown} in ${reader.dbPath}`, {
      hint: 'wrapper sessions lists them.',
    });
  }
  if (others.length === 0) return first;
  const candidates = found
    .slice(0, 5)
    .map((session) => `${session.sessionId} (${escapeControls(session.agentName)})`);
  throw new WrapperError('session_ambiguous', `${shown} is the start of ${found.length} sessions`, {
    hint: `${candidates.join(', ')}${found.length > 5 ? ', …' : ''}`,
  });
}

/** The error for a session that was asked for while nothing at all is stored. */
export function noSessionYet(reference: string): WrapperError {
  return new WrapperError(
    'session_unknown',
    `no session ${escapeControls(reference)}: nothing is stored yet`,
    {
      hint: 'Record one: wrapper codex "…" --enable-db',
    },
  );
}
