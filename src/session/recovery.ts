// Brings sessions to their end whose wrapper could not: it was killed, the machine went down, or the database would not
// take what was found. The recording is read again from its start by the same extractor with the same patterns, so event
// number n is event number n again, and what the database lacks is inserted exactly once.

import { type Database, openDatabase } from '../data/database.ts';
import { ExtractionStore } from '../data/extraction-store.ts';
import { type LiveSession, LiveSessions } from '../data/live-sessions.ts';
import { isAlive, ownIdentity } from '../data/process-identity.ts';
import { readRecording, truncateToWholeLine } from '../data/recording-reader.ts';
import { sessionFiles } from '../data/session-files.ts';
import { SessionStore } from '../data/session-store.ts';
import { removeSpool } from '../data/spool.ts';
import { messageOf } from '../model/errors.ts';
import type { CodeBlock, ExtractionEvent, Finding, StreamName } from '../model/event.ts';
import type { NewSession, Session } from '../model/session.ts';
import { isoTimestamp } from '../model/time.ts';
import { createExtractor } from '../stream/extractor.ts';
import { builtinPatternSet, type PatternSet } from '../stream/pattern-set.ts';
import { toCodeBlock, toEvent } from './placing.ts';
import type { SessionEnd } from './recorder-plan.ts';
import { TextRedactor } from './redacted-texts.ts';
import { appendSpool } from './spool-recovery.ts';

/** Events per transaction while recovering: short enough that a running session hardly waits. */
const BATCH = 1000;
/** A recovery may wait this long for other writers, in ms. */
const BUSY_TIMEOUT_MS = 2000;

export interface RecoveredSession {
  readonly sessionId: string;
  readonly agent: string;
  readonly state: string;
  readonly lines: number;
  /** Events of the session in all, and how many of them were missing. */
  readonly events: number;
  readonly eventsAdded: number;
  /** Bytes of a half-written last line that were cut off the recording. */
  readonly bytesCut: number;
}

export interface RecoveryReport {
  readonly recovered: readonly RecoveredSession[];
  readonly failed: readonly { readonly sessionId: string; readonly reason: string }[];
}

export interface RecoveryOptions {
  readonly dbPath: string;
  /** Called with the number of sessions done and to do. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Recovers every dead session of a database. Never throws: what could not be done is in the report. */
export function recoverDeadSessions(options: RecoveryOptions): RecoveryReport {
  const recovered: RecoveredSession[] = [];
  const failed: { sessionId: string; reason: string }[] = [];
  let candidates: LiveSession[] = [];
  const live = new LiveSessions(options.dbPath);
  try {
    live.sweep();
    candidates = findDead(options.dbPath, live);
  } catch (error) {
    return { recovered, failed: [{ sessionId: '', reason: messageOf(error) }] };
  }
  if (candidates.length === 0) return { recovered, failed };
  let database: Database | undefined;
  try {
    database = openDatabase(options.dbPath, {
      busyTimeoutMs: BUSY_TIMEOUT_MS,
      refuseLongUpgrade: true,
    });
    for (const [done, candidate] of candidates.entries()) {
      options.onProgress?.(done, candidates.length);
      const { sessionId } = candidate.session;
      if (!live.claim(sessionId, ownIdentity())) continue;
      try {
        recovered.push(recoverOne(database, options.dbPath, candidate));
        live.remove(sessionId);
      } catch (error) {
        failed.push({ sessionId, reason: messageOf(error) });
      } finally {
        live.release(sessionId);
      }
    }
  } catch (error) {
    failed.push({ sessionId: '', reason: messageOf(error) });
  } finally {
    database?.close();
  }
  return { recovered, failed };
}

/** Sessions with a live file whose owner is dead, and rows without an end whose owner is dead and has left no file. */
function findDead(dbPath: string, live: LiveSessions): LiveSession[] {
  const files = live.list();
  const dead = files.filter((entry) => isAlive(entry.owner) === 'dead');
  const known = new Set(files.map((entry) => entry.session.sessionId));
  return [...dead, ...orphanRows(dbPath).filter((entry) => !known.has(entry.session.sessionId))];
}

function orphanRows(dbPath: string): LiveSession[] {
  let database: Database | undefined;
  try {
    database = openDatabase(dbPath, { readonly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
    return new SessionStore(database)
      .getActiveSessions()
      .filter((session): session is Session & { owner: NonNullable<Session['owner']> } => {
        return session.owner !== null && isAlive(session.owner) === 'dead';
      })
      .map((session) => ({
        owner: session.owner,
        session,
        startedAtMs: Date.parse(session.startedAt),
        patterns: null,
        end: null,
      }));
  } catch {
    return []; // no database yet, or one that cannot be read: the live files are what there is
  } finally {
    database?.close();
  }
}

function recoverOne(database: Database, dbPath: string, entry: LiveSession): RecoveredSession {
  const sessions = new SessionStore(database);
  const extractions = new ExtractionStore(database);
  const patterns = (entry.patterns as PatternSet | null) ?? builtinPatternSet();
  const session: NewSession = { ...entry.session, extractionConfigVersion: patterns.version };
  const { sessionId } = session;
  const files = sessionFiles(dbPath, sessionId);

  sessions.createSession(session);
  if (sessions.getStateChanges(sessionId).length === 0) {
    for (const state of ['started', 'running'] as const) {
      sessions.recordStateChange({
        sessionId,
        timestamp: session.startedAt,
        state,
        exitCode: null,
        metadata: null,
      });
    }
  }
  const row = sessions.getSession(sessionId);
  if (row !== undefined && row.endedAt !== null) {
    removeSpool(files.early);
    removeSpool(files.spool);
    return alreadyEnded(row);
  }
  const stored = row?.extractionConfigVersion;
  if (stored !== null && stored !== undefined && stored !== patterns.version) {
    // Another version of the patterns numbers events differently: begin anew rather than mix the two.
    extractions.deleteSessionEvents(sessionId);
    sessions.updateSession(sessionId, { extractionConfigVersion: patterns.version });
  }
  const before = extractions.lastSeq(sessionId);
  const bytesCut = truncateToWholeLine(files.cast);
  appendSpool(files.early, files, entry);
  appendSpool(files.spool, files, entry);
  const found = extractAgain(
    files.cast,
    entry,
    patterns,
    before,
    (events, blocks) => {
      extractions.saveExtractionBatch(events, blocks);
    },
    (entry.end as SessionEnd | null)?.elapsedMs ?? Number.POSITIVE_INFINITY,
  );
  const end =
    (entry.end as SessionEnd | null) ?? lostEnd(entry.startedAtMs + found.elapsedMs, found.elapsedMs);
  sessions.completeSession(sessionId, {
    state: end.state,
    exitCode: end.exitCode,
    endedAt: end.endedAt,
    stats: { totalLines: found.lines, totalExtractions: found.events, bytesMissing: end.droppedBytes },
    metadata: {
      ...new TextRedactor().metadata(end.metadata),
      recovered: true,
      events_added: found.events - Math.min(before, found.events),
    },
  });
  return {
    sessionId,
    agent: session.agentName,
    state: end.state,
    lines: found.lines,
    events: found.events,
    eventsAdded: Math.max(0, found.events - before),
    bytesCut,
  };
}

/** The wrapper died between storing the end of its session and removing the live file: nothing is missing. */
function alreadyEnded(row: Session): RecoveredSession {
  return {
    sessionId: row.sessionId,
    agent: row.agentName,
    state: row.state ?? 'completed',
    lines: row.totalLinesProcessed,
    events: row.totalExtractionEvents,
    eventsAdded: 0,
    bytesCut: 0,
  };
}

/**
 * Runs the extractor over a recording; events after number `after` go to `save`.
 *
 * @param quietUntilMs how long the session went on after what is recorded, in ms from its start. Infinity when it is
 * not known, as after a crash: the recorder may then have decided, and stored, all that waited for lines to come
 */
export function extractAgain(
  cast: string,
  entry: Pick<LiveSession, 'session' | 'startedAtMs'>,
  patterns: PatternSet,
  after: number,
  save: (events: ExtractionEvent[], blocks: CodeBlock[]) => void,
  quietUntilMs = 0,
): { lines: number; events: number; elapsedMs: number } {
  let seq = 0;
  let elapsedMs = 0;
  let events: ExtractionEvent[] = [];
  let blocks: CodeBlock[] = [];
  const flush = (): void => {
    if (events.length > 0) save(events, blocks);
    events = [];
    blocks = [];
  };
  const extractor = createExtractor({
    agent: entry.session.agentName,
    patterns,
    onFinding: (finding: Finding) => {
      seq++;
      if (seq <= after) return;
      const event = toEvent(finding, { session: entry.session, startedAtMs: entry.startedAtMs, seq });
      events.push(event);
      if (finding.block !== null) blocks.push(toCodeBlock(finding.block, event));
      if (events.length >= BATCH) flush();
    },
  });
  for (const event of readRecording(cast)) {
    elapsedMs = event.t;
    if (event.code === 'o') extractor.push(event.stream as StreamName, Buffer.from(event.data), event.t);
  }
  extractor.settle(quietUntilMs);
  extractor.end(elapsedMs);
  flush();
  return { lines: extractor.lines, events: seq, elapsedMs };
}

function lostEnd(endedAtMs: number, elapsedMs: number): SessionEnd {
  return {
    state: 'lost',
    exitCode: null,
    endedAt: isoTimestamp(endedAtMs),
    elapsedMs,
    droppedBytes: 0,
    metadata: { reason: 'the wrapper ended without finishing the session' },
  };
}
