// What has changed in the database, for whoever shows it live: cheap to ask again and again, and nothing is passed over.

import type { Session } from '../model/session.ts';
import type { Database } from './database.ts';
import { SESSION_ROW, type SessionRow, toSession } from './session-rows.ts';

/** A number that is another after any commit of another connection. */
export function dataVersion(database: Database): number {
  const sql = 'PRAGMA data_version';
  const row = database.read(() => database.prepare(sql).get()) as { data_version: number };
  return row.data_version;
}

/** The id of the newest row of `process_sessions`; 0 when there is none. Ids are given in the order of the commits. */
export function lastSessionRow(database: Database): number {
  const sql = 'SELECT ifnull(max(id), 0) AS id FROM process_sessions';
  return (database.read(() => database.prepare(sql).get()) as { id: number }).id;
}

/** Sessions whose row is newer than `rowId`, oldest first. */
export function sessionsAfterRow(database: Database, rowId: number, limit: number): Session[] {
  const list = 'FROM process_sessions WHERE id > ? ORDER BY id LIMIT ?';
  return database.read(() => database.rows<SessionRow>(SESSION_ROW, list, [rowId, limit]).map(toSession));
}
