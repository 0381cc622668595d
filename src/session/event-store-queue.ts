// Writes to the database in order, without ever waiting long for it. A write that meets a lock stays in the queue and is
// tried again; a database that cannot take writes at all is given up, and what was meant for it stays recoverable from
// the recording.

import { statSync } from 'node:fs';
import { classifySqliteError, type Database, isBeingUpgraded, openDatabase } from '../data/database.ts';
import { ExtractionStore } from '../data/extraction-store.ts';
import { SessionStore } from '../data/session-store.ts';
import type { CodeBlock, ExtractionEvent } from '../model/event.ts';
import type { NewSession, SessionStats, StateChange } from '../model/session.ts';
import { thrownProblem } from './database-problem.ts';
import type { Problem, SessionEnd } from './recorder-plan.ts';

/** One try waits this long for another process's transaction, in ms; afterwards output is attended to first. */
export const BUSY_TIMEOUT_MS = 150;
/** Batch size at rest, given by the specification; under load a batch grows to what is waiting, at most LOADED_BATCH. */
export const BATCH_SIZE = 100;
export const LOADED_BATCH = 1000;
/** Events kept in memory while the database is locked; then extraction waits instead. */
const MOST_WAITING = 20_000;

type Stores = { database: Database; extractions: ExtractionStore; sessions: SessionStore };
type Write = (stores: Stores) => void;

export class EventStoreQueue {
  readonly #path: string;
  readonly #writes: Write[] = [];
  #events: ExtractionEvent[] = [];
  #blocks: CodeBlock[] = [];
  /** Events that have moved into `#writes`. */
  #sealed: ExtractionEvent[] = [];
  #storedSeq = 0;
  #stores: Stores | undefined;
  #failure: Problem | undefined;
  #lockedSince: number | undefined;
  #lastSeen = '';
  #upgrading = false;

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

  /** Number of the last event that is in the database. */
  get storedSeq(): number {
    return this.#storedSeq;
  }

  /** Events after number `seq` that are not in the database, in order. */
  unstored(seq: number): ExtractionEvent[] {
    return [...this.#sealed, ...this.#events].filter((event) => event.seq > seq);
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

  /** Since when (monotonic ms) every try has met a lock while nobody else got anything done either. */
  get lockedSince(): number | undefined {
    return this.#lockedSince;
  }

  /** Whether the database is that of an older wrapper, which somebody has yet to bring up to date. */
  get waitsForUpgrade(): boolean {
    return this.#upgrading;
  }

  /** Writes one batch, so that the caller soon gets back to what is printed; false when it met a lock. Never throws. */
  flushBatch(): boolean {
    return this.#flush(false);
  }

  /** Writes everything that waits; true when nothing is left. Never throws. */
  flush(): boolean {
    return this.#flush(true);
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

  #flush(everything: boolean): boolean {
    if (this.#failure !== undefined) return true;
    try {
      const stores = this.#open();
      // One transaction for all that waits: of forty sessions that end at once, each stands in line once, not five times.
      do stores.database.write(() => this.#writeSome(stores));
      while (this.#taken() && everything);
      this.#lockedSince = undefined;
      this.#upgrading = false;
      return true;
    } catch (error) {
      return this.#caught(error);
    }
  }

  /** Later writes must not overtake the events that came before them. */
  #enqueue(write: Write): void {
    if (this.#failure !== undefined) return;
    if (this.#events.length > 0) {
      const [events, blocks] = [this.#events, this.#blocks];
      this.#events = [];
      this.#blocks = [];
      this.#sealed.push(...events);
      this.#writes.push(({ extractions }) => void extractions.saveExtractionBatch(events, blocks));
    }
    this.#writes.push(write);
  }

  /** What one transaction takes; the queue keeps it until it is committed. */
  #writeSome(stores: Stores): void {
    for (const write of this.#writes) write(stores);
    if (this.#events.length > 0) {
      stores.extractions.saveExtractionBatch(this.#events.slice(0, LOADED_BATCH), this.#blocks);
    }
  }

  /** Removes what was committed; true when more is left. */
  #taken(): boolean {
    const last = this.#events[Math.min(LOADED_BATCH, this.#events.length) - 1] ?? this.#sealed.at(-1);
    if (last !== undefined) this.#storedSeq = last.seq;
    this.#writes.length = 0;
    this.#sealed = [];
    this.#blocks = [];
    this.#events = this.#events.slice(LOADED_BATCH);
    return this.#events.length > 0;
  }

  #open(): Stores {
    if (this.#stores === undefined) {
      const database = openDatabase(this.#path, {
        busyTimeoutMs: BUSY_TIMEOUT_MS,
        refuseLongUpgrade: true,
      });
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
      this.#upgrading = isBeingUpgraded(error);
      const seen = this.#fingerprint();
      // A lock that passes from one busy process to the next is a queue, not a fault: wait on. An upgrade is one long turn.
      if (seen !== this.#lastSeen && !this.#upgrading) this.#lockedSince = undefined;
      this.#lastSeen = seen;
      this.#lockedSince ??= performance.now();
      return false;
    }
    this.#failure = this.#problem(error);
    this.#writes.length = 0;
    this.#sealed = [];
    this.#events = [];
    this.#blocks = [];
    return true;
  }

  /** Changes whenever any process commits. */
  #fingerprint(): string {
    return [this.#path, `${this.#path}-wal`]
      .map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }))
      .map((stats) => `${stats?.size}:${stats?.mtimeNs}`)
      .join();
  }

  #problem(error: unknown): Problem {
    return thrownProblem(this.#path, classifySqliteError(error), error);
  }
}
