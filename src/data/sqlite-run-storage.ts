// Runs in the database: each snapshot is the JSON text of what was given, and is never taken apart.

import { randomUUID } from 'node:crypto';
import { messageOf, WrapperError } from '../model/errors.ts';
import type { ExecutionResult, PlanResult, RunRecord, RunSummary } from '../model/run.ts';
import { NotFoundError, StorageError } from '../model/storage-error.ts';
import type { Database } from './database.ts';
import type { RunIdentity, RunStorage } from './run-storage.ts';

const SAVE_PLAN = 'INSERT OR IGNORE INTO plan_results (plan_id, plan_result, created_at) VALUES (?, ?, ?)';
const SAVE_EXECUTION =
  'INSERT INTO execution_results (execution_id, plan_id, execution_result, created_at) VALUES (?, ?, ?, ?)';
const SAVE_RUN =
  'INSERT INTO runs (run_id, plan_id, objective, plan_result, execution_result, created_at) VALUES (?, ?, ?, ?, ?, ?)';
const SNAPSHOTS = 'SELECT plan_result, execution_result FROM runs WHERE run_id = ?';
const GET_RUN =
  'SELECT run_id, plan_id, objective, plan_result, execution_result, created_at FROM runs WHERE run_id = ?';
/** What a snapshot says; one without an outcome has succeeded or failed. */
const SUMMARY = `run_id, plan_id, objective, success, created_at,
  ifnull(CASE WHEN json_valid(execution_result) THEN json_extract(execution_result, '$.outcome') END,
    iif(success, 'succeeded', 'failed')) AS outcome`;
const LIST_RUNS = `SELECT ${SUMMARY} FROM runs INDEXED BY idx_run_summary
  ORDER BY created_at DESC, run_id DESC LIMIT ? OFFSET ?`;
const BY_PREFIX = `SELECT ${SUMMARY} FROM runs
  WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT ?`;
/** Behind every character of an id. */
const AFTER_IDS = '~';

interface RunRow {
  readonly run_id: string;
  readonly plan_id: string;
  readonly objective: string;
  readonly plan_result: string;
  readonly execution_result: string;
  readonly created_at: number;
}

type SummaryRow = Omit<RunSummary, 'success'> & { readonly success: number };

export class SqliteRunStorage implements RunStorage {
  readonly #database: Database;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(database: Database, now: () => number = () => Date.now()) {
    this.#database = database;
    this.#now = now;
  }

  async savePlanResult(planResult: PlanResult): Promise<void> {
    this.#write(`plan ${planResult.plan_id}`, () => {
      this.#database.prepare(SAVE_PLAN).run(planResult.plan_id, JSON.stringify(planResult), this.#seconds());
    });
  }

  async saveExecutionResult(executionResult: ExecutionResult): Promise<void> {
    const { execution_id, plan_id } = executionResult;
    this.#write(`execution ${execution_id}`, () => {
      this.#database
        .prepare(SAVE_EXECUTION)
        .run(execution_id, plan_id, JSON.stringify(executionResult), this.#seconds());
    });
  }

  async saveRun(
    planResult: PlanResult,
    executionResult: ExecutionResult,
    identity: RunIdentity = {},
  ): Promise<string> {
    const runId = identity.runId ?? randomUUID();
    const snapshots = [JSON.stringify(planResult), JSON.stringify(executionResult)] as const;
    this.#write(`run ${runId}`, () => {
      const stored = this.#database.prepare(SNAPSHOTS).get(runId) as RunRow | undefined;
      if (stored?.plan_result === snapshots[0] && stored.execution_result === snapshots[1]) return;
      this.#database
        .prepare(SAVE_RUN)
        .run(
          runId,
          planResult.plan_id,
          planResult.objective,
          ...snapshots,
          identity.createdAt ?? this.#seconds(),
        );
    });
    return runId;
  }

  async getRun(runId: string): Promise<RunRecord> {
    return this.#read(`run ${runId}`, () => {
      const row = this.#database.prepare(GET_RUN).get(runId) as RunRow | undefined;
      if (row === undefined) throw new NotFoundError(`there is no run ${runId}`);
      return {
        ...row,
        plan_result: JSON.parse(row.plan_result) as PlanResult,
        execution_result: JSON.parse(row.execution_result) as ExecutionResult,
      };
    });
  }

  async listRuns(limit: number, offset: number): Promise<RunSummary[]> {
    return this.#summaries(LIST_RUNS, limit, offset);
  }

  /** At most `limit` runs whose ids begin like this. @throws StorageError */
  async findRuns(prefix: string, limit: number): Promise<RunSummary[]> {
    return this.#summaries(BY_PREFIX, prefix, prefix + AFTER_IDS, limit);
  }

  #summaries(sql: string, ...values: (string | number)[]): RunSummary[] {
    return this.#read('the list of runs', () => {
      const rows = this.#database.prepare(sql).all(...values) as SummaryRow[];
      return rows.map((row) => ({ ...row, success: row.success === 1 }));
    });
  }

  #seconds(): number {
    return this.#now() / 1000;
  }

  #write(what: string, work: () => void): void {
    try {
      this.#database.write(work);
    } catch (error) {
      throw storageError(`${what} could not be stored`, error);
    }
  }

  #read<T>(what: string, work: () => T): T {
    try {
      return this.#database.read(work);
    } catch (error) {
      throw storageError(`${what} could not be read`, error);
    }
  }
}

/** What was thrown, as an error of the interface. */
export function storageError(what: string, error: unknown): WrapperError {
  if (error instanceof NotFoundError || error instanceof StorageError) return error;
  const hint = error instanceof WrapperError ? error.hint : undefined;
  return new StorageError(`${what}: ${messageOf(error)}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
