// The server as a whole: a real one on a free port, over a real database.

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../src/api/server.ts';
import { temporaryFolder } from '../data/temporary-folder.ts';

const servers: RunningServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(): Promise<RunningServer> {
  const server = await startServer({
    dbPath: join(temporaryFolder(), 'wrapper.db'),
    version: '0.0.0',
    port: 0,
  });
  servers.push(server);
  return server;
}

describe('the server', () => {
  it('answers before there is a database', async () => {
    const server = await start();
    const response = await fetch(`${server.url}/api/health`);
    expect(response.status).toBe(200);
    const body = (await response.json()) as { database: { exists: boolean } };
    expect(body.database.exists).toBe(false);
  });
  it('says in a problem document what it does not know', async () => {
    const server = await start();
    for (const [path, init, status, code] of [
      ['/nowhere', {}, 404, 'not_found'],
      ['/api/health?limt=1', {}, 400, 'parameter_unknown'],
      ['/api/health', { method: 'DELETE' }, 415, 'content_type_unsupported'],
      [
        '/api/health',
        { method: 'DELETE', headers: { 'content-type': 'application/json' } },
        401,
        'token_required',
      ],
      [
        '/api/health',
        {
          method: 'DELETE',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${server.context.access.token()}`,
          },
        },
        405,
        'method_not_allowed',
      ],
    ] as const) {
      const response = await fetch(`${server.url}${path}`, init);
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        status,
        'application/problem+json',
      ]);
      expect(((await response.json()) as { code: string }).code).toBe(code);
    }
  });
});
