// One who watches: stands at a place in every session that it wants to see and is brought forward from there, from the
// database, from what is not stored yet, then live. Each event is sent once and in order, whichever of them it comes from,
// because the place is the number of the last one sent.
//
// A reader that is slower than its past is waited for. One that is slower than the present loses what it cannot take and
// is told which events those were. Neither makes the server's memory grow.

import type { LiveGapDocument } from '../../model/wire.ts';
import { type Cursor, formatCursor } from './cursor.ts';
import type { Entry, Feed } from './feed.ts';
import { EVERYTHING, type LiveFilter, matchesSession } from './filter.ts';
import type { LiveHistory } from './history.ts';
import type { Outlet } from './outlet.ts';
import type { Watcher } from './watched-screen.ts';

/** More than this on its way (bytes), and a subscriber gets nothing more; with less than that it goes on. */
export const SLOW_ABOVE = 4 * 1024 * 1024;
const READY_BELOW = 1024 * 1024;
const PAGE = 500;
/** How long `live` waits for the screens that come before it, in ms. */
const SCREENS_WITHIN_MS = 1000;

/** What has come of one session, to be offered to every subscriber. */
export interface News {
  readonly feed: Feed;
  readonly entries: readonly Entry[];
  readonly states: readonly { readonly stateSeq: number; readonly json: Buffer }[];
}

/** Its place in one session. */
interface Track {
  readonly feed: Feed;
  position: number;
  stateSeq: number;
}

/** What a subscriber needs of the hub. */
export interface SubscriberHost {
  readonly history: LiveHistory;
  /** Sessions up to this row are known. */
  readonly rowId: number;
  /** Resolves when what is not stored yet has arrived from the recorders. */
  synced(): Promise<void>;
  /**
   * Starts the output of a session for a subscriber, with its screen, or from the start of the session.
   *
   * @returns resolves when the screen has been sent, or will not be
   */
  watch(feed: Feed, subscriber: Subscriber, fromStart: boolean): Promise<void>;
  /** The database could not be read. */
  failed(subscriber: Subscriber, error: unknown): void;
}

export class Subscriber {
  readonly outlet: Outlet;
  readonly #host: SubscriberHost;
  readonly #tracks = new Map<string, Track>();
  /**
   * Sessions of the past of which nothing has been sent yet, oldest first. They are sent one after the other, so that a
   * cursor on the way names the one and not all of them.
   */
  readonly #past = new Map<string, Track>();
  #lastPastRow = 0;
  /** The one of them that is being sent; it is in `#tracks`. */
  #current: Track | undefined;
  /** Sessions that are over and delivered while others of the past are not: they are newer, so a cursor has to name them. */
  readonly #over = new Set<string>();
  #filter: LiveFilter = EVERYTHING;
  #mode: 'silent' | 'catching' | 'live' | 'slow' = 'silent';
  #pumping = false;
  #announceLive = false;
  /** Whether the screens that come before `live` have been asked for. */
  #screensAsked = false;
  #closed = false;
  /** Sessions whose output could not be sent for a moment; and whether none of it has been sent yet. */
  readonly #outputMissed = new Map<Feed, { readonly fromStart: boolean }>();
  readonly #watchers = new WeakMap<Feed, Watcher>();

  constructor(outlet: Outlet, host: SubscriberHost) {
    this.outlet = outlet;
    this.#host = host;
  }

  /** Whether it has asked for anything. */
  get active(): boolean {
    return this.#mode !== 'silent' && !this.#closed;
  }

  /** Whether it waits for its reader, or for the database: then `drained` is to be called now and then. */
  get isBehind(): boolean {
    return this.#mode === 'catching' || this.#mode === 'slow';
  }

  /** Its place in front of the screen of a session; the same one each time. */
  watcher(feed: Feed): Watcher {
    let watcher = this.#watchers.get(feed);
    if (watcher === undefined) {
      watcher = { output: (json) => this.#output(json, feed) };
      this.#watchers.set(feed, watcher);
    }
    return watcher;
  }

  /**
   * Begins anew with a filter.
   *
   * @param feeds every session to be delivered, with the number of the event after which it begins
   * @param afterRow of newer sessions nothing has been delivered, but for those that begin after a number
   */
  subscribe(filter: LiveFilter, feeds: Iterable<readonly [Feed, number]>, afterRow: number): void {
    this.#filter = filter;
    this.#clear();
    const past: Track[] = [];
    for (const [feed, position] of feeds) {
      if (!matchesSession(filter, feed)) continue;
      const track: Track = { feed, position, stateSeq: 0 };
      if (position === 0 && feed.ended && (feed.rowId ?? 0) > afterRow) past.push(track);
      else this.#tracks.set(feed.sessionId, track);
    }
    past.sort((left, right) => left.feed.rowId! - right.feed.rowId!);
    for (const track of past) this.#past.set(track.feed.sessionId, track);
    this.#lastPastRow = past.at(-1)?.feed.rowId ?? 0;
    this.#announceLive = true;
    this.#screensAsked = false;
    this.#outputMissed.clear();
    this.#catchUp();
  }

  /** A session that nobody has seen before. */
  meet(feed: Feed): void {
    const { sessionId } = feed;
    if (!this.active || this.#tracks.has(sessionId) || this.#past.has(sessionId)) return;
    if (!matchesSession(this.#filter, feed)) return;
    const track: Track = { feed, position: 0, stateSeq: 0 };
    if (this.#past.size > 0 && feed.ended && (feed.rowId ?? 0) > this.#lastPastRow) {
      this.#past.set(sessionId, track);
      this.#lastPastRow = feed.rowId!;
      return;
    }
    this.#tracks.set(sessionId, track);
    // One that begins now is shown from its start; before `live`, all are shown at once.
    if (this.#filter.output && (!this.#announceLive || this.#screensAsked)) {
      if (this.#takesOutput) void this.#host.watch(feed, this, true);
      else this.#outputMissed.set(feed, { fromStart: true });
    }
    if (feed.state !== undefined || feed.lastSeq > 0) this.#catchUp();
  }

  /** A session is over, and everybody who wanted it has had the time to get it. */
  forget(feed: Feed): void {
    const track = this.#tracks.get(feed.sessionId);
    if (track?.feed !== feed || !this.#isDelivered(track)) return;
    if (this.#past.size > 0) this.#over.add(feed.sessionId);
    else this.#tracks.delete(feed.sessionId);
  }

  offer(news: News): void {
    if (this.#mode !== 'live') return;
    const track = this.#tracks.get(news.feed.sessionId);
    if (track === undefined) return;
    const { outlet } = this;
    const { types } = this.#filter;
    for (const entry of news.entries) {
      if (entry.seq <= track.position) continue;
      if (entry.seq !== track.position + 1) {
        this.#catchUp();
        return;
      }
      track.position = entry.seq;
      if (types === undefined || types.has(entry.eventType)) outlet.send(entry.json, this);
    }
    for (const state of news.states) {
      if (state.stateSeq <= track.stateSeq) continue;
      track.stateSeq = state.stateSeq;
      outlet.send(state.json, this);
    }
    if (outlet.buffered > SLOW_ABOVE) this.#mode = 'slow';
  }

  /** Something is in the database that no recorder has told of. */
  look(feed: Feed): void {
    const track = this.#tracks.get(feed.sessionId);
    if (track === undefined || this.#mode !== 'live') return;
    if (track.position < feed.lastSeq || track.stateSeq < feed.stateSeq) this.#catchUp();
  }

  /** Whether its reader is not behind: output is not kept for those who are. */
  get #takesOutput(): boolean {
    return this.#mode === 'live' || (this.#mode === 'catching' && this.outlet.buffered < READY_BELOW);
  }

  /** Output and screens of a session, as its screen gives them out. */
  #output(json: Buffer, feed: Feed): void {
    if (!this.#takesOutput) {
      this.#outputMissed.set(feed, { fromStart: false });
      return;
    }
    this.outlet.send(json, this);
    // One that is still in its past is waited for.
    if (this.#mode === 'live' && this.outlet.buffered > SLOW_ABOVE) this.#mode = 'slow';
  }

  /** Its reader may have taken something. */
  drained(): void {
    if (this.outlet.buffered >= READY_BELOW) return;
    if (this.#mode === 'slow') this.#tellGaps();
    else if (this.#mode === 'catching') this.#catchUp();
  }

  close(): void {
    this.#closed = true;
    this.#clear();
  }

  #clear(): void {
    this.#tracks.clear();
    this.#past.clear();
    this.#over.clear();
    this.#current = undefined;
  }

  /** Everything up to here has been sent. */
  cursor(): string {
    const positions = new Map<string, number>();
    // What is newer than the oldest of which nothing has been sent is to come, but for what is named.
    const [oldest] = this.#past.values();
    const rowId = oldest === undefined ? this.#host.rowId : oldest.feed.rowId! - 1;
    for (const [sessionId, track] of this.#tracks) {
      const isNewer = track.feed.rowId !== undefined && track.feed.rowId > rowId;
      if (isNewer || !this.#isDelivered(track)) positions.set(sessionId, track.position);
    }
    return formatCursor({ rowId, positions } satisfies Cursor);
  }

  #isDelivered({ feed, position, stateSeq }: Track): boolean {
    const seen = feed.rowId !== undefined && feed.rowId <= this.#host.rowId;
    return feed.ended && seen && position >= feed.knownSeq && stateSeq >= feed.stateSeq;
  }

  #catchUp(): void {
    this.#mode = 'catching';
    if (this.#pumping) return;
    this.#pumping = true;
    this.#pump()
      .catch((error: unknown) => this.#host.failed(this, error))
      .finally(() => {
        this.#pumping = false;
      });
  }

  /** Brings every track forward until nothing is left, a page at a time, as fast as the reader takes it. */
  async #pump(): Promise<void> {
    if (this.#announceLive) {
      // First the recorders hear that somebody watches.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#host.synced();
    }
    for (;;) {
      let more = false;
      let begun = false;
      for (const track of [...this.#tracks.values()]) {
        if (this.#closed) return;
        // The reader is behind: `drained` goes on here.
        if (this.outlet.buffered >= READY_BELOW) return;
        if (this.#tracks.get(track.feed.sessionId) !== track) continue;
        if (!this.#advance(track)) continue;
        more = true;
        if (track.feed.ended) begun = true;
      }
      // What has been begun is ended first: each session on the way makes the cursor longer.
      if (!begun && this.#advancePast()) more = true;
      if (more) await new Promise((resolve) => setImmediate(resolve));
      else if (this.#announceLive && this.#filter.output && !this.#screensAsked) await this.#showScreens();
      else if (this.#goLive()) return;
    }
  }

  /** Sends about a page of the past, session after session; false when there is none left. */
  #advancePast(): boolean {
    for (let sent = 0; sent < PAGE && this.outlet.buffered < READY_BELOW; ) {
      this.#current ??= this.#nextPast();
      const track = this.#current;
      if (track === undefined) return sent > 0;
      const { position } = track;
      if (this.#advance(track)) sent += Math.max(1, track.position - position);
      else {
        this.#current = undefined;
        if (this.#isDelivered(track)) this.#tracks.delete(track.feed.sessionId);
        // Sessions of which there is nothing to send take their time, too.
        sent++;
      }
    }
    return true;
  }

  #nextPast(): Track | undefined {
    const [next] = this.#past.values();
    if (next === undefined) {
      for (const sessionId of this.#over) this.#tracks.delete(sessionId);
      this.#over.clear();
      return undefined;
    }
    this.#past.delete(next.feed.sessionId);
    this.#tracks.set(next.feed.sessionId, next);
    return next;
  }

  /** Sends one page of one session; false when there is nothing to send. */
  #advance(track: Track): boolean {
    const { feed } = track;
    if (track.position < feed.lastSeq) {
      const piece = feed.read(track.position, PAGE, this.#host.history);
      if (piece.kind === 'lost') {
        this.#gap(track, piece.fromSeq, piece.toSeq);
        return true;
      }
      const { types } = this.#filter;
      for (const entry of piece.entries) {
        track.position = entry.seq;
        if (types === undefined || types.has(entry.eventType)) this.outlet.send(entry.json, this);
      }
      return true;
    }
    if (track.stateSeq >= feed.stateSeq || feed.state === undefined) return false;
    track.stateSeq = feed.stateSeq;
    this.outlet.send(feed.state.json, this);
    return true;
  }

  /** The end of the snapshot: the screens of the sessions that run, as far as they come in time. */
  async #showScreens(): Promise<void> {
    this.#screensAsked = true;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SCREENS_WITHIN_MS);
    });
    const screens = [...this.#tracks.values()].map(({ feed }) => this.#host.watch(feed, this, false));
    await Promise.race([Promise.all(screens), limit]);
    clearTimeout(timer);
  }

  /** To be called when nothing is left; false when something has come meanwhile. */
  #goLive(): boolean {
    if (this.#past.size > 0) return false;
    for (const { position, stateSeq, feed } of this.#tracks.values()) {
      if (position < feed.lastSeq || stateSeq < feed.stateSeq) return false;
    }
    this.#mode = 'live';
    if (this.#announceLive) {
      this.#announceLive = false;
      this.#say({ type: 'live', cursor: this.cursor() });
    }
    this.#freshScreens();
    return true;
  }

  #tellGaps(): void {
    this.#mode = 'live';
    for (const track of this.#tracks.values()) {
      const { feed } = track;
      if (track.position < feed.lastSeq) this.#gap(track, track.position + 1, feed.lastSeq);
      if (track.stateSeq < feed.stateSeq && feed.state !== undefined) {
        track.stateSeq = feed.stateSeq;
        this.outlet.send(feed.state.json, this);
      }
    }
    this.#freshScreens();
  }

  #freshScreens(): void {
    for (const [feed, { fromStart }] of this.#outputMissed) {
      if (!fromStart)
        this.#say({ type: 'gap', session_id: feed.sessionId, output: true } satisfies LiveGapDocument);
      void this.#host.watch(feed, this, fromStart);
    }
    this.#outputMissed.clear();
  }

  #gap(track: Track, fromSeq: number, toSeq: number): void {
    track.position = toSeq;
    const { sessionId } = track.feed;
    this.#say({
      type: 'gap',
      session_id: sessionId,
      from_seq: fromSeq,
      to_seq: toSeq,
      count: toSeq - fromSeq + 1,
    } satisfies LiveGapDocument);
  }

  #say(message: object): void {
    this.outlet.send(Buffer.from(JSON.stringify(message)), this);
  }
}
