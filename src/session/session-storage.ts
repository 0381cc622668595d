// What a recorder stores of its session. Without a database everything here is done at once, so that the recorder works
// the same with one and without. A lock is waited for at the end of a session only, and not for ever.

import { existsSync } from 'node:fs';
import { classifySqliteError, type Database, openDatabase } from '../data/database.ts';
import { ExtractionStore } from '../data/extraction-store.ts';
import { SessionStore } from '../data/session-store.ts';
import { WrapperError } from '../model/errors.ts';
import type { CodeBlock, ExtractionEvent } from '../model/event.ts';
import type { NewSession, SessionStats, StateChange } from '../model/session.ts';
import { databaseProblem, replacedProblem, thrownProblem, upgradingProblem } from './database-problem.ts';
import { BATCH_SIZE, BUSY_TIMEOUT_MS, EventStoreQueue, LOADED_BATCH } from './event-store-queue.ts';
import { pause } from './pauses.ts';
import type { Problem, SessionEnd } from './recorder-plan.ts';

/** A batch that is not full is written after this long, in ms (specification: 5 seconds). */
const FLUSH_AFTER_MS = 5000;
/** How long the end of a session waits for a locked database, in ms; with the thread's own time it stays below 3 s. */
const WAIT_FOR_LOCK_MS = 2500;
/** And this long when others get through, as in a crowd of sessions that end at once, in ms. */
const WAIT_IN_LINE_MS = 60_000;
export const RETRY_EVERY_MS = 20;
/** Events that are read back when a session has been stored. */
const READ_BACK = 200;

export class SessionStorage {
  readonly #path: string;
  readonly #session: NewSession;
  readonly #queue: EventStoreQueue | undefined;
  #lastTry = performance.now();
  #problem: Problem | undefined;

  /** @param dbPath null when nothing is stored */
  constructor(dbPath: string | null, session: NewSession) {
    this.#path = dbPath ?? '';
    this.#session = session;
    this.#queue = dbPath === null ? undefined : new EventStoreQueue(dbPath);
  }

  /** Whether there is a database, or should be. */
  get wanted(): boolean {
    return this.#queue !== undefined;
  }

  begin(): void {
    this.#queue?.createSession(this.#session);
  }

  addEvent(event: ExtractionEvent, block: CodeBlock | undefined): void {
    this.#queue?.addEvent(event, block);
  }

  addState(change: StateChange): void {
    this.#queue?.recordStateChange(change);
  }

  complete(end: SessionEnd, stats: SessionStats): void {
    this.#queue?.completeSession(this.#session.sessionId, end, stats);
  }

  /** Number of the last event that is in the database. */
  get storedSeq(): number {
    return this.#queue?.storedSeq ?? 0;
  }

  /** Events after number `seq` that are not in the database, in order. */
  unstored(seq: number): ExtractionEvent[] {
    return this.#queue?.unstored(seq) ?? [];
  }

  /** Whether no more events should be made until the database takes some. */
  get congested(): boolean {
    return this.#queue?.congested === true;
  }

  /** Whether the database is that of an older wrapper, which has yet to be brought up to date. */
  get waitsForUpgrade(): boolean {
    return this.#queue?.waitsForUpgrade === true;
  }

  /** Whether as much waits as is written at once under load. */
  get isLoaded(): boolean {
    return (this.#queue?.waitingEvents ?? 0) >= LOADED_BATCH;
  }

  /** Whether a batch is full. */
  get hasBatch(): boolean {
    return (this.#queue?.waitingEvents ?? 0) >= BATCH_SIZE;
  }

  /** Whether it is time to store what waits, also when that is little. */
  get isDue(): boolean {
    return performance.now() - this.#lastTry > FLUSH_AFTER_MS || this.#queue?.lockedSince !== undefined;
  }

  /** Stores what waits, or a batch of it; returns whether that was possible. Never throws. */
  store(all: boolean): boolean {
    this.#lastTry = performance.now();
    return (all ? this.#queue?.flush() : this.#queue?.flushBatch()) ?? true;
  }

  /**
   * Stores all that waits, and closes the database.
   *
   * @param onWait called while the database is locked
   * @returns whether everything that was given is in the database and can be read, or there is none
   */
  async finish(events: number, onWait: () => void): Promise<boolean> {
    if (this.#queue === undefined) return true;
    const written = await this.#storeAll(this.#queue, onWait);
    this.#queue.close();
    if (!written) return false;
    this.#problem = readBack(this.#path, this.#session.sessionId, events);
    return this.#problem === undefined;
  }

  /** Whether the database has been locked, and nobody got anything done, since the time `since` (monotonic ms) for too long. */
  lockedTooLong(since: number): boolean {
    const locked = this.#queue?.lockedSince;
    if (locked === undefined) return false;
    const now = performance.now();
    return now - Math.max(locked, since) > WAIT_FOR_LOCK_MS || now - since > WAIT_IN_LINE_MS;
  }

  /** Why the session is not stored in full. */
  get problems(): Problem[] {
    return [this.#queue?.failure, this.#problem].filter((problem) => problem !== undefined);
  }

  async #storeAll(queue: EventStoreQueue, onWait: () => void): Promise<boolean> {
    const started = performance.now();
    while (!queue.flush()) {
      if (this.lockedTooLong(started)) {
        this.#problem = queue.waitsForUpgrade
          ? upgradingProblem(this.#path)
          : databaseProblem(this.#path, 'locked', 'locked');
        return false;
      }
      onWait();
      await pause(RETRY_EVERY_MS);
    }
    return queue.failure === undefined;
  }
}

/**
 * Reads a stored session again, from the file and not from the connection that wrote it: a database that was cut,
 * overwritten or removed meanwhile takes everything and has nothing.
 *
 * @returns what is wrong, or undefined
 */
function readBack(path: string, sessionId: string, events: number): Problem | undefined {
  let database: Database | undefined;
  try {
    if (!existsSync(path)) return replacedProblem(path);
    database = openDatabase(path, { readonly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
    const session = new SessionStore(database).getSession(sessionId);
    if (session === undefined) return replacedProblem(path);
    const { endedAt: ended } = session;
    const store = new ExtractionStore(database);
    const last = store.getExtractionsBySession(sessionId, { afterSeq: Math.max(0, events - READ_BACK) });
    if (ended !== null && last.length === Math.min(events, READ_BACK)) return undefined;
    return databaseProblem(path, 'damaged', 'what was written is not there');
  } catch (error) {
    const kind = classifySqliteError(error);
    if (kind === 'locked') return undefined; // it works, and is busy
    // What was written before a newer wrapper brought it up to date is there.
    if (error instanceof WrapperError && error.code === 'database_newer') return undefined;
    return thrownProblem(path, kind === 'readonly' ? 'other' : kind, error);
  } finally {
    database?.close();
  }
}
