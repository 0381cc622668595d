// Plans, executions, a runner and a storage for the tests of runs.

import { randomUUID } from 'node:crypto';
import type { RunIdentity, RunStorage } from '../../src/data/run-storage.ts';
import type { ExecutionResult, PlanResult, RunOutcome, RunRecord, RunSummary } from '../../src/model/run.ts';
import { NotFoundError, StorageError } from '../../src/model/storage-error.ts';

export function samplePlan(
  change: { objective?: string; env?: Readonly<Record<string, string>> } = {},
): PlanResult {
  return {
    plan_id: 'plan_0123456789abcdef',
    objective: change.objective ?? 'Read the file README.md',
    max_parallel: 4,
    steps: [
      {
        name: 'read',
        agent: 'codex',
        command: ['cat', 'README.md'],
        cwd: null,
        env: change.env ?? {},
        timeout: 90.5,
        retries: 0,
        continue_on_failure: false,
        needs: [],
      },
    ],
  };
}

export function sampleExecution(
  plan: PlanResult,
  change: { success?: boolean; reason?: string; outcome?: RunOutcome } = {},
): ExecutionResult {
  const success = change.success ?? true;
  const ended = {
    status: success ? ('succeeded' as const) : ('failed' as const),
    session_id: 'sess_0123456789ab',
    exit_code: success ? 0 : 1,
    signal: null,
    started_at: '2026-02-10T10:30:00.000Z',
    ended_at: '2026-02-10T10:30:01.500Z',
    duration_ms: 1500,
    events: 2,
    reason: change.reason ?? null,
  };
  return {
    execution_id: randomUUID(),
    plan_id: plan.plan_id,
    success,
    outcome: change.outcome ?? (success ? 'succeeded' : 'failed'),
    cwd: '/home/user/project',
    started_at: ended.started_at,
    ended_at: ended.ended_at,
    duration_ms: 1500,
    steps: plan.steps.map(({ name, agent }) => ({
      name,
      agent,
      ...ended,
      attempts: [
        { attempt: 1, ...ended, lines: 3, events_by_type: { error: 2 }, highest_risk: 'none' as const },
      ],
    })),
  };
}

/** A storage that forgets everything with the process: the shortest that keeps the contract. */
export class MemoryRunStorage implements RunStorage {
  readonly #runs = new Map<string, { summary: RunSummary; plan: string; execution: string }>();
  readonly #plans = new Map<string, string>();
  readonly #executions = new Map<string, string>();

  async savePlanResult(plan: PlanResult): Promise<void> {
    if (!this.#plans.has(plan.plan_id)) this.#plans.set(plan.plan_id, JSON.stringify(plan));
  }

  async saveExecutionResult(execution: ExecutionResult): Promise<void> {
    this.#executions.set(execution.execution_id, JSON.stringify(execution));
  }

  async saveRun(plan: PlanResult, execution: ExecutionResult, identity: RunIdentity = {}): Promise<string> {
    const run_id = identity.runId ?? randomUUID();
    const snapshots = { plan: JSON.stringify(plan), execution: JSON.stringify(execution) };
    const stored = this.#runs.get(run_id);
    if (stored !== undefined) {
      if (stored.plan === snapshots.plan && stored.execution === snapshots.execution) return run_id;
      throw new StorageError(`run ${run_id} is another one`);
    }
    const { plan_id, objective } = plan;
    const { success, outcome } = execution;
    const created_at = identity.createdAt ?? Date.now() / 1000;
    const summary = { run_id, plan_id, objective, success, created_at, outcome };
    this.#runs.set(run_id, { summary, ...snapshots });
    return run_id;
  }

  async getRun(runId: string): Promise<RunRecord> {
    const stored = this.#runs.get(runId);
    if (stored === undefined) throw new NotFoundError(`there is no run ${runId}`);
    const { success: _success, outcome: _outcome, ...rest } = stored.summary;
    return { ...rest, plan_result: JSON.parse(stored.plan), execution_result: JSON.parse(stored.execution) };
  }

  async listRuns(limit: number, offset: number): Promise<RunSummary[]> {
    return [...this.#runs.values()]
      .map(({ summary }) => summary)
      .sort((a, b) => b.created_at - a.created_at || (a.run_id < b.run_id ? 1 : -1))
      .slice(offset, offset + limit);
  }
}
