// Looks for dead sessions when a session starts, and if there are any, recovers them in a thread of their own, beside
// the new session. What does not get done before the new session ends is done at the next start.

import type { Worker } from 'node:worker_threads';
import { LiveSessions } from '../data/live-sessions.ts';
import { isAlive } from '../data/process-identity.ts';

export interface RecoveryThreadData {
  readonly dbPath: string;
}
export type StartRecovery = (data: RecoveryThreadData) => Worker;

/** How long the end of a session waits for recoveries that are under way, in ms. */
const WAIT_AT_END_MS = 2000;

export class RecoveryHost {
  readonly #dbPath: string;
  readonly #startRecovery: StartRecovery;
  #thread: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** Never throws: recovery is a service to earlier sessions, not a condition of this one. */
  constructor(dbPath: string, startRecovery: StartRecovery) {
    this.#dbPath = dbPath;
    this.#startRecovery = startRecovery;
    this.again();
  }

  /** Looks again, because something has died. Never throws. */
  again(): void {
    if (this.#thread !== undefined) return;
    try {
      const sessions = new LiveSessions(this.#dbPath).list();
      if (!sessions.some((session) => isAlive(session.owner) === 'dead')) return;
      const thread = this.#startRecovery({ dbPath: this.#dbPath });
      this.#ended = new Promise((resolve) => {
        const settle = (): void => {
          this.#thread = undefined;
          resolve();
        };
        thread.on('exit', settle);
        thread.on('error', settle);
      });
      thread.unref();
      this.#thread = thread;
    } catch {
      // An unreadable folder is reported by the recorder, which needs it; here nothing is lost but a convenience.
    }
  }

  /** Waits a little for recoveries under way; each is safe to be cut off and done again. */
  async finish(): Promise<void> {
    if (this.#thread === undefined) return;
    this.#thread.ref();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WAIT_AT_END_MS);
    });
    await Promise.race([this.#ended, limit]);
    clearTimeout(timer);
  }
}
