// What is said of a database that could not take what was found, and what to do about it.

import type { SqliteFailure } from '../data/sqlite-error.ts';
import { messageOf, WrapperError } from '../model/errors.ts';
import type { Problem } from './recorder-plan.ts';

/** @param reason what SQLite, or the system, says */
export function databaseProblem(path: string, kind: SqliteFailure, reason: string): Problem {
  const recover =
    'once it works, any wrapper command on this database (or `wrapper recover`) stores what was recorded';
  switch (kind) {
    case 'locked':
      return {
        kind: 'database',
        message: `the database ${path} stayed locked by another process, so the session is not stored in full`,
        hint: recover,
      };
    case 'full':
      return {
        kind: 'database',
        message: `the disk is full, so the session is not stored in full in ${path}`,
        hint: `make room; ${recover}`,
      };
    case 'damaged':
      return {
        kind: 'database',
        message: `the database ${path} is damaged (${reason}), so the session is not stored in it`,
        hint: 'move it aside or restore a backup; then `wrapper recover` stores the session from its recording',
      };
    case 'readonly':
      return {
        kind: 'database',
        message: `the database ${path} cannot be written (${reason}), so the session is not stored in full`,
        hint: `check the folder's permissions; ${recover}`,
      };
    default:
      return {
        kind: 'database',
        message: `the session is not stored in full in ${path}: ${reason}`,
        hint: recover,
      };
  }
}

/** The same for what was thrown. */
export function thrownProblem(path: string, kind: SqliteFailure, error: unknown): Problem {
  // The cause alone: the sentence names the database already.
  const reason = error instanceof WrapperError && error.cause !== undefined ? error.cause : error;
  return databaseProblem(path, kind, messageOf(reason));
}
