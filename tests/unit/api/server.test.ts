// The server as a whole: a real one on a free port, over a real database.

import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LIMITS } from '../../../src/api/limits.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../../src/api/server.ts';
import { rotateServerToken, tokenPath } from '../../../src/data/server-token.ts';
import { WrapperError } from '../../../src/model/errors.ts';
import { IDS, makeSampleDatabase } from '../cli/sample-database.ts';
import { parseAnswer, readAll } from './raw-client.ts';
import { sharedFolder } from './shared-folder.ts';

/** A busy machine may take its time; nothing is decided by it. */
const PATIENTLY = { timeout: 20_000 };
const servers: RunningServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const dbPath = options.dbPath ?? join(sharedFolder(), 'wrapper.db');
  const server = await startServer({ dbPath, version: '0.0.0', port: 0, ...options });
  servers.push(server);
  return server;
}

async function json<Body>(url: string, init: RequestInit = {}): Promise<Body> {
  const response = await fetch(url, init);
  return (await response.json()) as Body;
}

describe('the database', () => {
  it('may come later; until then everything is empty', async () => {
    const server = await start();
    for (const path of ['extractions', 'code-blocks', 'sessions', 'agents', 'timeline']) {
      const response = await fetch(`${server.url}/api/query/${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      expect(await response.json()).toMatchObject({ total: 0 });
    }
    expect(await json(`${server.url}/api/health`)).toMatchObject({ database: { exists: false, bytes: 0 } });
    makeSampleDatabase(server.context.dbPath);
    await expect
      .poll(() => json(`${server.url}/api/query/sessions`), PATIENTLY)
      .toMatchObject({ total: 4, sessions: [{ agent_name: 'claude' }, {}, {}, {}] });
    expect(await json(`${server.url}/api/health`)).toMatchObject({
      database: { exists: true },
      sessions: {
        total: 4,
        active: 1,
        running: [{ session_id: IDS.running, last_seq: 0, last_event_at: null }],
      },
    });
  });

  it('may hold sessions that somebody has inserted, with the ids of the specification', async () => {
    const dbPath = join(sharedFolder(), 'wrapper.db');
    makeSampleDatabase(dbPath);
    const server = await start({ dbPath });
    const database = new BetterSqlite3(dbPath);
    database.exec(`INSERT INTO process_sessions (agent_name, session_id) VALUES ('hand', 'sess_abc123');
      INSERT INTO process_state_changes (session_id, state) VALUES ('sess_abc123', 'running');
      INSERT INTO extraction_events (agent_name, session_id, event_type, pattern, matched_value)
      VALUES ('hand', 'sess_abc123', 'error', 'by_hand', 'x')`);
    database.close();
    const [listed] = (
      await json<{ sessions: { session_id: string }[] }>(`${server.url}/api/query/sessions?agent=hand`)
    ).sessions;
    for (const path of [
      'query/session/ID',
      'query/extractions?session=ID',
      'replay/session/ID?format=json',
      'replay/export/ID?format=json',
      'replay/export/ID?format=har',
      'sessions/ID/state',
    ]) {
      const answer = await fetch(`${server.url}/api/${path.replace('ID', listed!.session_id)}`);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(await answer.text()).toContain(path === 'sessions/ID/state' ? 'running' : 'sess_abc123');
    }
  });

  it('is asked for rows that somebody inserts while it is served, by times of the day they are from', async () => {
    const dbPath = join(sharedFolder(), 'wrapper.db');
    makeSampleDatabase(dbPath);
    const server = await start({ dbPath });
    const count = async () =>
      (
        await json<{ total: number }>(
          `${server.url}/api/query/extractions?agent=hand&from=2026-11-20&to=2026-11-20`,
        )
      ).total;
    expect(await count()).toBe(0);
    const database = new BetterSqlite3(dbPath);
    for (const time of ['2026-11-20 00:00:00', '2026-11-20 23:59:59', '2026-11-21 00:00:00'])
      database
        .prepare(`INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern)
          VALUES ('hand', 'sess_abc123', ?, 'error', 'by_hand')`)
        .run(time);
    await expect.poll(count, PATIENTLY).toBe(2);
    // What is no time is left as it is, and asked for no more than once.
    database.exec(`INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern)
      VALUES ('hand', 'sess_abc123', 'yesterday', 'error', 'by_hand')`);
    const all = () => json<{ total: number }>(`${server.url}/api/query/extractions?agent=hand`);
    await expect.poll(all, PATIENTLY).toMatchObject({ total: 4 });
    database.close();
  });

  it('may be replaced by another', async () => {
    const server = await start();
    makeSampleDatabase(server.context.dbPath);
    const other = join(sharedFolder(), 'other.db');
    await expect.poll(() => json(`${server.url}/api/query/agents`), PATIENTLY).toMatchObject({ total: 2 });
    await (await start({ dbPath: other })).close();
    const { openDatabase } = await import('../../../src/data/database.ts');
    openDatabase(other).close();
    renameSync(other, server.context.dbPath);
    await expect.poll(() => json(`${server.url}/api/query/agents`), PATIENTLY).toMatchObject({ total: 0 });
  });

  it('that becomes unusable is a problem that names no path, until it is usable again', async () => {
    const server = await start();
    const { dbPath } = server.context;
    makeSampleDatabase(dbPath);
    renameSync(dbPath, `${dbPath}.away`);
    writeFileSync(dbPath, 'text of somebody');
    await expect
      .poll(() => json(`${server.url}/api/query/agents`), PATIENTLY)
      .toMatchObject({ status: 503, code: 'database_foreign' });
    const problem = JSON.stringify(await json(`${server.url}/api/query/agents`));
    expect(problem).not.toContain(dirname(dbPath));
    renameSync(`${dbPath}.away`, dbPath);
    await expect.poll(() => json(`${server.url}/api/query/agents`), PATIENTLY).toMatchObject({ total: 2 });
  });

  it.each([
    ['is no database', 'text of somebody', 'database_foreign'],
    ['is newer', undefined, 'database_newer'],
  ])('that %s is refused before anything listens', async (_what, text, code) => {
    const dbPath = join(sharedFolder(), 'wrapper-other.db');
    if (text === undefined) {
      makeSampleDatabase(dbPath);
      const bytes = readFileSync(dbPath);
      bytes.writeUInt32BE(99, 60);
      writeFileSync(dbPath, bytes);
    } else writeFileSync(dbPath, text);
    await expect(start({ dbPath })).rejects.toMatchObject({ code });
  });
});

describe('listening', () => {
  it('is on loopback only, at both of its addresses', async () => {
    const server = await start();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    const loopback = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address, family, internal, scopeid } of loopback) {
      const host = family === 'IPv6' && scopeid ? `${address}%${scopeid}` : address;
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect(server.port, host, () => resolve(true)).on('error', () => resolve(false));
        socket.on('connect', () => socket.destroy());
      });
      expect([address, reached]).toEqual([address, internal]);
    }
  });

  it('on a port of somebody else is an error that says so', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const failure = await start({ port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WrapperError);
    expect(failure).toMatchObject({ code: 'port_in_use', message: `port ${port} on 127.0.0.1 is in use` });
    other.close();
  });

  it('on every address needs the token for everything', async () => {
    const server = await start({ host: '0.0.0.0' });
    const token = server.context.access.token();
    for (const path of ['/', '/api/docs', '/api/health', '/api/query/sessions', '/api/openapi.json']) {
      const without = await fetch(`${server.url}${path}`);
      expect([path, without.status, without.headers.get('www-authenticate')]).toEqual([
        path,
        401,
        'Bearer realm="wrapper"',
      ]);
      const headers = { authorization: `Bearer ${token}` };
      expect((await fetch(`${server.url}${path}`, { headers })).status).toBe(200);
    }
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    const refused = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    expect(refused).toBe(401);
    const described = await json<{ paths: Record<string, { get?: { security: unknown } }> }>(
      `${server.url}/api/openapi.json`,
      { headers: { authorization: `Bearer ${token}` } },
    );
    expect(described.paths['/api/health']?.get?.security).toEqual([{ token: [] }]);
  });
});

describe('the token', () => {
  const act = (server: RunningServer, token: string) =>
    fetch(`${server.url}/api/sessions/${IDS.completed}/pause`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });

  it('is for its owner only and counts from the moment it is rotated', async () => {
    const server = await start();
    makeSampleDatabase(server.context.dbPath);
    const first = server.context.access.token();
    expect(statSync(tokenPath(server.context.dbPath)).mode & 0o777).toBe(0o600);
    expect((await act(server, first)).status).not.toBe(401);
    const second = rotateServerToken(server.context.dbPath);
    expect(second).not.toBe(first);
    expect((await act(server, first)).status).toBe(401);
    expect((await act(server, second)).status).not.toBe(401);
  });

  it('that is replaced opens nothing more, not even what is open', async () => {
    const server = await start();
    makeSampleDatabase(server.context.dbPath);
    const watch = (token: string) =>
      new WebSocket(`${server.url.replace('http', 'ws')}/ws`, {
        headers: { authorization: `Bearer ${token}` },
      });
    const command = { type: 'command', request_id: 'k', session_id: IDS.running, command: 'pause' };
    const answerOf = (socket: WebSocket) =>
      new Promise<string>((resolve) => {
        socket.on('message', (data) => {
          const message = JSON.parse(String(data)) as { request_id?: string; error?: { code: string } };
          if (message.request_id === 'k') resolve(message.error?.code ?? 'ok');
        });
        socket.send(JSON.stringify(command));
      });
    const old = watch(server.context.access.token());
    const unknown = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    await Promise.all([old, unknown].map((socket) => new Promise((opened) => socket.on('open', opened))));
    expect(await answerOf(old)).not.toBe('token_required');
    const closed = new Promise<number>((resolve) => old.on('close', resolve));
    const token = rotateServerToken(server.context.dbPath);
    // The server may have closed it before it has heard this.
    expect(await Promise.race([answerOf(old), closed])).toSatisfy(
      (said) => said === 'token_required' || said === 1008,
    );
    expect(await closed).toBe(1008);
    expect(unknown.readyState).toBe(WebSocket.OPEN);
    unknown.close();
    const next = watch(token);
    await new Promise((opened) => next.on('open', opened));
    expect(await answerOf(next)).not.toBe('token_required');
    next.close();
  });

  it('that is replaced ends the event streams that were opened with it', async () => {
    const server = await start();
    makeSampleDatabase(server.context.dbPath);
    const ended: string[] = [];
    const watch = async (name: string, token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const leaving = new AbortController();
      const answer = await fetch(`${server.url}/api/live`, { headers, signal: leaving.signal });
      expect(answer.status).toBe(200);
      void answer.text().catch(() => ended.push(name));
      return leaving;
    };
    await watch('old', server.context.access.token());
    const anonymous = await watch('anonymous');
    const next = await watch('next', rotateServerToken(server.context.dbPath));
    await expect.poll(() => ended, PATIENTLY).toEqual(['old']);
    for (const leaving of [anonymous, next]) leaving.abort();
  });

  it('in an address is no token, and is refused', async () => {
    const server = await start();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws?token=x`);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => {});
    });
    expect(status).toBe(400);
  });

  it('that others could have read or written is not trusted', async () => {
    const server = await start();
    const token = server.context.access.token();
    chmodSync(tokenPath(server.context.dbPath), 0o644);
    const answer = await act(server, token);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      503,
      'storage_unavailable',
    ]);
    rotateServerToken(server.context.dbPath);
    expect(statSync(tokenPath(server.context.dbPath)).mode & 0o777).toBe(0o600);
  });

  it('guessed again and again is answered more and more rarely', async () => {
    const server = await start();
    server.context.access.token();
    const statuses = await Promise.all(Array.from({ length: 60 }, () => act(server, 'x'.repeat(43))));
    const codes = new Set(statuses.map((answer) => answer.status));
    expect([...codes].sort()).toEqual([401, 429]);
    expect(statuses.find(({ status }) => status === 429)!.headers.get('retry-after')).toBe('1');
  });
});

describe('connections', () => {
  it('beyond the limit are told so and closed, and make room when others leave', async () => {
    const server = await start({ limits: { connections: 20 } });
    const idle = await Promise.all(Array.from({ length: 20 }, () => connected(server.port)));
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        readAll(connect(server.port, '127.0.0.1'), (socket) => socket.write('GET / HTTP/1.1\r\n')),
      ),
    );
    for (const answer of answers.map(parseAnswer)) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'overloaded', status: 503 });
    }
    for (const socket of idle) socket.destroy();
    await expect.poll(async () => (await fetch(`${server.url}/api/health`)).status, PATIENTLY).toBe(200);
  });
});

describe('event streams', () => {
  it('beyond their limit are refused, and a plain request is not', async () => {
    const server = await start();
    const leaving = new AbortController();
    const streams = await Promise.all(
      Array.from({ length: LIMITS.eventStreams }, () =>
        fetch(`${server.url}/api/live`, { signal: leaving.signal }),
      ),
    );
    expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
    const refused = await fetch(`${server.url}/api/live`);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'overloaded']);
    expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
    leaving.abort();
    const again = async (): Promise<number> => {
      const stream = await fetch(`${server.url}/api/live`);
      await stream.body?.cancel();
      return stream.status;
    };
    await expect.poll(again, PATIENTLY).toBe(200);
  });
});

describe('closing', () => {
  it('ends streams and WebSockets politely and refuses what comes then', async () => {
    const server = await start();
    makeSampleDatabase(server.context.dbPath);
    const stream = await fetch(`${server.url}/api/live`);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    await new Promise((resolve) => socket.on('open', resolve));
    const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    const ended = stream.text().then(
      () => 'ended',
      () => 'broken',
    );
    await server.close();
    expect(await closed).toBe(1001);
    expect(await ended).toBe('ended');
    await expect(fetch(`${server.url}/api/health`)).rejects.toThrow();
  });

  it('does not wait for whoever never reads', async () => {
    const server = await start({ timeouts: { shutdown: 100 } });
    const idle = await connected(server.port);
    idle.write('GET /api/live HTTP/1.1\r\n');
    idle.on('error', () => {});
    await server.close();
    expect(await new Promise((resolve) => idle.on('close', () => resolve('closed')))).toBe('closed');
  });
});

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}
