// Running sessions, acted upon from outside: what the commands promise is looked for in the operating system, in the
// database and in what the child itself says.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { LiveClient, registryIn, tokenIn } from '../support/live-client.ts';
import { BIN, sqlite, temporaryFolder, testEnvironment, until, wrapper } from '../support/wrapper.ts';

const started: ChildProcess[] = [];
const clients: LiveClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
});

interface Running {
  readonly child: ChildProcess;
  readonly sessionId: string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout(): string;
}

/** A wrapped session that can be reached. */
async function session(
  cwd: string,
  options: readonly string[],
  command: readonly string[],
): Promise<Running> {
  const child = spawn(process.execPath, [BIN, ...options, 'agent', '--enable-db', '--', ...command], {
    cwd,
    env: testEnvironment(cwd),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  let stdout = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await until('the session is reachable', () => registryIn(cwd) !== undefined);
  const sql = `SELECT session_id FROM process_sessions WHERE pid = ${child.pid}`;
  await until('the session is stored', () => sqlite(cwd, sql).length === 1);
  const sessionId = sqlite(cwd, sql)[0]!;
  for (let reachable = false; !reachable; ) {
    const answer = await fetch(`${registryIn(cwd)!.url}/api/sessions/${sessionId}/state`);
    reachable = ((await answer.json()) as { reachable?: boolean }).reachable === true;
  }
  return { child, sessionId, ended, stdout: () => stdout };
}

async function post(
  cwd: string,
  { sessionId }: Running,
  what: string,
  body: object,
  token: string | null = tokenIn(cwd),
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${registryIn(cwd)!.url}/api/sessions/${sessionId}/${what}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** Clock ticks that a process has had a processor for; fields 14 and 15 of /proc/PID/stat. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2)[0]!;
}

/** Dead, whether or not anybody has asked how. */
async function untilGone(pids: readonly number[]): Promise<void> {
  await until(`${pids.join(' and ')} are gone`, () =>
    pids.every((pid) => !existsSync(`/proc/${pid}/stat`) || stateOf(pid) === 'Z'),
  );
}

function changes(cwd: string, sessionId: string): { state: string; metadata: Record<string, unknown> }[] {
  return sqlite(
    cwd,
    `SELECT state || ' ' || ifnull(metadata_json, '{}') FROM process_state_changes
     WHERE session_id = '${sessionId}' ORDER BY id`,
  ).map((row) => {
    const at = row.indexOf(' ');
    return { state: row.slice(0, at), metadata: JSON.parse(row.slice(at + 1)) as Record<string, unknown> };
  });
}

const TOKEN = 'ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6';

/** A shell and a child of it, both of which compute without an end and say who they are. */
const BUSY = [
  'sh',
  '-c',
  'sh -c \'echo "pid $$"; while :; do :; done\' & echo "pid $$"; while :; do :; done',
];

it.each([['--no-pty'], ['--pty']])('freezes a session and lets it go on (%s)', async (mode) => {
  const cwd = temporaryFolder();
  const running = await session(cwd, [mode], BUSY);
  await until('both have said their pid', () => (running.stdout().match(/pid \d+/g) ?? []).length === 2);
  const pids = [...running.stdout().matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));

  const paused = await post(cwd, running, 'pause', { reason: 'lunch', by: 'the test' });
  expect(paused).toMatchObject({ status: 200, body: { ok: true, command: 'pause' } });
  await until('both are stopped', () => pids.every((pid) => stateOf(pid) === 'T'));
  const before = pids.map(ticksOf);
  // Ours goes on: time that is known to have passed while theirs stood still.
  const own = process.cpuUsage();
  while (process.cpuUsage(own).user < 300_000);
  expect(pids.map(ticksOf)).toEqual(before);

  const resumed = await wrapper(['resume', 'last', '--reason', `back ${TOKEN}`], { cwd });
  expect(resumed.stdout.toString()).toMatch(/goes on/);
  await until('both compute again', () => pids.every((pid, index) => ticksOf(pid) > before[index]!));
  await post(cwd, running, 'kill', { grace_ms: 0 });
  await running.ended;
  expect(changes(cwd, running.sessionId)).toMatchObject([
    { state: 'started' },
    { state: 'running' },
    { state: 'paused', metadata: { command: 'pause', reason: 'lunch', by: 'the test' } },
    { state: 'running', metadata: { command: 'resume', reason: 'back [REDACTED:github_token]', by: 'cli' } },
    { state: 'running', metadata: { command: 'kill', by: 'http' } },
    { state: 'killed', metadata: { command: 'kill', by: 'http' } },
  ]);
  await untilGone(pids);
});

it('ends a child that ignores SIGTERM, also while it is paused, and everything that it started', async () => {
  const cwd = temporaryFolder();
  const script =
    'trap "" TERM; sh -c \'trap "" TERM; echo "pid $$"; while :; do sleep 1; done\' & echo "pid $$"; wait; wait';
  const running = await session(cwd, ['--no-pty'], ['sh', '-c', script]);
  await until('both have said their pid', () => (running.stdout().match(/pid \d+/g) ?? []).length === 2);
  const pids = [...running.stdout().matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));
  await post(cwd, running, 'pause', {});
  const killed = await wrapper(['kill', running.sessionId, '--grace', '0.2', '--json'], { cwd });
  expect(JSON.parse(killed.stdout.toString())).toMatchObject({
    result: { signal: 'SIGTERM', grace_ms: 200 },
  });
  expect(await running.ended).toEqual({ code: null, signal: 'SIGKILL' });
  await untilGone(pids);
  expect(changes(cwd, running.sessionId).at(-1)).toMatchObject({
    state: 'killed',
    metadata: { signal: 9, command: 'kill', by: 'cli' },
  });
});

it.each([
  ['--no-pty', 'SIGTERM'],
  ['--no-pty', 'SIGINT'],
  ['--pty', 'SIGHUP'],
] as const)('lets a paused session end by a signal to its wrapper (%s %s)', async (mode, signal) => {
  const cwd = temporaryFolder();
  const running = await session(cwd, [mode], BUSY);
  await until('both have said their pid', () => (running.stdout().match(/pid \d+/g) ?? []).length === 2);
  const pids = [...running.stdout().matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));
  await post(cwd, running, 'pause', {});
  running.child.kill(signal);
  expect(await running.ended).toEqual({ code: null, signal });
  expect(pids.filter((pid) => existsSync(`/proc/${pid}/stat`) && stateOf(pid) === 'T')).toEqual([]);
  for (const pid of pids.filter((id) => existsSync(`/proc/${id}/stat`))) process.kill(pid, 'SIGKILL');
  expect(changes(cwd, running.sessionId).slice(2)).toMatchObject([
    { state: 'paused' },
    // One of them may be gone before it is counted.
    {
      state: 'running',
      metadata: { command: 'resume', by: 'signal', reason: signal, processes: expect.any(Number) },
    },
    { state: 'killed' },
  ]);
});

it.each([['--no-pty'], ['--pty']])(
  'lets a paused session go on by SIGCONT to its wrapper (%s)',
  async (mode) => {
    const cwd = temporaryFolder();
    const running = await session(cwd, [mode], BUSY);
    await until('both have said their pid', () => (running.stdout().match(/pid \d+/g) ?? []).length === 2);
    const pids = [...running.stdout().matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));
    await post(cwd, running, 'pause', {});
    running.child.kill('SIGCONT');
    await until('both go on', () => pids.every((pid) => stateOf(pid) !== 'T'));
    // Nothing is paused any more: there is nothing to note.
    running.child.kill('SIGCONT');
    await post(cwd, running, 'kill', { grace_ms: 0 });
    await running.ended;
    expect(changes(cwd, running.sessionId).slice(2)).toMatchObject([
      { state: 'paused' },
      { state: 'running', metadata: { command: 'resume', by: 'signal', reason: 'SIGCONT' } },
      { state: 'running', metadata: { command: 'kill' } },
      { state: 'killed' },
    ]);
  },
);

it('answers the question of an interactive program', async () => {
  const cwd = temporaryFolder();
  const ask = ['sh', '-c', 'printf "Proceed? "; read answer; echo "got <$answer>"; stty size'];
  const running = await session(cwd, ['--pty'], ask);
  await until('it asks', () => running.stdout().includes('Proceed? '));
  const resized = await post(cwd, running, 'resize', { cols: 101, rows: 31 });
  expect(resized.body).toMatchObject({ ok: true, result: { cols: 101, rows: 31 } });
  const sent = await wrapper(['send', 'last', 'yes, all'], { cwd });
  expect(sent.stdout.toString()).toMatch(/Typed 9 bytes/);
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(running.stdout()).toContain('got <yes, all>');
  expect(running.stdout()).toContain('31 101');
  expect(changes(cwd, running.sessionId)).toContainEqual({
    state: 'running',
    metadata: expect.objectContaining({ command: 'send_input', bytes: 9, by: 'cli' }),
  });
});

it('refuses what cannot be done, and says why', async () => {
  const cwd = temporaryFolder();
  const running = await session(cwd, ['--no-pty'], ['sleep', '60']);
  expect((await post(cwd, running, 'pause', {}, null)).body).toMatchObject({ code: 'token_required' });
  expect((await post(cwd, running, 'pause', {}, 'x'.repeat(43))).body).toMatchObject({ code: 'token_wrong' });
  expect((await post(cwd, running, 'input', { text: 'x' })).body).toMatchObject({
    status: 409,
    code: 'input_not_possible',
  });
  expect((await post(cwd, running, 'resize', { cols: 80, rows: 24 })).body).toMatchObject({
    code: 'resize_not_possible',
  });
  const nobody = { ...running, sessionId: 'sess_000000000000' };
  expect((await post(cwd, nobody, 'pause', {})).body).toMatchObject({ status: 404, code: 'session_unknown' });
  expect(stateOf(running.child.pid!)).not.toBe('T');
  expect(changes(cwd, running.sessionId).map(({ state }) => state)).toEqual(['started', 'running']);
  await post(cwd, running, 'kill', { grace_ms: 0 });
  await running.ended;
  const late = await wrapper(['pause', 'last'], { cwd });
  expect(late.stderr.toString()).toMatch(/has ended/);
  expect(late.status).not.toBe(0);
});

it('executes a request once, however often and by whatever way it comes', async () => {
  const cwd = temporaryFolder();
  const running = await session(
    cwd,
    ['--pty'],
    ['sh', '-c', 'while read line; do echo "line <$line>"; done'],
  );
  const request_id = 'a-request-that-is-unique-0001';
  const client = new LiveClient(cwd).start();
  clients.push(client);
  await until('the client is live', () => client.has('live'));
  const command = {
    type: 'command',
    command: 'send_input',
    session_id: running.sessionId,
    text: 'once',
    enter: true,
  };
  client.send({ ...command, request_id });
  client.send({ ...command, request_id });
  const again = await post(cwd, running, 'input', { text: 'once', enter: true, request_id });
  expect(again.body).toMatchObject({ ok: true, request_id });
  await until(
    'both are answered',
    () =>
      client.messages.filter(({ type, request_id: id }) => type === 'response' && id === request_id)
        .length === 2,
  );
  client.send({ ...command, text: 'end', request_id: 'short' });
  await until('what came later is there', () => running.stdout().includes('line <end>'));
  expect(running.stdout().match(/line <once>/g)).toHaveLength(1);
  client.send({ type: 'command', command: 'get_state', session_id: running.sessionId, request_id: 'state' });
  await until('the state is told', () =>
    client.messages.some((message) => message['request_id'] === 'state'),
  );
  expect(client.messages.find((message) => message['request_id'] === 'state')).toMatchObject({
    ok: true,
    result: { state: 'running', reachable: true },
  });
  await post(cwd, running, 'kill', { grace_ms: 0 });
});

it('tells since when a state holds and why, whatever was done in it since', async () => {
  const cwd = temporaryFolder();
  const running = await session(cwd, ['--pty'], ['cat']);
  const state = async (): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${registryIn(cwd)!.url}/api/sessions/${running.sessionId}/state`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const timesOf = (command: string): string[] =>
    sqlite(
      cwd,
      `SELECT timestamp FROM process_state_changes WHERE session_id = '${running.sessionId}'
       AND json_extract(metadata_json, '$.command') = '${command}' ORDER BY id`,
    );
  await post(cwd, running, 'resize', { cols: 90, rows: 20 });
  expect(await state()).toMatchObject({ state: 'running', metadata: null });
  await post(cwd, running, 'pause', { reason: 'lunch' });
  await post(cwd, running, 'resize', { cols: 100, rows: 30 });
  await until('the pause is stored', () => timesOf('resize').length === 2);
  expect(await state()).toMatchObject({
    state: 'paused',
    since: timesOf('pause')[0],
    metadata: { command: 'pause', reason: 'lunch' },
  });
  await post(cwd, running, 'resume', { reason: 'back' });
  await post(cwd, running, 'input', { text: 'hello', enter: true });
  await until('the input is stored', () => timesOf('send_input').length === 1);
  expect(await state()).toMatchObject({
    state: 'running',
    since: timesOf('resume')[0],
    metadata: { command: 'resume', reason: 'back' },
  });
  await post(cwd, running, 'kill', { grace_ms: 0 });
  await running.ended;
});

it('gives a server up that is stopped, and leaves no command to it', async () => {
  const cwd = temporaryFolder();
  const running = await session(cwd, [], ['sleep', '600']);
  running.child.kill('SIGSTOP');
  const paused = await wrapper(['pause', 'last'], { cwd });
  running.child.kill('SIGCONT');
  expect(paused.status).not.toBe(0);
  expect(paused.stderr.toString()).toMatch(/the server at http:\S+ does not answer.*\n.*is stopped/);
  await post(cwd, running, 'kill', { grace_ms: 0 });
  await running.ended;
  expect(changes(cwd, running.sessionId).map(({ state }) => state)).not.toContain('paused');
});

it('waits with a command while one server takes the place of another', async () => {
  const cwd = temporaryFolder();
  const serving = await session(cwd, ['--port', '0'], ['sleep', '600']);
  const other = await session(cwd, ['--port', '0'], ['sleep', '600']);
  expect(registryIn(cwd)!.session_id).toBe(serving.sessionId);
  const killed = await wrapper(['kill', serving.sessionId], { cwd });
  expect(killed.stderr.toString()).toBe('');
  await serving.ended;
  const paused = await wrapper(['pause', other.sessionId], { cwd });
  expect(paused.stderr.toString()).toBe('');
  expect(paused.status).toBe(0);
  expect(registryIn(cwd)!.session_id).toBe(other.sessionId);
  await post(cwd, other, 'kill', { grace_ms: 1000 });
  expect((await other.ended).signal).toBe('SIGTERM');
});
