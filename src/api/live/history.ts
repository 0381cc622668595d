// What the database knows, in the form in which it is shown live.

import { dataVersion, lastSessionRow, sessionsAfterRow } from '../../data/session-changes.ts';
import { liveEventDocument, sessionDocument } from '../../model/documents.ts';
import type { Session, StateChange } from '../../model/session.ts';
import type { LiveStateDocument, SessionDocument } from '../../model/wire.ts';
import { liveStateDocument } from '../../session/live-frames.ts';
import type { ApiContext } from '../context.ts';
import type { Entry, Feed } from './feed.ts';

/** A session as its row has it. */
export interface StoredSession {
  readonly rowId: number;
  readonly document: SessionDocument;
  readonly ended: boolean;
}

export interface StoredState {
  readonly stateSeq: number;
  readonly json: Buffer;
}

const ROWS_AT_ONCE = 500;

export class LiveHistory {
  readonly #context: Pick<ApiContext, 'database' | 'extractions' | 'sessions'>;
  #seen: { database: object; version: number | undefined } | undefined;
  #replaced = false;

  constructor(context: Pick<ApiContext, 'database' | 'extractions' | 'sessions'>) {
    this.#context = context;
  }

  /** Whether anything may have changed since the last call. */
  changed(): boolean {
    const { database } = this.#context;
    const version = dataVersion(database);
    const before = this.#seen;
    this.#seen = { database, version };
    if (before !== undefined && before.database !== database) this.#replaced = true;
    return before?.database !== database || before.version !== version;
  }

  /** Whether another file has taken the place of the database since the last call, as `changed` has seen it. */
  takeReplaced(): boolean {
    const replaced = this.#replaced;
    this.#replaced = false;
    return replaced;
  }

  /** Makes the next `changed` true. */
  forget(): void {
    if (this.#seen !== undefined) this.#seen = { ...this.#seen, version: undefined };
  }

  lastRow(): number {
    return lastSessionRow(this.#context.database);
  }

  /** Sessions whose row is newer than `rowId`, oldest first; read a few at a time. */
  *sessionsAfter(rowId: number): Generator<StoredSession> {
    for (let after = rowId; ; ) {
      const sessions = sessionsAfterRow(this.#context.database, after, ROWS_AT_ONCE);
      for (const session of sessions) yield stored(session);
      if (sessions.length < ROWS_AT_ONCE) return;
      after = sessions.at(-1)!.id;
    }
  }

  running(): StoredSession[] {
    return this.#context.sessions.getActiveSessions().map(stored);
  }

  session(sessionId: string): StoredSession | undefined {
    const session = this.#context.sessions.getSession(sessionId);
    return session === undefined ? undefined : stored(session);
  }

  lastSeq(sessionId: string): number {
    return this.#context.extractions.lastSeq(sessionId);
  }

  /** When the last stored event was found, ISO-8601; null when there is none. */
  lastEventAt(sessionId: string): string | null {
    return this.#context.extractions.queryExtractions({ session: sessionId, limit: 1 })[0]?.timestamp ?? null;
  }

  eventsAfter(sessionId: string, seq: number, limit: number): Entry[] {
    return this.#context.extractions
      .getExtractionsBySession(sessionId, { afterSeq: seq, limit })
      .map((event) => ({
        seq: event.seq,
        eventType: event.eventType,
        json: Buffer.from(JSON.stringify(liveEventDocument(event))),
      }));
  }

  /** Number of the first stored event after `seq`. */
  nextSeq(sessionId: string, seq: number): number | undefined {
    return this.#context.extractions.getExtractionsBySession(sessionId, { afterSeq: seq, limit: 1 })[0]?.seq;
  }

  /**
   * The change by which a session came into the state that it is in. What was done to it there (typed, resized) has rows of
   * its own with the same state, which are passed over.
   */
  heldState({ sessionId, state }: Feed): Pick<StateChange, 'state' | 'timestamp' | 'metadata'> | undefined {
    const changes: Pick<StateChange, 'state' | 'timestamp' | 'metadata'>[] =
      this.#context.sessions.getStateChanges(sessionId);
    // The latest may not be stored yet.
    if (state !== undefined && state.stateSeq > changes.length)
      changes.push(JSON.parse(state.json.toString()) as LiveStateDocument);
    const last = changes.at(-1);
    return changes[changes.findLastIndex((change) => change.state !== last?.state) + 1];
  }

  /** State changes after number `stateSeq`, in order. */
  statesAfter(session: SessionDocument, stateSeq: number): StoredState[] {
    return this.#context.sessions
      .getStateChanges(session.session_id)
      .map((change, index) => ({ change, number: index + 1 }))
      .filter(({ number }) => number > stateSeq)
      .map(({ change, number }) => ({
        stateSeq: number,
        json: Buffer.from(JSON.stringify(liveStateDocument(session.agent_name, number, change))),
      }));
  }
}

function stored(session: Session): StoredSession {
  return { rowId: session.id, document: sessionDocument(session), ended: session.endedAt !== null };
}
