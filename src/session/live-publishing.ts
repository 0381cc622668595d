// The recorder thread's part in showing its session live: loads the publisher once the session has lived for a moment,
// so that short commands never pay for it, and carries commands and the wish to serve to the main thread.

import type { ControlOutcome, ControlRequest } from '../model/control.ts';
import { WrapperError } from '../model/errors.ts';
import type { SessionState } from '../model/session.ts';
import type { LiveHost } from './live-source.ts';
import type { Publisher } from './publisher.ts';
import type { Recorder } from './recorder.ts';
import type { RecorderPlan } from './recorder-plan.ts';

/** A session that is over sooner than this after its thread has started is never shown live, in ms. */
const PUBLISH_AFTER_MS = 230;
/** An outcome that the main thread does not give within this time, in ms, is not waited for. */
const OUTCOME_WITHIN_MS = 8000;

/** Recorder → main thread. */
export type FromLive =
  | { readonly type: 'start_server' }
  | { readonly type: 'control'; readonly id: number; readonly request: ControlRequest };

/** A signal to the wrapper has let a paused command go on. */
export interface Woken {
  readonly type: 'woken';
  readonly signal: string;
  readonly processes: number;
  /** In ms since the start of the session. */
  readonly elapsedMs: number;
}

/** Main thread → recorder. */
export type ToLive =
  | Woken
  | { readonly type: 'server'; readonly state: 'listening' | 'ended' }
  | {
      readonly type: 'controlled';
      readonly id: number;
      readonly outcome: ControlOutcome;
      /** When it was done, in ms since the start of the session. */
      readonly elapsedMs: number;
    };

interface Waiting {
  readonly request: ControlRequest;
  readonly timer: NodeJS.Timeout;
  settle(outcome: ControlOutcome): void;
}

/** What a command leaves the session in; the others leave it as it was. */
const STATE_AFTER: Readonly<Record<string, SessionState>> = { pause: 'paused', resume: 'running' };

export class LivePublishing implements LiveHost {
  readonly #recorder: Recorder;
  readonly #send: (message: FromLive) => void;
  readonly #waiting = new Map<number, Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #publisher: Publisher | undefined;
  #closed = false;
  #lastId = 0;

  constructor(plan: RecorderPlan, recorder: Recorder, send: (message: FromLive) => void) {
    this.#recorder = recorder;
    this.#send = send;
    const { dbPath, live } = plan;
    if (dbPath === null || live === null) return;
    this.#timer = setTimeout(() => void this.#publish(dbPath, live.mayServe), PUBLISH_AFTER_MS);
    this.#timer.unref();
  }

  received(message: ToLive): void {
    if (message.type === 'server') this.#publisher?.serverChanged(message.state);
    else if (message.type === 'woken') this.#woken(message);
    else this.#controlled(message);
  }

  startServer(): void {
    this.#send({ type: 'start_server' });
  }

  control(request: ControlRequest): Promise<ControlOutcome> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const settle = (outcome: ControlOutcome): void => {
        this.#waiting.delete(id);
        clearTimeout(timer);
        resolve(outcome);
      };
      const timer = setTimeout(() => settle(unanswered), OUTCOME_WITHIN_MS);
      timer.unref();
      this.#waiting.set(id, { request, timer, settle });
      this.#send({ type: 'control', id, request });
    });
  }

  /** The session is over and stored. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { settle } of this.#waiting.values()) settle(over);
    this.#publisher?.close();
  }

  async #publish(dbPath: string, mayServe: boolean): Promise<void> {
    const { Publisher } = await import('./publisher.ts');
    if (this.#closed) return;
    this.#publisher = new Publisher({ dbPath, mayServe, source: this.#recorder, host: this });
    this.#recorder.observe(this.#publisher);
    this.#publisher.start();
  }

  #woken({ signal, processes, elapsedMs }: Woken): void {
    const metadata = { by: 'signal', reason: signal, command: 'resume', processes };
    this.#recorder.controlled(elapsedMs, STATE_AFTER['resume'], metadata);
  }

  /** What was done is a state change before it is an answer. */
  #controlled({ id, outcome, elapsedMs }: Extract<ToLive, { type: 'controlled' }>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    const { action, by, reason, request_id } = waiting.request;
    if (outcome.ok) {
      const metadata = { by, reason, command: action.command, request_id, ...outcome.result };
      this.#recorder.controlled(elapsedMs, STATE_AFTER[action.command], metadata);
    }
    waiting.settle(outcome);
  }
}

const unanswered = refusal(
  new WrapperError('session_not_reachable', 'the process of the session does not answer'),
);
const over = refusal(new WrapperError('session_ended', 'the session has ended'));

function refusal({ code, message }: WrapperError): ControlOutcome {
  return { ok: false, code, message };
}
