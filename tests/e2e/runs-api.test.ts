// Runs over the wire, at the built server: who may start one, what is answered and stored, and that nothing loses a run.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunRecord, RunSummary } from '../../src/model/run.ts';
import { type ServingProcess, startServing } from '../support/serving.ts';
import { isRunning } from '../support/shell.ts';
import { sqlite, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

const GOAL = { goal: 'Read the file README.md' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NOBODY = '00000000-0000-4000-8000-000000000000';
/** What makes every save fail, whoever runs the tests. */
const REFUSE = "CREATE TRIGGER refuse BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'not today'); END";

/** A folder whose user has a small real program for an agent: it counts how often it ran. */
function folderWithAgent(): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'README.md'), 'A readme.\n');
  writeFileSync(
    join(cwd, 'agent.sh'),
    'echo "goal: $1"; cat README.md; echo x >> count; test "$1" != fail\n',
  );
  mkdirSync(join(cwd, '.config', 'wrapper'), { recursive: true });
  writeFileSync(
    join(cwd, '.config', 'wrapper', 'config.yaml'),
    'defaultAgent: reader\nagents:\n  reader: [sh, agent.sh, "{goal}"]\n',
  );
  return cwd;
}

const counted = (cwd: string): number =>
  existsSync(join(cwd, 'count')) ? readFileSync(join(cwd, 'count'), 'utf8').split('\n').length - 1 : 0;
const left = (cwd: string): string[] =>
  readdirSync(join(cwd, 'data')).filter((name) => name.includes('.run-'));

const tokens = new WeakMap<ServingProcess, string>();

function tokenOf(server: ServingProcess): string {
  const token = tokens.get(server) ?? server.token();
  tokens.set(server, token);
  return token;
}

function start(
  server: ServingProcess,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${server.url}/api/v1/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf(server)}`, ...headers },
    body: JSON.stringify(body),
  });
}

const get = (server: ServingProcess, path: string): Promise<Response> => fetch(`${server.url}${path}`);

describe('a goal that is sent to the server', () => {
  it('runs, is stored, and the answer is what is stored', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run', '--verbose']);
    const answer = await start(server, GOAL);
    expect(answer.status).toBe(200);
    const { run } = (await answer.json()) as { run: RunRecord };
    expect(run.run_id).toMatch(UUID);
    expect(answer.headers.get('x-run-id')).toBe(run.run_id);
    expect(run.execution_result).toMatchObject({ success: true, steps: [{ agent: 'reader', exit_code: 0 }] });
    expect(counted(cwd)).toBe(1);

    const [row = ''] = sqlite(
      cwd,
      'SELECT run_id, plan_id, objective, plan_result, execution_result, created_at FROM runs',
    );
    expect(row).toBe(
      [
        run.run_id,
        run.plan_id,
        GOAL.goal,
        JSON.stringify(run.plan_result),
        JSON.stringify(run.execution_result),
        run.created_at,
      ].join('|'),
    );
    const text = await (await get(server, `/api/v1/runs/${run.run_id}`)).text();
    expect(text).toBe(JSON.stringify({ run }));
    const { session_id } = run.execution_result.steps[0]!;
    expect(sqlite(cwd, 'SELECT session_id FROM process_sessions')).toEqual([session_id]);

    const requestId = answer.headers.get('x-request-id');
    const ofRun = server
      .stderr()
      .split('\n')
      .filter((line) => line.includes(run.run_id));
    expect(ofRun.length).toBeGreaterThan(5);
    for (const line of ofRun.filter((line) => !line.startsWith('GET'))) expect(line).toContain(requestId);
    expect(ofRun.some((line) => line.endsWith(': stored'))).toBe(true);
    await server.stop();
  });

  it('needs the token, and a server that may start it', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd);
    const without = await start(server, GOAL, { authorization: '' });
    expect([without.status, ((await without.json()) as { code: string }).code]).toEqual([
      401,
      'token_required',
    ]);
    const refused = await start(server, GOAL);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      403,
      'run_not_allowed',
    ]);
    expect(counted(cwd)).toBe(0);
    await server.stop();
  });

  it('is refused when no plan can be made of it', async () => {
    const server = await startServing(folderWithAgent(), ['--port', '0', '--allow-run']);
    const step = { agent: 'ci', command: 'true' };
    const planWith = (change: object) => ({ plan: { objective: 'x', steps: [{ ...step, ...change }] } });
    const cases: [body: unknown, status: number, code: string, detail?: string][] = [
      [{}, 400, 'body_invalid', 'needs "goal" or "plan"'],
      [[], 400, 'body_invalid', 'needs "goal" or "plan"'],
      [null, 400, 'body_invalid', 'needs "goal" or "plan"'],
      [{ agent: 'reader' }, 400, 'body_invalid', 'needs "goal" or "plan"'],
      [{ goal: '' }, 400, 'body_invalid', 'goal: is empty'],
      [{ goal: '--help' }, 400, 'body_invalid'],
      [{ goal: 'a \ud800' }, 400, 'body_invalid', 'goal: contains half of a character'],
      [{ ...GOAL, plan: {} }, 400, 'body_invalid', '"goal" and "plan" exclude each other'],
      [{ plan: 'x' }, 400, 'body_invalid', 'plan: must be keys and values'],
      [
        { plan: { objective: 'x', steps: ['x'] } },
        400,
        'body_invalid',
        'plan.steps.0: must be keys and values',
      ],
      [
        planWith({ env: { A: 3.1 } }),
        400,
        'body_invalid',
        'plan.steps.0.env.A: must be a text; put it in quotes',
      ],
      [planWith({ env: { 'A=B': 'x' } }), 400, 'body_invalid', 'plan.steps.0.env: has a name with "=" in it'],
      [planWith({ name: 'a ' }), 400, 'body_invalid', 'plan.steps.0.name: begins or ends with white space'],
      [{ ...GOAL, agent: 'nobody' }, 422, 'plan_invalid'],
      [{ plan: { objective: 'x', steps: [] } }, 400, 'body_invalid'],
      [
        { plan: { objective: 'x', steps: [{ agent: 'ci', command: 'true', needs: ['y'] }] } },
        422,
        'plan_invalid',
      ],
    ];
    for (const [body, status, code, detail = expect.anything()] of cases) {
      const answer = await start(server, body);
      const problem = (await answer.json()) as { code: string; detail: string };
      expect([body, answer.status, problem.code, problem.detail]).toEqual([body, status, code, detail]);
    }
    await server.stop();
  });

  it('is refused while too many others are under way', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const steps = [{ agent: 'ci', command: 'until test -e go; do sleep 0.2; done' }];
    const body = { plan: { objective: 'Wait', steps } };
    for (let count = 0; count < 16; count++)
      expect((await start(server, body, { prefer: 'respond-async' })).status).toBe(202);
    const refused = await start(server, body);
    expect(await refused.json()).toMatchObject({
      status: 503,
      code: 'too_many_runs',
      title: 'As many runs are under way as there may be',
    });
    writeFileSync(join(cwd, 'go'), '');
    await until('all of them are stored', () => left(cwd).length === 0, 60_000);
    await server.stop();
  });

  it('runs twice when it is sent twice', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const runs = await Promise.all(
      [start(server, GOAL), start(server, GOAL)].map(async (answer) => (await answer).json()),
    );
    const records = (runs as { run: RunRecord }[]).map(({ run }) => run);
    expect(new Set(records.map(({ run_id }) => run_id)).size).toBe(2);
    expect(new Set(records.map(({ plan_id }) => plan_id)).size).toBe(1);
    expect(counted(cwd)).toBe(2);
    await server.stop();
  });
});

describe('stored runs', () => {
  it('come in pages, the latest first', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const empty = await get(server, '/api/v1/runs');
    expect(await empty.json()).toEqual({ runs: [], limit: 20, offset: 0 });
    const ids: string[] = [];
    for (const goal of ['one', 'fail', 'three']) {
      const { run } = (await (await start(server, { goal })).json()) as { run: RunRecord };
      ids.unshift(run.run_id);
    }
    const page = (await (await get(server, '/api/v1/runs?limit=2&offset=1')).json()) as {
      runs: RunSummary[];
    };
    expect(page).toMatchObject({ limit: 2, offset: 1 });
    expect(page.runs.map(({ run_id, success, objective }) => [run_id, success, objective])).toEqual([
      [ids[1], false, 'fail'],
      [ids[2], true, 'one'],
    ]);
    const members = ['run_id', 'plan_id', 'objective', 'success', 'created_at', 'outcome'];
    expect(Object.keys(page.runs[0]!)).toEqual(members);
    for (const [query, status] of [
      ['limit=100', 200],
      ['limit=101', 400],
      ['limit=0', 400],
      ['limit=-1', 400],
      ['offset=-1', 400],
      ['offset=999', 200],
      ['agent=x', 400],
    ] as const) {
      expect([query, (await get(server, `/api/v1/runs?${query}`)).status]).toEqual([query, status]);
    }
    const unknown = await get(server, `/api/v1/runs/${NOBODY}`);
    expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([404, 'run_unknown']);
    const events = await get(server, `/api/v1/runs/${NOBODY}/events`);
    expect([events.status, events.headers.get('x-run-id')]).toEqual([404, NOBODY]);
    expect((await get(server, '/api/v1/runs/x')).status).toBe(400);
    await server.stop();
  });
});

describe('a run whose save fails', () => {
  it('is answered 500 with its outcome, ran once, lies beside the database, and is stored later', async () => {
    const cwd = folderWithAgent();
    await wrapper(['ci', 'true', '--enable-db'], { cwd });
    const server = await startServing(cwd, ['--port', '0', '--allow-run', '--verbose']);
    sqlite(cwd, REFUSE);
    const answer = await start(server, GOAL);
    const problem = (await answer.json()) as { code: string; status: number; run: RunRecord };
    expect([answer.status, problem.code, problem.status]).toEqual([500, 'run_not_stored', 500]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-run-id')).toBe(problem.run.run_id);
    expect(problem.run.execution_result).toMatchObject({ success: true, steps: [{ exit_code: 0 }] });
    expect(JSON.stringify(problem).replace(JSON.stringify(problem.run), '')).not.toContain(cwd);
    expect(counted(cwd)).toBe(1);
    expect(left(cwd)).toEqual([`wrapper.db.run-${problem.run.run_id}.json`]);
    expect(statSync(join(cwd, 'data', left(cwd)[0]!)).mode & 0o777).toBe(0o600);
    expect((await get(server, `/api/v1/runs/${problem.run.run_id}`)).status).toBe(404);
    expect(server.stderr()).toMatch(/not stored: .*not today; left in /);
    sqlite(cwd, 'ALTER TABLE runs RENAME TO put_away');
    const unreadable = await get(server, `/api/v1/runs/${NOBODY}/events`);
    expect(unreadable.status).toBe(500);
    await until('the last request is logged', () => server.stderr().includes(`/events run ${NOBODY} 500`));
    const lines = server
      .stderr()
      .split('\n')
      .filter((line) => / run |failed/.test(line));
    expect(lines.some((line) => line.includes('failed: '))).toBe(true);
    for (const line of lines) {
      expect(line).toMatch(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/);
      expect(line).toMatch(/(^| )[0-9a-f]{8}-\w+(:| |$)/);
    }
    await server.stop();
    sqlite(cwd, 'ALTER TABLE put_away RENAME TO runs');

    sqlite(cwd, 'DROP TRIGGER refuse');
    const next = await startServing(cwd);
    const stored = (await (await get(next, `/api/v1/runs/${problem.run.run_id}`)).json()) as {
      run: RunRecord;
    };
    expect(stored.run).toEqual(problem.run);
    expect(left(cwd)).toEqual([]);
    expect(counted(cwd)).toBe(1);
    await next.stop();
  });
});

/** A plan that goes on when there is a file `go`. */
const WAITING = {
  plan: {
    objective: 'Wait',
    steps: [
      { name: 'first', agent: 'ci', command: 'true' },
      {
        name: 'wait',
        agent: 'ci',
        command: 'echo $$ > pid; touch ready; until test -e go; do sleep 0.02; done',
      },
      { name: 'last', agent: 'ci', command: 'exit 4' },
    ],
  },
};

describe('a run that is under way', () => {
  it('is watched from its start to its end, and told again later', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const answer = await start(server, WAITING, { prefer: 'respond-async' });
    const { run_id } = (await answer.json()) as { run_id: string };
    expect([answer.status, answer.headers.get('x-run-id')]).toEqual([202, run_id]);
    expect(answer.headers.get('location')).toBe(`/api/v1/runs/${run_id}`);
    await until('the second step runs', () => existsSync(join(cwd, 'ready')));
    const pending = await get(server, `/api/v1/runs/${run_id}`);
    expect([pending.status, ((await pending.json()) as { detail: string }).detail]).toEqual([
      404,
      `run ${run_id} is not over yet`,
    ]);
    const watched = await get(server, `/api/v1/runs/${run_id}/events`);
    expect(watched.headers.get('content-type')).toContain('text/event-stream');
    const events = readEvents(watched);
    writeFileSync(join(cwd, 'go'), '');
    const live = await events;
    expect(live.map(({ event }) => event)).toEqual([
      'run_started',
      ...['first', 'wait', 'last'].flatMap(() => [
        'step_started',
        'step_session',
        'attempt_finished',
        'step_finished',
      ]),
      'run_finished',
      'end',
    ]);
    expect(live.at(-1)!.data).toEqual({ type: 'end', run_id, stored: true });
    // The same again; and only the rest for whoever has seen a part of it.
    const again = await readEvents(await get(server, `/api/v1/runs/${run_id}/events`));
    expect(again).toEqual(live);
    const rest = await fetch(`${server.url}/api/v1/runs/${run_id}/events`, {
      headers: { 'last-event-id': live[9]!.id },
    });
    expect(await readEvents(rest)).toEqual(live.slice(10));
    await server.stop();
    const next = await startServing(cwd, ['--port', '0']);
    expect(await readEvents(await get(next, `/api/v1/runs/${run_id}/events`))).toEqual(live);
    await next.stop();
  });

  it('numbers its events for whoever is cut off at the end, whatever ran at the same time', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const steps = [
      { name: 'slow', agent: 'ci', needs: [], command: 'until test -e fast; do sleep 0.02; done; sleep 0.3' },
      { name: 'fast', agent: 'ci', needs: [], command: 'touch fast' },
    ];
    const answer = await start(server, { plan: { objective: 'o', steps } }, { prefer: 'respond-async' });
    const { run_id } = (await answer.json()) as { run_id: string };
    const path = `/api/v1/runs/${run_id}/events`;
    const live = await readEvents(await get(server, path));
    const finished = live
      .filter(({ event }) => event === 'step_finished')
      .map(({ data }) => (data as { step: string }).step);
    expect(finished).toEqual(['fast', 'slow']);
    expect(await readEvents(await get(server, path))).toEqual(live);
    await server.stop();
  });

  it('goes on when whoever asked for it goes away', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const client = new AbortController();
    const asked = fetch(`${server.url}/api/v1/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf(server)}` },
      body: JSON.stringify(WAITING),
      signal: client.signal,
    });
    await until('the second step runs', () => existsSync(join(cwd, 'ready')));
    client.abort();
    await expect(asked).rejects.toThrow();
    writeFileSync(join(cwd, 'go'), '');
    // Its file beside the database goes when it is stored.
    await until('it is stored', () => left(cwd).length === 0);
    const [text = ''] = sqlite(cwd, 'SELECT execution_result FROM runs');
    expect(JSON.parse(text)).toMatchObject({
      outcome: 'failed',
      steps: [{}, { status: 'succeeded' }, { exit_code: 4 }],
    });
    await server.stop();
  });

  it('is ended in order and stored when the server ends, and whoever waits is answered', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const asked = start(server, WAITING);
    await until('the second step runs', () => existsSync(join(cwd, 'ready')));
    const pid = Number(readFileSync(join(cwd, 'pid'), 'utf8'));
    expect(await server.stop()).toBe(0);
    const { run } = (await (await asked).json()) as { run: RunRecord };
    expect(run.execution_result).toMatchObject({
      outcome: 'interrupted',
      steps: [{ status: 'succeeded' }, { status: 'interrupted', signal: 'SIGTERM' }, { status: 'skipped' }],
    });
    expect(sqlite(cwd, 'SELECT run_id FROM runs')).toEqual([run.run_id]);
    expect(isRunning(pid)).toBe(false);
    expect(left(cwd)).toEqual([]);
  });

  it('is known as far as it came when the server is killed', async () => {
    const cwd = folderWithAgent();
    const server = await startServing(cwd, ['--port', '0', '--allow-run']);
    const { run_id } = (await (await start(server, WAITING, { prefer: 'respond-async' })).json()) as {
      run_id: string;
    };
    await until('the second step runs', () => existsSync(join(cwd, 'ready')));
    await server.stop('SIGKILL');
    writeFileSync(join(cwd, 'go'), '');
    const next = await startServing(cwd);
    const { run } = (await (await get(next, `/api/v1/runs/${run_id}`)).json()) as { run: RunRecord };
    expect(run.execution_result).toMatchObject({
      outcome: 'lost',
      steps: [{ status: 'succeeded' }, { status: 'lost' }, { status: 'skipped' }],
    });
    await until('the step has ended', () => !isRunning(Number(readFileSync(join(cwd, 'pid'), 'utf8'))));
    await next.stop();
  });
});

it('serves curl as the specification shows it', async () => {
  const cwd = folderWithAgent();
  const server = await startServing(cwd, ['--port', '0', '--allow-run']);
  const curl = (...args: string[]) => spawnSync('curl', ['-s', ...args], { encoding: 'utf8' });
  const posted = curl(
    ...['-X', 'POST', `${server.url}/api/v1/run`, '-H', 'Content-Type: application/json'],
    ...['-H', `Authorization: Bearer ${tokenOf(server)}`, '-d', '{"goal": "Read the file README.md"}'],
  );
  const { run } = JSON.parse(posted.stdout) as { run: RunRecord };
  const listed = curl(`${server.url}/api/v1/runs?limit=10&offset=0`);
  expect((JSON.parse(listed.stdout) as { runs: RunSummary[] }).runs.map(({ run_id }) => run_id)).toEqual([
    run.run_id,
  ]);
  expect(JSON.parse(curl(`${server.url}/api/v1/runs/${run.run_id}`).stdout)).toEqual({ run });
  await server.stop();
});

interface SentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

async function readEvents(answer: Response): Promise<SentEvent[]> {
  const text = await answer.text();
  return text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const lines = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      return { id: lines['id'], event: lines['event'], data: JSON.parse(lines['data']) };
    });
}
