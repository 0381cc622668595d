// Carries a plan out: which step may start, which must be skipped, when an attempt has had its time, whether there is another.
// It starts commands through a runner and knows neither storage nor processes; whatever is done with what it reports,
// the execution is the same.

import { resolve } from 'node:path';
import { messageOf } from '../model/errors.ts';
import type { AttemptResult, ExecutionResult, PlanResult, RunOutcome, RunProgress } from '../model/run.ts';
import { type Clock, isoTimestamp, systemClock } from '../model/time.ts';
import type { AttemptEnd, StepRunner } from './step-runner.ts';
import { type CurrentAttempt, type Moment, StepState } from './step-state.ts';

export interface ExecutionOptions {
  readonly executionId: string;
  /** Absolute folder in which the run is started. */
  readonly cwd: string;
  readonly runner: StepRunner;
  /** Told of everything that happens, in order. What it throws is of no consequence. */
  readonly onProgress?: (progress: RunProgress) => void;
  readonly clock?: Clock;
  /** Does something after so many milliseconds; returns what prevents it. */
  readonly after?: (ms: number, work: () => void) => () => void;
}

export class Execution {
  readonly #plan: PlanResult;
  readonly #options: ExecutionOptions;
  readonly #clock: Clock;
  readonly #steps: readonly StepState[];
  readonly #byName: ReadonlyMap<string, StepState>;
  readonly #started: Moment;
  #interrupted = false;
  #running = 0;
  #done: () => void = () => {};

  constructor(plan: PlanResult, options: ExecutionOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#steps = plan.steps.map((step) => new StepState(step));
    this.#byName = new Map(this.#steps.map((state) => [state.step.name, state]));
    this.#started = this.#now();
  }

  /** Carries the plan out, once. Never rejects. */
  async run(): Promise<ExecutionResult> {
    const { plan_id, objective, steps } = this.#plan;
    this.#tell({
      type: 'run_started',
      execution_id: this.#options.executionId,
      plan_id,
      objective,
      steps: steps.map(({ name }) => name),
    });
    await new Promise<void>((done) => {
      this.#done = done;
      this.#advance();
    });
    const result = this.#result(this.#interrupted ? this.#outcomeOfInterrupted() : this.#outcome());
    const { success, outcome, duration_ms } = result;
    this.#tell({ type: 'run_finished', success, outcome, duration_ms });
    return result;
  }

  /** Starts nothing more and ends what runs; asked again, with less patience. Without effect when all is over. */
  interrupt(signal: NodeJS.Signals): void {
    this.#interrupted = true;
    for (const { current } of this.#steps) current?.running?.stop({ kind: 'interrupt', signal });
    this.#advance();
  }

  /** What there is to say if nothing more is ever heard of the run. */
  snapshot(): ExecutionResult {
    return this.#result('lost');
  }

  /** Starts what may start, skips what cannot, and sees whether anything is left. */
  #advance(): void {
    for (let again = true; again; ) {
      again = false;
      for (const state of this.#steps) {
        if (state.status !== 'pending') continue;
        const needs = state.step.needs.map((name) => this.#byName.get(name)!);
        const blocking = needs.find((need) => need.isSettled && need.blocks);
        if (this.#interrupted) {
          this.#skip(state, 'the run was interrupted');
        } else if (!needs.every((need) => need.isSettled)) {
        } else if (blocking !== undefined) {
          this.#skip(
            state,
            `needs "${blocking.step.name}", which ${WHAT_HAPPENED[blocking.status] ?? 'did not end'}`,
          );
          again = true;
        } else if (this.#running < this.#plan.max_parallel) {
          this.#running++;
          void this.#runStep(state);
        }
      }
    }
    if (this.#steps.every((state) => state.isSettled)) this.#done();
  }

  #skip(state: StepState, reason: string): void {
    const result = state.settle('skipped', reason, this.#now());
    this.#tell({ type: 'step_finished', step: state.step.name, result });
  }

  async #runStep(state: StepState): Promise<void> {
    const { step } = state;
    let last: AttemptResult;
    for (;;) {
      last = await this.#attempt(state);
      const retrying =
        last.status !== 'succeeded' && !this.#interrupted && state.attempts.length <= step.retries;
      this.#tell({ type: 'attempt_finished', step: step.name, result: last, retrying });
      if (!retrying) break;
    }
    const result = state.settle(last.status, last.reason, this.#now());
    this.#running--;
    this.#tell({ type: 'step_finished', step: step.name, result });
    this.#advance();
  }

  async #attempt(state: StepState): Promise<AttemptResult> {
    const { step } = state;
    const { runner, cwd } = this.#options;
    const current = state.begin(this.#now());
    this.#tell({
      type: 'step_started',
      step: step.name,
      agent: step.agent,
      attempt: current.number,
      attempts: step.retries + 1,
    });
    const end = await this.#untilEnd(state, current, () =>
      runner.start({ step, cwd: resolve(cwd, step.cwd ?? '.') }, (sessionId) => {
        current.sessionId = sessionId;
        this.#tell({ type: 'step_session', step: step.name, attempt: current.number, session_id: sessionId });
      }),
    );
    if (end.interrupted) this.interrupt('SIGINT');
    const status = this.#statusOf(current, end);
    return state.end(end, status, reasonOf(status, end, step.timeout), this.#now());
  }

  /** Starts an attempt and waits for its end, at most as long as it may take. */
  async #untilEnd(
    { step }: StepState,
    current: CurrentAttempt,
    start: () => ReturnType<StepRunner['start']>,
  ): Promise<AttemptEnd> {
    let cancel = (): void => {};
    try {
      const running = start();
      current.running = running;
      if (this.#interrupted) running.stop({ kind: 'interrupt', signal: 'SIGTERM' });
      if (step.timeout !== null) {
        cancel = (this.#options.after ?? afterReal)(step.timeout * 1000, () => {
          current.timedOut = true;
          running.stop({ kind: 'timeout' });
        });
      }
      return await running.ended;
    } catch (error) {
      return { ...FAILED_START, session_id: current.sessionId, failure: messageOf(error) };
    } finally {
      cancel();
    }
  }

  /** An agent that is told to end may well exit with 0. */
  #statusOf(current: CurrentAttempt, end: AttemptEnd): AttemptResult['status'] {
    if (current.timedOut) return 'timed_out';
    if (this.#interrupted) return 'interrupted';
    return end.exit_code === 0 && end.signal === null && end.failure === null ? 'succeeded' : 'failed';
  }

  #outcome(): RunOutcome {
    return this.#steps.every(({ status }) => status === 'succeeded') ? 'succeeded' : 'failed';
  }

  /** When everything was over by then, nothing was interrupted. */
  #outcomeOfInterrupted(): RunOutcome {
    const touched = this.#steps.some(({ status }) => status === 'interrupted' || status === 'skipped');
    return touched ? 'interrupted' : this.#outcome();
  }

  #result(outcome: RunOutcome): ExecutionResult {
    const now = this.#now();
    const durationMs = Math.round(now.monotonic - this.#started.monotonic);
    return {
      execution_id: this.#options.executionId,
      plan_id: this.#plan.plan_id,
      success: outcome === 'succeeded',
      outcome,
      cwd: this.#options.cwd,
      started_at: isoTimestamp(this.#started.wall),
      ended_at: isoTimestamp(this.#started.wall + durationMs),
      duration_ms: durationMs,
      steps: this.#steps.map((state) => state.result(now)),
    };
  }

  #now(): Moment {
    return { wall: this.#clock.wall(), monotonic: this.#clock.monotonic() };
  }

  #tell(progress: RunProgress): void {
    try {
      this.#options.onProgress?.(progress);
    } catch {
      // Whoever listens must not change what is done.
    }
  }
}

const WHAT_HAPPENED: Readonly<Record<string, string>> = {
  failed: 'failed',
  timed_out: 'took too long',
  interrupted: 'was interrupted',
  skipped: 'was skipped',
};

const FAILED_START: Omit<AttemptEnd, 'session_id' | 'failure'> = {
  exit_code: null,
  signal: null,
  lines: 0,
  events: 0,
  events_by_type: {},
  highest_risk: 'none',
  interrupted: false,
};

function reasonOf(
  status: AttemptResult['status'],
  { failure, signal, exit_code }: AttemptEnd,
  timeout: number | null,
): string | null {
  if (status === 'succeeded') return null;
  if (status === 'timed_out') return `took longer than ${timeout} s`;
  if (status === 'interrupted') return 'the run was interrupted';
  if (failure !== null) return failure;
  return signal === null ? `exited with ${exit_code}` : `was ended by ${signal}`;
}

function afterReal(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}
