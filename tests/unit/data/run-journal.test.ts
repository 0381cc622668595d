// Runs that lie beside a database: stored once, by whoever comes first, and only when nobody watches over them any more.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { RunDatabase } from '../../../src/data/run-database.ts';
import { RunJournal, storePendingRuns } from '../../../src/data/run-journal.ts';
import { sampleExecution, samplePlan } from '../../support/runs.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ID = '7a1d0c3e-5b2f-4e8a-9c61-0d2f4b6a8e10';
const plan = samplePlan();
const execution = sampleExecution(plan);

function place() {
  const folder = temporaryFolder();
  const dbPath = join(folder, 'data', 'w.db');
  return { dbPath, storage: new RunDatabase(dbPath), journal: new RunJournal(dbPath, ID) };
}

/** The file as a process left it that is dead. */
function orphan(path: string): void {
  const document = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...document, owner: { ...document.owner, startTicks: 1 } }));
}

describe('a run beside the database', () => {
  it('is private, and replaced as a whole', () => {
    const { journal } = place();
    journal.write(plan, execution, 1, false);
    journal.write(plan, execution, 2, true);
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(journal.path, 'utf8'))).toMatchObject({
      created_at: 2,
      finished: true,
      run_id: ID,
    });
    journal.remove();
    expect(existsSync(journal.path)).toBe(false);
  });

  it('is stored when it has ended, or when whoever watched over it is dead', async () => {
    const { dbPath, storage, journal } = place();
    journal.write(plan, execution, 5, false);
    expect(await storePendingRuns(dbPath, storage)).toEqual({ stored: [], left: [] });
    expect(existsSync(dbPath)).toBe(false);
    orphan(journal.path);
    expect(await storePendingRuns(dbPath, storage)).toEqual({ stored: [ID], left: [] });
    expect(await storage.getRun(ID)).toMatchObject({ created_at: 5, execution_result: execution });
    journal.write(plan, sampleExecution(plan), 5, true);
    // It was stored before its file was removed: nothing is to be done, and nothing changes.
    await storePendingRuns(dbPath, storage);
    expect((await storage.getRun(ID)).execution_result).toEqual(execution);
    expect(existsSync(journal.path)).toBe(false);
  });

  it('is stored once, however many do it', async () => {
    const { dbPath, storage, journal } = place();
    journal.write(plan, execution, 5, true);
    const all = await Promise.all([1, 2, 3, 4].map(() => storePendingRuns(dbPath, new RunDatabase(dbPath))));
    expect(all.flatMap(({ left }) => left)).toEqual([]);
    expect(await storage.listRuns(10, 0)).toHaveLength(1);
  });

  it('stays when it is none, or cannot be stored', async () => {
    const { dbPath, storage, journal } = place();
    journal.write(plan, execution, 5, true);
    const other = journal.path.replace(ID, ID.replace('7', '8'));
    writeFileSync(other, '{"format":"wrapper-run"}');
    writeFileSync(`${dbPath}.run-notes.json`, 'mine');
    const database = openDatabase(dbPath);
    database.write(() => {
      database
        .prepare("CREATE TRIGGER refuse BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'not today'); END")
        .run();
    });
    const { stored, left } = await storePendingRuns(dbPath, storage);
    expect(stored).toEqual([]);
    expect(left.map(({ path, reason }) => [path, reason])).toEqual([
      [journal.path, expect.stringContaining('not today')],
      [other, 'it is not a run that a wrapper left'],
    ]);
    expect(readdirSync(join(dbPath, '..')).filter((name) => name.includes('.run-'))).toHaveLength(3);
    database.close();
  });
});
