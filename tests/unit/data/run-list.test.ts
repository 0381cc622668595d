// A list of runs is read in the order of its index; of the rows only those are looked at that are shown.

import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { SqliteRunStorage } from '../../../src/data/sqlite-run-storage.ts';
import { sampleExecution, samplePlan } from '../../support/runs.ts';

it('is read from its index and sorted by nobody', async () => {
  const asked: string[] = [];
  const database = openDatabase(':memory:', { onQuery: (sql) => void asked.push(sql) });
  const storage = new SqliteRunStorage(database);
  const plan = samplePlan();
  await storage.saveRun(plan, sampleExecution(plan));
  asked.length = 0;
  expect(await storage.listRuns(10, 0)).toHaveLength(1);
  expect(asked).toHaveLength(1);
  expect(database.explain(asked[0]!)).toEqual(['SCAN runs USING INDEX idx_run_summary']);
  expect(await storage.findRuns('zz', 10)).toEqual([]);
  database.close();
});
