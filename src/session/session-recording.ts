// Everything that is done about a session beside running it, behind one promise: it never throws. The agent is running
// by then, and a fault of ours is no reason to disturb it.

import { needsLongUpgrade } from '../data/database-upgrade.ts';
import { LiveSessions } from '../data/live-sessions.ts';
import { messageOf } from '../model/errors.ts';
import type { FrameKind } from './chunk-ring.ts';
import { RecorderHost, type RecorderLoader } from './recorder-host.ts';
import { lostReport, type RecorderPlan, type RecorderReport, type SessionEnd } from './recorder-plan.ts';
import { RecoveryHost, type StartRecovery } from './recovery-host.ts';
import { ServerHost, type StartServer } from './server-host.ts';
import { SessionControl } from './session-control.ts';

/** How long after a session was lost from sight its wrapper is looked for, in ms. */
const RECOVER_AFTER_MS = 200;

/** The parts of the program that run in threads of their own. */
export interface RecordingParts {
  readonly recorder: RecorderLoader;
  readonly startRecovery: StartRecovery;
  /** Brings an older database up to date in a process of its own, which goes on when this one ends. */
  readonly startUpgrade: (dbPath: string) => void;
  readonly startServer: StartServer;
}

export class SessionRecording {
  readonly #sessionId: string;
  readonly #port: number | null;
  readonly #campaignsDb: string | undefined;
  readonly #parts: RecordingParts;
  readonly #elapsed: () => number;
  #host: RecorderHost | undefined;
  #recovery: RecoveryHost | undefined;
  #server: ServerHost | undefined;
  /** What is done to the session from outside. */
  readonly control = new SessionControl();
  #failure: string | undefined;
  #dbPath: string | null = null;

  /**
   * @param elapsed milliseconds since the start of the session
   * @param port where to serve, should it come to that; null for the usual port
   * @param campaignsDb what it serves campaigns from, when that is another database
   */
  constructor(
    sessionId: string,
    parts: RecordingParts,
    elapsed: () => number,
    port: number | null,
    campaignsDb?: string,
  ) {
    this.#campaignsDb = campaignsDb;
    this.#sessionId = sessionId;
    this.#port = port;
    this.#parts = parts;
    this.#elapsed = elapsed;
  }

  /** To be called when the command runs, or could not be started. A second call does nothing. */
  start(plan: () => RecorderPlan): void {
    if (this.#host !== undefined || this.#failure !== undefined) return;
    this.#guard(() => {
      const { dbPath, ...rest } = plan();
      this.#dbPath = dbPath;
      this.#host = new RecorderHost({ dbPath, ...rest }, this.#parts.recorder, {
        elapsed: this.#elapsed,
        control: (request) => this.control.execute(request),
        startServer: () => this.#serve(),
      });
      if (dbPath === null) return;
      if (needsLongUpgrade(dbPath)) this.#parts.startUpgrade(dbPath);
      this.#recovery = new RecoveryHost(dbPath, this.#parts.startRecovery);
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

  /** A signal has come to us that lets a paused command go on: its process takes that signal only then. */
  async signalled(signal: NodeJS.Signals): Promise<void> {
    const elapsedMs = this.#elapsed();
    const processes = await this.control.wake().catch((error: unknown) => {
      this.#failure ??= messageOf(error);
      return 0;
    });
    if (processes > 0) this.#host?.woken({ signal, processes, elapsedMs });
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
    await this.control.childIsGone();
    const recovering = this.#recovery?.finish();
    const finished = this.#host?.finish(end, onWaiting);
    const left = abort.then(() => this.#leave(end));
    const report = await Promise.race([finished, left]);
    await Promise.race([recovering, abort]);
    await Promise.race([this.#server?.close(), abort]);
    return this.#failure === undefined ? report : lostReport(this.#sessionId, this.#failure, 0);
  }

  /** This session has won the right to serve: often because a session that served has died, which is to be recovered. */
  #serve(): void {
    this.#guard(() => {
      if (this.#dbPath === null) return;
      this.#server ??= new ServerHost(
        {
          dbPath: this.#dbPath,
          port: this.#port,
          sessionId: this.#sessionId,
          campaignsDb: this.#campaignsDb,
        },
        this.#parts.startServer,
        (state) => {
          if (state === 'abandoned') this.#recoverSoon();
          else this.#host?.serverChanged(state);
        },
      );
      this.#server.start();
      this.#recovery?.again();
    });
  }

  /** A process that is killed loses its connections before it is gone. */
  #recoverSoon(): void {
    setTimeout(() => this.#recovery?.again(), RECOVER_AFTER_MS).unref();
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
