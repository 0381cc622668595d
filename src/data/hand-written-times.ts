// Events that somebody has inserted with another form of time than ours, in which they are not where they belong in lists and
// spans of time: brought into our form before anybody reads. A trigger at each insert would cost the wrapper a third more.

import { type Database, openDatabase } from './database.ts';
import { FOREIGN_EVENTS, inOurForm } from './migrations/hand-written-times.ts';

/** The id of the last event whose time is not in our form; 0 when there is none. Costs one look at a small index. */
export function lastForeignTime(database: Database): number {
  const sql = `SELECT ifnull(max(id), 0) AS id FROM extraction_events INDEXED BY idx_foreign_time WHERE ${FOREIGN_EVENTS}`;
  return (database.prepare(sql).get() as { id: number }).id;
}

/**
 * Brings the times of such events into our form: now for none. What is no time stays as it is. Never throws: where the
 * database cannot be written at this moment they are read as they are, before every other time of their day.
 *
 * @returns whether it was done
 */
export function mendForeignTimes(dbPath: string): boolean {
  try {
    const database = openDatabase(dbPath, { create: false, busyTimeoutMs: 0 });
    try {
      const sql = `UPDATE extraction_events SET timestamp = ${inOurForm('timestamp')} WHERE ${FOREIGN_EVENTS}`;
      database.write(() => database.prepare(sql).run());
      return true;
    } finally {
      database.close();
    }
  } catch {
    return false; // see above: whoever reads is not kept from it
  }
}
