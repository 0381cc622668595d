// What is said of a database that could not take what was found, and what to do about it.

import type { SqliteFailure } from '../data/sqlite-error.ts';
import { messageOf, WrapperError } from '../model/errors.ts';
import type { Problem } from './recorder-plan.ts';

const RECOVER = 'any wrapper command on this database (or `wrapper recover`) stores what was recorded';

/** For a file that was there when the session began, and is not what is there now. */
export function replacedProblem(path: string): Problem {
  return {
    kind: 'database',
    message: `the database ${path} was removed or replaced while the session ran, so the session is not stored in it`,
    hint: RECOVER,
  };
}

/** For one that was written by an older wrapper, and is so large that the session was over before it was up to date. */
export function upgradingProblem(path: string): Problem {
  return {
    kind: 'database',
    message: `the database ${path} has still to be brought up to date for this version of wrapper, so the session is not stored yet`,
    hint: `it is stored by the process that does this, when it is done; should that fail, ${RECOVER}`,
  };
}

/** @param reason what SQLite, or the system, says */
export function databaseProblem(path: string, kind: SqliteFailure, reason: string): Problem {
  const recover = `once it works, ${RECOVER}`;
  switch (kind) {
    case 'locked':
      return {
        kind: 'database',
        message: `the database ${path} stayed locked by another process, so the session is not stored in full`,
        hint: recover,
      };
    case 'full':
      // Where there is no room for a file that is mapped into memory, SQLite speaks of an I/O error as well.
      if (!/full|ENOSPC|EDQUOT|no space/i.test(reason)) {
        return {
          kind: 'database',
          message: `the database ${path} could not be written (${reason}), so the session is not stored in full`,
          hint: `check the free space and the health of the disk; ${recover}`,
        };
      }
      return {
        kind: 'database',
        message: `the disk is full, so the session is not stored in full in ${path}`,
        hint: `make room; ${recover}`,
      };
    case 'damaged':
      return {
        kind: 'database',
        message: `the database ${path} is damaged (${reason}), so the session is not stored in it`,
        hint:
          'end what uses it (sessions, `wrapper serve`) and move it aside with its -wal and -shm, or restore a backup; ' +
          'then `wrapper recover` stores the session from its recording',
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
