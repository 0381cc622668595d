// What a replay is made of: a session as the database and its recording have it, and how much of it there is. Knows
// nothing of clocks.

import { existsSync } from 'node:fs';
import type { ExtractionStore } from '../../data/extraction-store.ts';
import { isAlive } from '../../data/process-identity.ts';
import { recordingEnd } from '../../data/recording-seek.ts';
import { sessionFiles } from '../../data/session-files.ts';
import type { SessionStore } from '../../data/session-store.ts';
import { WrapperError } from '../../model/errors.ts';
import type { StoredEvent } from '../../model/event.ts';
import type { Session, StateChange } from '../../model/session.ts';

/** Where sessions are read. Asked anew each time, because a server may open its database again meanwhile. */
export interface ReplayStores {
  readonly dbPath: string;
  readonly sessions: SessionStore;
  readonly extractions: ExtractionStore;
}

export interface ReplayMaterial {
  readonly session: Session;
  /** Start of the session in milliseconds since 1970. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** Null when nothing was recorded, or the file is gone. */
  readonly recording: { readonly path: string; readonly index: string; readonly end: number } | null;
  /** The last event that belongs to it. */
  readonly lastSeq: number;
  readonly changes: readonly StateChange[];
  /** Whether the session has ended, or nobody is left who could go on with it. */
  readonly ended: boolean;
}

/**
 * What there is of a session now.
 *
 * @throws WrapperError `session_unknown`, and as the stores do
 */
export function openMaterial(stores: ReplayStores, sessionId: string): ReplayMaterial {
  const session = stores.sessions.getSession(sessionId);
  if (session === undefined) {
    throw new WrapperError('session_unknown', `there is no session ${sessionId}`, {
      hint: 'wrapper sessions lists them.',
    });
  }
  const ended = session.endedAt !== null || (session.owner !== null && isAlive(session.owner) === 'dead');
  const startedMs = Date.parse(session.startedAt);
  const files = sessionFiles(stores.dbPath, sessionId);
  // A database that was moved with its recordings still names the old place.
  const path = [files.cast, session.stdoutLogPath].find((file) => file !== null && existsSync(file));
  const end = path == null ? undefined : recordingEnd(path);
  const lastSeq = stores.extractions.lastSeq(sessionId);
  const lastEvent = stores.extractions.getExtractionsBySession(sessionId, {
    afterSeq: lastSeq - 1,
    limit: 1,
  })[0];
  const endedMs = session.endedAt === null ? 0 : Date.parse(session.endedAt) - startedMs;
  return {
    session,
    startedMs,
    durationMs: Math.max(0, endedMs, end?.tMs ?? 0, lastEvent?.elapsedMs ?? 0),
    recording: path == null ? null : { path, index: indexOf(path), end: end?.offset ?? 0 },
    lastSeq,
    changes: stores.sessions.getStateChanges(sessionId),
    ended,
  };
}

/** Keyframes lie beside their recording. */
function indexOf(cast: string): string {
  return `${cast.replace(/\.cast$/, '')}.index.jsonl`;
}

/**
 * The latest moment at which an event can have been found, in milliseconds since the start of its session: what is
 * stored is rounded, and an event never comes before the output that it was found in.
 */
export function elapsedOf(event: StoredEvent, startedMs: number): number {
  const elapsed = event.elapsedMs ?? Date.parse(event.timestamp) - startedMs;
  return Number.isFinite(elapsed) ? Math.max(0, elapsed) + ROUNDED_BY_MS : 0;
}

const ROUNDED_BY_MS = 0.5;
