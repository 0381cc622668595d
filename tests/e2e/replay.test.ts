// Replays by the built program: over HTTP and WebSocket as a client has them, in a terminal as a person does.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ReplayMessage } from '../../src/model/wire-replay.ts';
import { onlyRecording, recordedText } from '../support/recording.ts';
import { onTerminal, Terminal } from '../support/terminal.ts';
import { BIN, temporaryFolder, testEnvironment, until, wrapper } from '../support/wrapper.ts';

const servers: ChildProcess[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
  }
});

interface Served {
  readonly cwd: string;
  readonly url: string;
  readonly session: string;
  readonly pid: number;
}

/** Prints numbered lines, some of which are errors, a little apart. */
const SCRIPT = 'for i in 1 2 3 4 5 6 7 8; do echo "line $i"; echo "error: number $i"; sleep 0.05; done';

/** A recorded session and a server for it. */
async function served(script = SCRIPT): Promise<Served> {
  const cwd = temporaryFolder();
  await wrapper(['codex', script, '--enable-db', '--no-serve'], { cwd });
  const server = spawn(process.execPath, [BIN, 'serve', '--port', '0'], {
    cwd,
    env: testEnvironment(cwd),
    stdio: 'ignore',
  });
  servers.push(server);
  const registry = join(cwd, 'data/wrapper.db.server.json');
  let url = '';
  await until('the server says where it is', () => {
    try {
      url = (JSON.parse(readFileSync(registry, 'utf8')) as { url: string }).url;
      return true;
    } catch {
      return false;
    }
  });
  const { sessions } = (await (await fetch(`${url}/api/query/sessions`)).json()) as {
    sessions: { session_id: string }[];
  };
  return { cwd, url, session: sessions[0]!.session_id, pid: server.pid! };
}

interface Received {
  readonly id: string | undefined;
  readonly message: ReplayMessage;
}

/** Reads a stream of server-sent events; `each` may stop it by returning false. */
async function listen(
  url: string,
  options: { lastId?: string; each?: (received: Received) => boolean | Promise<boolean> } = {},
): Promise<Received[]> {
  const response = await fetch(url, {
    headers: options.lastId === undefined ? {} : { 'Last-Event-ID': options.lastId },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const received: Received[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      if (block.startsWith(':')) continue;
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
      const message = JSON.parse(fields.get('data')!) as ReplayMessage;
      expect(fields.get('event')).toBe(message.type);
      received.push({ id: fields.get('id'), message });
      // To leave the loop closes the connection.
      if ((await options.each?.(received.at(-1)!)) === false) return received;
    }
  }
  return received;
}

const ofSession = (received: readonly Received[]): ReplayMessage[] =>
  received.filter(({ id }) => id !== undefined && id !== 'end').map(({ message }) => message);

async function control(url: string, id: string, action: string, body: object = {}): Promise<Response> {
  return fetch(`${url}/api/replay/control/${id}/${action}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** How many times the server has the recording open. */
function openRecordings({ pid, session }: Served): number {
  return readdirSync(`/proc/${pid}/fd`).filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).includes(session);
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}

describe('a replay over HTTP', () => {
  it('is the same messages in the same order at every speed, and what was recorded', async () => {
    const { cwd, url, session } = await served();
    const expected = ofSession(await listen(`${url}/api/replay/session/${session}?speed=100`));
    for (const speed of [0.5, 2, 5]) {
      const received = ofSession(await listen(`${url}/api/replay/session/${session}?speed=${speed}`));
      expect(received).toEqual(expected);
    }
    const text = expected.map((message) => (message.type === 'output' ? message.data : '')).join('');
    expect(text).toBe(recordedText(onlyRecording(cwd)));
    expect(expected.filter(({ type }) => type === 'extraction')).toHaveLength(8);
    const offsets = expected.map(({ offset_ms }) => offset_ms);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  it('takes no less time than its speed says', async () => {
    const { url, session } = await served();
    const started = performance.now();
    const received = await listen(`${url}/api/replay/session/${session}?speed=2.0`);
    const [start] = received;
    const { duration_ms } = start!.message as { duration_ms: number };
    expect(performance.now() - started).toBeGreaterThanOrEqual(duration_ms / 2 - 5);
    expect(received.at(-1)!.message).toMatchObject({
      type: 'replay_complete',
      reason: 'end',
      extractions: 8,
    });
  });

  it('goes on with the very next message, from wherever it was cut off', async () => {
    const { url, session } = await served();
    const address = `${url}/api/replay/session/${session}?speed=100`;
    const whole = await listen(address);
    const messages = ofSession(whole);
    for (let count = 1; count < messages.length; count += 3) {
      const first: Received[] = [];
      await listen(address, {
        each: (received) => {
          if (received.id !== undefined) first.push(received);
          return first.length < count;
        },
      });
      const rest = await listen(address, { lastId: first.at(-1)!.id! });
      expect([...ofSession(first), ...ofSession(rest)]).toEqual(messages);
    }
    const finished = await fetch(address, { headers: { 'Last-Event-ID': 'end' } });
    expect(finished.status).toBe(204);
  });

  it('is controlled by its id: paused, moved, sped up, ended', async () => {
    const { url, session } = await served();
    const states: unknown[] = [];
    let id = '';
    const received = await listen(`${url}/api/replay/session/${session}?speed=0.1`, {
      each: async ({ message }) => {
        if (message.type !== 'session_start') return true;
        id = message.replay_id;
        states.push(await (await control(url, id, 'pause')).json());
        states.push(await (await control(url, id, 'seek', { seq: 7 })).json());
        states.push(await (await control(url, id, 'speed', { speed: 50 })).json());
        states.push(await (await fetch(`${url}/api/replay/control/${id}`)).json());
        states.push(await (await control(url, id, 'resume')).json());
        return true;
      },
    });
    expect(states).toMatchObject([
      { playing: false, speed: 0.1 },
      { playing: false, speed: 0.1 },
      { playing: false, speed: 50 },
      { playing: false, speed: 50, replay_id: id, session_id: session },
      { playing: true, speed: 50 },
    ]);
    const screen = received.findLastIndex(({ message }) => message.type === 'screen');
    expect(received[screen]!.message).toMatchObject({ session_id: session, cols: 80, rows: 24 });
    const rest = received
      .slice(screen)
      .flatMap(({ message }) => (message.type === 'extraction' ? [message.seq] : []));
    expect(rest).toEqual([7, 8]);
    expect((await control(url, id, 'pause')).status).toBe(404);
  });

  it('can be two of one session at once, and one be stopped', async () => {
    const { url, session } = await served();
    const address = `${url}/api/replay/session/${session}`;
    let id = '';
    const [stopped, whole] = await Promise.all([
      listen(`${address}?speed=0.1`, {
        each: async ({ message }) => {
          if (message.type === 'session_start') id = message.replay_id;
          if (message.type === 'output') await control(url, id, 'stop');
          return true;
        },
      }),
      listen(`${address}?speed=5`),
    ]);
    expect(stopped.at(-1)!.message).toMatchObject({ type: 'replay_complete', reason: 'stopped' });
    expect(whole.at(-1)!.message).toMatchObject({ type: 'replay_complete', reason: 'end', extractions: 8 });
  });

  it('frees everything when its client goes away', async () => {
    const found = await served();
    const before = openRecordings(found);
    const aborts = Array.from({ length: 10 }, () => new AbortController());
    await Promise.all(
      aborts.map(async ({ signal }) => {
        const response = await fetch(`${found.url}/api/replay/session/${found.session}?speed=0.1`, {
          signal,
        });
        await (response.body as ReadableStream<Uint8Array>).getReader().read();
      }),
    );
    await until('the recordings are open', () => openRecordings(found) === before + 10);
    for (const abort of aborts) abort.abort();
    await until('the recordings are closed', () => openRecordings(found) === before);
  });

  it('plays to nobody when only the headers are asked for', async () => {
    const found = await served();
    const address = `${found.url}/api/replay/session/${found.session}`;
    for (let count = 0; count < 70; count++) {
      const response = await fetch(address, { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/event-stream');
    }
    expect((await listen(`${address}?speed=100`)).at(-1)!.message).toMatchObject({ reason: 'end' });
    expect(
      (await fetch(`${found.url}/api/replay/session/sess_zzzzzzzzzzzz`, { method: 'HEAD' })).status,
    ).toBe(404);
  });

  it('is one JSON document when that is asked for', async () => {
    const { cwd, url, session } = await served();
    const response = await fetch(`${url}/api/replay/session/${session}?format=json`);
    expect(response.headers.get('content-type')).toContain('application/json');
    const found = (await response.json()) as {
      session: { session_id: string };
      events: unknown[];
      state_changes: unknown[];
      output: { code: string; data: string }[];
    };
    expect(found.session.session_id).toBe(session);
    expect(found.events).toHaveLength(8);
    expect(found.state_changes).toHaveLength(3);
    const text = found.output.filter(({ code }) => code === 'o').map(({ data }) => data);
    expect(text.join('')).toBe(recordedText(onlyRecording(cwd)));
  });

  it.each([
    ['speed=0', 400, 'parameter_invalid'],
    ['speed=101', 400, 'parameter_invalid'],
    ['speed=fast', 400, 'parameter_invalid'],
    ['from=nowhere', 400, 'parameter_invalid'],
    ['from=seq:999', 400, 'usage'],
    ['sped=2', 400, 'parameter_unknown'],
    ['format=xml', 400, 'parameter_invalid'],
  ])('says what is wrong with %s', async (query, status, code) => {
    const { url, session } = await served('echo error: x');
    const response = await fetch(`${url}/api/replay/session/${session}?${query}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, status });
    const absent = await fetch(`${url}/api/replay/session/sess_zzzzzzzzzzzz`);
    expect(await absent.json()).toMatchObject({ code: 'session_unknown', status: 404 });
  });
});

describe('a replay over a WebSocket', () => {
  it('takes commands and answers each, stays at the end and goes back', async () => {
    const { url, session } = await served();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/replay/${session}?speed=100`);
    const messages: (ReplayMessage | { type: 'response'; request_id?: unknown; ok: boolean })[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data)) as ReplayMessage));
    const of = (type: string) => messages.filter((message) => message.type === type);
    await until('the replay has ended', () => of('replay_complete').length === 1);
    expect(of('extraction')).toHaveLength(8);
    socket.send(JSON.stringify({ type: 'seek', seq: 5, request_id: 'back' }));
    await until('it has ended again', () => of('replay_complete').length === 2);
    expect(of('extraction')).toHaveLength(12);
    for (const bad of ['no json', '[]', '{"type":"dance"}', '{"type":"speed","speed":1000,"request_id":7}']) {
      socket.send(bad);
    }
    socket.send(JSON.stringify({ type: 'state', request_id: 'last' }));
    await until('everything is answered', () => of('response').length === 6);
    expect(of('response')).toMatchObject([
      { request_id: 'back', ok: true, state: { session_id: session } },
      { ok: false, error: { code: 'body_invalid' } },
      { ok: false, error: { code: 'body_invalid' } },
      { ok: false, error: { code: 'body_invalid' } },
      { ok: false, request_id: 7, error: { code: 'body_invalid' } },
      { ok: true, request_id: 'last', state: { finished: true } },
    ]);
    socket.send(JSON.stringify({ type: 'stop' }));
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('says why there is nothing to replay', async () => {
    const { url } = await served('echo x');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/replay/sess_zzzzzzzzzzzz`);
    const first = new Promise((resolve) =>
      socket.once('message', (data) => resolve(JSON.parse(String(data)))),
    );
    const code = new Promise((resolve) => socket.once('close', resolve));
    expect(await first).toMatchObject({ type: 'error', error: { code: 'session_unknown' } });
    expect(await code).toBe(1008);
  });
});

describe('wrapper replay', () => {
  it('writes the output as it was recorded where there is no terminal', async () => {
    const cwd = temporaryFolder();
    await wrapper(['codex', SCRIPT, '--enable-db', '--no-serve'], { cwd });
    for (const speed of ['max', '10']) {
      const found = await wrapper(['replay', 'last', '--speed', speed], { cwd });
      expect(found).toMatchObject({ status: 0 });
      expect(found.stdout.toString()).toBe(recordedText(onlyRecording(cwd)));
      expect(found.stderr.toString()).toBe('');
    }
    const part = await wrapper(['replay', 'last', '--speed', 'max', '--from', 'seq:8'], { cwd });
    expect(part.stdout.toString()).not.toContain('line 7');
  });

  it('leaves out what would act on the terminal of whoever looks on', async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      join(cwd, 'asks.sh'),
      `printf 'a\\033[6n\\033]52;c;aGk=\\007\\033[?1000h\\033[31mb\\033[0m\\n'`,
    );
    await wrapper(['codex', '--pty', '--enable-db', '--no-serve', '--', 'sh', 'asks.sh'], { cwd });
    const found = await onTerminal('wrapper replay last --speed max --no-controls', { cwd });
    expect(found.stdout.toString()).toMatch(/a\x1b\[31mb\x1b\[0m\r+\n/);
    expect(found.stdout.toString()).not.toMatch(/\x1b\[6n|\x1b\]52|\x1b\[\?1000h/);
  });

  it('refuses what makes no sense', async () => {
    const cwd = temporaryFolder();
    await wrapper(['codex', 'echo x', '--enable-db', '--no-serve'], { cwd });
    for (const args of [
      ['--speed', '0'],
      ['--speed', 'x'],
      ['--from', 'later'],
      ['--idle-limit', '-1'],
    ]) {
      expect((await wrapper(['replay', 'last', ...args], { cwd })).status).toBe(2);
    }
    expect((await wrapper(['replay', 'zzzzzz'], { cwd })).status).toBe(3);
    expect((await wrapper(['replay', 'last', '--from', 'seq:5'], { cwd })).status).toBe(2);
  });

  it('plays on a terminal, obeys keys, and leaves the terminal as it was', async () => {
    const terminal = new Terminal();
    const script =
      'for i in $(seq 1 40); do echo "line $i"; done; sleep 0.3; echo "error: needle $((40 + 2))"; sleep 30';
    writeFileSync(join(terminal.cwd, 'session.sh'), script.replace('sleep 30', 'sleep 0.2; echo the end'));
    await wrapper(['codex', '--pty', '--enable-db', '--no-serve', '--', 'sh', 'session.sh'], {
      cwd: terminal.cwd,
    });
    terminal.run('stty -g > before; wrapper replay last --speed 0.1');
    await terminal.shows(/▶ 00:00 \/ 00:00 {2}0\.1×/);
    expect(terminal.query('alternate_on')).toBe('1');
    terminal.press('Space');
    await terminal.shows('‖');
    terminal.press('>');
    await terminal.shows(' 0.25×');
    terminal.press('n');
    await terminal.shows(/1 error \(medium\): needle 42/);
    await terminal.shows(/^error: needle 42$/m);
    terminal.press('0');
    await until('the line has gone', () => !/^error: needle/m.test(terminal.screen()));
    terminal.type('/NEEDLE');
    await terminal.shows('/NEEDLE█');
    terminal.press('BSpace', 'BSpace', 'BSpace', 'BSpace', 'BSpace', 'BSpace');
    terminal.type('needle');
    terminal.press('Enter');
    await terminal.shows('found: error: needle 42');
    await terminal.shows(/^error: needle 42$/m);
    terminal.press('/');
    terminal.type('nowhere');
    terminal.press('Enter');
    await terminal.shows('not found: nowhere');
    terminal.resize(60, 12);
    await terminal.shows(/recorded at 80×24|needle 42/);
    terminal.press('C-z');
    await terminal.shows('Stopped');
    expect(terminal.query('alternate_on')).toBe('0');
    terminal.run('fg');
    await terminal.shows(/[‖■▶] 00:0/);
    terminal.press('q');
    await until('the screen is back', () => terminal.query('alternate_on') === '0');
    terminal.run('clear; stty -g > after; cmp before after && echo the same $?');
    await terminal.shows('the same 0');
  });

  it('gives the terminal back when it is killed', async () => {
    const terminal = new Terminal();
    await wrapper(['codex', 'echo hello; sleep 0.2', '--enable-db', '--no-serve'], { cwd: terminal.cwd });
    for (const [signal, status] of [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
      ['SIGINT', 130],
    ] as const) {
      terminal.run('clear; stty -g > before; wrapper replay last --speed 0.1');
      await terminal.shows(/▶ 00:00/);
      process.kill(childOf(Number(terminal.query('pane_pid'))), signal);
      await until('the screen is back', () => terminal.query('alternate_on') === '0');
      terminal.run('echo "status $?"');
      await terminal.shows(`status ${status}`);
      terminal.run('clear; stty -g > after; cmp before after && echo the same $?');
      await terminal.shows('the same 0');
    }
  });
});

/** What a shell is running. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}
