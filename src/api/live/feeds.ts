// The sessions that are shown live, as the recorders and the database tell of them together: none is passed over, and none
// appears twice, although a session may be told of by the one, the other, or first the one and then the other.

import { WrapperError } from '../../model/errors.ts';
import type { Hello } from '../../session/live-frames.ts';
import { type Cursor, formatCursor } from './cursor.ts';
import { Feed } from './feed.ts';
import type { LiveHistory, StoredSession, StoredState } from './history.ts';

/** Where a subscriber begins. */
export interface Beginning {
  /** Everything newer than this row is delivered from its start; without it, only what is running now. */
  readonly rowId: number | undefined;
  readonly positions: ReadonlyMap<string, number>;
  /** Sessions that run and are not named: from their start, or from now on. */
  readonly unnamed: 'start' | 'now';
}

/** What `look` has found. */
export interface FeedEvents {
  onNew(feed: Feed): void;
  /** The database has more of a session than was known. */
  onStored(feed: Feed, states: readonly StoredState[]): void;
  /** A session is over and told to its end; nobody need keep it. */
  onOver(feed: Feed): void;
}

export class Feeds {
  readonly #history: LiveHistory;
  readonly #events: FeedEvents;
  readonly #feeds = new Map<string, Feed>();
  #rowId = 0;
  #begun = false;

  constructor(history: LiveHistory, events: FeedEvents) {
    this.#history = history;
    this.#events = events;
  }

  /** All sessions up to this row are known. */
  get rowId(): number {
    return this.#rowId;
  }

  /** A session that is live, or was a moment ago. */
  get(sessionId: string): Feed | undefined {
    return this.#feeds.get(sessionId);
  }

  running(): Feed[] {
    return [...this.#feeds.values()].filter((feed) => !feed.ended);
  }

  /** A session, live or not. @throws WrapperError `session_unknown` */
  find(sessionId: string): Feed {
    const known = this.#feeds.get(sessionId);
    if (known !== undefined) return known;
    const stored = this.#history.session(sessionId);
    if (stored === undefined) throw new WrapperError('session_unknown', `there is no session ${sessionId}`);
    return this.#fromStored(stored);
  }

  /** Where a subscriber stands that begins now and wants nothing of the past. */
  cursor(): string {
    const positions = new Map(this.running().map((feed) => [feed.sessionId, feed.knownSeq]));
    return formatCursor({ rowId: this.#rowId, positions } satisfies Cursor);
  }

  /** What a subscriber is to be shown, each with the number of the event after which it begins. */
  beginningAt(beginning: Beginning): Map<Feed, number> {
    const { rowId, positions, unnamed } = beginning;
    const found = new Map<Feed, number>();
    for (const feed of this.#feeds.values()) {
      const isNew = rowId !== undefined && (feed.rowId === undefined || feed.rowId > rowId);
      const otherwise = unnamed === 'start' || isNew ? 0 : feed.knownSeq;
      // What has ended and is neither named nor new was delivered before.
      if (feed.ended && !isNew && !positions.has(feed.sessionId)) continue;
      found.set(feed, positions.get(feed.sessionId) ?? otherwise);
    }
    const missed = rowId === undefined ? [] : [...this.#history.sessionsAfter(rowId)];
    const named = [...positions.keys()].map((sessionId) => this.#history.session(sessionId));
    for (const stored of [...missed, ...named]) {
      if (stored === undefined || this.#feeds.has(stored.document.session_id)) continue;
      const feed = this.#fromStored(stored);
      if (!feed.ended) this.#feeds.set(feed.sessionId, feed);
      found.set(feed, positions.get(feed.sessionId) ?? 0);
    }
    return found;
  }

  /** A recorder tells of its session. Returns the state changes that were not known. */
  greet(hello: Hello): { feed: Feed; isNew: boolean; states: StoredState[] } {
    const sessionId = hello.session.session_id;
    const known = this.#feeds.get(sessionId);
    const feed = known ?? new Feed(hello.session);
    feed.published = true;
    feed.stored(hello.stored_seq, hello.last_seq, hello.last_event_at);
    const states = this.#statesUpTo(feed, hello);
    // A short session is over when its recorder gets to tell of it.
    feed.ended = feed.state?.final === true;
    this.#feeds.set(sessionId, feed);
    return { feed, isNew: known === undefined, states };
  }

  /** The recorder of a session is gone: from here on the database tells what becomes of it. */
  left(feed: Feed): void {
    feed.published = false;
    this.#history.forget();
  }

  drop(feed: Feed): void {
    this.#feeds.delete(feed.sessionId);
  }

  /** Finds out what the database has and nobody has told. */
  look(): void {
    if (!this.#history.changed()) return;
    if (!this.#begun) this.#begin();
    // Another file has taken the place of the database: all of its sessions are new.
    if (this.#history.takeReplaced() && this.#history.lastRow() < this.#rowId) this.#rowId = 0;
    for (const stored of this.#history.sessionsAfter(this.#rowId)) {
      this.#rowId = stored.rowId;
      const known = this.#feeds.get(stored.document.session_id);
      if (known !== undefined) {
        known.rowId = stored.rowId;
        continue;
      }
      const feed = this.#fromStored(stored);
      this.#feeds.set(feed.sessionId, feed);
      this.#events.onNew(feed);
    }
    for (const feed of [...this.#feeds.values()]) this.#lookAt(feed);
  }

  /** The first look: what runs now. */
  #begin(): void {
    this.#begun = true;
    this.#rowId = this.#history.lastRow();
    for (const stored of this.#history.running()) {
      const known = this.#feeds.get(stored.document.session_id);
      if (known !== undefined) known.rowId = stored.rowId;
      else this.#feeds.set(stored.document.session_id, this.#fromStored(stored));
    }
  }

  #lookAt(feed: Feed): void {
    const stored = feed.published ? undefined : this.#history.session(feed.sessionId);
    if (stored !== undefined) this.#events.onStored(feed, this.#refresh(feed, stored));
    if (!feed.ended || feed.published || feed.rowId === undefined || feed.rowId > this.#rowId) return;
    if (feed.state !== undefined && !feed.state.final) return;
    this.drop(feed);
    this.#events.onOver(feed);
  }

  #fromStored(stored: StoredSession): Feed {
    const feed = new Feed(stored.document);
    this.#refresh(feed, stored);
    return feed;
  }

  /** Brings a feed to what the database has. */
  #refresh(feed: Feed, stored: StoredSession): StoredState[] {
    feed.rowId = stored.rowId;
    const last = this.#history.lastSeq(feed.sessionId);
    feed.stored(last, last, null);
    if (feed.published) return [];
    const states = this.#history
      .statesAfter(stored.document, feed.stateSeq)
      .filter(({ stateSeq, json }) => feed.setState(stateSeq, json));
    feed.document = stored.document;
    feed.ended = stored.ended;
    return states;
  }

  /** Also those that happened while the recorder had no server. */
  #statesUpTo(feed: Feed, { state }: Hello): StoredState[] {
    const latest = { stateSeq: state.state_seq, json: Buffer.from(JSON.stringify(state)) };
    const missed =
      feed.stateSeq === 0 || feed.stateSeq >= state.state_seq - 1
        ? []
        : this.#history
            .statesAfter(feed.document, feed.stateSeq)
            .filter(({ stateSeq }) => stateSeq < latest.stateSeq);
    return [...missed, latest].filter(({ stateSeq, json }) => feed.setState(stateSeq, json));
  }
}
