// What a session has left in the database: the proof that what was measured was also done.

import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';

/** The totals of the only session in the database. */
export function storedSession(path) {
  const database = new Database(path, { readonly: true });
  const session = database
    .prepare(
      `SELECT state, exit_code AS exitCode, total_lines_processed AS lines, total_extraction_events AS events,
              bytes_missing AS bytesMissing, (SELECT count(*) FROM extraction_events) AS rows FROM process_sessions`,
    )
    .get();
  database.close();
  return session;
}

/** Why the session is not stored in full; undefined when it is. */
export function incompleteness(path, { lines } = {}) {
  if (!existsSync(path)) return 'no database was written';
  const session = storedSession(path);
  if (session === undefined) return 'no session was stored';
  if (session.state !== 'completed') return `the session is ${session.state}`;
  if (session.bytesMissing > 0) return `${session.bytesMissing} bytes are missing`;
  if (session.rows !== session.events) return `${session.rows} rows for ${session.events} events`;
  if (session.events === 0) return 'no event was stored';
  if (lines !== undefined && session.lines !== lines)
    return `${session.lines} of ${lines} lines were looked at`;
  return undefined;
}
