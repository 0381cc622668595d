// `wrapper serve` and the server of a wrapped session, as their users meet them.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { spawnServe, startServing } from '../support/serving.ts';
import { bare, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

const occupied: Server[] = [];
afterEach(() => {
  for (const server of occupied.splice(0)) server.close();
});

/** A port of 127.0.0.1 that somebody else listens on. */
async function takenPort(): Promise<number> {
  const server = createServer();
  occupied.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

const registry = (cwd: string): string => join(cwd, 'data/wrapper.db.server.json');
const entry = (cwd: string) =>
  JSON.parse(readFileSync(registry(cwd), 'utf8')) as {
    url: string;
    port: number;
    pid: number;
    session_id: string | null;
  };
const shell = (cwd: string, script: string) => bare(['bash', '-c', script], { cwd });

describe('wrapper serve', () => {
  it('serves what the documents show, to curl and jq', async () => {
    const cwd = temporaryFolder();
    await wrapper(['codex', 'echo "TypeError: undefined is not a function"', '--enable-db'], { cwd });
    const { url } = await startServing(cwd);
    const extractions = await shell(
      cwd,
      `curl -s "${url}/api/query/extractions?agent=codex&type=error&limit=10"`,
    );
    expect(JSON.parse(extractions.stdout.toString())).toMatchObject({
      extractions: [{ agent_name: 'codex', event_type: 'error' }],
      total: 1,
      page: 1,
    });
    const stats = await shell(cwd, `curl -s "${url}/api/query/stats/agent/codex"`);
    expect(JSON.parse(stats.stdout.toString())).toMatchObject({
      agent_name: 'codex',
      total_sessions: 1,
      extractions_by_type: { error: 1 },
      success_rate: 1,
    });
    const replay = await shell(
      cwd,
      `SESSION_ID=$(curl -s "${url}/api/query/sessions?agent=codex" | jq -r '.sessions[0].session_id')
       curl -s "${url}/api/replay/session/$SESSION_ID?speed=2.0" | grep ^event:`,
    );
    const events = replay.stdout.toString().trim().split('\n');
    expect([events[0], events.at(-1)]).toEqual(['event: session_start', 'event: replay_complete']);
  });

  it('announces itself beside the database, for its owner only, and takes that back at its end', async () => {
    const cwd = temporaryFolder();
    const server = await startServing(cwd);
    expect(entry(cwd)).toMatchObject({
      url: server.url,
      port: server.port,
      pid: server.child.pid,
      session_id: null,
    });
    expect(statSync(registry(cwd)).mode & 0o777).toBe(0o600);
    expect(await server.stop('SIGINT')).toBe(0);
    expect(existsSync(registry(cwd))).toBe(false);
  });

  it('ends on SIGTERM although clients are connected', async () => {
    const server = await startServing(temporaryFolder());
    const stream = await fetch(`${server.url}/api/live`);
    const rest = stream.text();
    expect(await server.stop('SIGTERM')).toBe(0);
    await rest;
  });

  it('does not share a port that was asked for', async () => {
    const cwd = temporaryFolder();
    const port = await takenPort();
    const outcome = await wrapper(['serve', '--port', String(port)], { cwd });
    expect([outcome.status, outcome.stdout.toString()]).toEqual([1, '']);
    expect(outcome.stderr.toString()).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(existsSync(registry(cwd))).toBe(false);
  });

  it('stands by while another serves, and takes over when that one ends', async () => {
    const cwd = temporaryFolder();
    const first = await startServing(cwd);
    const second = spawnServe(cwd, []);
    await until('it stands by', () => second.stderr().includes('Standing by'));
    expect(second.stderr()).toContain(`is served by wrapper serve (pid ${first.child.pid}) at ${first.url}`);
    const refused = await wrapper(['serve', '--port', '0'], { cwd });
    expect([refused.status, refused.stderr.toString()]).toEqual([1, expect.stringContaining('is served by')]);
    await first.stop('SIGKILL');
    await until('the second serves', () => existsSync(registry(cwd)) && entry(cwd).pid === second.child.pid);
    expect((await fetch(`${entry(cwd).url}/api/health`)).status).toBe(200);
  });

  it('refuses the database of another program, in one sentence', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'notes.db'), 'only some notes\n');
    const outcome = await wrapper(['serve', '--db', 'notes.db'], { cwd });
    expect(outcome.status).toBe(2);
    expect(outcome.stderr.toString()).toMatch(/^wrapper: .*notes\.db is not a database\n/);
  });

  it('says at --verbose what it answered and which queries took long', async () => {
    const cwd = temporaryFolder();
    await wrapper(['codex', 'echo error: one', '--enable-db'], { cwd });
    const server = await startServing(cwd, ['--port', '0', '--verbose', '--slow', '0']);
    await fetch(`${server.url}/api/query/extractions?agent=codex&q=secret-word`);
    await until('the request is logged', () => server.stderr().includes('GET /api/query/extractions 200 '));
    expect(server.stderr()).toMatch(
      /slow query: [\d.]+ ms, \d+ rows: SELECT .*\[SEARCH extraction_events USING INDEX/,
    );
    expect(server.stderr()).not.toContain('secret-word');
    const health = (await (await fetch(`${server.url}/api/health`)).json()) as { queries: { slow: number } };
    expect(health.queries.slow).toBeGreaterThan(0);
  });

  it('completes sessions whose wrapper died while it serves', async () => {
    const cwd = temporaryFolder();
    const server = await startServing(cwd);
    let pid = 0;
    const session = wrapper(
      ['--no-serve', 'codex', 'sh', '-c', 'echo error: last words; exec sleep 60', '--enable-db'],
      {
        cwd,
        onStart: (child) => {
          pid = child.pid!;
        },
      },
    );
    const sessions = async () =>
      ((await (await fetch(`${server.url}/api/query/sessions`)).json()) as { sessions: { state: string }[] })
        .sessions;
    await expect.poll(async () => (await sessions())[0]?.state, { timeout: 20_000 }).toBe('running');
    process.kill(pid, 'SIGKILL');
    await session;
    await expect.poll(async () => (await sessions())[0]?.state, { timeout: 20_000 }).toBe('lost');
  });
});

describe('a wrapped session', () => {
  it('serves while it runs, on the port that was asked for', async () => {
    const cwd = temporaryFolder();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const session = wrapper(
      ['--port', String(port), 'codex', 'sh', '-c', 'until [ -e stop ]; do sleep 0.05; done', '--enable-db'],
      { cwd },
    );
    await until('it serves', () => existsSync(registry(cwd)));
    expect(entry(cwd)).toMatchObject({ port, session_id: expect.stringMatching(/^sess_/) });
    const health = (await (await fetch(`${entry(cwd).url}/api/health`)).json()) as { sessions: object };
    expect(health.sessions).toMatchObject({
      total: 1,
      active: 1,
      running: [{ session_id: entry(cwd).session_id }],
    });
    writeFileSync(join(cwd, 'stop'), '');
    expect((await session).status).toBe(0);
    expect(existsSync(registry(cwd))).toBe(false);
  });

  it('does not start when the port that was asked for is taken', async () => {
    const cwd = temporaryFolder();
    const port = await takenPort();
    const outcome = await wrapper(['--port', String(port), 'codex', 'touch', 'started', '--enable-db'], {
      cwd,
    });
    expect([outcome.status, existsSync(join(cwd, 'started'))]).toEqual([125, false]);
    expect(outcome.stderr.toString()).toContain(`port ${port} is in use by another program`);
  });

  it('leaves serving to others when told so', async () => {
    const cwd = temporaryFolder();
    const session = wrapper(['--no-serve', 'codex', 'sleep', '1', '--enable-db'], { cwd });
    const announced: boolean[] = [];
    const watch = setInterval(() => announced.push(existsSync(registry(cwd))), 20);
    await session;
    clearInterval(watch);
    expect(announced.length).toBeGreaterThan(0);
    expect(announced).not.toContain(true);
  });
});
