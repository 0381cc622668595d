// Where runs are kept: the interface of the specification. A storage is passive: it takes what it is given, gives it back as
// it was, and decides nothing. tests/contract/run-storage.ts says what every implementation must do.

import type { ExecutionResult, PlanResult, RunRecord, RunSummary } from '../model/run.ts';

/** What is settled about a run before it is stored. */
export interface RunIdentity {
  /** A UUID; a new one when absent. */
  readonly runId?: string;
  /** Seconds since 1970; now when absent. */
  readonly createdAt?: number;
}

export interface RunStorage {
  /** Keeps a plan that may never be run. A plan that is kept already stays as it is. @throws StorageError */
  savePlanResult(planResult: PlanResult): Promise<void>;
  /** Keeps an execution that belongs to no run. @throws StorageError */
  saveExecutionResult(executionResult: ExecutionResult): Promise<void>;
  /**
   * Keeps both snapshots as a run. Every call makes a run of its own, however alike they are, but for one with the id and
   * the snapshots of a run that is stored already: that changes nothing, so whoever does not know whether it was stored
   * may store it again.
   *
   * @returns the id of the run
   * @throws StorageError
   */
  saveRun(planResult: PlanResult, executionResult: ExecutionResult, identity?: RunIdentity): Promise<string>;
  /** @throws NotFoundError, StorageError */
  getRun(runId: string): Promise<RunRecord>;
  /** The latest first; at one time, the greater id first. @throws StorageError */
  listRuns(limit: number, offset: number): Promise<RunSummary[]>;
}
