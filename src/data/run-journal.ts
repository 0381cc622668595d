// What keeps a run from being lost: a file beside the database that says how far the run has come, from its start until it
// is stored. After a failed save it holds the run as it ended; after a death of whoever watched over the run, how far it
// was known. The next who opens the database for runs stores what is there, and removes the file.

import { closeSync, fsyncSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../model/errors.ts';
import { type ExecutionResult, type PlanResult, RUN_ID } from '../model/run.ts';
import type { ProcessIdentity } from '../model/session.ts';
import { NotFoundError } from '../model/storage-error.ts';
import { makePrivateFolder, openPrivateFile } from './private-file.ts';
import { isAlive, ownIdentity } from './process-identity.ts';
import type { RunStorage } from './run-storage.ts';

interface JournalDocument {
  readonly format: 'wrapper-run';
  readonly run_id: string;
  /** Seconds since 1970. */
  readonly created_at: number;
  /** Whether the run has ended; otherwise it ends with its owner. */
  readonly finished: boolean;
  readonly owner: ProcessIdentity;
  readonly plan_result: PlanResult;
  readonly execution_result: ExecutionResult;
}

/** Where the file of a run is. */
function runJournalPath(dbPath: string, runId: string): string {
  return `${dbPath}.run-${runId}.json`;
}

/** Whether a file beside the database is one of these, by its name. */
export function isRunJournal(dbPath: string, path: string): boolean {
  const prefix = `${dbPath}.run-`;
  return path.startsWith(prefix) && RUN_ID.test(path.slice(prefix.length).replace(/\.json$/, ''));
}

export class RunJournal {
  readonly path: string;
  readonly #runId: string;

  constructor(dbPath: string, runId: string) {
    this.#runId = runId;
    this.path = runJournalPath(dbPath, runId);
  }

  /**
   * Takes down how far the run is, in the place of what was there; complete or not at all.
   *
   * @param finished whether it has ended; then it is on the disk when this returns
   * @throws Error of node:fs
   */
  write(plan: PlanResult, execution: ExecutionResult, createdAt: number, finished: boolean): void {
    const document: JournalDocument = {
      format: 'wrapper-run',
      run_id: this.#runId,
      created_at: createdAt,
      finished,
      owner: ownIdentity(),
      plan_result: plan,
      execution_result: execution,
    };
    makePrivateFolder(dirname(this.path));
    const unfinished = `${this.path}.part`;
    rmSync(unfinished, { force: true });
    const file = openPrivateFile(unfinished, 'wx');
    try {
      const bytes = Buffer.from(`${JSON.stringify(document)}\n`);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      if (finished) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, this.path);
  }

  /** The run is stored. @throws Error of node:fs */
  remove(): void {
    rmSync(this.path, { force: true });
    rmSync(`${this.path}.part`, { force: true });
  }
}

export interface PendingRuns {
  /** Ids of the runs that were stored now. */
  readonly stored: readonly string[];
  /** Files that are still there, with the reason. */
  readonly left: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Stores the runs that were left beside a database and removes their files. Never throws; several processes may do it at
 * once.
 */
export async function storePendingRuns(dbPath: string, storage: RunStorage): Promise<PendingRuns> {
  const stored: string[] = [];
  const left: { path: string; reason: string }[] = [];
  for (const path of journalsOf(dbPath)) {
    try {
      const document = parseJournal(readFileSync(path, 'utf8'), path);
      if (!document.finished && isAlive(document.owner) !== 'dead') continue;
      if (!(await isStored(storage, document.run_id)))
        await storage.saveRun(document.plan_result, document.execution_result, {
          runId: document.run_id,
          createdAt: document.created_at,
        });
      rmSync(path, { force: true });
      stored.push(document.run_id);
    } catch (error) {
      // Somebody else was faster.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      left.push({ path, reason: messageOf(error) });
    }
  }
  return { stored, left };
}

/** Whoever stored it may have died before the file was removed. */
async function isStored(storage: RunStorage, runId: string): Promise<boolean> {
  try {
    await storage.getRun(runId);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

function journalsOf(dbPath: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dirname(dbPath));
  } catch {
    return []; // no folder yet, so nothing in it
  }
  return names
    .filter((name) => name.startsWith(`${basename(dbPath)}.run-`) && name.endsWith('.json'))
    .map((name) => join(dirname(dbPath), name))
    .filter((path) => isRunJournal(dbPath, path))
    .sort();
}

/** The least that must be there for a row to be made of it. */
function parseJournal(text: string, path: string): JournalDocument {
  const document = JSON.parse(text) as Partial<JournalDocument> | null;
  const isWhole =
    document?.format === 'wrapper-run' &&
    path.endsWith(`.run-${document.run_id}.json`) &&
    typeof document.created_at === 'number' &&
    typeof document.plan_result?.plan_id === 'string' &&
    typeof document.plan_result.objective === 'string' &&
    typeof document.execution_result === 'object' &&
    typeof document.owner === 'object';
  if (!isWhole) throw new Error('it is not a run that a wrapper left');
  return document as JournalDocument;
}
