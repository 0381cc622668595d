// The contract of a storage of runs, held by what ships and by the shortest implementation that there can be.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDatabase } from '../../src/data/database.ts';
import { RunDatabase } from '../../src/data/run-database.ts';
import { SqliteRunStorage } from '../../src/data/sqlite-run-storage.ts';
import { MemoryRunStorage } from '../support/runs.ts';
import { describeRunStorage } from './run-storage.ts';

describeRunStorage('SQLite', () => {
  const database = openDatabase(':memory:');
  onTestFinished(() => database.close());
  return new SqliteRunStorage(database);
});

describeRunStorage('a database file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-runs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new RunDatabase(join(folder, 'data', 'wrapper.db'));
});

describeRunStorage('memory', () => new MemoryRunStorage());
