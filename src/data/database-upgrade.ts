// Whether bringing an older database up to date takes longer than a session may be kept waiting: the steps build indexes,
// which takes as long as the database is large. Found out without SQLite, because the start of a session asks.

import { statSync } from 'node:fs';
import { inspectDatabaseFile } from './database-file.ts';
import { SCHEMA_VERSION } from './database-format.ts';

/** From this size on (bytes). Four indexes over events take some 18 s for each gigabyte of database on a slow machine. */
const LONG_FROM_BYTES = 64 * 1024 * 1024;

/**
 * By what the file itself says. While somebody reads the database, its new version may stand in the `-wal` only: then
 * this is true although there is nothing left to do.
 */
export function needsLongUpgrade(path: string): boolean {
  const file = inspectDatabaseFile(path);
  return file.kind === 'wrapper' && file.version < SCHEMA_VERSION && isLarge(path);
}

/** Whether an upgrade of the database takes long. */
export function isLarge(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= LONG_FROM_BYTES;
}
