// `<database>.server.json`: who serves the database, and where. Every client command and every publisher finds the server
// by it. It is a hint: whoever reads it makes sure that the process that wrote it is still there.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { canonicalDatabasePath } from './database-identity.ts';
import { isAlive, ownIdentity } from './process-identity.ts';

/** As it stands in the file. */
export interface ServerEntry {
  /** With the literal address, without a slash at its end: `http://127.0.0.1:8151`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly start_ticks: number | null;
  readonly boot_id: string | null;
  /** The wrapped session in whose process the server runs; null for `wrapper serve`. */
  readonly session_id: string | null;
  readonly version: string;
  readonly database_id: string;
  /** ISO-8601 UTC with milliseconds. */
  readonly started_at: string;
}

/** What a server knows about itself; the rest is found here. */
export type ServerFacts = Omit<ServerEntry, 'pid' | 'start_ticks' | 'boot_id'>;

export function registryPath(dbPath: string): string {
  return `${canonicalDatabasePath(dbPath)}.server.json`;
}

/** Announces this process as the server: mode 0600, written to the side and renamed, so that nobody reads half of it. */
export function writeServerEntry(dbPath: string, facts: ServerFacts): ServerEntry {
  const { pid, startTicks, bootId } = ownIdentity();
  const entry: ServerEntry = { ...facts, pid, start_ticks: startTicks, boot_id: bootId };
  const path = registryPath(dbPath);
  const unfinished = `${path}.${pid}.part`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, `${JSON.stringify(entry, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(unfinished, path);
  return entry;
}

/**
 * The server of a database, as far as its process is not known to be dead; undefined when there is none. A port that a
 * dead server has left may belong to anybody, who must not be sent a token.
 */
export function readServerEntry(dbPath: string): ServerEntry | undefined {
  const entry = parse(readIfThere(registryPath(dbPath)));
  if (entry === undefined) return undefined;
  const { pid, start_ticks: startTicks, boot_id: bootId } = entry;
  return isAlive({ pid, startTicks, bootId, host: hostname() }) === 'dead' ? undefined : entry;
}

/** Takes the announcement back, unless another server has made its own meanwhile. */
export function removeServerEntry(dbPath: string, own: ServerEntry): void {
  const path = registryPath(dbPath);
  const current = parse(readIfThere(path));
  if (current?.pid === own.pid && current.started_at === own.started_at) rmSync(path, { force: true });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined for what is no announcement of ours. */
function parse(text: string | undefined): ServerEntry | undefined {
  if (text === undefined) return undefined;
  let entry: Partial<ServerEntry> | null;
  try {
    entry = JSON.parse(text) as Partial<ServerEntry> | null;
  } catch {
    return undefined;
  }
  if (typeof entry?.url !== 'string' || typeof entry.port !== 'number' || typeof entry.pid !== 'number')
    return undefined;
  if (typeof entry.database_id !== 'string' || typeof entry.started_at !== 'string') return undefined;
  return entry as ServerEntry;
}
