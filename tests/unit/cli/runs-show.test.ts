// `wrapper runs show` on a terminal: whatever its tables have no room for, the reason of a failure can be read.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { RunDatabase } from '../../../src/data/run-database.ts';
import type { ExecutionResult, PlanResult } from '../../../src/model/run.ts';
import { sampleExecution, samplePlan } from '../../support/runs.ts';
import { captureStreams, contextOf } from './harness.ts';

const NAME = 'a-step-with-a-rather-long-name-that-goes-on-and-on';
const REASON = 'its folder /home/somebody/a project with a long name/packages/web does not exist';
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-runs-show-'));
  const [plan, execution] = withLongName();
  await new RunDatabase(join(folder, 'data', 'wrapper.db')).saveRun(plan, execution);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function withLongName(): [PlanResult, ExecutionResult] {
  const sample = samplePlan();
  const plan = { ...sample, steps: sample.steps.map((step) => ({ ...step, name: NAME })) };
  return [plan, sampleExecution(plan, { success: false, reason: REASON })];
}

async function shown(columns: number | null): Promise<string> {
  const captured = captureStreams(columns);
  expect(await runProgram(['runs', 'show', 'last'], contextOf(captured, folder, 0))).toBe(0);
  return stripVTControlCharacters(captured.stdout());
}

it('gives the whole reason on a terminal of 80 columns, and breaks no word', async () => {
  const text = await shown(80);
  expect(text.replace(/\s+/g, ' ')).toContain(REASON);
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(text).toMatch(/# the session of a-step-with-a-rather-lo…$/m);
});

it('gives it once where the table has room', async () => {
  expect((await shown(null)).split(REASON)).toHaveLength(2);
});
