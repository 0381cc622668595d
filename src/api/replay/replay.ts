// A replay: sends the messages of a session when they are due by its clock, and obeys whoever controls it. Promises: the
// order is that of the session, always; a message is late by what a timer is late, and never early; whoever takes the
// messages sets the pace when he is slower, and nothing is gathered for him; between batches everybody else has a turn.

import type { ReplayMessage, ReplaySeek, ReplayStateDocument } from '../../model/wire-replay.ts';
import { ReplayClock } from './clock.ts';
import { locate } from './locate.ts';
import type { ReplayStores } from './material.ts';
import { type EndReason, screenMessage, startMessage, Tally } from './messages.ts';
import { placeId, type ReplayPlace, toMicroseconds } from './place.ts';
import type { ReplayItem, ReplaySource } from './source.ts';

/** A message, and the id under which it can be gone on behind it. */
export interface SentMessage {
  readonly message: ReplayMessage;
  /** Null for a message that is no part of the session. */
  readonly id: string | null;
}

/** Takes messages in order; the promise resolves when there is room for more. */
export type ReplaySink = (messages: readonly SentMessage[]) => void | Promise<void>;

/** Time as a replay needs it; a parameter, so that tests have their own. */
export interface ReplayTime {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Calls back once after that many milliseconds; the function that is returned prevents it. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves when everything else that is waiting has had its turn. */
  turn(): Promise<void>;
}

/** Time as it passes. */
export const realTime: ReplayTime = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};

export interface ReplayOptions {
  readonly id: string;
  readonly source: ReplaySource;
  readonly stores: () => ReplayStores;
  readonly speed: number;
  /** Nobody waits longer than that for the next message, in milliseconds of the session; null for as long as it was. */
  readonly idleLimitMs: number | null;
  /** Whether screens are sent where the replay has jumped to. */
  readonly output: boolean;
  readonly follow: boolean;
  /** Whether it stays when everything has been sent, to be moved back. */
  readonly lingers: boolean;
  readonly resumed: boolean;
  /** Standing still for that long ends it, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly time?: ReplayTime;
}

/** What is due together is sent together, up to here. */
const MOST_MESSAGES = 256;
const MOST_CHARACTERS = 256 * 1024;
/** A timer may fire that much too early. */
const EARLY_MS = 0.5;
const LONGEST_TIMER = 2 ** 31 - 1;
/** How often a running session is looked at for more when all of it has been sent … */
const FOLLOW_MS = 100;
/** … and while there is more to send, or the replay stands: only how long the session is by now can be new then. */
const GROWTH_MS = 500;

export class Replay {
  readonly #options: ReplayOptions;
  readonly #source: ReplaySource;
  readonly #time: ReplayTime;
  readonly #clock: ReplayClock;
  readonly #tally = new Tally();
  #sink: ReplaySink = () => {};
  #end: EndReason | undefined;
  #gone = false;
  #finished = false;
  /** Messages that are to be sent without waiting. */
  #steps = 0;
  /** A change that the messages do not know of yet. */
  #changed = false;
  /** Where it has jumped to, until the screen there was shown: so long no time passes. A later jump replaces it. */
  #jumpedTo: ReplayPlace | undefined;
  #wake: () => void = () => {};
  #cancelLook: () => void = () => {};

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#source = options.source;
    this.#time = options.time ?? realTime;
    this.#clock = new ReplayClock(this.#time.now, {
      position: options.source.place.offsetMs,
      speed: options.speed,
    });
    // Whoever begins in the middle needs the screen that was there, unless he has it.
    if (!options.resumed && options.source.place.output > 0) this.#jumpedTo = options.source.place;
  }

  get id(): string {
    return this.#options.id;
  }

  /** What has been handed to the sink, or jumped over. */
  get place(): ReplayPlace {
    return this.#source.place;
  }

  /** Number of the last event that is there to be played. */
  get lastSeq(): number {
    return this.#source.material.lastSeq;
  }

  state(): ReplayStateDocument {
    const { material } = this.#source;
    const position = this.#position();
    // What a running session has just added may have been sent before its length was looked at.
    const duration = this.#options.follow ? Math.max(material.durationMs, position) : material.durationMs;
    return {
      replay_id: this.#options.id,
      session_id: material.session.sessionId,
      position_ms: position,
      duration_ms: toMicroseconds(duration),
      speed: this.#clock.speed,
      idle_limit_ms: this.#options.idleLimitMs,
      playing: this.#clock.playing && !this.#finished,
      finished: this.#finished,
    };
  }

  /** Plays until the end, until it is stopped, or until nobody listens; then everything that it held is released. */
  async play(sink: ReplaySink): Promise<void> {
    this.#sink = sink;
    // Before anything else: whoever hears of this replay may pause it at once.
    this.#clock.play();
    if (this.#options.follow) this.#watchGrowth();
    try {
      const { material, place } = this.#source;
      const state = { ...this.state(), position_ms: place.offsetMs };
      await this.#send([{ message: startMessage(material, place, state, this.#options), id: null }]);
      // The time of the session begins for a client when it has heard so, and not while its connection is being made.
      await this.#time.turn();
      if (this.#clock.playing) this.#clock.jump(this.#source.place.offsetMs);
      await this.#run();
      await this.#send([
        { message: this.#tally.completeMessage(this.state(), this.#end ?? 'end'), id: null },
      ]);
    } finally {
      this.#gone = true;
      this.#cancelLook();
      this.#source.close();
    }
  }

  pause(): void {
    this.#clock.jump(this.state().position_ms);
    this.#clock.pause();
    this.#change();
  }

  resume(): void {
    this.#clock.play();
    this.#change();
  }

  setSpeed(speed: number): void {
    this.#clock.jump(this.state().position_ms);
    this.#clock.setSpeed(speed);
    this.#change();
  }

  /** @throws WrapperError `usage` when there is no such place; the replay goes on as before then */
  seek(target: ReplaySeek): void {
    const place = locate(this.#source.material, this.#options.stores().extractions, target);
    this.#source.move(place);
    this.#clock.jump(place.offsetMs);
    this.#finished = false;
    this.#steps = 0;
    this.#jumpedTo = place;
    this.#change();
  }

  /** Sends the next message now, whenever it is due; the time goes with it. */
  step(): void {
    this.#steps++;
    this.#wake();
  }

  /** Ends it in an orderly way: what was sent is counted in a last message. */
  stop(reason: 'stopped' | 'closing' = 'stopped'): void {
    this.#end ??= reason;
    this.#wake();
  }

  /** Nobody listens any more. */
  abandon(): void {
    this.#gone = true;
    this.#end ??= 'stopped';
    this.#wake();
  }

  /**
   * Where the clock is, between what was sent last and what comes next: a message that went out a moment early, or one that
   * a running session has added meanwhile, is never contradicted.
   */
  #position(): number {
    const { material, place } = this.#source;
    if (this.#jumpedTo !== undefined) return place.offsetMs;
    const next = this.#source.peek()?.offsetMs;
    const latest = next ?? (this.#options.follow && !this.#finished ? place.offsetMs : material.durationMs);
    const position = this.#finished ? latest : Math.min(this.#clock.position(), latest);
    return toMicroseconds(Math.max(place.offsetMs, position));
  }

  async #run(): Promise<void> {
    let ended = !this.#options.follow;
    while (this.#end === undefined) {
      if (this.#changed || this.#jumpedTo !== undefined) await this.#announce();
      else if (this.#source.peek() !== undefined) await this.#sendDue();
      else if (!ended) {
        ended = this.#source.refresh();
        if (!ended && this.#source.peek() === undefined) await this.#sleep(FOLLOW_MS);
      } else if (this.#options.lingers) await this.#linger();
      else this.#end = 'end';
    }
  }

  /** A session that is followed grows, so that its end can be jumped to before everything up to it was played. */
  #watchGrowth(): void {
    this.#cancelLook = this.#time.after(GROWTH_MS, () => {
      try {
        if (this.#source.refresh()) return;
      } catch {
        // A database that is locked for a moment; one that stays so is met where more of the session is needed.
      }
      this.#watchGrowth();
    });
  }

  /** Sends what is due now, or waits until something is. */
  async #sendDue(): Promise<void> {
    const now = this.#time.now();
    const batch: SentMessage[] = [];
    let characters = 0;
    for (let item = this.#source.peek(); item !== undefined; item = this.#source.peek()) {
      const due = this.#clock.dueAt(this.#waitedFor(item));
      const isStep = this.#steps > 0;
      if (due > now + EARLY_MS && !isStep) {
        if (batch.length === 0) return this.#sleep(due - now);
        break;
      }
      if (isStep) {
        this.#steps--;
        this.#clock.jump(item.offsetMs);
      } else this.#clock.leaveOut(this.#waitedFor(item), item.offsetMs);
      this.#source.take();
      this.#tally.count(item.message);
      batch.push({ message: item.message, id: placeId(item.place) });
      if (item.message.type === 'output') characters += item.message.data.length;
      if (batch.length >= MOST_MESSAGES || characters >= MOST_CHARACTERS) break;
    }
    await this.#send(batch);
    await this.#time.turn();
  }

  /** Where the clock stands when an item is due: at its time, or earlier when nothing happened for too long before. */
  #waitedFor(item: ReplayItem): number {
    const { idleLimitMs } = this.#options;
    if (idleLimitMs === null) return item.offsetMs;
    return Math.min(item.offsetMs, this.#source.place.offsetMs + idleLimitMs);
  }

  /** Says what somebody has changed, and shows the screen of the place to which it has jumped. */
  async #announce(): Promise<void> {
    const place = this.#jumpedTo;
    const messages: SentMessage[] = [];
    if (this.#changed) {
      const state = this.state();
      messages.push({ message: { type: 'replay_state', offset_ms: state.position_ms, ...state }, id: null });
    }
    this.#changed = false;
    const screen =
      place === undefined || !this.#options.output
        ? undefined
        : await screenMessage(this.#source.material, place);
    // Somebody jumped again meanwhile: that screen would be drawn for nothing.
    if (this.#jumpedTo !== place) return;
    this.#jumpedTo = undefined;
    if (screen !== undefined && place !== undefined) messages.push({ message: screen, id: placeId(place) });
    // Nothing was sent since the jump, so for whoever listens no time has passed.
    if (place !== undefined) this.#clock.jump(this.#source.place.offsetMs);
    await this.#send(messages);
  }

  async #linger(): Promise<void> {
    this.#steps = 0;
    if (!this.#finished) {
      this.#finished = true;
      await this.#send([
        { message: this.#tally.completeMessage(this.state(), this.#end ?? 'end'), id: null },
      ]);
    }
    await this.#sleep(Number.POSITIVE_INFINITY);
  }

  /** Waits, but no longer than until somebody changes something. Standing still for too long ends the replay. */
  #sleep(ms: number): Promise<void> {
    const stands = !this.#clock.playing || this.#finished;
    const wait = stands ? Math.min(ms, this.#options.idleTimeoutMs) : ms;
    return new Promise((resolve) => {
      let cancel = (): void => {};
      const wake = (): void => {
        cancel();
        this.#wake = () => {};
        resolve();
      };
      if (this.#changed || this.#steps > 0 || this.#end !== undefined) return resolve();
      this.#wake = wake;
      cancel = this.#time.after(Math.max(1, Math.min(Math.floor(wait), LONGEST_TIMER)), () => {
        if (stands && wait === this.#options.idleTimeoutMs) this.#end ??= this.#finished ? 'end' : 'idle';
        wake();
      });
    });
  }

  #change(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Waits until there is room for more, but not for ever: a client that never reads must not keep its place. */
  async #send(messages: readonly SentMessage[]): Promise<void> {
    if (messages.length === 0 || this.#gone) return;
    const room = this.#sink(messages);
    if (room === undefined) return;
    let cancel = (): void => {};
    const tooLong = new Promise<void>((resolve) => {
      cancel = this.#time.after(this.#options.idleTimeoutMs, () => {
        this.abandon();
        resolve();
      });
    });
    try {
      await Promise.race([room, tooLong]);
    } finally {
      cancel();
    }
  }
}
