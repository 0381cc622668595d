// What an error of SQLite means to us. The recorder asks for the class and decides whether to wait, to spill or to
// give up; the commands show the sentence.

import { WrapperError } from '../model/errors.ts';

/**
 * `locked`: another connection had it for longer than the busy timeout, try again. `full`: no space, or an I/O error.
 * `damaged`: the file is corrupt or no database. `readonly`: may not be written or opened. `other`: everything else.
 */
export type SqliteFailure = 'locked' | 'full' | 'damaged' | 'readonly' | 'other';

/** Classifies an error of SQLite, or a WrapperError of this room. */
export function classifySqliteError(error: unknown): SqliteFailure {
  const code = sqliteCode(error);
  if (code === undefined) return error instanceof WrapperError ? classifyOurs(error) : 'other';
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return 'locked';
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'damaged';
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code)) return 'readonly';
  if (/^SQLITE_(FULL|IOERR|NOLFS)/.test(code)) return 'full';
  return 'other';
}

/** Errors that were found before SQLite was asked. */
function classifyOurs(error: WrapperError): SqliteFailure {
  switch (error.code) {
    case 'database_damaged':
      return 'damaged';
    case 'database_locked':
      return 'locked';
    case 'storage_unavailable': {
      const { cause } = error;
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO' ? 'full' : 'readonly';
    }
    default:
      return 'other';
  }
}

/** The sentence for a person about an error of SQLite; anything that is not one comes back as it is. */
export function describeSqliteError(error: unknown, path: string): unknown {
  if (error instanceof WrapperError || sqliteCode(error) === undefined) return error;
  const details = (hint: string) => ({ hint, cause: error });
  switch (classifySqliteError(error)) {
    case 'locked':
      return new WrapperError(
        'database_locked',
        `${path} is locked by another process`,
        details('Try again when the other process has finished.'),
      );
    case 'damaged':
      return new WrapperError(
        'database_damaged',
        `${path} is damaged: ${(error as Error).message}`,
        details(
          'End what uses it and move it aside with its -wal and -shm; the recordings beside it are not affected.',
        ),
      );
    case 'readonly':
      return new WrapperError(
        'storage_unavailable',
        `${path} cannot be opened or written: ${(error as Error).message}`,
        details('Check the permissions of the file and of its folder.'),
      );
    case 'full':
      return new WrapperError(
        'storage_unavailable',
        `${path} cannot be written: ${(error as Error).message}`,
        details('Check the free space and the health of the disk.'),
      );
    default:
      return new WrapperError('internal', `${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether a JSON function of SQLite met a BLOB, for which JSON has no form. */
export function isBlobInJson(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_ERROR' && /JSON cannot hold BLOB/.test((error as Error).message);
}

/** Whether `openDatabase` has refused to bring a large database up to date. */
export function isBeingUpgraded(error: unknown): boolean {
  return error instanceof WrapperError && error.code === 'database_locked' && error.cause === undefined;
}

/** The extended result code (`SQLITE_BUSY_SNAPSHOT`), also from the cause of an error of ours. */
function sqliteCode(error: unknown): string | undefined {
  if (error instanceof WrapperError) return sqliteCode(error.cause);
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const code = error.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}
