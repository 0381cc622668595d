// The live stream as the commands read it, from a real server.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../src/api/server.ts';
import { liveStream } from '../../../src/cli/live-stream.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { removeServerEntry, writeServerEntry } from '../../../src/data/server-registry.ts';
import { sharedFolder } from '../api/shared-folder.ts';
import { captureStreams, contextOf } from './harness.ts';
import { IDS, makeSampleDatabase } from './sample-database.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function sampleDatabase(): string {
  const dbPath = join(sharedFolder(), 'wrapper.db');
  makeSampleDatabase(dbPath);
  return dbPath;
}

/** A server on `host` that is announced beside its database. */
async function announced(host: string, dbPath = sampleDatabase()): Promise<RunningServer> {
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
  const stream = liveStream({ dbPath, query: {}, onWaiting: () => true });
  endings.push(() => stream.return(undefined));
  const { value } = await stream.next();
  expect(value?.message.type).toBe('connected');
});

it('begins anew at its start after a break before anything has come', async () => {
  const { url, context } = await announced('127.0.0.1');
  const database = openDatabase(context.dbPath);
  const [stored] = new ExtractionStore(database).queryExtractions({ session: IDS.completed });
  new ExtractionStore(database).saveExtractionBatch([{ ...stored!, sessionId: IDS.running }], []);
  database.close();
  const idOfConnected = async (query: string): Promise<string | undefined> => {
    const leaving = new AbortController();
    const response = await fetch(`${url}/api/live${query}`, { signal: leaving.signal });
    let text = '';
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk).toString();
      if (text.includes('\n\n')) break;
    }
    leaving.abort();
    expect(text).toContain('event: connected');
    return /^id: (.*)$/m.exec(text)?.[1];
  };
  const start = await idOfConnected('?from=start');
  expect(start).toMatch(new RegExp(`;${IDS.running}:0(;|$)`));
  expect(await idOfConnected(`?after=${start}`)).toBe(start);
});

it('is not waited for when the database is damaged', async () => {
  const folder = sharedFolder();
  const dbPath = join(folder, 'wrapper.db');
  makeSampleDatabase(dbPath);
  writeFileSync(dbPath, readFileSync(dbPath).fill(0x5a, 100));
  const captured = captureStreams();
  const status = await runProgram(['tail', '--db', dbPath], contextOf(captured, folder, Date.now()));
  expect([status, captured.stderr()]).toEqual([1, expect.stringContaining('is damaged')]);
});

it('tells a state once, although the next server begins with it', async () => {
  const dbPath = sampleDatabase();
  const first = await announced('127.0.0.1', dbPath);
  const stream = liveStream({ dbPath, query: {}, onWaiting: () => true });
  endings.push(() => stream.return(undefined));
  const typesUntilLive = async (): Promise<string[]> => {
    const types: string[] = [];
    for (;;) {
      const { type } = (await stream.next()).value!.message;
      types.push(type);
      if (type === 'live') return types;
    }
  };
  expect(await typesUntilLive()).toEqual(['connected', 'state', 'live']);
  await announced('127.0.0.1', dbPath);
  await first.close();
  expect(await typesUntilLive()).toEqual(['connected', 'live']);
});
