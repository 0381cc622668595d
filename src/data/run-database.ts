// The runs of a database file, opened for each call and closed after it: runs are rare, and whoever waits for one for an hour
// must neither hold a connection nor care whether the file was replaced meanwhile.

import type { ExecutionResult, PlanResult, RunRecord, RunSummary } from '../model/run.ts';
import { openDatabase } from './database.ts';
import type { RunIdentity, RunStorage } from './run-storage.ts';
import { SqliteRunStorage, storageError } from './sqlite-run-storage.ts';

export class RunDatabase implements RunStorage {
  readonly #path: string;

  /** @param path of the database, which is made when there is none */
  constructor(path: string) {
    this.#path = path;
  }

  savePlanResult(planResult: PlanResult): Promise<void> {
    return this.#use((storage) => storage.savePlanResult(planResult));
  }

  saveExecutionResult(executionResult: ExecutionResult): Promise<void> {
    return this.#use((storage) => storage.saveExecutionResult(executionResult));
  }

  saveRun(planResult: PlanResult, executionResult: ExecutionResult, identity?: RunIdentity): Promise<string> {
    return this.#use((storage) => storage.saveRun(planResult, executionResult, identity));
  }

  getRun(runId: string): Promise<RunRecord> {
    return this.#use((storage) => storage.getRun(runId));
  }

  listRuns(limit: number, offset: number): Promise<RunSummary[]> {
    return this.#use((storage) => storage.listRuns(limit, offset));
  }

  async #use<T>(work: (storage: SqliteRunStorage) => Promise<T>): Promise<T> {
    let database: ReturnType<typeof openDatabase>;
    try {
      database = openDatabase(this.#path);
    } catch (error) {
      throw storageError('the runs cannot be reached', error);
    }
    try {
      return await work(new SqliteRunStorage(database));
    } finally {
      database.close();
    }
  }
}
