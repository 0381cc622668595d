// Runs from the command line, through the built binary: which steps ran, what is stored of them, and what is shown.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExecutionResult, RunRecord } from '../../src/model/run.ts';
import { expectRefusal, isRunning, shellWithMounts } from '../support/shell.ts';
import { sqlite, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

/** Steps that leave a line with their name in `ran`. */
const PLAN = `objective: Check, test and report
steps:
  - name: check
    agent: ci
    command: echo check >> ran
  - name: test
    agent: tester
    command: [sh, -c, "echo test >> ran; echo 'error: no such file'; exit 3"]
  - name: report
    agent: ci
    command: echo report >> ran
`;

function folderWith(plan: string): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'plan.yaml'), plan);
  return cwd;
}

const ranIn = (cwd: string): string[] =>
  existsSync(join(cwd, 'ran')) ? readFileSync(join(cwd, 'ran'), 'utf8').trim().split('\n') : [];

function executionIn(cwd: string): ExecutionResult {
  const [text = ''] = sqlite(cwd, 'SELECT execution_result FROM runs ORDER BY created_at DESC LIMIT 1');
  return JSON.parse(text) as ExecutionResult;
}

const statuses = ({ steps }: ExecutionResult): string[] => steps.map(({ status }) => status);

describe('a plan of three steps whose second fails', () => {
  it('ends there, and each step that ran is a session', async () => {
    const cwd = folderWith(PLAN);
    const { status, stderr } = await wrapper(['run', '--plan', 'plan.yaml'], { cwd });
    expect(status).toBe(1);
    expect(ranIn(cwd)).toEqual(['check', 'test']);
    const execution = executionIn(cwd);
    expect(statuses(execution)).toEqual(['succeeded', 'failed', 'skipped']);
    expect(execution.steps[1]).toMatchObject({ exit_code: 3, events: 1, reason: 'exited with 3' });
    expect(execution.steps[1]!.attempts).toMatchObject([{ events_by_type: { error: 1 }, lines: 1 }]);
    expect(execution.steps[2]!.reason).toBe('needs "test", which failed');
    const sessions = sqlite(
      cwd,
      'SELECT session_id, agent_name, exit_code, state FROM process_sessions ORDER BY started_at',
    );
    expect(sessions).toEqual([
      `${execution.steps[0]!.session_id}|ci|0|completed`,
      `${execution.steps[1]!.session_id}|tester|3|failed`,
    ]);
    expect(stderr.toString()).toMatch(
      /^wrapper: test failed after \S+: exited with 3, 1 event · wrapper show \w{6}$/m,
    );
    expect(stderr.toString()).toMatch(/^wrapper: report skipped: needs "test", which failed$/m);
    expect(readdirSync(join(cwd, 'data')).filter((name) => name.includes('.run-'))).toEqual([]);
  });

  it('goes on with continue_on_failure, and has failed all the same', async () => {
    const cwd = folderWith(PLAN.replace('agent: tester', 'agent: tester\n    continue_on_failure: true'));
    const { status } = await wrapper(['run', '--plan', 'plan.yaml', '--quiet'], { cwd });
    expect(status).toBe(1);
    expect(ranIn(cwd)).toEqual(['check', 'test', 'report']);
    expect(statuses(executionIn(cwd))).toEqual(['succeeded', 'failed', 'succeeded']);
  });

  it('is shown, compared and listed', async () => {
    const cwd = folderWith(PLAN);
    await wrapper(['run', '--plan', 'plan.yaml', '--quiet'], { cwd });
    writeFileSync(join(cwd, 'plan.yaml'), PLAN.replace('exit 3', 'exit 0'));
    const second = await wrapper(['run', '--plan', 'plan.yaml', '--json', '--quiet'], { cwd });
    expect(second.status).toBe(0);
    const { run, stored } = JSON.parse(second.stdout.toString()) as { run: RunRecord; stored: boolean };
    expect(stored).toBe(true);

    const list = (await wrapper(['runs'], { cwd })).stdout.toString().trimEnd().split('\n');
    expect(list[0]).toMatch(/^RUN +RESULT +STORED +PLAN +OBJECTIVE$/);
    expect(list[1]).toMatch(new RegExp(`^${run.run_id.slice(0, 8)} +succeeded .*Check, test and report$`));
    expect(list[2]).toMatch(/ failed /);
    const [id = ''] = list[2]!.split(' ');

    const shown = (await wrapper(['runs', 'show', id], { cwd })).stdout.toString();
    expect(shown).toMatch(/^test +tester +failed +\S+ +3 +1 +1 +\w{6} +exited with 3$/m);
    expect(shown).toMatch(/^report +ci +skipped +- +- +0 +0 +- +needs "test", which failed$/m);

    const diff = (await wrapper(['runs', 'diff', id, 'last'], { cwd })).stdout.toString();
    expect(diff).toMatch(/^~ test: command\n {2}- .*exit 3.*\n {2}\+ .*exit 0/m);
    expect(diff).toMatch(/^~ +report +skipped +succeeded/m);
    expect(diff).toMatch(/^ +check +succeeded/m);

    // What is answered is, to the byte, what is stored.
    const document = JSON.parse(
      (await wrapper(['runs', 'show', 'last', '--json'], { cwd })).stdout.toString(),
    );
    expect(document.run).toEqual(run);
    const snapshots = sqlite(
      cwd,
      `SELECT plan_result, execution_result FROM runs WHERE run_id = '${run.run_id}'`,
    );
    expect(snapshots).toEqual([`${JSON.stringify(run.plan_result)}|${JSON.stringify(run.execution_result)}`]);

    const loud = await wrapper(['runs', 'show', run.run_id.toUpperCase(), '--json'], { cwd });
    expect((JSON.parse(loud.stdout.toString()) as { run: RunRecord }).run).toEqual(run);

    const unknown = await wrapper(['runs', 'show', 'ffffffff'], { cwd });
    expect([unknown.status, unknown.stderr.toString()]).toEqual([
      3,
      expect.stringMatching(/^wrapper: no run ffffffff in /),
    ]);
  });
});

describe('a run', () => {
  it('has steps at the same time that do not need each other', async () => {
    // Each of the first two waits for the other to have begun: one after the other they would never end.
    const meet = (mine: string, other: string) =>
      `touch ${mine}; until test -e ${other}; do sleep 0.01; done; echo ${mine}-met; echo partial | tr -d '\\\\n'`;
    const cwd = folderWith(`objective: Meet
steps:
  - {name: left, agent: ci, needs: [], timeout: 30, command: "${meet('left', 'right')}"}
  - {name: right, agent: ci, needs: [], timeout: 30, command: "${meet('right', 'left')}"}
  - {name: after, agent: ci, needs: [left, right], command: "test -e left && echo last >&2"}
`);
    const { status, stdout, stderr } = await wrapper(['run', '--plan', 'plan.yaml'], { cwd });
    expect(status).toBe(0);
    expect(stdout.toString().trimEnd().split('\n').sort()).toEqual([
      'left  │ left-met',
      'left  │ partial',
      'right │ partial',
      'right │ right-met',
    ]);
    expect(stderr.toString()).toContain('after │ last\n');
    expect(statuses(executionIn(cwd))).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('ends an attempt whose time is over with all that it has started, and tries again', async () => {
    // The first attempt starts a process that ignores SIGTERM and hides from its parent.
    const command = [
      'if test -e pid; then echo done; exit 0; fi',
      '(setsid sh -c \'echo $$ > pid; trap \\"\\" TERM; while :; do sleep 0.05; done\' &)',
      'sleep 60',
    ].join('; ');
    const cwd = folderWith(`objective: Wait
steps:
  - {name: slow, agent: ci, timeout: 5s, retries: 1, command: "${command}"}
`);
    const { status } = await wrapper(['run', '--plan', 'plan.yaml'], { cwd });
    expect(status).toBe(0);
    const [step] = executionIn(cwd).steps;
    expect(step!.attempts).toMatchObject([
      { status: 'timed_out', signal: 'SIGTERM', reason: 'took longer than 5 s' },
      { status: 'succeeded', exit_code: 0 },
    ]);
    expect(new Set(step!.attempts.map(({ session_id }) => session_id)).size).toBe(2);
    expect(sqlite(cwd, 'SELECT state FROM process_sessions ORDER BY started_at')).toEqual([
      'killed',
      'completed',
    ]);
    expect(isRunning(Number(readFileSync(join(cwd, 'pid'), 'utf8')))).toBe(false);
  });

  it('asks a command to end whose time is over while it is being started', async () => {
    // What the wrapper itself starts before the command is not what was meant.
    const cwd = folderWith(
      'objective: Wait\nsteps: [{agent: ci, timeout: 0.5, command: "echo on; sleep 60"}]\n',
    );
    mkdirSync(join(cwd, 'bin'));
    writeFileSync(join(cwd, 'bin', 'mkfifo'), '#!/bin/sh\nsleep 2\nPATH=$USUAL_PATH exec mkfifo "$@"\n', {
      mode: 0o755,
    });
    const usual = process.env['PATH'] ?? '';
    const env = { PATH: `${join(cwd, 'bin')}:${usual}`, USUAL_PATH: usual };
    await wrapper(['run', '--plan', 'plan.yaml', '--quiet'], { cwd, env });
    expect(executionIn(cwd).steps[0]).toMatchObject({ status: 'timed_out', signal: 'SIGTERM' });
  });

  it('gives its steps folder and variables, and takes its own variable back', async () => {
    const cwd = folderWith(`objective: See
steps:
  - {name: see, agent: ci, cwd: data, env: {COLOUR: "a b"}, command: 'pwd; echo "$COLOUR"; env | grep -c STEP_REPORT; true'}
  - {name: words, agent: run, command: [printf, '%s|', a b, "", '$HOME']}
  - {name: file, agent: ci, cwd: plan.yaml, command: "true", continue_on_failure: true}
  - {name: gone, agent: ci, cwd: nowhere, command: "true"}
`);
    const { stdout, status } = await wrapper(['run', '--plan', 'plan.yaml'], { cwd });
    expect(stdout.toString()).toBe(`${cwd}/data\na b\n0\na b||$HOME|`);
    expect(status).toBe(1);
    expect(executionIn(cwd).steps[2]!.reason).toBe(`its folder ${cwd}/plan.yaml is no folder`);
    expect(executionIn(cwd).steps[3]!.reason).toBe(`its folder ${cwd}/nowhere does not exist`);
  });

  it('of one step has the input, and the status of a missing command is told', async () => {
    const cwd = folderWith('objective: x\nsteps: [{agent: ci, command: cat}]\n');
    const found = await wrapper(['run', '--plan', 'plan.yaml', '--quiet'], {
      cwd,
      input: Buffer.from('hello'),
    });
    expect([found.status, found.stdout.toString(), found.stderr.toString()]).toEqual([0, 'hello', '']);
    writeFileSync(join(cwd, 'plan.yaml'), 'objective: x\nsteps: [{agent: ci, command: [no-such-command]}]\n');
    expect((await wrapper(['run', '--plan', 'plan.yaml', '--quiet'], { cwd })).status).toBe(1);
    expect(executionIn(cwd).steps[0]).toMatchObject({
      exit_code: 127,
      reason: 'no-such-command: command not found',
      session_id: expect.stringMatching(/^sess_/),
    });
  });

  it('takes its plan from stdin', async () => {
    const cwd = temporaryFolder();
    const plan = Buffer.from('objective: x\nmax_parallel: 3\nsteps: [{agent: ci, command: echo on}]\n');
    const found = await wrapper(['run', '--plan', '-', '--quiet'], { cwd, input: plan });
    expect([found.status, found.stdout.toString()]).toEqual([0, 'on\n']);
    const dry = await wrapper(['run', '--plan', '-', '--dry-run'], { cwd, input: plan });
    expect(dry.stdout.toString()).toMatch(/^plan +plan_[0-9a-f]{16}, at most 3 steps at once$/m);
    const wrong = await wrapper(['run', '--plan', '-'], { cwd, input: Buffer.from('- x\n') });
    expect([wrong.status, wrong.stderr.toString()]).toEqual([
      2,
      expect.stringContaining('stdin:1: expected a plan'),
    ]);
  });

  it('of a goal uses the profile of the agent, which only the user may set', async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      join(cwd, 'config.yaml'),
      'defaultAgent: reader\nagents:\n  reader: [printf, "%s", "goal: {goal}"]\n',
    );
    const env = { WRAPPER_CONFIG: join(cwd, 'config.yaml') };
    const found = await wrapper(['run', 'Read "$HOME"; rm -rf x'], { cwd, env });
    expect([found.status, found.stdout.toString()]).toEqual([0, 'goal: Read "$HOME"; rm -rf x']);
    const dry = await wrapper(['run', 'x', '--agent', 'codex', '--dry-run', '--json'], { cwd });
    expect(JSON.parse(dry.stdout.toString()).plan.steps[0].command).toEqual(['codex', 'exec', 'x']);
    writeFileSync(join(cwd, 'wrapper.config.yaml'), 'agents:\n  codex: [evil, "{goal}"]\n');
    const refused = await wrapper(['run', 'x', '--agent', 'codex', '--dry-run'], { cwd });
    expect(refused.status).toBe(2);
    expect(refused.stderr.toString()).toContain(
      'wrapper.config.yaml, line 1: a project file may not set agents',
    );
  });

  it('refuses what makes no sense before anything runs', async () => {
    const cwd = folderWith('objective: x\nsteps: [{agent: ci, command: touch ran, needs: [y]}]\n');
    const cases: [args: string[], says: RegExp][] = [
      [['run'], /no goal and no plan given/],
      [['run', 'x'], /no agent is named, and there is no default agent/],
      [['run', 'x', '--agent', 'codx'], /the agent codx is run with a goal\n {2}Did you mean codex/],
      [['run', '--', '-x'], /the goal begins with "-"/],
      [['run', 'x', '--plan', 'plan.yaml'], /a goal and --plan exclude each other/],
      [['run', '--plan', 'plan.yaml', '--agent', 'x'], /--agent is for a goal/],
      [['run', '--plan', 'plan.yaml'], /plan.yaml:2: "step-1" needs "y", which is no step of the plan/],
      [['run', '--plan', 'absent.yaml'], /absent.yaml: cannot be read/],
      [['run', 'x', '--agent', 'codex', '--max-parallel', '0'], /--max-parallel: "0" is not a whole number/],
      [['run', 'x', '--agent', 'codex', '--db', 'plan.yaml'], /plan.yaml is not a database/],
    ];
    for (const [args, says] of cases) {
      const { status, stderr } = await wrapper(args, { cwd });
      expect([args, status, stderr.toString()]).toEqual([args, 2, expect.stringMatching(says)]);
    }
    expect(ranIn(cwd)).toEqual([]);
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });
});

describe('a step whose recorder is killed', () => {
  const recorderIn = (cwd: string) => Number(readFileSync(join(cwd, 'recorder'), 'utf8'));
  const isRecorded = (cwd: string) =>
    existsSync(join(cwd, 'recorder')) && statSync(join(cwd, 'recorder')).size > 0;

  it('is over when its command is, and only then is tried again', async () => {
    const command = [
      'echo start >> ran',
      'if test -e again; then exit 0; fi',
      'touch again',
      'echo $PPID > recorder',
      // Time enough for a second one to begin, if any would.
      'for i in 1 2 3 4 5 6 7 8; do test $(wc -l < ran) = 1 && sleep 0.1; done',
      'echo end >> ran',
    ].join('; ');
    const cwd = folderWith(`objective: Once
steps:
  - {name: once, agent: ci, retries: 1, command: "${command}"}
`);
    const ended = wrapper(['run', '--plan', 'plan.yaml'], { cwd });
    await until('the step runs', () => isRecorded(cwd));
    process.kill(recorderIn(cwd), 'SIGKILL');
    expect((await ended).status).toBe(0);
    expect(ranIn(cwd)).toEqual(['start', 'end', 'start']);
    expect(executionIn(cwd).steps[0]!.attempts).toMatchObject([
      { status: 'failed', exit_code: null, reason: 'its wrapper was ended by SIGKILL' },
      { status: 'succeeded' },
    ]);
  });

  it('is ended by its time limit, also out of an environment of its own', async () => {
    // The recorder dies when it has told of its command, which nothing else tells: no mark is in that one's environment.
    const script =
      'echo $$ > pid; until test -e data/sessions/*.cast; do sleep 0.02; done; kill -9 $PPID; echo $PPID > recorder; sleep 60';
    const cwd = folderWith(`objective: Wait
steps:
  - {name: wait, agent: ci, timeout: 3, command: [env, -i, /bin/sh, -c, "${script}"]}
  - {name: never, agent: ci, command: touch ran}
`);
    expect((await wrapper(['run', '--plan', 'plan.yaml'], { cwd })).status).toBe(1);
    expect(isRecorded(cwd)).toBe(true);
    expect(statuses(executionIn(cwd))).toEqual(['timed_out', 'skipped']);
    expect(isRunning(Number(readFileSync(join(cwd, 'pid'), 'utf8')))).toBe(false);
  });

  it.each([
    ['when it has told of its command', 'until test -e data/sessions/*.cast; do sleep 0.02; done'],
    ['before it could tell of its command', 'true'],
  ])('is ended by an interruption: %s', async (_when, wait) => {
    // The trap is for the command: a child of it that is ended, too, would make the shell speak into a pipe without a reader.
    const cwd = folderWith(`objective: Wait
steps:
  - {name: wait, agent: ci, command: "trap 'echo bye >> ran; exit 0' TERM; ${wait}; kill -9 $PPID; echo $PPID > recorder; while :; do sleep 0.05; done"}
`);
    let pid = 0;
    const ended = wrapper(['run', '--plan', 'plan.yaml'], { cwd, onStart: (child) => (pid = child.pid!) });
    await until('the step runs', () => isRecorded(cwd));
    await until('the recorder is gone', () => !isRunning(recorderIn(cwd)));
    process.kill(pid, 'SIGTERM');
    expect((await ended).status).toBe(143);
    expect(ranIn(cwd)).toEqual(['bye']);
    expect(statuses(executionIn(cwd))).toEqual(['interrupted']);
  });
});

describe('a run that is told to end', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends its step in order, is stored, and says so', async (signal, expected) => {
    const cwd = folderWith(`objective: Wait
steps:
  - {name: wait, agent: ci, retries: 2, command: "trap 'echo bye; exit 0' INT TERM; touch ready; while :; do sleep 0.05; done"}
  - {name: never, agent: ci, command: touch ran}
`);
    let pid = 0;
    const ended = wrapper(['run', '--plan', 'plan.yaml'], { cwd, onStart: (child) => (pid = child.pid!) });
    await until('the step runs', () => existsSync(join(cwd, 'ready')));
    process.kill(pid, signal);
    const { status, stdout, stderr } = await ended;
    expect([status, stdout.toString()]).toEqual([expected, 'bye\n']);
    expect(stderr.toString()).toContain('wrapper: ending the run');
    const execution = executionIn(cwd);
    expect([execution.outcome, execution.success]).toEqual(['interrupted', false]);
    expect(statuses(execution)).toEqual(['interrupted', 'skipped']);
    expect(execution.steps[0]!.attempts).toHaveLength(1);
    expect(ranIn(cwd)).toEqual([]);
  });

  it('a second time kills what will not end', async () => {
    const cwd = folderWith(`objective: Wait
steps:
  - {name: wait, agent: ci, command: "trap '' INT TERM; echo $$ > pid; while :; do sleep 0.05; done"}
`);
    let pid = 0;
    let said = '';
    const ended = wrapper(['run', '--plan', 'plan.yaml'], {
      cwd,
      onStart: (child) => {
        pid = child.pid!;
        child.stderr?.on('data', (chunk: Buffer) => {
          said += chunk;
        });
      },
    });
    await until('the step runs', () => existsSync(join(cwd, 'pid')) && statSync(join(cwd, 'pid')).size > 0);
    process.kill(pid, 'SIGINT');
    await until('it has heard', () => said.includes('ending the run'));
    process.kill(pid, 'SIGINT');
    expect((await ended).status).toBe(130);
    expect(executionIn(cwd).steps[0]).toMatchObject({ status: 'interrupted', signal: 'SIGKILL' });
    expect(isRunning(Number(readFileSync(join(cwd, 'pid'), 'utf8')))).toBe(false);
  });

  it('by death is stored as far as it came by whoever looks next', async () => {
    const cwd = folderWith(`objective: Wait
steps:
  - {name: first, agent: ci, command: "true"}
  - {name: wait, agent: ci, command: "touch ready; until test -e go; do sleep 0.05; done"}
  - {name: never, agent: ci, command: touch ran}
`);
    let pid = 0;
    const ended = wrapper(['run', '--plan', 'plan.yaml'], { cwd, onStart: (child) => (pid = child.pid!) });
    await until('the step runs', () => existsSync(join(cwd, 'ready')));
    // Another may look meanwhile, and finds a run that is alive.
    expect((await wrapper(['runs', '--json'], { cwd })).stdout.toString()).toContain('"runs": []');
    process.kill(pid, 'SIGKILL');
    writeFileSync(join(cwd, 'go'), '');
    await ended;
    const { stderr } = await wrapper(['runs', 'show', 'last'], { cwd });
    expect((await wrapper(['runs'], { cwd })).stdout.toString()).toMatch(/^\w{8} +lost /m);
    expect(stderr.toString()).toContain('Stored 1 run that had been left beside the database.');
    const execution = executionIn(cwd);
    expect([execution.outcome, ...statuses(execution)]).toEqual(['lost', 'succeeded', 'lost', 'skipped']);
    expect(execution.steps[1]!.session_id).toMatch(/^sess_/);
    expect(readdirSync(join(cwd, 'data')).filter((name) => name.includes('.run-'))).toEqual([]);
  });
});

describe('a run that cannot be stored', () => {
  it('is carried out although there is no place for a database, and says so', async () => {
    const cwd = folderWith(
      'objective: Go\nsteps: [{agent: ci, command: "echo on >> ran; exit 3"}, {agent: ci, command: x}]\n',
    );
    writeFileSync(join(cwd, 'data'), 'in the way');
    const { status, stderr } = await wrapper(['run', '--plan', 'plan.yaml'], { cwd });
    expect([status, ...ranIn(cwd)]).toEqual([1, 'on']);
    expect(stderr.toString()).toMatch(/^wrapper: step-1 failed after \S+: exited with 3/m);
    expect(stderr.toString()).toMatch(/^wrapper: run failed after \S+$/m);
    expect(stderr.toString()).toMatch(/^wrapper: .*data cannot be created: .*\n {2}It could not be written/m);
    expect(stderr.toString()).not.toContain('wrapper runs show');
    writeFileSync(join(cwd, 'plan.yaml'), 'objective: Go\nsteps: [{agent: ci, command: echo more >> ran}]\n');
    expect((await wrapper(['run', '--plan', 'plan.yaml'], { cwd })).status).toBe(0);
    expect(ranIn(cwd)).toEqual(['on', 'more']);
    // A place that somebody has named is a mistake, told once and before anything starts.
    for (const db of ['data/x/w.db', '/proc/nope/w.db']) {
      const refused = await wrapper(['run', '--plan', 'plan.yaml', '--db', db], { cwd });
      expectRefusal(refused, 2, /cannot be (made|created)/);
    }
    expect(ranIn(cwd)).toEqual(['on', 'more']);
  });

  it('keeps its status, lies beside the database, and is stored later', async () => {
    const readOnly = 'mount --bind data/wrapper.db data/wrapper.db; mount -o remount,bind,ro data/wrapper.db';
    const cwd = folderWith(`objective: Read\nsteps: [{agent: ci, command: "echo x >> ran; ${readOnly}"}]\n`);
    await wrapper(['ci', 'true', '--enable-db'], { cwd });
    const found = await shellWithMounts('wrapper run --plan plan.yaml; echo "status $?"', { cwd });
    expect(found.stdout.toString()).toContain('status 0\n');
    expect(found.stderr.toString()).toMatch(
      /^wrapper: run \S+ could not be stored: .*\n {2}It is kept in .*\.run-.*\.json, /m,
    );
    const left = readdirSync(join(cwd, 'data')).filter((name) => name.includes('.run-'));
    expect(left).toHaveLength(1);
    expect(statSync(join(cwd, 'data', left[0]!)).mode & 0o777).toBe(0o600);
    const { run_id } = JSON.parse(readFileSync(join(cwd, 'data', left[0]!), 'utf8')) as RunRecord;
    const shown = await wrapper(['runs', 'show', 'last', '--json'], { cwd });
    expect((JSON.parse(shown.stdout.toString()) as { run: RunRecord }).run.run_id).toBe(run_id);
    expect(ranIn(cwd)).toEqual(['x']);
    expect(readdirSync(join(cwd, 'data')).filter((name) => name.includes('.run-'))).toEqual([]);
  });
});
