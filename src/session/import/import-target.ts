// Where a session is imported to, and the rule for one that is there already.

import type { Database } from '../../data/database.ts';
import { isAlive } from '../../data/process-identity.ts';
import { SessionStore } from '../../data/session-store.ts';
import { WrapperError } from '../../model/errors.ts';
import type { PatternSet } from '../../stream/pattern-set.ts';

export interface ImportTarget {
  readonly dbPath: string;
  /** Take the place of a session of the same id. */
  readonly replace: boolean;
  /** Agent of an asciicast; by default what the file says. */
  readonly agent?: string | undefined;
  /** What is looked for in an asciicast. */
  readonly patterns: PatternSet;
}

export interface Imported {
  readonly sessionId: string;
  readonly agent: string;
  readonly format: 'json' | 'jsonl' | 'cast';
  readonly events: number;
  readonly blocks: number;
  /** Null when there is none. */
  readonly recordingBytes: number | null;
  readonly isReplaced: boolean;
}

/**
 * Whether a session of that id is to be replaced.
 *
 * @throws WrapperError `session_exists` when it is there and must stay
 */
export function makeRoom(database: Database, sessionId: string, target: ImportTarget): boolean {
  const session = new SessionStore(database).getSession(sessionId);
  if (session === undefined) return false;
  if (!target.replace) {
    throw new WrapperError('session_exists', `session ${sessionId} is stored already`, {
      hint: 'Give --replace to store what the file has in its place.',
    });
  }
  const isRunning = session.endedAt === null && session.owner !== null && isAlive(session.owner) !== 'dead';
  if (isRunning) {
    throw new WrapperError('session_exists', `session ${sessionId} is running`, {
      hint: 'Import it when it has ended.',
    });
  }
  return true;
}
