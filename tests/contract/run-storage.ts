// What every storage of runs must do, whatever it is made of.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunStorage } from '../../src/data/run-storage.ts';
import { WrapperError } from '../../src/model/errors.ts';
import { type ExecutionResult, type PlanResult, RUN_OUTCOMES } from '../../src/model/run.ts';
import { NotFoundError, StorageError } from '../../src/model/storage-error.ts';
import { sampleExecution, samplePlan } from '../support/runs.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NOBODY = '00000000-0000-4000-8000-000000000000';
const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** @param make gives a storage of its own to each test; what it leaves is the caller's to remove */
export function describeRunStorage(name: string, make: () => RunStorage): void {
  describe(`${name} as a storage of runs`, () => {
    it('gives back what it was given, to the byte', async () => {
      const storage = make();
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'grapheme' }),
          fc.dictionary(fc.string(), fc.string()),
          async (text, env) => {
            const plan = samplePlan({ objective: text, env });
            const execution = sampleExecution(plan, { reason: text });
            const runId = await storage.saveRun(plan, execution);
            const run = await storage.getRun(runId);
            expect(JSON.stringify(run.plan_result)).toBe(JSON.stringify(plan));
            expect(JSON.stringify(run.execution_result)).toBe(JSON.stringify(execution));
            expect([run.run_id, run.plan_id, run.objective]).toEqual([runId, plan.plan_id, text]);
          },
        ),
        { numRuns: 50 },
      );
    });

    it('changes nothing of what it is given', async () => {
      const plan = deepFrozen(samplePlan());
      const execution = deepFrozen(sampleExecution(plan));
      await make().saveRun(plan, execution);
    });

    it('makes a run of every call, however alike they are', async () => {
      const storage = make();
      const plan = samplePlan();
      const execution = sampleExecution(plan);
      const ids = [await storage.saveRun(plan, execution), await storage.saveRun(plan, execution)];
      expect(new Set(ids).size).toBe(2);
      for (const id of ids) expect(id).toMatch(UUID);
      expect((await storage.listRuns(10, 0)).map(({ run_id }) => run_id).sort()).toEqual([...ids].sort());
    });

    it('keeps the id and the time that a run comes with', async () => {
      const storage = make();
      const plan = samplePlan();
      const given = { runId: idOf(1), createdAt: 1_795_838_862.755 };
      expect(await storage.saveRun(plan, sampleExecution(plan), given)).toBe(given.runId);
      expect((await storage.getRun(given.runId)).created_at).toBe(given.createdAt);
    });

    it('stores the same run once, and refuses another under its id', async () => {
      const storage = make();
      const plan = samplePlan();
      const execution = sampleExecution(plan);
      const given = { runId: idOf(1), createdAt: 5 };
      await storage.saveRun(plan, execution, given);
      await storage.saveRun(plan, execution, { ...given, createdAt: 6 });
      const other = sampleExecution(plan, { success: false });
      await expect(storage.saveRun(plan, other, given)).rejects.toSatisfy(isStorageError);
      expect(await storage.listRuns(10, 0)).toHaveLength(1);
      const run = await storage.getRun(given.runId);
      expect([run.created_at, run.execution_result]).toEqual([5, execution]);
    });

    it('says that a run is not there', async () => {
      const storage = make();
      await expect(storage.getRun(NOBODY)).rejects.toSatisfy(isNotFound);
      const plan = samplePlan();
      await storage.saveRun(plan, sampleExecution(plan));
      await expect(storage.getRun(NOBODY)).rejects.toSatisfy(isNotFound);
    });

    it('lists the latest first, a page at a time', async () => {
      const storage = make();
      expect(await storage.listRuns(10, 0)).toEqual([]);
      const plan = samplePlan();
      // Stored in another order than they were made in; two at the same time.
      for (const number of [3, 1, 4, 2, 5]) {
        const execution = sampleExecution(plan, { success: number % 2 === 1 });
        await storage.saveRun(plan, execution, { runId: idOf(number), createdAt: Math.min(number, 4) });
      }
      const all = await storage.listRuns(10, 0);
      expect(all.map(({ run_id }) => run_id)).toEqual([5, 4, 3, 2, 1].map(idOf));
      expect(all[0]).toEqual({
        run_id: idOf(5),
        plan_id: plan.plan_id,
        objective: plan.objective,
        success: true,
        created_at: 4,
        outcome: 'succeeded',
      });
      expect(all.map(({ success }) => success)).toEqual([true, false, true, false, true]);
      expect(await storage.listRuns(2, 1)).toEqual(all.slice(1, 3));
      expect(await storage.listRuns(10, 5)).toEqual([]);
      expect(await storage.listRuns(1, 4)).toEqual([all[4]]);
    });

    it('tells in a list how each run ended', async () => {
      const storage = make();
      const plan = samplePlan();
      for (const [at, outcome] of RUN_OUTCOMES.entries()) {
        const execution = sampleExecution(plan, { success: outcome === 'succeeded', outcome });
        await storage.saveRun(plan, execution, { createdAt: RUN_OUTCOMES.length - at });
      }
      const found = await storage.listRuns(10, 0);
      expect(found.map(({ outcome }) => outcome)).toEqual([...RUN_OUTCOMES]);
    });

    it('keeps plans and executions that belong to no run', async () => {
      const storage = make();
      const plan = samplePlan();
      await storage.savePlanResult(plan);
      await storage.savePlanResult(plan);
      await storage.saveExecutionResult(sampleExecution(plan));
      expect(await storage.listRuns(10, 0)).toEqual([]);
    });
  });
}

function isStorageError(error: unknown): boolean {
  return (
    error instanceof StorageError &&
    error instanceof WrapperError &&
    !(error instanceof NotFoundError) &&
    error.code === 'run_not_stored'
  );
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof NotFoundError &&
    error instanceof WrapperError &&
    !(error instanceof StorageError) &&
    error.code === 'run_unknown'
  );
}

function deepFrozen<Value extends PlanResult | ExecutionResult>(value: Value): Value {
  const freeze = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    Object.freeze(part);
    for (const inner of Object.values(part)) freeze(inner);
  };
  freeze(value);
  return value;
}
