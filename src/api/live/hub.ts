// Where everything that is live comes together: recorders tell what happens, the database tells of sessions that no
// recorder tells of, and subscribers get each event once. There is one for each server; it keeps little and stores
// nothing, so another server can take its place at any moment.

import type { WebSocket } from 'ws';
import { recordingEnd } from '../../data/recording-seek.ts';
import { sessionFiles } from '../../data/session-files.ts';
import type { ControlOutcome, ControlRequest } from '../../model/control.ts';
import { messageOf, WrapperError } from '../../model/errors.ts';
import type { SessionDocument } from '../../model/wire.ts';
import type { SessionStateDocument } from '../../model/wire-live.ts';
import type { Hello } from '../../session/live-frames.ts';
import type { ApiContext } from '../context.ts';
import type { Feed } from './feed.ts';
import { type Beginning, Feeds } from './feeds.ts';
import type { LiveFilter } from './filter.ts';
import { LiveHistory } from './history.ts';
import type { Outlet } from './outlet.ts';
import { Pace } from './pace.ts';
import { type Delivery, PublisherPort } from './publisher-port.ts';
import { LONGEST_BEGINNING, recordedOutput } from './recorded-output.ts';
import { type News, Subscriber, type SubscriberHost } from './subscriber.ts';
import { WatchedScreen, type Watcher } from './watched-screen.ts';
import { WriteTurns } from './write-turns.ts';

/** How often the database is asked for what no recorder tells, while somebody watches, in ms. */
const LOOK_EVERY_MS = 300;
/** How often subscribers that are behind are looked after, in ms. */
const PULSE_MS = 10;
/** How long a snapshot waits for events that are not stored yet, in ms. */
const SYNC_WITHIN_MS = 250;

/** A running session, as `connected` and /api/health tell of it. */
export interface RunningSession extends SessionDocument {
  readonly last_seq: number;
  readonly last_event_at: string | null;
}

/** What a recorder has told of its session. */
interface Arrival {
  readonly feed: Feed;
  readonly port: PublisherPort;
  readonly delivery: Delivery;
}

export class LiveHub implements SubscriberHost {
  readonly history: LiveHistory;
  /** How everything for subscribers goes out. */
  readonly writes = new WriteTurns();
  readonly #context: ApiContext;
  readonly #feeds: Feeds;
  readonly #ports = new Map<string, PublisherPort>();
  readonly #screens = new Map<string, WatchedScreen>();
  readonly #subscribers = new Set<Subscriber>();
  /** Deliveries on their way to the subscribers. */
  readonly #pace = new Pace<Arrival>(this.writes, (arrivals) => {
    for (const arrival of arrivals) this.#handOn(arrival);
  });
  #looking: NodeJS.Timeout | undefined;
  #pulse: NodeJS.Timeout | undefined;
  #closed = false;
  /** Told when a recorder is gone that had not come to the end of its session: its wrapper may have died. */
  onAbandoned: () => void = () => {};

  constructor(context: ApiContext) {
    this.#context = context;
    this.history = new LiveHistory(context);
    this.#feeds = new Feeds(this.history, {
      onNew: (feed) => this.#introduce(feed),
      onStored: (feed, states) => this.#tellStored(feed, states),
      onOver: (feed) => this.#over(feed),
    });
    context.onClose(() => this.#close());
  }

  get rowId(): number {
    return this.#feeds.rowId;
  }

  /** Sessions that run now, as far as anybody knows. */
  running(): RunningSession[] {
    this.#feeds.look();
    return this.#feeds.running().map((feed) => ({
      ...feed.document,
      last_seq: feed.knownSeq,
      last_event_at: this.#lastEventAt(feed),
    }));
  }

  /** Where a subscriber stands that begins now and wants nothing of the past. */
  cursor(): string {
    return this.#feeds.cursor();
  }

  /** How a session is, live or not. @throws WrapperError `session_unknown` */
  stateOf(sessionId: string): SessionStateDocument {
    this.#feeds.look();
    const feed = this.#feeds.find(sessionId);
    const held = this.history.heldState(feed);
    return {
      session_id: sessionId,
      agent_name: feed.agentName,
      state: held?.state ?? feed.document.state,
      since: held?.timestamp ?? feed.document.started_at,
      metadata: held?.metadata ?? null,
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
    this.#feeds.look();
    this.#leaveScreens(subscriber);
    subscriber.subscribe(filter, this.#feeds.beginningAt(beginning), beginning.rowId ?? this.rowId);
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
        if (feed === undefined) return;
        this.#pace.add({ feed, port, delivery });
        // Somebody who begins waits for it.
        if (delivery.allSent) this.#pace.flush();
      },
      onClose: () => {
        this.#pace.flush();
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

  async watch(feed: Feed, subscriber: Subscriber, fromStart: boolean): Promise<void> {
    const watcher = subscriber.watcher(feed);
    if (feed.ended) {
      if (fromStart) this.#showEnded(feed, [watcher]);
      return;
    }
    const joined = this.#screenOf(feed).join(watcher, fromStart);
    this.#tellWants();
    // Without its recorder there is no output, and perhaps never will be.
    if (this.#ports.has(feed.sessionId)) await joined;
  }

  /** A session that was over before its recorder was asked for output: the recording has it all. */
  #showEnded({ sessionId }: Feed, watchers: readonly Watcher[]): void {
    const files = sessionFiles(this.#context.dbPath, sessionId);
    try {
      const end = recordingEnd(files.cast);
      if (end === undefined || end.offset > LONGEST_BEGINNING) return;
      for (const json of recordedOutput(sessionId, files, end.offset))
        for (const watcher of watchers) watcher.output(json);
    } catch (error) {
      this.#context.log(`the recording of ${sessionId} could not be read: ${messageOf(error)}`);
    }
  }

  /** Before it is told that a session has ended. */
  #serveUnserved(feed: Feed): void {
    const unserved = feed.ended ? this.#screens.get(feed.sessionId)?.takeUnserved() : undefined;
    if (unserved !== undefined && unserved.length > 0) this.#showEnded(feed, unserved);
  }

  failed(subscriber: Subscriber, error: unknown): void {
    this.#context.log(`a live subscriber was cut off: ${messageOf(error)}`);
    this.remove(subscriber);
    subscriber.outlet.close();
  }

  #lastEventAt(feed: Feed): string | null {
    if (feed.knownSeq === 0) return null;
    return feed.knownAt ?? this.history.lastEventAt(feed.sessionId);
  }

  #whyUnreachable(sessionId: string): WrapperError {
    try {
      return this.#feeds.find(sessionId).ended
        ? new WrapperError('session_ended', `session ${sessionId} has ended`)
        : new WrapperError('session_not_reachable', `the process of session ${sessionId} is not connected`);
    } catch (error) {
      if (error instanceof WrapperError) return error;
      throw error;
    }
  }

  #greet(hello: Hello, port: PublisherPort): Feed {
    const { feed, isNew, states } = this.#feeds.greet(hello);
    this.#ports.set(feed.sessionId, port);
    if (isNew) this.#introduce(feed);
    else this.#tellStored(feed, states);
    this.#tellWants();
    return feed;
  }

  #handOn({ feed, port, delivery }: Arrival): void {
    try {
      this.#deliver(feed, delivery);
    } catch (error) {
      port.refuse(error);
    }
  }

  #deliver(feed: Feed, delivery: Delivery): void {
    const entries = delivery.entries.filter((entry) => feed.add(entry));
    const { stored } = delivery;
    if (stored !== undefined) feed.stored(stored.storedSeq, stored.lastSeq, stored.lastEventAt);
    const states = delivery.states.filter(({ stateSeq, json }) => feed.setState(stateSeq, json));
    if (feed.state?.final === true) feed.ended = true;
    this.#serveUnserved(feed);
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
    this.#feeds.left(feed);
    if (!feed.ended && !this.#closed) this.onAbandoned();
    if (this.#subscribers.size > 0) return;
    // One that has not ended may be recovered, and is looked at again when somebody comes.
    if (feed.ended) this.#feeds.drop(feed);
    this.#closeScreen(feed.sessionId);
  }

  #introduce(feed: Feed): void {
    for (const subscriber of this.#subscribers) subscriber.meet(feed);
  }

  /** Events first: a state says something about those before it. */
  #tellStored(feed: Feed, states: News['states']): void {
    this.#serveUnserved(feed);
    for (const subscriber of this.#subscribers) subscriber.look(feed);
    if (states.length > 0) this.#offer({ feed, entries: [], states });
  }

  #over(feed: Feed): void {
    this.#closeScreen(feed.sessionId);
    for (const subscriber of this.#subscribers) subscriber.forget(feed);
  }

  #offer(news: News): void {
    for (const subscriber of this.#subscribers) subscriber.offer(news);
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
      this.#feeds.look();
    } catch (error) {
      this.#context.log(`the database could not be read: ${messageOf(error)}`);
    }
  }

  async #close(): Promise<void> {
    // What has arrived, perhaps the end of the session that this server belongs to, still goes out.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#pace.flush();
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
