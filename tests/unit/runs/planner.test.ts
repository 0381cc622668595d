// A request becomes one plan and always the same one; what makes no sense is one clear sentence.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WrapperError } from '../../../src/model/errors.ts';
import type { PlanInput } from '../../../src/model/wire-run.ts';
import { parsePlan, readPlanFile } from '../../../src/runs/plan-file.ts';
import { planRun } from '../../../src/runs/planner.ts';
import { profilesWith } from '../../../src/runs/profiles.ts';

const SETTINGS = {
  profiles: profilesWith({ mine: { command: ['my-agent', '--goal={goal}'], timeout: 5 } }),
  defaultAgent: 'mine',
};

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof WrapperError && error.code === 'plan_invalid')
      return [error.message, error.hint].filter(Boolean).join(' | ');
    throw error;
  }
  return '(no error)';
};

const steps = (...given: Partial<PlanInput['steps'][number]>[]): PlanInput => ({
  objective: 'x',
  steps: given.map((step) => ({ agent: 'ci', command: 'true', ...step })),
});

describe('a plan', () => {
  it('is the same for the same request, whatever the order of its variables', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
        (objective, env) => {
          const plan = (variables: Record<string, string>) =>
            planRun({ plan: { ...steps({ env: variables }), objective } }, SETTINGS);
          const turned = Object.fromEntries(Object.entries(env).reverse());
          expect(JSON.stringify(plan(turned))).toBe(JSON.stringify(plan(env)));
        },
      ),
    );
  });

  it('has another id when anything about it is otherwise', () => {
    const plans = [
      steps({}),
      steps({ command: ['true'] }),
      steps({ retries: 1 }),
      steps({ timeout: 1 }),
      steps({ env: { A: '1' } }),
      steps({}, {}),
      steps({}, { needs: [] }),
      { ...steps({}), max_parallel: 1 },
    ].map((plan) => planRun({ plan }, SETTINGS).plan_id);
    expect(new Set(plans).size).toBe(plans.length);
    for (const id of plans) expect(id).toMatch(/^plan_[0-9a-f]{16}$/);
  });

  it('has every default put in, and each step after the one before it unless it says otherwise', () => {
    const plan = planRun(
      { plan: steps({}, { name: 'b' }, { needs: [] }, { needs: ['b', 'step-1', 'b'] }) },
      SETTINGS,
    );
    expect(plan.max_parallel).toBe(4);
    expect(plan.steps.map(({ name, needs }) => [name, ...needs])).toEqual([
      ['step-1'],
      ['b', 'step-1'],
      ['step-3'],
      ['step-4', 'b', 'step-1'],
    ]);
    expect(plan.steps[0]).toEqual({
      name: 'step-1',
      agent: 'ci',
      command: 'true',
      cwd: null,
      env: {},
      timeout: null,
      retries: 0,
      continue_on_failure: false,
      needs: [],
    });
  });

  it('refuses names and needs that do not fit together', () => {
    const refusal = (...given: Parameters<typeof steps>) =>
      messageOf(() => planRun({ plan: steps(...given) }, SETTINGS));
    expect(refusal({ name: 'a' }, { name: 'b' }, { name: 'a' })).toBe(
      'two steps are named "a", the 1st and the 3rd',
    );
    expect(refusal({ name: 'build' }, { name: 'test', needs: ['biuld'] })).toBe(
      '"test" needs "biuld", which is no step of the plan; did you mean "build"?',
    );
    expect(refusal({ name: 'a', needs: ['a'] })).toBe('"a" needs itself');
    expect(refusal({ name: 'a', needs: ['c'] }, { name: 'b' }, { name: 'c' })).toBe(
      'steps wait for each other: "a" needs "c" needs "b" needs "a"',
    );
  });

  it('of a goal is one step by the profile of the agent', () => {
    const plan = planRun({ goal: 'say {goal} and $HOME', agent: undefined }, SETTINGS);
    expect(plan.objective).toBe('say {goal} and $HOME');
    expect(plan.steps).toMatchObject([
      { name: 'mine', agent: 'mine', command: ['my-agent', '--goal=say {goal} and $HOME'], timeout: 5 },
    ]);
    expect(planRun({ goal: 'x', agent: 'codex' }, SETTINGS).steps[0]!.command).toEqual([
      'codex',
      'exec',
      'x',
    ]);
  });

  it('of a goal needs an agent that is known', () => {
    expect(messageOf(() => planRun({ goal: 'x', agent: 'codx' }, SETTINGS))).toBe(
      'nothing says how the agent codx is run with a goal | Did you mean codex?',
    );
    expect(messageOf(() => planRun({ goal: 'x', agent: 'constructor' }, SETTINGS))).toContain('constructor');
    expect(
      messageOf(() => planRun({ goal: 'x', agent: undefined }, { ...SETTINGS, defaultAgent: null })),
    ).toContain('no agent is named, and there is no default agent');
  });
});

describe('a plan file', () => {
  const refusal = (text: string) => messageOf(() => parsePlan(text, 'p.yaml'));

  it('is YAML or JSON, and means the same in both', () => {
    const yaml =
      'objective: x\nsteps:\n  - agent: ci\n    command: make\n    timeout: 1m30s\n    env: {CI: 1}\n';
    const json = '{"objective":"x","steps":[{"agent":"ci","command":"make","timeout":90,"env":{"CI":"1"}}]}';
    expect(parsePlan(yaml, 'p.yaml')).toEqual(parsePlan(json, 'p.json'));
    expect(parsePlan(yaml, 'p.yaml').steps[0]).toEqual({
      agent: 'ci',
      command: 'make',
      timeout: 90,
      env: { CI: '1' },
    });
  });

  it('with a mistake is refused in one sentence with file, line, step and reason', () => {
    const head = 'objective: x\nsteps:\n  - name: test\n    agent: ci\n';
    const cases: [text: string, says: string][] = [
      ['', 'p.yaml:1: expected a plan: "objective" and "steps" | docs/RUNS.md shows one.'],
      ['- a\n', 'p.yaml:1: expected a plan: "objective" and "steps" | docs/RUNS.md shows one.'],
      ['objective: x\nsteps: [\n', 'p.yaml:3: not valid YAML or JSON: '],
      ['objective: x\n', 'p.yaml:1: "steps" is missing'],
      ['steps: []\nobjective: x\n', 'p.yaml:1: steps is empty'],
      [`${head}`, 'p.yaml:3: step "test": "command" is missing'],
      [`${head}    comand: make\n`, 'p.yaml:5: step "test": unknown key "comand" | Did you mean command?'],
      [
        `${head}    command: 3\n`,
        'p.yaml:5: step "test": command must be a text for the shell, or a list of words',
      ],
      [`${head}    command: []\n`, 'p.yaml:5: step "test": command is an empty list'],
      [
        `${head}    command: make\n    timeout: soon\n`,
        'p.yaml:6: step "test": timeout must be a number of seconds',
      ],
      [
        `${head}    command: make\n    timeout: 0\n`,
        'p.yaml:6: step "test": timeout must be longer than nothing',
      ],
      [`${head}    command: make\n    timeout: 8d\n`, 'p.yaml:6: step "test": timeout is longer than 7 days'],
      [
        `${head}    command: make\n    retries: -1\n`,
        'p.yaml:6: step "test": retries must be a whole number from 0 on',
      ],
      [
        `${head}    command: make\n    continue_on_failure: yes\n`,
        'p.yaml:6: step "test": continue_on_failure must be true or false',
      ],
      [
        `${head}    command: make\n    needs:\n      - tset\n`,
        'p.yaml:7: "test" needs "tset", which is no step',
      ],
      [
        `${head}    command: make\n    needs: build\n`,
        'p.yaml:6: step "test": needs must be a list of names',
      ],
      [
        `${head}    command: make\n  - agent: "-x"\n    command: y\n`,
        'p.yaml:6: step 2: agent begins with "-"',
      ],
      [`${head}    command: make\n  - nothing\n`, 'p.yaml:6: step 2: must be keys and values'],
      [
        `${head}    command: make\n    command: make\n`,
        'p.yaml:6: not valid YAML or JSON: Map keys must be unique',
      ],
      [`objektive: x\nsteps: []\n`, 'p.yaml:1: unknown key "objektive" | Did you mean objective?'],
    ];
    for (const [text, says] of cases) expect(refusal(text), text).toContain(says);
  });

  it('gives a program the variables as they are written', () => {
    const plan = (env: string) =>
      parsePlan(`objective: x\nsteps: [{agent: a, command: b, env: ${env}}]\n`, 'p.yaml');
    expect(
      plan('{V: 3.10, W: 0755, Z: 1e3, N: 12345678901234567890, T: True, D: 2020-01-01, Q: "007", S: a b}')
        .steps[0]!.env,
    ).toEqual({
      V: '3.10',
      W: '0755',
      Z: '1e3',
      N: '12345678901234567890',
      T: 'True',
      D: '2020-01-01',
      Q: '007',
      S: 'a b',
    });
    const shared =
      'objective: x\nsteps:\n  - &s {agent: a, command: b, timeout: &t 1e1, env: {T: *t, U: 0x10}}\n';
    expect(parsePlan(shared, 'p.yaml').steps[0]).toMatchObject({ timeout: 10, env: { T: '1e1', U: '0x10' } });
    for (const env of ['{V: }', '{V: null}', '{V: !!int "3"}', '{V: [a]}'])
      expect(messageOf(() => plan(env))).toBe('p.yaml:2: step 1: env.V must be a text; put it in quotes');
    const json = (env: string) => `{"objective":"x","steps":[{"agent":"a","command":"b","env":${env}}]}`;
    expect(refusal(json('{"A":3.10}'))).toBe('p.yaml:1: step 1: env.A must be a text; put it in quotes');
    expect(refusal(json('{"A=B":"x"}'))).toBe('p.yaml:1: step 1: env has a name with "=" in it');
    expect(refusal(json('{"A":"\\ud800"}'))).toBe('p.yaml:1: step 1: env.A contains half of a character');
  });

  it('that is not what it seems is refused', () => {
    const head = 'objective: x\nsteps:\n  - agent: ci\n';
    expect(refusal(`${head}    command: !!js/function "make"\n`)).toBe(
      'p.yaml:4: unknown YAML tag tag:yaml.org,2002:js/function',
    );
    expect(refusal(`${head}    command: make\n---\nobjective: y\n`)).toBe(
      'p.yaml:5: a second document begins here; a file has one plan',
    );
    expect(refusal(`${head}    command: "\\ud800"\n`)).toBe(
      'p.yaml:4: step 1: command contains half of a character',
    );
    const bombs = Array.from(
      { length: 12 },
      (_, n) => `  - &b${n + 1} [${Array(9).fill(`*b${n}`).join()}]\n`,
    );
    expect(refusal(`objective: &b0 x\nsteps:\n${bombs.join('')}`)).toBe(
      'p.yaml:1: its aliases (*name) stand for far more than is written',
    );
    const file = join(mkdtempSync(join(tmpdir(), 'plan-')), 'p.yaml');
    try {
      writeFileSync(file, Buffer.from(`${head}    command: echo caf\xe9\n`, 'latin1'));
      expect(messageOf(() => readPlanFile(file))).toBe(`${file}:4: not UTF-8 text | Save the file as UTF-8.`);
    } finally {
      rmSync(dirname(file), { recursive: true });
    }
  });

  it('of any text is a plan or one sentence, never a crash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(refusal(text)).toMatch(/^(p\.yaml:\d+: .+|\(no error\))$/s);
      }),
    );
  });
});
