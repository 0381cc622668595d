// The schema, step by step: numbered, forward only, never edited once released. All missing steps run in one IMMEDIATE
// transaction, so that of many processes that start at once exactly one migrates and a failure leaves what was there.

import { closeSync, renameSync, rmSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { WrapperError } from '../../model/errors.ts';
import { APPLICATION_ID } from '../database-format.ts';
import { openPrivateFile } from '../private-file.ts';
import { agentSessions } from './agent-sessions.ts';
import { campaigns } from './campaigns.ts';
import { handWrittenTimes } from './hand-written-times.ts';
import { initial } from './initial.ts';
import { listOrder } from './list-order.ts';
import { queryCounters } from './query-counters.ts';
import { runs } from './runs.ts';

export interface Migration {
  /** The `user_version` that it leads to; 1, 2, 3, … without holes. */
  readonly version: number;
  readonly sql: string;
  /** Changes rows that are there already: a backup copy is made first. */
  readonly rewrites?: boolean;
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: initial },
  { version: 2, sql: queryCounters },
  { version: 3, sql: runs },
  { version: 4, sql: campaigns },
  { version: 5, sql: handWrittenTimes, rewrites: true },
  { version: 6, sql: listOrder },
  { version: 7, sql: agentSessions },
];

/** Where the copy is kept that was made before the database of that version was rewritten. */
export function backupPath(path: string, version: number): string {
  return `${path}.v${version}.backup`;
}

/**
 * Brings the database to the last of the migrations. Does nothing when another process has done it meanwhile.
 *
 * @throws WrapperError `database_foreign` when the file has tables or marks of another program
 * @throws SqliteError as SQLite reports it; the database is then as it was
 */
export function migrate(
  database: BetterSqlite3.Database,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const steps = database.transaction(() => {
    const version = database.pragma('user_version', { simple: true }) as number;
    const pending = migrations.filter((migration) => migration.version > version);
    if (pending.length === 0) return;
    if (version === 0) markAsOurs(database);
    else if (pending.some((migration) => migration.rewrites)) backUp(database.name, version);
    for (const migration of pending) {
      database.exec(migration.sql);
      database.pragma(`user_version = ${migration.version}`);
    }
  });
  steps.immediate();
}

function markAsOurs(database: BetterSqlite3.Database): void {
  const owner = database.pragma('application_id', { simple: true }) as number;
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if ((owner !== 0 && owner !== APPLICATION_ID) || tables > 0) {
    throw new WrapperError('database_foreign', `${database.name} is a database of another program`, {
      hint: 'Give another path with --db.',
    });
  }
  database.pragma(`application_id = ${APPLICATION_ID}`);
}

/**
 * Copies the database as it is before the open transaction, through a second connection: the first one holds the
 * write lock, so that nobody can change anything between the copy and the migration. In WAL mode reading goes on.
 */
function backUp(path: string, version: number): void {
  if (path === ':memory:') return;
  const target = backupPath(path, version);
  const unfinished = `${target}.part`;
  rmSync(unfinished, { force: true });
  // SQLite would create the copy readable by all; it accepts an empty file in its place.
  closeSync(openPrivateFile(unfinished, 'wx'));
  const reader = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
  try {
    reader.prepare('VACUUM INTO ?').run(unfinished);
  } finally {
    reader.close();
  }
  renameSync(unfinished, target);
}
