// The right to serve: one holder at a time, given back by the kernel when the holder is killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { databaseIdentity } from '../../../src/data/database-identity.ts';
import { ServerLock } from '../../../src/data/server-lock.ts';
import { readServerEntry, registryPath, writeServerEntry } from '../../../src/data/server-registry.ts';
import { temporaryFolder } from '../../support/wrapper.ts';

const HOLDER = fileURLToPath(new URL('../../programs/hold-server-lock.mjs', import.meta.url));

const facts = {
  url: 'http://127.0.0.1:8151',
  host: '127.0.0.1',
  port: 8151,
  session_id: null,
  version: '1.2.3',
  started_at: '2026-02-10T10:30:00.000Z',
};

it('is held by one process until that process is killed', async () => {
  const dbPath = join(temporaryFolder(), 'wrapper.db');
  const holder = spawn(process.execPath, [HOLDER, `${dbPath}.server.lock`], { stdio: ['ignore', 'pipe', 2] });
  await once(holder.stdout!, 'data');
  const lock = new ServerLock(dbPath);
  try {
    expect(lock.tryAcquire()).toBe(false);
    const gone = once(holder, 'exit');
    holder.kill('SIGKILL');
    await gone;
    expect(lock.tryAcquire()).toBe(true);
    expect(lock.tryAcquire()).toBe(true);
  } finally {
    lock.close();
    holder.kill('SIGKILL');
  }
});

it('can be given back and taken again, and is the same by every path to the database', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'));
  mkdirSync(join(folder, 'other'));
  const dbPath = join(folder, 'real', 'wrapper.db');
  const alias = join(folder, 'other', 'alias.db');
  writeFileSync(dbPath, '');
  symlinkSync(dbPath, alias);
  expect(databaseIdentity(alias)).toBe(databaseIdentity(dbPath));
  const [one, two] = [new ServerLock(dbPath), new ServerLock(alias)];
  expect([one.tryAcquire(), two.tryAcquire()]).toEqual([true, false]);
  expect(statSync(`${dbPath}.server.lock`).mode & 0o777).toBe(0o600);
  one.release();
  expect([two.tryAcquire(), one.tryAcquire()]).toEqual([true, false]);
  one.close();
  two.close();
});

it('does not name a server whose process is dead, and knows a database that was replaced', () => {
  const dbPath = join(temporaryFolder(), 'wrapper.db');
  expect(readServerEntry(dbPath)).toBeUndefined();
  const identity = databaseIdentity(dbPath);
  const entry = writeServerEntry(dbPath, { ...facts, database_id: identity });
  expect(readServerEntry(dbPath)).toEqual(entry);
  expect(statSync(registryPath(dbPath)).mode & 0o777).toBe(0o600);
  writeFileSync(
    registryPath(dbPath),
    JSON.stringify({ ...entry, start_ticks: (entry.start_ticks ?? 0) - 1 }),
  );
  expect(readServerEntry(dbPath)).toBeUndefined();
  writeFileSync(registryPath(dbPath), '{"url": "http://');
  expect(readServerEntry(dbPath)).toBeUndefined();
  writeFileSync(dbPath, '');
  expect(databaseIdentity(dbPath)).not.toBe(identity);
});
