// Which steps run, in which order and how often; and that it is the same with any storage, a failing one, or none.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { RunDatabase } from '../../../src/data/run-database.ts';
import type { RunStorage } from '../../../src/data/run-storage.ts';
import { SqliteRunStorage } from '../../../src/data/sqlite-run-storage.ts';
import type { ExecutionResult, PlanResult, RunProgress } from '../../../src/model/run.ts';
import type { PlanInput } from '../../../src/model/wire-run.ts';
import { Execution } from '../../../src/runs/executor.ts';
import { planRun } from '../../../src/runs/planner.ts';
import { Run } from '../../../src/runs/run.ts';
import { MemoryRunStorage } from '../../support/runs.ts';
import { type Script, ScriptedRunner, ScriptedTime } from './scripted-runner.ts';

type Scripts = Readonly<Record<string, readonly Script[]>>;

function planOf(
  steps: readonly (Partial<PlanInput['steps'][number]> & { name: string })[],
  max_parallel = 4,
): PlanResult {
  const plan = {
    objective: 'x',
    max_parallel,
    steps: steps.map((step) => ({ agent: 'ci', command: 'true', ...step })),
  };
  return planRun({ plan }, { profiles: {}, defaultAgent: null });
}

async function execute(
  plan: PlanResult,
  scripts: Scripts = {},
  meanwhile?: (execution: Execution, progress: RunProgress) => void,
) {
  const time = new ScriptedTime();
  const runner = new ScriptedRunner(scripts, time);
  const told: RunProgress[] = [];
  const execution: Execution = new Execution(plan, {
    executionId: 'e',
    cwd: '/home/user',
    runner,
    clock: time.clock,
    after: time.after,
    onProgress: (progress) => {
      told.push(progress);
      meanwhile?.(execution, progress);
    },
  });
  const result = await time.until(execution.run());
  return { result, runner, told, statuses: result.steps.map(({ status }) => status) };
}

describe('an execution', () => {
  const failing = { b: [{ ms: 5, exit: 3 }] };

  it('skips what needs a step that has failed, and says why', async () => {
    const { result, runner, statuses } = await execute(
      planOf([{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }]),
      failing,
    );
    expect(statuses).toEqual(['succeeded', 'failed', 'skipped', 'skipped']);
    expect(runner.started).toEqual(['a', 'b']);
    expect(result.steps.map(({ reason }) => reason)).toEqual([
      null,
      'exited with 3',
      'needs "b", which failed',
      'needs "c", which was skipped',
    ]);
    expect([result.success, result.outcome]).toEqual([false, 'failed']);
    expect(result.steps[1]).toMatchObject({
      exit_code: 3,
      session_id: 'sess_b_0',
      duration_ms: 5,
      events: 3,
    });
    expect(result.steps[2]).toMatchObject({
      session_id: null,
      started_at: null,
      duration_ms: null,
      attempts: [],
    });
  });

  it('goes on after a failure where the step says so; the run has failed all the same', async () => {
    const plan = planOf([{ name: 'a' }, { name: 'b', continue_on_failure: true }, { name: 'c' }]);
    const { result, statuses } = await execute(plan, failing);
    expect(statuses).toEqual(['succeeded', 'failed', 'succeeded']);
    expect([result.success, result.outcome]).toEqual([false, 'failed']);
  });

  it('lets what does not depend on the failure run', async () => {
    const plan = planOf([
      { name: 'b' },
      { name: 'a', needs: [] },
      { name: 'c', needs: ['a'] },
      { name: 'd', needs: ['a', 'b'] },
    ]);
    const { statuses, result } = await execute(plan, failing);
    expect(statuses).toEqual(['failed', 'succeeded', 'succeeded', 'skipped']);
    expect(result.steps[3]!.reason).toBe('needs "b", which failed');
  });

  it('runs at most as many at once as the plan allows, in the order of the plan', async () => {
    const independent = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, needs: [] }));
    const scripts = Object.fromEntries(independent.map(({ name }) => [name, [{ ms: 10, exit: 0 }]]));
    for (const most of [1, 2, 5]) {
      const { runner, result } = await execute(planOf(independent, most), scripts);
      expect(runner.most).toBe(most);
      expect(runner.started).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(result.duration_ms).toBe(Math.ceil(5 / most) * 10);
    }
  });

  it('tries again as often as it may, and no more once it has succeeded', async () => {
    const scripts = {
      a: [1, 1, 0].map((exit) => ({ ms: 2, exit })),
      b: [9, 9].map((exit) => ({ ms: 1, exit })),
    };
    const { result, runner, told } = await execute(
      planOf([
        { name: 'a', retries: 5 },
        { name: 'b', retries: 1 },
      ]),
      scripts,
    );
    expect(runner.started).toEqual(['a', 'a', 'a', 'b', 'b']);
    expect(result.steps[0]).toMatchObject({
      status: 'succeeded',
      exit_code: 0,
      duration_ms: 6,
      reason: null,
    });
    expect(
      result.steps[0]!.attempts.map(({ attempt, status, session_id }) => [attempt, status, session_id]),
    ).toEqual([
      [1, 'failed', 'sess_a_0'],
      [2, 'failed', 'sess_a_1'],
      [3, 'succeeded', 'sess_a_2'],
    ]);
    expect(result.steps[1]).toMatchObject({ status: 'failed', exit_code: 9 });
    expect(told.flatMap((one) => (one.type === 'attempt_finished' ? [one.retrying] : []))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  it('ends an attempt whose time is over, and gives the next the whole of it', async () => {
    const scripts = {
      a: [
        { ms: 60_000, exit: 0 },
        { ms: 1999, exit: 0 },
      ],
    };
    const { result, runner } = await execute(planOf([{ name: 'a', timeout: 2, retries: 1 }]), scripts);
    expect(runner.stopped).toEqual([['a', { kind: 'timeout' }]]);
    expect(result.steps[0]!.attempts).toMatchObject([
      { status: 'timed_out', duration_ms: 2000, signal: 'SIGTERM', reason: 'took longer than 2 s' },
      { status: 'succeeded', duration_ms: 1999 },
    ]);
  });

  it('starts nothing more once it is interrupted, and tries nothing again', async () => {
    const plan = planOf([
      { name: 'a', retries: 3 },
      { name: 'b', needs: [] },
      { name: 'c', continue_on_failure: true },
    ]);
    const slow = { a: [{ ms: 50, exit: 0 }], b: [{ ms: 50, exit: 0 }] };
    const { result, runner, statuses } = await execute(plan, slow, (execution, progress) => {
      if (progress.type === 'step_session' && progress.step === 'b')
        queueMicrotask(() => execution.interrupt('SIGINT'));
    });
    expect(statuses).toEqual(['interrupted', 'interrupted', 'skipped']);
    expect(runner.started).toEqual(['a', 'b']);
    expect(runner.stopped.map(([name]) => name)).toEqual(['a', 'b']);
    expect([result.outcome, result.success, result.steps[2]!.reason]).toEqual([
      'interrupted',
      false,
      'the run was interrupted',
    ]);
  });

  it('ends what is just being started when it is interrupted', async () => {
    const { runner, statuses } = await execute(planOf([{ name: 'a' }]), {}, (execution, progress) => {
      if (progress.type === 'step_started') execution.interrupt('SIGINT');
    });
    expect([runner.stopped.length, ...statuses]).toEqual([1, 'interrupted']);
  });

  it('is not interrupted by what comes when all is over', async () => {
    const { result } = await execute(planOf([{ name: 'a' }]), {}, (execution, progress) => {
      if (progress.type === 'step_finished') execution.interrupt('SIGINT');
    });
    expect(result.outcome).toBe('succeeded');
  });

  it('tells at any moment what would be known if it died now', async () => {
    let snapshot: ExecutionResult | undefined;
    await execute(planOf([{ name: 'a' }, { name: 'b' }, { name: 'c' }]), {}, (execution, progress) => {
      if (progress.type === 'step_session' && progress.step === 'b') snapshot = execution.snapshot();
    });
    expect(snapshot).toMatchObject({ outcome: 'lost', success: false });
    expect(snapshot!.steps.map(({ status }) => status)).toEqual(['succeeded', 'lost', 'skipped']);
    expect(snapshot!.steps[1]!.attempts).toMatchObject([
      { status: 'lost', session_id: 'sess_b_0', exit_code: null },
    ]);
  });

  it('survives a listener and a runner that throw', async () => {
    const plan = planOf([{ name: 'a' }]);
    const thrower = (): never => {
      throw new Error('no such thing');
    };
    const execution = new Execution(plan, {
      executionId: 'e',
      cwd: '/',
      runner: { start: thrower },
      onProgress: thrower,
    });
    const result = await execution.run();
    expect(result.steps).toMatchObject([{ status: 'failed', reason: 'no such thing', exit_code: null }]);
  });
});

/** A random plan, with what each attempt of each step does. */
const planAndScripts = fc
  .array(
    fc.record({
      needs: fc.option(fc.array(fc.nat(), { maxLength: 3 }), { nil: undefined }),
      retries: fc.nat(2),
      timeout: fc.option(fc.integer({ min: 1, max: 30 }), { nil: null }),
      continue_on_failure: fc.boolean(),
      scripts: fc.array(
        fc.record({ ms: fc.integer({ min: 1, max: 40_000 }), exit: fc.constantFrom(0, 0, 1, 7) }),
        {
          minLength: 3,
          maxLength: 3,
        },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .chain((steps) => fc.record({ steps: fc.constant(steps), most: fc.integer({ min: 1, max: 4 }) }))
  .map(({ steps, most }) => ({
    plan: planOf(
      steps.map(({ scripts: _, needs, ...step }, index) => ({
        ...step,
        name: `s${index}`,
        // Only steps before it: such needs never make a circle.
        ...(needs === undefined ? {} : { needs: index === 0 ? [] : needs.map((need) => `s${need % index}`) }),
      })),
      most,
    ),
    scripts: Object.fromEntries(steps.map(({ scripts }, index) => [`s${index}`, scripts])) as Scripts,
  }));

describe('storage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-passive-'));
  const refuse = async (): Promise<never> => {
    throw new Error('no storage today');
  };
  const never: RunStorage = {
    savePlanResult: refuse,
    saveExecutionResult: refuse,
    saveRun: refuse,
    getRun: refuse,
    listRuns: refuse,
  };

  async function withStorage(plan: PlanResult, scripts: Scripts, storage: RunStorage) {
    const time = new ScriptedTime();
    const runner = new ScriptedRunner(scripts, time);
    const run = new Run(plan, {
      dbPath: join(folder, 'wrapper.db'),
      storage,
      runner,
      cwd: '/home/user',
      clock: time.clock,
      after: time.after,
      newId: idMaker(),
    });
    const conclusion = await time.until(run.conduct());
    return { started: runner.started, execution: conclusion.record.execution_result, conclusion };
  }

  function idMaker(): () => string {
    let count = 0;
    return () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`;
  }

  it('never changes what is executed', async () => {
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await fc.assert(
      fc.asyncProperty(planAndScripts, async ({ plan, scripts }) => {
        const bare = await execute(plan, scripts);
        const database = openDatabase(':memory:');
        for (const storage of [new SqliteRunStorage(database), new MemoryRunStorage(), never]) {
          const { started, execution, conclusion } = await withStorage(plan, scripts, storage);
          expect(started).toEqual(bare.runner.started);
          expect({ ...execution, execution_id: 'e' }).toEqual(bare.result);
          expect(conclusion.failure === undefined).toBe(storage !== never);
        }
        database.close();
      }),
      { numRuns: 100 },
    );
    // Whatever was refused lies there; what was stored does not.
    expect(readdirSync(folder)).toEqual(['wrapper.db.run-00000000-0000-4000-8000-000000000001.json']);
  });

  it('that fails leaves the run beside the database, and the next run stores it', async () => {
    const place = mkdtempSync(join(tmpdir(), 'wrapper-left-'));
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const dbPath = join(place, 'wrapper.db');
    const plan = planOf([{ name: 'a', env: { API_TOKEN: 'ghp_abcdefghijklmnopqrstuvwxyz0123456789' } }]);
    const conduct = (storage: RunStorage) => {
      const time = new ScriptedTime();
      const runner = new ScriptedRunner({}, time);
      const run = new Run(plan, { dbPath, storage, runner, cwd: '/', clock: time.clock, after: time.after });
      return time.until(run.conduct());
    };
    const first = await conduct(never);
    expect(first.failure).toMatchObject({ code: 'run_not_stored' });
    expect(first.leftIn).toBe(`${dbPath}.run-${first.record.run_id}.json`);
    const storage = new RunDatabase(dbPath);
    const second = await conduct(storage);
    expect(second).toMatchObject({ failure: undefined, leftIn: null, alsoStored: [first.record.run_id] });
    expect(existsSync(first.leftIn!)).toBe(false);
    const stored = await storage.getRun(first.record.run_id);
    expect(JSON.stringify(stored)).toBe(JSON.stringify(first.record));
    expect(await storage.listRuns(10, 0)).toHaveLength(2);
    expect(JSON.stringify(stored.plan_result)).not.toContain('ghp_');
  });
});
