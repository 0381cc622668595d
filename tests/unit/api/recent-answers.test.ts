// Answers that are kept while nothing is written, asked for over HTTP from a real server over a real database.

import { renameSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../src/api/server.ts';
import { makeSampleDatabase } from '../cli/sample-database.ts';
import { sharedFolder } from './shared-folder.ts';

const EVENTS = '/api/query/extractions?limit=5';
const servers: RunningServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function startOnSamples(): Promise<RunningServer> {
  const dbPath = join(sharedFolder(), 'wrapper.db');
  makeSampleDatabase(dbPath);
  const server = await startServer({ dbPath, version: '0.0.0', port: 0 });
  servers.push(server);
  return server;
}

function insert(dbPath: string, value: string): void {
  const database = new BetterSqlite3(dbPath);
  database
    .prepare(
      `INSERT INTO extraction_events (agent_name, session_id, event_type, pattern, matched_value, timestamp)
       SELECT agent_name, session_id, 'error', 'by_hand', ?, '2999-01-01T00:00:00.000Z' FROM process_sessions LIMIT 1`,
    )
    .run(value);
  database.close();
}

interface Asked {
  readonly status: number;
  readonly type: string | null;
  readonly length: string | null;
  readonly text: string;
  /** Statements that the server ran for it. */
  readonly statements: number;
}

async function ask({ url, context }: RunningServer, path: string, init?: RequestInit): Promise<Asked> {
  const before = context.timings.summary().calls;
  const answer = await fetch(`${url}${path}`, init);
  const text = await answer.text();
  return {
    status: answer.status,
    type: answer.headers.get('Content-Type'),
    length: answer.headers.get('Content-Length'),
    text,
    statements: context.timings.summary().calls - before,
  };
}

describe('an answer', () => {
  it('is given again, byte for byte, without asking the database', async () => {
    const server = await startOnSamples();
    const first = await ask(server, EVENTS);
    const second = await ask(server, EVENTS);
    expect(first.statements).toBeGreaterThan(0);
    expect(second).toEqual({ ...first, statements: 0 });
    expect(second.length).toBe(`${Buffer.byteLength(second.text)}`);
  });

  it('is asked anew for a client that says no-cache, and kept for the others', async () => {
    const server = await startOnSamples();
    const first = await ask(server, EVENTS);
    const fresh = await ask(server, EVENTS, { headers: { 'Cache-Control': 'max-age=0, No-Cache' } });
    expect(fresh).toEqual(first);
    expect(await ask(server, EVENTS)).toEqual({ ...first, statements: 0 });
  });

  it('is another one as soon as something has been written', async () => {
    const server = await startOnSamples();
    for (let number = 0; number < 20; number++) {
      insert(server.context.dbPath, `value ${number}`);
      expect((await ask(server, EVENTS)).text).toContain(`"value ${number}"`);
    }
  });

  it('is another one once the file is another one', async () => {
    const server = await startOnSamples();
    await ask(server, EVENTS);
    const other = join(sharedFolder(), 'wrapper.db');
    makeSampleDatabase(other);
    insert(other, 'of the other file');
    renameSync(other, server.context.dbPath);
    await expect
      .poll(async () => (await ask(server, EVENTS)).text, { timeout: 20_000 })
      .toContain('of the other file');
  });

  it('belongs to its question alone', async () => {
    const server = await startOnSamples();
    const all = await ask(server, '/api/query/sessions');
    const one = await ask(server, '/api/query/sessions?limit=1');
    expect(JSON.parse(one.text).sessions).toHaveLength(1);
    expect(JSON.parse(all.text).sessions).toHaveLength(4);
    const head = await ask(server, '/api/query/sessions', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '', type: all.type });
  });

  it('is not kept when it is a refusal', async () => {
    const server = await startOnSamples();
    const path = '/api/query/stats/agent/nobody';
    expect(await ask(server, path)).toMatchObject({ status: 404 });
    expect(await ask(server, path)).toMatchObject({ status: 404, type: 'application/problem+json' });
    expect(await ask(server, '/api/query/extractions?limit=x')).toMatchObject({ status: 400 });
  });

  it('is asked anew for what is posted', async () => {
    const server = await startOnSamples();
    const post = (body: object): Promise<Asked> =>
      ask(server, '/api/query/advanced', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    const first = await post({ source: 'sessions', page: { limit: 1 } });
    const second = await post({ source: 'sessions', page: { limit: 2 } });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.text).not.toBe(first.text);
  });
});
