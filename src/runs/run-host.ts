// The runs that a server has under way: started by a request, they belong to nobody. Whoever asked may go away, and a server
// that ends waits for them.

import type { PlanResult, RunProgress } from '../model/run.ts';
import type { PlannerSettings, RunRequest } from './planner.ts';
import { planRun } from './planner.ts';
import { type Conclusion, Run, type RunParts } from './run.ts';

/** Runs that may be under way at once. */
const MOST_RUNS = 16;
/** Runs that are over and whose messages are still known, with their numbers: for whoever was cut off at the end. */
const REMEMBERED_RUNS = 16;

/** Told what happens, with the number of the message in its run, from 1. */
type RunListener = (progress: RunProgress, seq: number) => void;

export interface ActiveRun {
  readonly id: string;
  readonly plan: PlanResult;
  /** Never rejects. */
  readonly conclusion: Promise<Conclusion>;
  /** Tells everything behind number `after`, at once as far as it has happened; returns what ends that. */
  follow(after: number, listener: RunListener): () => void;
}

export interface RunHostOptions extends Omit<RunParts, 'onProgress'> {
  readonly planner: PlannerSettings;
  /** Takes a line for whoever runs the server; each names the run. */
  readonly log: (line: string) => void;
}

export class RunHost {
  readonly #options: RunHostOptions;
  readonly #active = new Map<string, { readonly run: Run; readonly active: ActiveRun }>();
  /** The latest last. */
  readonly #over = new Map<string, ActiveRun>();
  #isEnding = false;

  constructor(options: RunHostOptions) {
    this.#options = options;
  }

  /** Whether one more may be under way. */
  get hasRoom(): boolean {
    return this.#active.size < MOST_RUNS;
  }

  /** Whether none is started any more. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Plans and starts a run.
   *
   * @param requestId stands in every line of the log
   * @throws WrapperError `plan_invalid`; nothing is started then
   */
  start(request: RunRequest, requestId: string): ActiveRun {
    const plan = planRun(request, this.#options.planner);
    const told: RunProgress[] = [];
    const listeners = new Set<RunListener>();
    const log = (line: string): void => this.#options.log(`run ${run.id} request ${requestId}: ${line}`);
    const run: Run = new Run(plan, {
      ...this.#options,
      onProgress: (progress) => {
        told.push(progress);
        log(lineOf(progress));
        for (const listener of listeners) listener(progress, told.length);
      },
    });
    const conclusion = run.conduct().then((ended) => {
      this.#active.delete(run.id);
      this.#remember(active);
      log(
        ended.failure === undefined
          ? 'stored'
          : `not stored: ${ended.failure.message}; left in ${ended.leftIn ?? 'no file'}`,
      );
      return ended;
    });
    const active: ActiveRun = {
      id: run.id,
      plan: run.plan,
      conclusion,
      follow: (after, listener) => {
        for (const [index, progress] of told.entries()) if (index >= after) listener(progress, index + 1);
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    this.#active.set(run.id, { run, active });
    return active;
  }

  /** A run that is under way. */
  find(runId: string): ActiveRun | undefined {
    return this.#active.get(runId)?.active;
  }

  /** A run that is under way, or was not long ago. */
  recall(runId: string): ActiveRun | undefined {
    return this.find(runId) ?? this.#over.get(runId);
  }

  /** Ends what runs, and starts nothing more; each time with less patience. */
  readonly end = (): void => {
    this.#isEnding = true;
    for (const { run } of this.#active.values()) run.interrupt('SIGTERM');
  };

  /** Ends what runs, unless that was asked before, and resolves when all of it is stored or left beside the database. */
  async close(): Promise<void> {
    if (!this.#isEnding) this.end();
    await Promise.all([...this.#active.values()].map(({ active }) => active.conclusion));
  }

  #remember(active: ActiveRun): void {
    this.#over.set(active.id, active);
    const [oldest] = this.#over.keys();
    if (this.#over.size > REMEMBERED_RUNS && oldest !== undefined) this.#over.delete(oldest);
  }
}

/** A message in a few words. */
function lineOf(progress: RunProgress): string {
  switch (progress.type) {
    case 'run_started':
      return `started ${progress.plan_id}, ${progress.steps.length} steps`;
    case 'step_started':
      return `step "${progress.step}" attempt ${progress.attempt} started`;
    case 'step_session':
      return `step "${progress.step}" attempt ${progress.attempt} is ${progress.session_id}`;
    case 'attempt_finished':
      return `step "${progress.step}" attempt ${progress.result.attempt} ${progress.result.status}`;
    case 'step_finished':
      return `step "${progress.step}" ${progress.result.status}`;
    case 'run_finished':
      return `${progress.outcome} after ${progress.duration_ms} ms`;
  }
}
