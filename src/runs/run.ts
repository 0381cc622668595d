// One run from its plan to its record: executed, then stored. Storage is passive: it is asked when everything is over, once,
// and what it answers changes nothing of what was done. What could not be stored is left beside the database.

import { randomUUID } from 'node:crypto';
import { RunJournal, storePendingRuns } from '../data/run-journal.ts';
import type { RunStorage } from '../data/run-storage.ts';
import { storageError } from '../data/sqlite-run-storage.ts';
import type { WrapperError } from '../model/errors.ts';
import type { ExecutionResult, PlanResult, RunProgress, RunRecord } from '../model/run.ts';
import { type Clock, systemClock } from '../model/time.ts';
import { Execution } from './executor.ts';
import { RunRedactor } from './redacted-run.ts';
import type { StepRunner } from './step-runner.ts';

export interface RunParts {
  /** Beside it is kept what could not be stored. */
  readonly dbPath: string;
  readonly storage: RunStorage;
  readonly runner: StepRunner;
  /** Absolute folder in which the run is started. */
  readonly cwd: string;
  /** Told of everything that happens, without secrets. */
  readonly onProgress?: (progress: RunProgress) => void;
  readonly clock?: Clock;
  /** Does something after so many milliseconds; returns what prevents it. */
  readonly after?: (ms: number, work: () => void) => () => void;
  /** Gives a new UUID at each call. */
  readonly newId?: () => string;
}

export interface Conclusion {
  /** As it was given to the storage. */
  readonly record: RunRecord;
  /** Why it is not stored; undefined when it is. */
  readonly failure: WrapperError | undefined;
  /** The file that holds what is not stored; null when not even that could be written, and when it is stored. */
  readonly leftIn: string | null;
  /** Runs of before that were found beside the database, and are stored now. */
  readonly alsoStored: readonly string[];
}

const WORTH_TAKING_DOWN = new Set<RunProgress['type']>(['run_started', 'step_session', 'step_finished']);

export class Run {
  /** Allotted before anything happens. */
  readonly id: string;
  /** Without secrets. */
  readonly plan: PlanResult;
  readonly #parts: RunParts;
  readonly #clock: Clock;
  readonly #redactor = new RunRedactor();
  readonly #journal: RunJournal;
  readonly #execution: Execution;

  constructor(plan: PlanResult, parts: RunParts) {
    const newId = parts.newId ?? randomUUID;
    this.id = newId();
    this.plan = this.#redactor.plan(plan);
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#journal = new RunJournal(parts.dbPath, this.id);
    this.#execution = new Execution(plan, {
      executionId: newId(),
      cwd: parts.cwd,
      runner: parts.runner,
      clock: this.#clock,
      ...(parts.after === undefined ? {} : { after: parts.after }),
      onProgress: (progress) => {
        if (WORTH_TAKING_DOWN.has(progress.type)) this.#takeDown();
        parts.onProgress?.(this.#redactor.progress(progress));
      },
    });
  }

  /** Executes and stores, once. Never rejects. */
  async conduct(): Promise<Conclusion> {
    const executed = this.#redactor.execution(await this.#execution.run());
    const record = this.#recordOf(executed);
    const { plan_result, execution_result, created_at } = record;
    const { storage, dbPath } = this.#parts;
    try {
      await storage.saveRun(plan_result, execution_result, { runId: this.id, createdAt: created_at });
    } catch (error) {
      const failure = storageError(`run ${this.id} could not be stored`, error);
      return { record, failure, leftIn: this.#leave(record), alsoStored: [] };
    }
    this.#forget();
    const { stored } = await storePendingRuns(dbPath, storage);
    return { record, failure: undefined, leftIn: null, alsoStored: stored };
  }

  /** Ends it in order; asked again, sooner. It is stored all the same. */
  interrupt(signal: NodeJS.Signals): void {
    this.#execution.interrupt(signal);
  }

  #recordOf(execution: ExecutionResult): RunRecord {
    return {
      run_id: this.id,
      plan_id: this.plan.plan_id,
      objective: this.plan.objective,
      plan_result: this.plan,
      execution_result: execution,
      created_at: this.#clock.wall() / 1000,
    };
  }

  /** How far it is, for whoever finds it if we die now. */
  #takeDown(): void {
    try {
      const soFar = this.#redactor.execution(this.#execution.snapshot());
      this.#journal.write(this.plan, soFar, this.#clock.wall() / 1000, false);
    } catch {
      // The run does not depend on it; if it cannot be stored at its end either, that is said then.
    }
  }

  #leave({ plan_result, execution_result, created_at }: RunRecord): string | null {
    try {
      this.#journal.write(plan_result, execution_result, created_at, true);
      return this.#journal.path;
    } catch {
      return null; // said by whoever asked for the run, with the outcome itself
    }
  }

  #forget(): void {
    try {
      this.#journal.remove();
    } catch {
      // What is stored already is not stored again.
    }
  }
}

/** What to say when a run could not be stored: what is missing, and where it is. */
export function notStoredHint({ leftIn }: Conclusion): string {
  return leftIn === null
    ? 'It could not be written beside the database either: what is said here is all there is of it.'
    : `It is kept in ${leftIn}, and stored by the next wrapper run, wrapper runs or wrapper serve on this database.`;
}
