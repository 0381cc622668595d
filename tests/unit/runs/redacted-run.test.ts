// What is kept of a run holds no secret, wherever in the plan it stood.

import { expect, it } from 'vitest';
import { planRun } from '../../../src/runs/planner.ts';
import { RunRedactor } from '../../../src/runs/redacted-run.ts';
import { sampleExecution } from '../../support/runs.ts';

const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

it('takes secrets out of objective, commands, variables and reasons, and leaves the rest', () => {
  const plan = planRun(
    {
      plan: {
        objective: `use ${TOKEN}`,
        steps: [
          {
            agent: 'ci',
            command: `curl -H "Authorization: Bearer ${TOKEN}" x`,
            env: { DB_PASSWORD: 'hunter2hunter2', CI: '1' },
          },
          { agent: 'ci', command: ['login', '--token', TOKEN, 'plain words'], cwd: 'web' },
        ],
      },
    },
    { profiles: {}, defaultAgent: null },
  );
  const redactor = new RunRedactor();
  const kept = redactor.plan(plan);
  const execution = redactor.execution(sampleExecution(kept, { reason: `refused ${TOKEN}` }));
  const told = redactor.progress({
    type: 'step_finished',
    step: 'step-1',
    result: sampleExecution(plan, { reason: TOKEN }).steps[0]!,
  });
  for (const part of [kept, execution, told]) {
    expect(JSON.stringify(part)).not.toContain(TOKEN);
    expect(JSON.stringify(part)).toContain('[REDACTED:');
  }
  expect(kept.steps[0]!.env).toEqual({ CI: '1', DB_PASSWORD: expect.stringContaining('[REDACTED:') });
  expect(kept.steps[1]).toMatchObject({
    cwd: 'web',
    command: ['login', '--token', expect.any(String), 'plain words'],
  });
  expect(kept.plan_id).toBe(plan.plan_id);
});
