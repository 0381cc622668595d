// The main thread's side of the recorder: copies chunks into the ring, starts the thread when it is worth it, and
// collects the report. A recorder that is slow, stuck or dead costs the agent at most one short pause.

import type { Worker } from 'node:worker_threads';
import { messageOf } from '../model/errors.ts';
import { ChunkRing, type FrameKind } from './chunk-ring.ts';
import { processorTimeSince, processorTimes } from './processor-time.ts';
import type { Problem, RecorderPlan, RecorderReport, SessionEnd } from './recorder-plan.ts';
import type { FromRecorder, RecorderThreadData, ToRecorder } from './recorder-thread.ts';

/**
 * A thread takes about half as long to start as Node itself. A command that is over sooner than this is recorded by the
 * main thread after its exit, when there is nothing left to forward.
 */
const START_THREAD_AFTER_MS = 30;
/** How often a full ring is looked at again, and how long one that nobody reads holds up the agent, both in ms. */
const ROOM_POLL_MS = 1;
const STUCK_AFTER_MS = 250;
/** A recorder that gives no sign of life for this long at the end is given up, in ms. */
const SILENT_AFTER_MS = 2800;
/**
 * It is given more time, as long as it stood in line for a processor, unless it had one for longer than an answer can
 * take: forty sessions that end at once are slow, not stuck. In ms.
 */
const BUSY_FOR_MS = 1000;
const LEAST_GRANTED_MS = 50;
const MOST_GRANTED_MS = 30_000;

/** Loads the recorder module, and starts it as a thread: injected, because only the bundle knows its own files. */
export interface RecorderLoader {
  startThread(data: RecorderThreadData): Worker;
  loadInline(): Promise<typeof import('./recorder-thread.ts')>;
}

export class RecorderHost {
  readonly #plan: RecorderPlan;
  readonly #loader: RecorderLoader;
  readonly #ring = new ChunkRing();
  readonly #startTimer: NodeJS.Timeout;
  #thread: Worker | undefined;
  #death: string | undefined;
  #droppedBytes = 0;
  #dropping = false;
  #room: Promise<void> | undefined;

  constructor(plan: RecorderPlan, loader: RecorderLoader) {
    this.#plan = plan;
    this.#loader = loader;
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
    if (!this.#ring.write(kind, elapsedMs, chunk)) {
      this.#startThread();
      const copy = Uint8Array.from(chunk);
      return this.#writeWhenRoom(kind, elapsedMs, copy);
    }
    if (this.#ring.takeAsleep()) this.#send({ type: 'wake' });
    return this.#ring.used > this.#ring.capacity / 2 && this.#thread !== undefined
      ? this.#awaitRoom()
      : undefined;
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
      return await recordNow(this.#plan, this.#ring, complete);
    } catch (error) {
      return this.#lostReport(messageOf(error));
    }
  }

  #startThread(): void {
    if (this.#thread !== undefined || this.#death !== undefined) return;
    clearTimeout(this.#startTimer);
    try {
      const thread = this.#loader.startThread({
        wrapperThread: 'recorder',
        plan: this.#plan,
        ring: this.#ring.memory,
      });
      thread.on('error', (error) => this.#died(messageOf(error)));
      thread.on('exit', () => this.#died('its thread ended'));
      thread.unref();
      this.#thread = thread;
    } catch (error) {
      this.#died(messageOf(error));
    }
  }

  #died(reason: string): void {
    this.#death ??= reason;
  }

  #send(message: ToRecorder): void {
    this.#thread?.postMessage(message);
  }

  async #writeWhenRoom(kind: FrameKind, elapsedMs: number, chunk: Uint8Array): Promise<void> {
    await this.#awaitRoom();
    if (this.#death !== undefined || !this.#ring.write(kind, elapsedMs, chunk))
      this.#droppedBytes += chunk.length;
    else if (this.#ring.takeAsleep()) this.#send({ type: 'wake' });
  }

  /** Resolves when half of the ring is free, or the recorder has made no progress for a while. */
  #awaitRoom(): Promise<void> {
    this.#room ??= new Promise((resolve) => {
      let position = this.#ring.readPosition;
      let since = performance.now();
      const poll = setInterval(() => {
        const now = performance.now();
        if (this.#ring.readPosition !== position) {
          position = this.#ring.readPosition;
          since = now;
        }
        const stuck = now - since > STUCK_AFTER_MS;
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
    const room = this.#ring.used <= this.#ring.capacity / 4;
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
      const watch = (limitMs: number, grantedMs: number): void => {
        clearTimeout(watchdog);
        const before = processorTimes();
        watchdog = setTimeout(() => {
          const { ran, waited } = processorTimeSince(before);
          const more = ran > BUSY_FOR_MS ? 0 : Math.min(waited, MOST_GRANTED_MS - grantedMs);
          if (more > LEAST_GRANTED_MS) watch(more, grantedMs + more);
          else settle(this.#lostReport('it does not answer'));
        }, limitMs);
      };
      thread.on('message', (message: FromRecorder) => {
        if (message.type === 'report') settle(message.report);
        else {
          onWaiting(message.waitingBytes);
          watch(SILENT_AFTER_MS, 0);
        }
      });
      thread.on('error', (error) => settle(this.#lostReport(messageOf(error))));
      thread.on('exit', () => settle(this.#lostReport('its thread ended')));
      watch(SILENT_AFTER_MS, 0);
      this.#send({ type: 'finish', end });
    });
  }

  #lostReport(reason: string): RecorderReport {
    const problem: Problem = {
      kind: 'recorder',
      message: `the recorder of session ${this.#plan.session.sessionId} stopped: ${reason}`,
      hint: 'what reached the recording is stored by the next wrapper command on this database, or by `wrapper recover`',
    };
    return {
      lines: 0,
      events: 0,
      eventsByType: {},
      highestRisk: 'none',
      bytesMissing: this.#droppedBytes + this.#ring.used,
      stored: false,
      problems: [problem],
    };
  }
}
