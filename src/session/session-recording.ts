// Everything that is done about a session beside running it, behind one promise: it never throws. The agent is running
// by then, and a fault of ours is no reason to disturb it.

import { LiveSessions } from '../data/live-sessions.ts';
import { messageOf } from '../model/errors.ts';
import type { FrameKind } from './chunk-ring.ts';
import { RecorderHost, type RecorderLoader } from './recorder-host.ts';
import { lostReport, type RecorderPlan, type RecorderReport, type SessionEnd } from './recorder-plan.ts';
import { RecoveryHost, type StartRecovery } from './recovery-host.ts';

/** The parts of the program that run in threads of their own. */
export interface RecordingParts {
  readonly recorder: RecorderLoader;
  readonly startRecovery: StartRecovery;
}

export class SessionRecording {
  readonly #sessionId: string;
  readonly #parts: RecordingParts;
  readonly #elapsed: () => number;
  #host: RecorderHost | undefined;
  #recovery: RecoveryHost | undefined;
  #failure: string | undefined;
  #dbPath: string | null = null;

  /** @param elapsed milliseconds since the start of the session */
  constructor(sessionId: string, parts: RecordingParts, elapsed: () => number) {
    this.#sessionId = sessionId;
    this.#parts = parts;
    this.#elapsed = elapsed;
  }

  /** To be called when the command runs, or could not be started. A second call does nothing. */
  start(plan: () => RecorderPlan): void {
    if (this.#host !== undefined || this.#failure !== undefined) return;
    this.#guard(() => {
      const { dbPath, ...rest } = plan();
      this.#dbPath = dbPath;
      this.#host = new RecorderHost({ dbPath, ...rest }, this.#parts.recorder);
      if (dbPath !== null) this.#recovery = new RecoveryHost(dbPath, this.#parts.startRecovery);
    });
  }

  /** Takes a copy; a returned promise asks for a pause of the reading (see RecorderHost). */
  write(kind: FrameKind, bytes: Uint8Array): Promise<void> | undefined {
    let pause: Promise<void> | undefined;
    this.#guard(() => {
      pause = this.#host?.write(kind, this.#elapsed(), bytes);
    });
    return pause;
  }

  /**
   * Ends the recording; undefined when nothing was to be recorded.
   *
   * @param abort resolves when somebody does not want to wait for what is still to be stored
   */
  async finish(
    end: Omit<SessionEnd, 'droppedBytes'>,
    onWaiting: (bytes: number) => void,
    abort: Promise<void>,
  ): Promise<RecorderReport | undefined> {
    const recovering = this.#recovery?.finish();
    const finished = this.#host?.finish(end, onWaiting);
    const left = abort.then(() => this.#leave(end));
    const report = await Promise.race([finished, left]);
    await Promise.race([recovering, abort]);
    return this.#failure === undefined ? report : lostReport(this.#sessionId, this.#failure, 0);
  }

  /** Leaves the rest to recovery, which finds in the live file how the session ended. */
  #leave(end: Omit<SessionEnd, 'droppedBytes'>): RecorderReport {
    this.#guard(() => {
      if (this.#dbPath === null) return;
      new LiveSessions(this.#dbPath).registerEnd(this.#sessionId, { ...end, droppedBytes: 0 });
    });
    return lostReport(this.#sessionId, 'it was told not to wait until everything is stored', 0);
  }

  #guard(step: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      step();
    } catch (error) {
      this.#failure = messageOf(error);
    }
  }
}
