// What is kept of a run holds no secret, wherever in the plan it stood.

import { expect, it } from 'vitest';
import { planRun } from '../../../src/runs/planner.ts';
import { RunRedactor } from '../../../src/runs/redacted-run.ts';
import { sampleExecution } from '../../support/runs.ts';

const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

const planOf = (env: Record<string, string>) =>
  planRun(
    { plan: { objective: 'x', steps: [{ agent: 'ci', command: 'make', env }] } },
    { profiles: {}, defaultAgent: null },
  );

it('takes a variable for a secret by its name alone, however short it is', () => {
  const secret =
    'OPENAI_KEY GITHUB_PAT MY_KEY KEY apiKey CREDENTIALS GIT_CREDENTIAL X_PASSWD DB_PWD AUTH T_TOKEN PAT A_PASSPHRASE';
  const plain = 'PWD OLDPWD PATH COMPAT KEYBOARD MAX_TOKENS AUTHOR CI';
  for (const [names, shown] of [
    [secret, /^\[REDACTED:[\w-]+\]$/],
    [plain, /^x1$/],
  ] as const) {
    const { env } = new RunRedactor().plan(
      planOf(Object.fromEntries(names.split(' ').map((name) => [name, 'x1']))),
    ).steps[0]!;
    for (const [name, value] of Object.entries(env))
      expect([name, value]).toEqual([name, expect.stringMatching(shown)]);
  }
  expect(new RunRedactor().plan(planOf({ MY_KEY: '' })).steps[0]!.env).toEqual({ MY_KEY: '' });
});

it('changes nothing the second time', () => {
  const once = new RunRedactor().plan(
    planOf({ MY_KEY: 'x', GITHUB_PAT: TOKEN, DB_PASSWORD: 'hunter2hunter2' }),
  );
  expect(new RunRedactor().plan(once)).toEqual(once);
});

it('gives a plan an id by which no secret can be tried out', () => {
  expect(planOf({ MY_KEY: 'one' }).plan_id).toBe(planOf({ MY_KEY: 'two' }).plan_id);
  expect(planOf({ MY_NAME: 'one' }).plan_id).not.toBe(planOf({ MY_NAME: 'two' }).plan_id);
});

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
