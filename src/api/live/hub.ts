// Where everything that is live comes together: recorders tell what happens, the database tells of sessions that no
// recorder tells of, and subscribers get each event once. There is one for each server; it keeps little and stores
// nothing, so another server can take its place at any moment.

import type { WebSocket } from 'ws';
import { sessionFiles } from '../../data/session-files.ts';
import type { ControlOutcome, ControlRequest } from '../../model/control.ts';
import { messageOf, WrapperError } from '../../model/errors.ts';
import type { LiveStateDocument, SessionDocument } from '../../model/wire.ts';
import type { SessionStateDocument } from '../../model/wire-live.ts';
import type { Hello } from '../../session/live-frames.ts';
import type { ApiContext } from '../context.ts';
import { formatCursor } from './cursor.ts';
import { Feed } from './feed.ts';
import type { LiveFilter } from './filter.ts';
import { LiveHistory, type StoredSession } from './history.ts';
import type { Outlet } from './outlet.ts';
import { type Delivery, PublisherPort } from './publisher-port.ts';
import { type News, Subscriber, type SubscriberHost } from './subscriber.ts';
import { WatchedScreen } from './watched-screen.ts';

/** How often the database is asked for what no recorder tells, while somebody watches, in ms. */
const LOOK_EVERY_MS = 300;
/** How often subscribers that are behind are looked after, in ms. */
const PULSE_MS = 10;
/** How long a snapshot waits for events that are not stored yet, in ms. */
const SYNC_WITHIN_MS = 250;

/** Where a subscriber begins. */
export interface Beginning {
  /** Everything newer than this row is delivered from its start; without it, only what is running now. */
  readonly rowId: number | undefined;
  readonly positions: ReadonlyMap<string, number>;
  /** Sessions that run and are not named: from their start, or from now on. */
  readonly unnamed: 'start' | 'now';
}

/** A running session, as `connected` and /api/health tell of it. */
export interface RunningSession extends SessionDocument {
  readonly last_seq: number;
}

export class LiveHub implements SubscriberHost {
  readonly history: LiveHistory;
  readonly #context: ApiContext;
  readonly #feeds = new Map<string, Feed>();
  readonly #ports = new Map<string, PublisherPort>();
  readonly #screens = new Map<string, WatchedScreen>();
  readonly #subscribers = new Set<Subscriber>();
  #rowId = 0;
  #begun = false;
  #looking: NodeJS.Timeout | undefined;
  #pulse: NodeJS.Timeout | undefined;
  #closed = false;
  /** Told when a recorder is gone that had not come to the end of its session: its wrapper may have died. */
  onAbandoned: () => void = () => {};

  constructor(context: ApiContext) {
    this.#context = context;
    this.history = new LiveHistory(context);
    context.onClose(() => this.#close());
  }

  get rowId(): number {
    return this.#rowId;
  }

  /** Sessions that run now, as far as anybody knows. */
  running(): RunningSession[] {
    this.#look();
    return [...this.#feeds.values()]
      .filter((feed) => !feed.ended)
      .map((feed) => ({ ...feed.document, last_seq: feed.knownSeq }));
  }

  /** Where a subscriber stands that begins now and wants nothing of the past. */
  cursor(): string {
    const running = [...this.#feeds.values()].filter((feed) => !feed.ended);
    return formatCursor({
      rowId: this.#rowId,
      positions: new Map(running.map((feed) => [feed.sessionId, feed.knownSeq])),
    });
  }

  /** How a session is, live or not. @throws WrapperError `session_unknown` */
  stateOf(sessionId: string): SessionStateDocument {
    this.#look();
    const stored = this.history.session(sessionId);
    const feed = this.#feeds.get(sessionId) ?? (stored && this.#fromStored(stored));
    if (feed === undefined) throw new WrapperError('session_unknown', `there is no session ${sessionId}`);
    const state = feed.state && (JSON.parse(feed.state.json.toString()) as LiveStateDocument);
    return {
      session_id: sessionId,
      agent_name: feed.agentName,
      state: state?.state ?? feed.document.state,
      since: state?.timestamp ?? feed.document.started_at,
      metadata: state?.metadata ?? null,
      last_seq: feed.knownSeq,
      reachable: this.#ports.has(sessionId) && !feed.ended,
    };
  }

  /** Adds one who watches; nothing is sent before it subscribes. */
  add(outlet: Outlet): Subscriber {
    const subscriber = new Subscriber(outlet, this);
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  remove(subscriber: Subscriber): void {
    subscriber.close();
    this.#subscribers.delete(subscriber);
    this.#leaveScreens(subscriber);
    this.#tellWants();
  }

  /** Lets a subscriber begin (anew). @throws WrapperError when the database cannot be read */
  subscribe(subscriber: Subscriber, filter: LiveFilter, beginning: Beginning): void {
    this.#look();
    this.#leaveScreens(subscriber);
    subscriber.subscribe(filter, this.#feedsFor(beginning));
    this.#tellWants();
    this.#start();
  }

  /** A recorder has connected. */
  accept(socket: WebSocket): void {
    let feed: Feed | undefined;
    const port: PublisherPort = new PublisherPort(socket, {
      onHello: (hello) => {
        feed = this.#greet(hello, port);
      },
      onDelivery: (delivery) => {
        if (feed !== undefined) this.#deliver(feed, delivery);
      },
      onClose: () => {
        if (feed !== undefined) this.#left(feed, port);
      },
      onFault: (error) => this.#context.log(`a recorder was cut off: ${messageOf(error)}`),
    });
  }

  /** Gives a command to the process of a session. Never rejects. */
  async command(sessionId: string, request: ControlRequest): Promise<ControlOutcome> {
    const port = this.#ports.get(sessionId);
    if (port !== undefined && this.#feeds.get(sessionId)?.ended !== true) return port.command(request);
    const { code, message } = this.#whyUnreachable(sessionId);
    return { ok: false, code, message };
  }

  async synced(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SYNC_WITHIN_MS);
    });
    await Promise.race([Promise.all([...this.#ports.values()].map((port) => port.synced())), limit]);
    clearTimeout(timer);
  }

  watch(feed: Feed, subscriber: Subscriber): void {
    if (feed.ended) return;
    this.#screenOf(feed).join(subscriber.watcher(feed));
    this.#tellWants();
  }

  failed(subscriber: Subscriber, error: unknown): void {
    this.#context.log(`a live subscriber was cut off: ${messageOf(error)}`);
    this.remove(subscriber);
    subscriber.outlet.close();
  }

  #whyUnreachable(sessionId: string): WrapperError {
    const known = this.#feeds.get(sessionId);
    const stored = known === undefined ? this.history.session(sessionId) : undefined;
    if (known === undefined && stored === undefined)
      return new WrapperError('session_unknown', `there is no session ${sessionId}`);
    if (known?.ended === true || stored?.ended === true)
      return new WrapperError('session_ended', `session ${sessionId} has ended`);
    return new WrapperError('session_not_reachable', `the process of session ${sessionId} is not connected`);
  }

  #feedsFor(beginning: Beginning): Map<Feed, number> {
    const { rowId, positions, unnamed } = beginning;
    const found = new Map<Feed, number>();
    for (const feed of this.#feeds.values()) {
      const isNew = rowId !== undefined && (feed.rowId === undefined || feed.rowId > rowId);
      const otherwise = unnamed === 'start' || isNew ? 0 : feed.knownSeq;
      // What has ended and is neither named nor new was delivered before.
      if (feed.ended && !isNew && !positions.has(feed.sessionId)) continue;
      found.set(feed, positions.get(feed.sessionId) ?? otherwise);
    }
    const missed = rowId === undefined ? [] : [...this.history.sessionsAfter(rowId)];
    const named = [...positions.keys()].map((sessionId) => this.history.session(sessionId));
    for (const stored of [...missed, ...named]) {
      if (stored === undefined || this.#feeds.has(stored.document.session_id)) continue;
      found.set(this.#fromStored(stored), positions.get(stored.document.session_id) ?? 0);
    }
    return found;
  }

  #fromStored(stored: StoredSession): Feed {
    const feed = new Feed(stored.document);
    this.#refresh(feed, stored);
    return feed;
  }

  /** Brings a feed to what the database has. */
  #refresh(feed: Feed, stored: StoredSession): News['states'] {
    feed.rowId = stored.rowId;
    const last = this.history.lastSeq(feed.sessionId);
    feed.stored(last, last);
    if (feed.published) return [];
    const states = this.history
      .statesAfter(stored.document, feed.stateSeq)
      .filter(({ stateSeq, json }) => feed.setState(stateSeq, json));
    feed.document = stored.document;
    feed.ended = stored.ended;
    return states;
  }

  #greet(hello: Hello, port: PublisherPort): Feed {
    const sessionId = hello.session.session_id;
    let feed = this.#feeds.get(sessionId);
    const isNew = feed === undefined;
    feed ??= new Feed(hello.session);
    feed.published = true;
    feed.ended = false;
    feed.stored(hello.stored_seq, hello.last_seq);
    const states = this.#statesUpTo(feed, hello);
    this.#feeds.set(sessionId, feed);
    this.#ports.set(sessionId, port);
    if (isNew) this.#introduce(feed);
    else this.#offer({ feed, entries: [], states });
    for (const subscriber of this.#subscribers) subscriber.look(feed);
    this.#tellWants();
    return feed;
  }

  /** Also those that happened while the recorder had no server. */
  #statesUpTo(feed: Feed, { state }: Hello): News['states'] {
    const latest = { stateSeq: state.state_seq, json: Buffer.from(JSON.stringify(state)) };
    const missed =
      feed.stateSeq === 0 || feed.stateSeq >= state.state_seq - 1
        ? []
        : this.history
            .statesAfter(feed.document, feed.stateSeq)
            .filter(({ stateSeq }) => stateSeq < latest.stateSeq);
    return [...missed, latest].filter(({ stateSeq, json }) => feed.setState(stateSeq, json));
  }

  #deliver(feed: Feed, delivery: Delivery): void {
    const entries = delivery.entries.filter((entry) => feed.add(entry));
    const { stored } = delivery;
    if (stored !== undefined) feed.stored(stored.storedSeq, stored.lastSeq);
    const states = delivery.states.filter(({ stateSeq, json }) => feed.setState(stateSeq, json));
    if (feed.state?.final === true) feed.ended = true;
    if (entries.length + states.length > 0) this.#offer({ feed, entries, states });
    if (stored !== undefined && entries.length === 0) {
      for (const subscriber of this.#subscribers) subscriber.look(feed);
    }
    for (const output of delivery.outputs) {
      if ('json' in output) this.#screens.get(feed.sessionId)?.output(output);
      else this.#screens.get(feed.sessionId)?.begin(output);
    }
  }

  #left(feed: Feed, port: PublisherPort): void {
    if (this.#ports.get(feed.sessionId) !== port) return;
    this.#ports.delete(feed.sessionId);
    // From here on the database tells what becomes of it.
    feed.published = false;
    if (!feed.ended && !this.#closed) this.onAbandoned();
    this.history.forget();
    if (this.#subscribers.size === 0) this.#drop(feed);
  }

  #introduce(feed: Feed): void {
    for (const subscriber of this.#subscribers) subscriber.meet(feed);
  }

  #offer(news: News): void {
    for (const subscriber of this.#subscribers) subscriber.offer(news);
  }

  /** What the database has and nobody has told. */
  #look(): void {
    if (!this.history.changed()) return;
    if (!this.#begun) this.#begin();
    // Another file has taken the place of the database: all of its sessions are new.
    if (this.history.lastRow() < this.#rowId) this.#rowId = 0;
    for (const stored of this.history.sessionsAfter(this.#rowId)) {
      this.#rowId = stored.rowId;
      const known = this.#feeds.get(stored.document.session_id);
      if (known !== undefined) {
        known.rowId = stored.rowId;
        continue;
      }
      const feed = this.#fromStored(stored);
      this.#feeds.set(feed.sessionId, feed);
      this.#introduce(feed);
    }
    for (const feed of [...this.#feeds.values()]) this.#lookAt(feed);
  }

  /** The first look: what runs now. */
  #begin(): void {
    this.#begun = true;
    this.#rowId = this.history.lastRow();
    for (const stored of this.history.running()) {
      const known = this.#feeds.get(stored.document.session_id);
      if (known !== undefined) known.rowId = stored.rowId;
      else this.#feeds.set(stored.document.session_id, this.#fromStored(stored));
    }
  }

  #lookAt(feed: Feed): void {
    if (!feed.published) {
      const stored = this.history.session(feed.sessionId);
      if (stored !== undefined) {
        const states = this.#refresh(feed, stored);
        for (const subscriber of this.#subscribers) subscriber.look(feed);
        if (states.length > 0) this.#offer({ feed, entries: [], states });
      }
    }
    if (!feed.ended || feed.published || feed.rowId === undefined || feed.rowId > this.#rowId) return;
    if (feed.state !== undefined && !feed.state.final) return;
    this.#drop(feed);
    for (const subscriber of this.#subscribers) subscriber.forget(feed);
  }

  #drop(feed: Feed): void {
    this.#feeds.delete(feed.sessionId);
    this.#closeScreen(feed.sessionId);
  }

  #closeScreen(sessionId: string): void {
    this.#screens.get(sessionId)?.close();
    this.#screens.delete(sessionId);
  }

  #leaveScreens(subscriber: Subscriber): void {
    for (const [sessionId, screen] of this.#screens) {
      const feed = this.#feeds.get(sessionId);
      if (feed !== undefined) screen.leave(subscriber.watcher(feed));
    }
  }

  #screenOf(feed: Feed): WatchedScreen {
    let screen = this.#screens.get(feed.sessionId);
    if (screen === undefined) {
      const files = sessionFiles(this.#context.dbPath, feed.sessionId);
      screen = new WatchedScreen(feed.sessionId, files, (error) =>
        this.#context.log(`no screen of ${feed.sessionId}: ${messageOf(error)}`),
      );
      this.#screens.set(feed.sessionId, screen);
    }
    return screen;
  }

  /** Tells the recorders what somebody wants to see. */
  #tellWants(): void {
    const events = [...this.#subscribers].some((subscriber) => subscriber.active);
    for (const [sessionId, screen] of this.#screens) if (!screen.watched) this.#closeScreen(sessionId);
    for (const [sessionId, port] of this.#ports) port.want(events, this.#screens.has(sessionId));
  }

  /** Timers run only while they are of use. */
  #start(): void {
    if (this.#closed) return;
    this.#looking ??= setInterval(() => {
      if (this.#subscribers.size === 0) this.#rest();
      else this.#lookSafely();
    }, LOOK_EVERY_MS).unref();
    this.#pulse ??= setInterval(() => {
      for (const subscriber of this.#subscribers) if (subscriber.isBehind) subscriber.drained();
    }, PULSE_MS).unref();
  }

  #rest(): void {
    clearInterval(this.#looking);
    clearInterval(this.#pulse);
    this.#looking = undefined;
    this.#pulse = undefined;
  }

  /** A database that is locked or gone for a moment is asked again. */
  #lookSafely(): void {
    try {
      this.#look();
    } catch (error) {
      this.#context.log(`the database could not be read: ${messageOf(error)}`);
    }
  }

  async #close(): Promise<void> {
    // What has arrived, perhaps the end of the session that this server belongs to, still goes out.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#closed = true;
    this.#rest();
    for (const screen of this.#screens.values()) screen.close();
    for (const subscriber of [...this.#subscribers]) {
      subscriber.close();
      subscriber.outlet.close();
    }
    for (const port of this.#ports.values()) port.close();
  }
}

const hubs = new WeakMap<ApiContext, LiveHub>();

/** The hub of a server. */
export function liveHub(context: ApiContext): LiveHub {
  let hub = hubs.get(context);
  if (hub === undefined) {
    hub = new LiveHub(context);
    hubs.set(context, hub);
  }
  return hub;
}
