// What those who watch see: everything once, also of sessions too short to be told of, also when they break off, come
// back, are slow or never read.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { LiveClient, type LiveMessage, registryIn } from '../support/live-client.ts';
import { holdLock, letGo } from '../support/lock.ts';
import { BIN, sqlite, temporaryFolder, testEnvironment, until, wrapper } from '../support/wrapper.ts';

const started: ChildProcess[] = [];
const clients: LiveClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const child of started.splice(0)) {
    child.kill('SIGCONT');
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  }
});

function start(cwd: string, args: readonly string[]): ChildProcess & { readonly ended: Promise<void> } {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: testEnvironment(cwd), stdio: 'ignore' });
  started.push(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return Object.assign(child, { ended });
}

function agent(cwd: string, name: string, script: string, ...options: string[]) {
  return start(cwd, [...options, name, '--enable-db', '--', 'sh', '-c', script]);
}

/** A server that outlives every session. */
async function server(cwd: string): Promise<ChildProcess> {
  const child = start(cwd, ['serve', '--port', '0']);
  await until('it serves', () => registryIn(cwd)?.session_id === null);
  return child;
}

function watch(cwd: string, subscription: Record<string, unknown> = {}): LiveClient {
  const client = new LiveClient(cwd, subscription).start();
  clients.push(client);
  return client;
}

const ERRORS = (count: number, pause = 0.02): string =>
  `for i in $(seq ${count}); do echo "error: $i"; sleep ${pause}; done`;

/** The id of the one session, once the server knows it. */
async function runningSession(cwd: string): Promise<string> {
  const client = watch(cwd);
  await until('a session runs', () => client.messages.some(({ type }) => type === 'state'));
  return String(client.messages.find(({ type }) => type === 'state')?.['session_id']);
}

/** Whether a session is in the database, running. */
function isStored(cwd: string): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE name = 'process_sessions'";
  const running = "SELECT 1 FROM process_sessions WHERE state = 'running'";
  return (
    existsSync(join(cwd, 'data/wrapper.db')) && sqlite(cwd, sql)[0] === '1' && sqlite(cwd, running)[0] === '1'
  );
}

function keysIn(cwd: string): string[] {
  return sqlite(cwd, "SELECT session_id || ':' || seq FROM extraction_events");
}

it('shows sessions that are over before they could be told of, and those of other processes', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const client = watch(cwd);
  await until('it is live', () => client.has('live'));
  for (let number = 0; number < 5; number++)
    await wrapper(['short', '--enable-db', '--', 'echo', `error: short ${number}`], { cwd });
  await agent(cwd, 'long', ERRORS(40)).ended;
  const expected = keysIn(cwd);
  expect(expected).toHaveLength(45);
  await until('everything is there', () => expected.every((key) => client.seen.has(key)));
  const sessions = sqlite(cwd, 'SELECT session_id FROM process_sessions');
  await until('every end is told', () => sessions.every((id) => client.states(id).at(-1) === 'completed'));
  expect([...client.seen.values()].every((times) => times === 1)).toBe(true);
  for (const id of sessions) {
    const numbers = client.messages
      .filter((message) => message.type === 'state' && message['session_id'] === id)
      .map((message) => message['state_seq'] as number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  }
});

it('shows what is asked for and nothing else', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const [onlyA, onlyErrors, batched] = [
    watch(cwd, { agents: ['a'] }),
    watch(cwd, { types: ['error'] }),
    watch(cwd, { batch: true }),
  ];
  await until('all are live', () => [onlyA, onlyErrors, batched].every((client) => client.has('live')));
  const script = 'for i in 1 2 3 4 5 6 7 8 9 10; do echo "error: $i"; echo "warning: $i"; sleep 0.05; done';
  await Promise.all([agent(cwd, 'a', script).ended, agent(cwd, 'b', script).ended]);
  const expected = keysIn(cwd);
  await until('everything is there', () => expected.every((key) => batched.seen.has(key)));
  const count = (sql: string): number =>
    Number(sqlite(cwd, `SELECT count(*) FROM extraction_events WHERE ${sql}`)[0]);
  await until('also for the others', () => onlyA.seen.size === count("agent_name = 'a'"));
  await until('and these', () => onlyErrors.seen.size === count("event_type = 'error'"));
  expect(new Set(onlyA.events().map((event) => event['agent_name']))).toEqual(new Set(['a']));
  expect(new Set(onlyErrors.events().map((event) => event['event_type']))).toEqual(new Set(['error']));
});

it('knows the last event that was seen, although nobody watches and nothing can be stored', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const health = async (): Promise<unknown> => {
    const answer = await fetch(`${registryIn(cwd)!.url}/api/health`);
    const { sessions } = (await answer.json()) as { sessions: { running: Record<string, unknown>[] } };
    const [running] = sessions.running;
    return running && [running['last_seq'], running['last_event_at']];
  };
  const script =
    'until [ -e go ]; do sleep 0.02; done; seq -f "error: %g" 3; until [ -e end ]; do sleep 0.02; done';
  const child = agent(cwd, 'quiet', script);
  await expect.poll(health, { timeout: 20_000 }).toEqual([0, null]);
  const holder = await holdLock(join(cwd, 'data/wrapper.db'));
  writeFileSync(join(cwd, 'go'), '');
  await expect.poll(health, { timeout: 20_000 }).toEqual([3, expect.any(String)]);
  const told = await health();
  const client = watch(cwd);
  await until('it is connected', () => client.has('connected'));
  const [connected] = client.messages[0]!['sessions'] as Record<string, unknown>[];
  expect([connected!['last_seq'], connected!['last_event_at']]).toEqual(told);
  expect(sqlite(cwd, 'SELECT count(*) FROM extraction_events')).toEqual(['0']);
  await letGo(holder);
  writeFileSync(join(cwd, 'end'), '');
  await child.ended;
  expect(sqlite(cwd, 'SELECT max(seq), max(timestamp) FROM extraction_events')).toEqual([
    (told as unknown[]).join('|'),
  ]);
});

it('serves those who break off and come back, however often, and is not held up by one who never reads', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const { url } = registryIn(cwd)!;
  const droppers = Array.from({ length: 10 }, () => watch(cwd));
  await until('all are live', () => droppers.every((client) => client.has('live')));
  // One that asks for everything and never reads a byte.
  const silent = connect(Number(new URL(url).port), '127.0.0.1');
  silent.pause();
  silent.write(
    `GET /ws HTTP/1.1\r\nHost: ${new URL(url).host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const subscribe = Buffer.from('{"type":"subscribe","output":true}');
  const mask = Buffer.from([0, 0, 0, 0]);
  silent.write(Buffer.concat([Buffer.from([0x81, 0x80 | subscribe.length]), mask, subscribe]));

  const flood = `for i in $(seq 150); do for j in $(seq 20); do echo "error: $i $j ${'x'.repeat(400)}"; done; sleep 0.01; done`;
  const running = [agent(cwd, 'one', flood), agent(cwd, 'two', flood)];
  const dropping = setInterval(() => {
    const client = droppers[Math.floor(Math.random() * droppers.length)];
    client?.drop();
  }, 40);
  await Promise.all(running.map(({ ended }) => ended));
  clearInterval(dropping);
  const expected = keysIn(cwd);
  expect(expected).toHaveLength(6000);
  for (const client of droppers) {
    await until('everything is there', () => expected.every((key) => client.seen.has(key)), 30_000);
    expect([...client.seen.values()].every((times) => times === 1)).toBe(true);
    expect(client.has('gap')).toBe(false);
  }
  expect(droppers.some((client) => client.connections > 2)).toBe(true);
  silent.destroy();
}, 60_000);

it('goes on without those who watch when the server hangs, and shows them the rest afterwards', async () => {
  const cwd = temporaryFolder();
  const serving = await server(cwd);
  const client = watch(cwd);
  await until('it is live', () => client.has('live'));
  const noisy = `echo "error: first"; while [ ! -e go ]; do sleep 0.05; done; seq -f 'error: number %g ${'x'.repeat(200)}' 30000`;
  const child = agent(cwd, 'one', noisy);
  await until('it is shown', () => client.seen.size === 1);
  serving.kill('SIGSTOP');
  writeFileSync(join(cwd, 'go'), '');
  await child.ended;
  const expected = keysIn(cwd);
  expect(expected).toHaveLength(30_001);
  serving.kill('SIGCONT');
  const gaps = (): number =>
    client.messages
      .filter(({ type }) => type === 'gap')
      .reduce((sum, message) => sum + (message['count'] as number), 0);
  await until('the rest is shown, or told to be missing', () => client.seen.size + gaps() === 30_001, 30_000);
  expect([...client.seen.values()].every((times) => times === 1)).toBe(true);
}, 60_000);

interface StreamedEvent {
  readonly id: string;
  readonly data: LiveMessage;
}

/** Reads server-sent events until `enough`. */
function readStream(
  url: string,
  lastId: string | undefined,
  enough: (events: StreamedEvent[]) => boolean,
): Promise<StreamedEvent[]> {
  return new Promise((resolve, reject) => {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    const request = get(url, { headers }, (response) => {
      let held = '';
      const events: StreamedEvent[] = [];
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const blocks = (held + text).split('\n\n');
        held = blocks.pop() ?? '';
        for (const block of blocks) {
          const id = /^id: (.*)$/m.exec(block)?.[1] ?? '';
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data !== undefined) events.push({ id, data: JSON.parse(data) as LiveMessage });
        }
        if (enough(events)) {
          request.destroy();
          resolve(events);
        }
      });
      response.on('error', () => {});
    });
    request.on('error', reject);
  });
}

it('goes on after Last-Event-ID, at any event', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const { url } = registryIn(cwd)!;
  const events = (all: StreamedEvent[]): StreamedEvent[] => all.filter(({ data }) => data.type === 'event');
  const reading = readStream(`${url}/api/live?from=start`, undefined, (all) => events(all).length >= 30);
  const child = agent(cwd, 'one', ERRORS(60));
  const first = events(await reading);
  await child.ended;
  await wrapper(['later', '--enable-db', '--', 'echo', 'error: later'], { cwd });
  for (const from of [0, 1, 17, 29]) {
    const rest = await readStream(
      `${url}/api/live`,
      first[from]!.id,
      (all) => events(all).length >= 60 - from,
    );
    const numbers = events(rest).map(({ data }) => `${data['agent_name']} ${data['seq']}`);
    const expected = Array.from({ length: 59 - from }, (_, index) => `one ${from + 2 + index}`);
    expect(numbers.sort()).toEqual([...expected, 'later 1'].sort());
  }
});

it('joins the screen of a session and what is printed afterwards', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const script = 'for i in $(seq 200); do echo "line $i"; sleep 0.01; done; sleep 1';
  const child = agent(cwd, 'one', script, '--pty');
  const sessionId = await runningSession(cwd);
  const joined: LiveClient[] = [];
  for (let number = 0; number < 4; number++) {
    const client = watch(cwd, { output: true, sessions: [sessionId] });
    joined.push(client);
    await until('it has a screen and output', () => client.has('screen') && client.has('output'));
  }
  await until('the last line is there', () => joined.every((client) => textOf(client).includes('line 200')));
  for (const client of joined) {
    const numbers = [...textOf(client).matchAll(/line (\d+)/g)].map((match) => Number(match[1]));
    const first = numbers[0]!;
    expect(numbers).toEqual(Array.from({ length: 201 - first }, (_, index) => first + index));
  }
  child.kill('SIGTERM');
  await child.ended;
});

it('shows the screens before it is live', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const child = agent(cwd, 'one', 'echo first; sleep 20');
  const sessionId = await runningSession(cwd);
  const first = watch(cwd, { output: true });
  await until('its recorder tells of it', () => first.has('screen'));
  const client = watch(cwd, { output: true, after: { [sessionId]: 0 } });
  await until('it is live', () => client.has('live'));
  const types = client.messages.map(({ type }) => type).filter((type) => type !== 'response');
  expect(types).toEqual(['connected', 'state', 'screen', 'live']);
  expect(textOf(client)).toContain('first');
  child.kill('SIGTERM');
  await child.ended;
});

it('shows all that a session prints which begins while somebody watches', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const client = watch(cwd, { output: true });
  await until('it is live', () => client.has('live'));
  const script = 'seq 1 500; sleep 1.5; seq 501 600';
  await Promise.all([
    agent(cwd, 'long', script).ended,
    agent(cwd, 'quick', 'echo hello; echo world >&2').ended,
  ]);
  const ended = (): unknown[] => client.messages.filter(({ state }) => state === 'completed');
  await until('both have ended', () => ended().length === 2);
  const ofAgent = (name: string): LiveMessage[] => {
    const { session_id } = client.messages.find(({ agent_name }) => agent_name === name)!;
    return client.messages.filter((message) => message['session_id'] === session_id);
  };
  const printed = (name: string): string =>
    ofAgent(name)
      .filter(({ type }) => type === 'output')
      .map(({ data }) => String(data))
      .join('');
  expect(printed('long')).toBe(Array.from({ length: 600 }, (_, index) => `${index + 1}\n`).join(''));
  expect(printed('quick').split('\n').sort()).toEqual(['', 'hello', 'world']);
  expect(ofAgent('quick').at(-1)).toMatchObject({ type: 'state', state: 'completed' });
});

it('brings who comes back over server-sent events more than fits on the way, of many sessions', async () => {
  const cwd = temporaryFolder();
  const lines = 'for i in $(seq 500); do echo "error: number $i of a session that nobody watched"; done';
  for (let number = 0; number < 8; number++)
    await wrapper([`agent-${number}`, '--enable-db', '--no-serve', '--', 'sh', '-c', lines], { cwd });
  await server(cwd);
  const stop = new AbortController();
  const answer = await fetch(`${registryIn(cwd)!.url}/api/live`, {
    headers: { 'Last-Event-ID': 'v1;0' },
    signal: stop.signal,
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (/^event: live$/m.test(text)) break;
  }
  stop.abort();
  expect(text.length).toBeGreaterThan(2 ** 20);
  expect(text.match(/^event: event$/gm)).toHaveLength(4000);
});

/** The screen, drawn row by row, and the output after it. */
function textOf(client: LiveClient): string {
  return client.messages
    .filter(({ type }) => type === 'screen' || type === 'output')
    .map((message) => String(message['data']))
    .join('');
}

it('refuses what it does not understand, and goes on', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const client = watch(cwd);
  await until('it is live', () => client.has('live'));
  const refused = async (message: object, code: string): Promise<void> => {
    const before = client.messages.length;
    client.send(message);
    await until('it is refused', () => client.messages.length > before);
    expect(client.messages.at(-1)).toMatchObject({ error: { code } });
  };
  await refused({ type: 'dance' }, 'body_invalid');
  await refused({ type: 'subscribe', after: 'v1;x' }, 'cursor_invalid');
  await refused({ type: 'subscribe', sessions: ['../../etc/passwd'] }, 'body_invalid');
  await refused({ type: 'subscribe', typo: true }, 'body_invalid');
  await refused(
    { type: 'command', command: 'pause', session_id: 'sess_000000000000', request_id: 'x' },
    'token_required',
  );
  const unknown = await fetch(`${registryIn(cwd)!.url}/api/live?type=error`);
  expect(await unknown.json()).toMatchObject({ status: 400, code: 'parameter_unknown' });
  await wrapper(['short', '--enable-db', '--', 'echo', 'error: x'], { cwd });
  await until('it goes on', () => client.seen.size === 1);
});

it('tails in the terminal what another process runs, to its end', async () => {
  const cwd = temporaryFolder();
  await server(cwd);
  const child = agent(cwd, 'one', ERRORS(30, 0.15));
  await runningSession(cwd);
  const shown = await wrapper(['tail', 'last', '--all', '--output'], { cwd });
  await child.ended;
  const lines = shown.stdout.toString().split('\n');
  expect(lines.filter((line) => / one error /.test(line))).toHaveLength(30);
  expect(lines.some((line) => / │ error: 30$/.test(line))).toBe(true);
  expect(lines.at(-2)).toMatch(/ one completed \(0\)$/);
  expect(shown.status).toBe(0);
  const late = await wrapper(['tail', 'last'], { cwd });
  expect(late.stderr.toString()).toMatch(/has ended/);
});

it('waits for a first session and then shows it from its first event', async () => {
  const cwd = temporaryFolder();
  const tail = spawn(process.execPath, [BIN, 'tail', '--jsonl'], { cwd, env: testEnvironment(cwd) });
  started.push(tail);
  let [out, errors] = ['', ''];
  tail.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  tail.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await until('it says what it waits for', () => errors.includes('waiting for one'));
  await agent(cwd, 'one', ERRORS(30, 0.05)).ended;
  await until('the end is shown', () => out.includes('"state":"completed"'));
  const shown = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LiveMessage)
    .filter(({ type }) => type === 'event');
  expect(shown.map((event) => event['seq'])).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
});

it('says that nobody serves what runs, and shows it when somebody does', async () => {
  const cwd = temporaryFolder();
  const hidden = agent(cwd, 'hidden', `${ERRORS(30, 0)}; until [ -e go ]; do sleep 0.02; done`, '--no-serve');
  await until('it runs', () => isStored(cwd));
  const tails = [[], ['last']].map((words) => {
    const tail = spawn(process.execPath, [BIN, 'tail', ...words, '--jsonl'], {
      cwd,
      env: testEnvironment(cwd),
    });
    started.push(tail);
    const said = { out: '', errors: '' };
    tail.stdout.on('data', (chunk: Buffer) => {
      said.out += chunk.toString();
    });
    tail.stderr.on('data', (chunk: Buffer) => {
      said.errors += chunk.toString();
    });
    return said;
  });
  await until('both say so', () => tails.every(({ errors }) => errors.endsWith('\n')));
  const rest = `runs, but nobody serves ${join(cwd, 'data/wrapper.db')}; wrapper serve in another terminal shows it.`;
  expect(tails.map(({ errors }) => errors)).toEqual([
    `1 session ${rest} Ctrl-C ends the wait.\n`,
    `The session ${rest} Ctrl-C ends the wait.\n`,
  ]);
  await server(cwd);
  await until('both show it', () => tails.every(({ out }) => out.includes('"seq":30,')));
  writeFileSync(join(cwd, 'go'), '');
  await hidden.ended;
  await until('both show its end', () => tails.every(({ out }) => out.includes('"state":"completed"')));
});

it('waits no longer than a session lasts that nobody serves', async () => {
  const cwd = temporaryFolder();
  const hidden = agent(cwd, 'hidden', 'until [ -e go ]; do sleep 0.02; done', '--no-serve');
  await until('it runs', () => isStored(cwd));
  const tail = wrapper(['tail', 'last'], {
    cwd,
    onStart: (child) => {
      child.stderr!.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('nobody serves')) writeFileSync(join(cwd, 'go'), '');
      });
    },
  });
  const found = await tail;
  await hidden.ended;
  expect(found.status).toBe(0);
  expect(found.stderr.toString()).toMatch(
    /nobody serves .*\nSession \w+ has ended; wrapper events --session/,
  );
});
