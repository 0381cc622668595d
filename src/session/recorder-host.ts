// The main thread's side of the recorder: copies chunks into the ring, starts the thread when it is worth it, and
// collects the report. A recorder that is slow, stuck or dead costs the agent at most one short pause.

import type { Worker } from 'node:worker_threads';
import { sessionFiles } from '../data/session-files.ts';
import type { ControlOutcome, ControlRequest } from '../model/control.ts';
import { messageOf } from '../model/errors.ts';
import { ChunkRing, type FrameKind } from './chunk-ring.ts';
import { EarlyLog } from './early-log.ts';
import type { Woken } from './live-publishing.ts';
import { type ProcessorTime, processorTimeSince, processorTimes } from './processor-time.ts';
import { lostReport, type RecorderPlan, type RecorderReport, type SessionEnd } from './recorder-plan.ts';
import type { FromRecorder, RecorderThreadData, ToRecorder } from './recorder-thread.ts';

/**
 * A thread takes about half as long to start as Node itself. A command that is over sooner than this is recorded by the
 * main thread after its exit, when there is nothing left to forward.
 */
const START_THREAD_AFTER_MS = 20;
/** Holds EARLY_BYTES and one chunk with their frames; a power of two. */
const EARLY_CAPACITY = 4 * 1024 * 1024;
/** How often a full ring is looked at again, and how long one that nobody reads holds up the agent, both in ms. */
const ROOM_POLL_MS = 1;
const STUCK_AFTER_MS = 500;
/** A reader that has had a processor for this long without finishing one frame runs in circles, in ms. */
const CIRCLING_AFTER_MS = 1500;
/** What may wait for the start of the thread, in bytes; more starts it at once. */
const EARLY_BYTES = 1024 * 1024;
/** A recorder that gives no sign of life for this long at the end is given up, in ms. */
const SILENT_AFTER_MS = 2800;
/**
 * It is given more time, as long as it stood in line for a processor, unless it had one for longer than an answer can
 * take: forty sessions that end at once are slow, not stuck. In ms.
 */
const BUSY_FOR_MS = 500;
const LEAST_GRANTED_MS = 50;
const MOST_GRANTED_MS = 30_000;

/** Loads the recorder module, and starts it as a thread: injected, because only the bundle knows its own files. */
export interface RecorderLoader {
  startThread(data: RecorderThreadData): Worker;
  loadInline(): Promise<typeof import('./recorder-thread.ts')>;
}

/** What the recorder's thread asks the main thread for on behalf of whoever watches the session live. */
export interface LiveParts {
  /** Milliseconds since the start of the session. */
  elapsed(): number;
  control(request: ControlRequest): Promise<ControlOutcome>;
  startServer(): void;
}

export class RecorderHost {
  readonly #plan: RecorderPlan;
  readonly #loader: RecorderLoader;
  readonly #live: LiveParts;
  /** Made together with the thread: 16 MiB of shared memory, even untouched, cost a short run a garbage collection. */
  #ring: ChunkRing | undefined;
  /** What came before that. */
  #early: { kind: FrameKind; elapsedMs: number; chunk: Uint8Array }[] = [];
  #earlyBytes = 0;
  #earlyLog: EarlyLog | undefined;
  readonly #startTimer: NodeJS.Timeout;
  #thread: Worker | undefined;
  #death: string | undefined;
  #droppedBytes = 0;
  #dropping = false;
  #room: Promise<void> | undefined;

  constructor(plan: RecorderPlan, loader: RecorderLoader, live: LiveParts) {
    this.#plan = plan;
    this.#loader = loader;
    this.#live = live;
    this.#startTimer = setTimeout(() => this.#startThread(), START_THREAD_AFTER_MS);
  }

  /**
   * Takes a copy of a chunk. The returned promise, if any, asks the caller to stop reading until it resolves: the ring
   * is full and its reader is working through it.
   */
  write(kind: FrameKind, elapsedMs: number, chunk: Uint8Array): Promise<void> | undefined {
    if (this.#death !== undefined || (this.#dropping && !this.#hasRoomAgain())) {
      this.#droppedBytes += chunk.length;
      return undefined;
    }
    const ring = this.#ring;
    if (ring === undefined) {
      this.#early.push({ kind, elapsedMs, chunk: Uint8Array.from(chunk) });
      this.#earlyBytes += chunk.length;
      if (this.#earlyBytes > EARLY_BYTES) this.#startThread();
      return undefined;
    }
    this.#earlyLog?.write(kind, elapsedMs, chunk);
    if (!ring.write(kind, elapsedMs, chunk)) {
      return this.#writeWhenRoom(ring, kind, elapsedMs, Uint8Array.from(chunk));
    }
    if (ring.takeAsleep()) this.#send({ type: 'wake' });
    return ring.used > ring.capacity / 2 ? this.#awaitRoom(ring) : undefined;
  }

  /** The server that the recorder has asked for is up, or has ended. */
  serverChanged(state: 'listening' | 'ended'): void {
    this.#send({ type: 'server', state });
  }

  /** A signal to us has let the paused command go on. */
  woken(by: Omit<Woken, 'type'>): void {
    this.#send({ type: 'woken', ...by });
  }

  /** Ends the session and returns what became of it. Never rejects, and never takes long without progress. */
  async finish(
    end: Omit<SessionEnd, 'droppedBytes'>,
    onWaiting: (bytes: number) => void,
  ): Promise<RecorderReport> {
    clearTimeout(this.#startTimer);
    await this.#room;
    const complete = { ...end, droppedBytes: this.#droppedBytes };
    if (this.#death !== undefined) return this.#lostReport(this.#death);
    try {
      if (this.#thread !== undefined) return await this.#finishThread(this.#thread, complete, onWaiting);
      const { recordNow } = await this.#loader.loadInline();
      return await recordNow(this.#plan, this.#takeEarly(new ChunkRing(undefined, EARLY_CAPACITY)), complete);
    } catch (error) {
      return this.#lostReport(messageOf(error));
    }
  }

  #startThread(): void {
    if (this.#thread !== undefined || this.#death !== undefined) return;
    clearTimeout(this.#startTimer);
    this.#earlyLog = this.#openEarlyLog();
    const ring = this.#takeEarly(new ChunkRing());
    this.#ring = ring;
    try {
      const thread = this.#loader.startThread({
        plan: this.#plan,
        ring: ring.memory,
      });
      thread.on('message', (message: FromRecorder) => this.#received(message));
      thread.on('error', (error) => this.#died(messageOf(error)));
      thread.on('exit', () => this.#died('its thread ended'));
      thread.unref();
      this.#thread = thread;
    } catch (error) {
      this.#died(messageOf(error));
    }
  }

  #received(message: FromRecorder): void {
    if (message.type === 'ready') {
      this.#earlyLog?.stop();
      this.#earlyLog = undefined;
    } else if (message.type === 'start_server') {
      this.#live.startServer();
    } else if (message.type === 'control') {
      const { id, request } = message;
      void this.#live.control(request).then((outcome) => {
        this.#send({ type: 'controlled', id, outcome, elapsedMs: this.#live.elapsed() });
      });
    }
  }

  #openEarlyLog(): EarlyLog | undefined {
    const { dbPath, record, session, startedAtMs, patterns } = this.#plan;
    if (dbPath === null || !record || session.owner === null) return undefined;
    // Without the command, which only the recorder can rid of secrets.
    const withoutCommand = { ...session, argv: null, command: null };
    return new EarlyLog(sessionFiles(dbPath, session.sessionId), {
      owner: session.owner,
      session: withoutCommand,
      startedAtMs,
      patterns,
      end: null,
    });
  }

  #takeEarly(ring: ChunkRing): ChunkRing {
    for (const { kind, elapsedMs, chunk } of this.#early) {
      this.#earlyLog?.write(kind, elapsedMs, chunk);
      if (!ring.write(kind, elapsedMs, chunk)) this.#droppedBytes += chunk.length;
    }
    this.#early = [];
    return ring;
  }

  #died(reason: string): void {
    this.#death ??= reason;
  }

  #send(message: ToRecorder): void {
    this.#thread?.postMessage(message);
  }

  async #writeWhenRoom(
    ring: ChunkRing,
    kind: FrameKind,
    elapsedMs: number,
    chunk: Uint8Array,
  ): Promise<void> {
    await this.#awaitRoom(ring);
    if (this.#death !== undefined || !ring.write(kind, elapsedMs, chunk)) this.#droppedBytes += chunk.length;
    else if (ring.takeAsleep()) this.#send({ type: 'wake' });
  }

  /** Resolves when there is room again, or the recorder is stuck. */
  #awaitRoom(ring: ChunkRing): Promise<void> {
    this.#room ??= new Promise((resolve) => {
      let position = ring.readPosition;
      let since = performance.now();
      let before = processorTimes();
      const poll = setInterval(() => {
        const now = performance.now();
        if (ring.readPosition !== position) {
          position = ring.readPosition;
          since = now;
          before = new Map();
        } else if (before.size === 0) {
          before = processorTimes();
        }
        const stuck = now - since > STUCK_AFTER_MS && isStuck(now - since, before);
        if (!stuck && this.#death === undefined && !this.#hasRoomAgain()) return;
        this.#dropping = stuck;
        clearInterval(poll);
        this.#room = undefined;
        resolve();
      }, ROOM_POLL_MS);
    });
    return this.#room;
  }

  #hasRoomAgain(): boolean {
    const room = this.#ring === undefined || this.#ring.used <= this.#ring.capacity / 4;
    if (room) this.#dropping = false;
    return room;
  }

  #finishThread(
    thread: Worker,
    end: SessionEnd,
    onWaiting: (bytes: number) => void,
  ): Promise<RecorderReport> {
    thread.ref();
    return new Promise((resolve) => {
      let watchdog: NodeJS.Timeout;
      const settle = (report: RecorderReport): void => {
        clearTimeout(watchdog);
        resolve(report);
      };
      const watch = (limitMs = SILENT_AFTER_MS, since = processorTimes(), grantedMs = 0): void => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => {
          const { ran, waited } = processorTimeSince(since);
          const more = ran > BUSY_FOR_MS ? 0 : Math.min(waited, MOST_GRANTED_MS) - grantedMs;
          if (more > LEAST_GRANTED_MS) watch(more, since, grantedMs + more);
          else settle(this.#lostReport('it does not answer'));
        }, limitMs);
      };
      thread.on('message', (message: FromRecorder) => {
        if (message.type === 'report') settle(message.report);
        else if (message.type === 'alive') {
          onWaiting(message.waitingBytes);
          watch();
        }
      });
      thread.on('error', (error) => settle(this.#lostReport(messageOf(error))));
      thread.on('exit', () => settle(this.#lostReport('its thread ended')));
      watch();
      this.#send({ type: 'finish', end });
    });
  }

  #lostReport(reason: string): RecorderReport {
    return lostReport(this.#plan.session.sessionId, reason, this.#droppedBytes + (this.#ring?.used ?? 0));
  }
}

/** Whether a silence (in ms) is explained neither by work nor by standing in line for a processor. */
function isStuck(silentMs: number, before: ReadonlyMap<string, ProcessorTime>): boolean {
  const { ran, waited } = processorTimeSince(before);
  return silentMs - ran - waited > STUCK_AFTER_MS || ran > CIRCLING_AFTER_MS;
}
