// The live stream as the commands read it, from a real server.

import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../src/api/server.ts';
import { liveStream } from '../../../src/cli/live-stream.ts';
import { removeServerEntry, writeServerEntry } from '../../../src/data/server-registry.ts';
import { sharedFolder } from '../api/shared-folder.ts';
import { makeSampleDatabase } from './sample-database.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A server on `host` that is announced beside its database. */
async function announced(host: string): Promise<RunningServer> {
  const dbPath = join(sharedFolder(), 'wrapper.db');
  makeSampleDatabase(dbPath);
  const server = await startServer({ dbPath, version: '0.0.0', port: 0, host });
  endings.push(() => server.close());
  const { url, port } = server;
  const facts = { url, host, port, session_id: null, version: '0.0.0', database_id: 'any' };
  const entry = writeServerEntry(dbPath, { ...facts, started_at: new Date().toISOString() });
  endings.push(() => removeServerEntry(dbPath, entry));
  return server;
}

it.each(['127.0.0.1', '0.0.0.0'])('comes from a server on %s', async (host) => {
  const { dbPath } = (await announced(host)).context;
  const stream = liveStream({ dbPath, query: {}, onWaiting: () => {} });
  endings.push(() => stream.return(undefined));
  const { value } = await stream.next();
  expect(value?.message.type).toBe('connected');
});
