// Writes to the database in order, without ever waiting long for it. A write that meets a lock stays in the queue and is
// tried again; a database that cannot take writes at all is given up, and what was meant for it stays recoverable from
// the recording.

import { classifySqliteError, type Database, openDatabase } from '../data/database.ts';
import { ExtractionStore } from '../data/extraction-store.ts';
import { SessionStore } from '../data/session-store.ts';
import { messageOf, WrapperError } from '../model/errors.ts';
import type { CodeBlock, ExtractionEvent } from '../model/event.ts';
import type { NewSession, SessionStats, StateChange } from '../model/session.ts';
import type { Problem, SessionEnd } from './recorder-plan.ts';

/** One try waits this long for another process's transaction, in ms; afterwards output is attended to first. */
const BUSY_TIMEOUT_MS = 150;
/** Batch size at rest, given by the specification; under load a batch grows to what is waiting, at most LARGEST. */
export const BATCH_SIZE = 100;
const LARGEST_BATCH = 2000;
/** Events kept in memory while the database is locked; then extraction waits instead. */
const MOST_WAITING = 20_000;

type Stores = { database: Database; extractions: ExtractionStore; sessions: SessionStore };
type Write = (stores: Stores) => void;

export class EventStoreQueue {
  readonly #path: string;
  readonly #writes: Write[] = [];
  #events: ExtractionEvent[] = [];
  #blocks: CodeBlock[] = [];
  #stores: Stores | undefined;
  #failure: Problem | undefined;
  #lockedSince: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  createSession(session: NewSession): void {
    this.#writes.push(({ sessions }) => sessions.createSession(session));
  }

  recordStateChange(change: StateChange): void {
    this.#enqueue(({ sessions }) => sessions.recordStateChange(change));
  }

  completeSession(sessionId: string, end: SessionEnd, stats: SessionStats): void {
    this.#enqueue(({ sessions }) =>
      sessions.completeSession(sessionId, {
        state: end.state,
        exitCode: end.exitCode,
        endedAt: end.endedAt,
        stats,
        ...(end.metadata === null ? {} : { metadata: end.metadata }),
      }),
    );
  }

  addEvent(event: ExtractionEvent, block: CodeBlock | undefined): void {
    if (this.#failure !== undefined) return;
    this.#events.push(event);
    if (block !== undefined) this.#blocks.push(block);
  }

  /** Events that wait for the next batch. */
  get waitingEvents(): number {
    return this.#events.length;
  }

  /** Whether the caller should stop producing events until the database takes some. */
  get congested(): boolean {
    return this.#events.length >= MOST_WAITING;
  }

  get idle(): boolean {
    return this.#failure !== undefined || (this.#writes.length === 0 && this.#events.length === 0);
  }

  /** Set once the database has been given up. */
  get failure(): Problem | undefined {
    return this.#failure;
  }

  /** Since when (monotonic ms) every try has met a lock. */
  get lockedSince(): number | undefined {
    return this.#lockedSince;
  }

  /** Writes everything that waits; true when nothing is left. Never throws. */
  flush(): boolean {
    if (this.#failure !== undefined) return true;
    try {
      const stores = this.#open();
      for (let write = this.#writes[0]; write !== undefined; write = this.#writes[0]) {
        write(stores);
        this.#writes.shift();
      }
      this.#flushEvents(stores);
      this.#lockedSince = undefined;
      return true;
    } catch (error) {
      return this.#caught(error);
    }
  }

  close(): void {
    try {
      this.#stores?.database.close();
    } catch (error) {
      // Everything was committed before; a checkpoint that fails at closing is done by the next process that opens it.
      this.#failure ??= this.#problem(error);
    }
    this.#stores = undefined;
  }

  /** Later writes must not overtake the events that came before them. */
  #enqueue(write: Write): void {
    if (this.#failure !== undefined) return;
    if (this.#events.length > 0) {
      const [events, blocks] = [this.#events, this.#blocks];
      this.#events = [];
      this.#blocks = [];
      this.#writes.push(({ extractions }) => void extractions.saveExtractionBatch(events, blocks));
    }
    this.#writes.push(write);
  }

  #flushEvents({ extractions }: Stores): void {
    while (this.#events.length > 0) {
      const size = Math.min(this.#events.length, LARGEST_BATCH);
      const whole = size === this.#events.length;
      extractions.saveExtractionBatch(whole ? this.#events : this.#events.slice(0, size), this.#blocks);
      this.#blocks = [];
      this.#events = whole ? [] : this.#events.slice(size);
    }
  }

  #open(): Stores {
    if (this.#stores === undefined) {
      const database = openDatabase(this.#path, { busyTimeoutMs: BUSY_TIMEOUT_MS });
      this.#stores = {
        database,
        extractions: new ExtractionStore(database),
        sessions: new SessionStore(database),
      };
    }
    return this.#stores;
  }

  #caught(error: unknown): boolean {
    if (classifySqliteError(error) === 'locked') {
      this.#lockedSince ??= performance.now();
      return false;
    }
    this.#failure = this.#problem(error);
    this.#writes.length = 0;
    this.#events = [];
    this.#blocks = [];
    return true;
  }

  #problem(error: unknown): Problem {
    // The cause alone: the sentence names the database already.
    const reason = error instanceof WrapperError && error.cause !== undefined ? error.cause : error;
    return databaseProblem(this.#path, classifySqliteError(error), messageOf(reason));
  }
}

/** The sentence for a database that could not take what was found. */
export function databaseProblem(
  path: string,
  kind: ReturnType<typeof classifySqliteError>,
  reason: string,
): Problem {
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
