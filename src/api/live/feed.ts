// One session as it is shown live: what is known of it, and the newest of its events, ready to be sent. Older events are
// in the database. Together the two have every event from the first on, and where one ends the other goes on.

import { SESSION_STATES, type SessionState } from '../../model/session.ts';
import type { SessionDocument } from '../../model/wire.ts';
import type { LiveHistory } from './history.ts';

/** An event, as it goes to every subscriber. */
export interface Entry {
  readonly seq: number;
  readonly eventType: string;
  readonly json: Buffer;
}

/** The next events for somebody, or the range of those that nobody has any more. */
export type Piece =
  | { readonly kind: 'events'; readonly entries: readonly Entry[] }
  | { readonly kind: 'lost'; readonly fromSeq: number; readonly toSeq: number };

/** The latest state change of a session. */
export interface FeedState {
  readonly stateSeq: number;
  readonly json: Buffer;
  readonly final: boolean;
}

/** Stored events that are kept, so that a crowd of clients that come back does not ask the database for each. */
const KEEP_ENTRIES = 2000;
const KEEP_BYTES = 1024 * 1024;
/** Kept at the most, when the database takes nothing: a recorder waits with as many. */
const MOST_ENTRIES = 25_000;
const MOST_BYTES = 16 * 1024 * 1024;

export class Feed {
  readonly sessionId: string;
  document: SessionDocument;
  /** The id of its row; undefined until it has been seen in the database. */
  rowId: number | undefined;
  /** Nothing will come any more. */
  ended = false;
  state: FeedState | undefined;
  /** Whether a recorder tells of the session; otherwise the database does. */
  published = false;
  #entries: Entry[] = [];
  #bytes = 0;
  #storedSeq = 0;
  #knownSeq = 0;
  /** When event `#knownSeq` was found, if somebody has told. */
  #knownAt: string | null = null;

  constructor(document: SessionDocument) {
    this.sessionId = document.session_id;
    this.document = document;
  }

  get agentName(): string {
    return this.document.agent_name;
  }

  get stateSeq(): number {
    return this.state?.stateSeq ?? 0;
  }

  /** Number of the last event that can be sent. */
  get lastSeq(): number {
    return Math.max(this.#storedSeq, this.#entries.at(-1)?.seq ?? 0);
  }

  /** Number of the last event that is known to have happened. */
  get knownSeq(): number {
    return Math.max(this.#knownSeq, this.lastSeq);
  }

  /** When event `knownSeq` was found, ISO-8601; null when only the database can tell, or there is none. */
  get knownAt(): string | null {
    const last = this.#entries.at(-1);
    if (last === undefined || last.seq < this.knownSeq)
      return this.#knownSeq === this.knownSeq ? this.#knownAt : null;
    return (JSON.parse(last.json.toString()) as { timestamp: string }).timestamp;
  }

  /** Takes an event; false when it is known already. */
  add(entry: Entry): boolean {
    const last = this.#entries.at(-1)?.seq;
    if (last !== undefined && entry.seq <= last) return false;
    // What lies between has been stored without being sent: it is read from there, and so is what came before.
    if (last !== undefined && entry.seq !== last + 1) this.#clear();
    this.#entries.push(entry);
    this.#bytes += entry.json.length;
    this.#trim();
    return true;
  }

  /** Events up to `storedSeq` are in the database; `knownSeq` is the last that has happened, at `knownAt` if known. */
  stored(storedSeq: number, knownSeq: number, knownAt: string | null): void {
    if (storedSeq > this.#storedSeq) this.#storedSeq = storedSeq;
    if (knownSeq > this.#knownSeq) [this.#knownSeq, this.#knownAt] = [knownSeq, knownAt];
    this.#trim();
  }

  /** Takes a state change; false when it is known already. */
  setState(stateSeq: number, json: Buffer): boolean {
    if (stateSeq <= this.stateSeq) return false;
    const { state } = JSON.parse(json.toString()) as { state: SessionState };
    this.state = { stateSeq, json, final: isFinal(state) };
    this.document = { ...this.document, state };
    return true;
  }

  /** What follows event number `after`, at most `limit` at once. To be called while `after` < `lastSeq`. */
  read(after: number, limit: number, history: LiveHistory): Piece {
    const first = this.#entries[0]?.seq;
    if (first !== undefined && first <= after + 1 && this.#entries.at(-1)!.seq > after) {
      const from = after + 1 - first;
      return { kind: 'events', entries: this.#entries.slice(from, from + limit) };
    }
    const entries = contiguous(history.eventsAfter(this.sessionId, after, limit), after);
    if (entries.length > 0) return { kind: 'events', entries };
    const next = history.nextSeq(this.sessionId, after) ?? Number.POSITIVE_INFINITY;
    const until = Math.min(next, first !== undefined && first > after ? first : Number.POSITIVE_INFINITY);
    return { kind: 'lost', fromSeq: after + 1, toSeq: Math.min(until - 1, this.lastSeq) };
  }

  #trim(): void {
    let drop = 0;
    let bytes = this.#bytes;
    for (let left = this.#entries.length; left > 0; left--, drop++) {
      const entry = this.#entries[drop]!;
      const tooMany = left > MOST_ENTRIES || bytes > MOST_BYTES;
      const enough = left > KEEP_ENTRIES || bytes > KEEP_BYTES;
      if (!tooMany && !(enough && entry.seq <= this.#storedSeq)) break;
      bytes -= entry.json.length;
    }
    // Moving the rest forward costs as much as the rest is long: not for every single entry.
    if (drop < Math.max(64, this.#entries.length >> 3)) return;
    this.#entries.splice(0, drop);
    this.#bytes = bytes;
  }

  #clear(): void {
    this.#entries = [];
    this.#bytes = 0;
  }
}

function isFinal(state: SessionState): boolean {
  return SESSION_STATES.indexOf(state) >= SESSION_STATES.indexOf('completed');
}

/** The entries that follow `after` without a hole. */
function contiguous(entries: readonly Entry[], after: number): readonly Entry[] {
  const hole = entries.findIndex((entry, index) => entry.seq !== after + 1 + index);
  return hole === -1 ? entries : entries.slice(0, hole);
}
