// What is known of one step while a run goes on, and what is said about it at any moment.

import type { AttemptResult, PlannedStep, StepResult, StepStatus } from '../model/run.ts';
import { isoTimestamp } from '../model/time.ts';
import type { AttemptEnd, RunningAttempt } from './step-runner.ts';

/** A moment on both clocks, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** The attempt that is under way. */
export interface CurrentAttempt {
  readonly number: number;
  readonly started: Moment;
  running: RunningAttempt | undefined;
  sessionId: string | null;
  timedOut: boolean;
}

/** An attempt of which nothing is known but that it was started. */
const UNKNOWN_END: Omit<AttemptEnd, 'session_id' | 'failure' | 'interrupted'> = {
  exit_code: null,
  signal: null,
  lines: 0,
  events: 0,
  events_by_type: {},
  highest_risk: 'none',
};

export class StepState {
  readonly step: PlannedStep;
  readonly attempts: AttemptResult[] = [];
  status: StepStatus | 'pending' | 'running' = 'pending';
  current: CurrentAttempt | undefined;
  #reason: string | null = null;
  #started: Moment | undefined;
  #durationMs = 0;

  constructor(step: PlannedStep) {
    this.step = step;
  }

  get isSettled(): boolean {
    return this.status !== 'pending' && this.status !== 'running';
  }

  /** Whether a step that needs this one may not run. */
  get blocks(): boolean {
    if (this.status === 'succeeded') return false;
    const failed = this.status === 'failed' || this.status === 'timed_out';
    return !(failed && this.step.continue_on_failure);
  }

  begin(now: Moment): CurrentAttempt {
    this.#started ??= now;
    this.status = 'running';
    this.current = {
      number: this.attempts.length + 1,
      started: now,
      running: undefined,
      sessionId: null,
      timedOut: false,
    };
    return this.current;
  }

  /** The current attempt is over. */
  end(end: AttemptEnd, status: AttemptResult['status'], reason: string | null, now: Moment): AttemptResult {
    const result = attemptResult(this.current!, end, status, reason, now);
    this.current = undefined;
    this.attempts.push(result);
    return result;
  }

  /** No further attempt follows. */
  settle(status: StepStatus, reason: string | null, now: Moment): StepResult {
    this.status = status;
    this.#reason = reason;
    if (this.#started !== undefined) this.#durationMs = Math.round(now.monotonic - this.#started.monotonic);
    return this.result(now);
  }

  /** What is known of the step if nothing more is ever heard of it. */
  result(now: Moment): StepResult {
    const { name, agent } = this.step;
    if (this.#started === undefined) {
      return {
        name,
        agent,
        status: 'skipped',
        session_id: null,
        exit_code: null,
        signal: null,
        started_at: null,
        ended_at: null,
        duration_ms: null,
        events: 0,
        reason: this.#reason ?? LOST,
        attempts: [],
      };
    }
    const attempts = this.current === undefined ? this.attempts : [...this.attempts, lost(this.current, now)];
    const last = attempts.at(-1);
    const isOver = this.isSettled;
    const durationMs = isOver ? this.#durationMs : Math.round(now.monotonic - this.#started.monotonic);
    return {
      name,
      agent,
      status: isOver ? (this.status as StepStatus) : 'lost',
      session_id: last?.session_id ?? null,
      exit_code: last?.exit_code ?? null,
      signal: last?.signal ?? null,
      started_at: isoTimestamp(this.#started.wall),
      ended_at: isoTimestamp(this.#started.wall + durationMs),
      duration_ms: durationMs,
      events: last?.events ?? 0,
      reason: isOver ? this.#reason : LOST,
      attempts: [...attempts],
    };
  }
}

const LOST = 'whoever watched over the run has died';

function lost(current: CurrentAttempt, now: Moment): AttemptResult {
  const end = { ...UNKNOWN_END, session_id: current.sessionId, failure: null, interrupted: false };
  return attemptResult(current, end, 'lost', LOST, now);
}

function attemptResult(
  current: CurrentAttempt,
  end: AttemptEnd,
  status: AttemptResult['status'],
  reason: string | null,
  now: Moment,
): AttemptResult {
  const durationMs = Math.round(now.monotonic - current.started.monotonic);
  return {
    attempt: current.number,
    status,
    session_id: end.session_id,
    exit_code: end.exit_code,
    signal: end.signal,
    started_at: isoTimestamp(current.started.wall),
    ended_at: isoTimestamp(current.started.wall + durationMs),
    duration_ms: durationMs,
    lines: end.lines,
    events: end.events,
    events_by_type: end.events_by_type,
    highest_risk: end.highest_risk,
    reason,
  };
}
