// The server's view of the database file: a read-only connection that appears with the file, follows it when another
// takes its place, and is an empty database in memory until then, so that no route has to know whether there is one.

import { type BigIntStats, statSync } from 'node:fs';
import { type Database, type OpenOptions, openDatabase } from '../data/database.ts';
import { inspectDatabaseFile } from '../data/database-file.ts';
import { SCHEMA_VERSION } from '../data/database-format.ts';
import { ExtractionStore } from '../data/extraction-store.ts';
import { lastForeignTime, mendForeignTimes } from '../data/hand-written-times.ts';
import { QueryService } from '../data/query-service.ts';
import type { Queries } from '../data/query-types.ts';
import { SessionStore } from '../data/session-store.ts';

/** How often the file is looked at, in milliseconds. */
const LOOK_EVERY_MS = 250;

export interface Stores {
  readonly database: Database;
  readonly extractions: ExtractionStore;
  readonly sessions: SessionStore;
  readonly queries: Queries;
}

export class ServedDatabase {
  readonly #path: string;
  readonly #onQuery: OpenOptions['onQuery'];
  readonly #now: () => number;
  #stores: Stores | undefined;
  /** Device and inode of the file that is open; undefined for the empty database. */
  #file: string | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The last event whose foreign time was seen to: what is still foreign then is no time, or cannot be written. */
  #mendedTo = 0;
  /** Connections to files that were replaced: something may still be reading from them. */
  readonly #retired: Database[] = [];

  /**
   * @param onQuery told of each statement that a route runs
   * @param now gives milliseconds of a monotonic clock
   */
  constructor(path: string, onQuery?: OpenOptions['onQuery'], now: () => number = () => performance.now()) {
    this.#path = path;
    this.#onQuery = onQuery;
    this.#now = now;
  }

  /** @throws WrapperError as `openDatabase` does */
  get stores(): Stores {
    const now = this.#now();
    if (this.#stores !== undefined && now - this.#lookedAt < LOOK_EVERY_MS) return this.#stores;
    const file = identityOf(this.#path);
    if (this.#stores === undefined || file !== this.#file) this.#open(file);
    this.#lookedAt = now;
    if (this.#file !== undefined) this.#mendTimes(this.#stores!.database);
    return this.#stores!;
  }

  /** Bytes of the database with its write-ahead log; 0 when there is none. */
  size(): number {
    return sizeOf(this.#path) + sizeOf(`${this.#path}-wal`);
  }

  close(): void {
    for (const database of this.#retired.splice(0)) database.close();
    this.#stores?.database.close();
    this.#stores = undefined;
  }

  #mendTimes(database: Database): void {
    const last = lastForeignTime(database);
    if (last > this.#mendedTo && mendForeignTimes(this.#path)) this.#mendedTo = last;
  }

  #open(file: string | undefined): void {
    this.#mendedTo = 0;
    const database = file === undefined ? undefined : openForReading(this.#path, this.#onQuery);
    if (this.#stores !== undefined) {
      if (database === undefined && this.#file === undefined) return;
      this.#retired.push(this.#stores.database);
    }
    const opened = database ?? openDatabase(':memory:');
    this.#stores = {
      database: opened,
      extractions: new ExtractionStore(opened),
      sessions: new SessionStore(opened),
      queries: new QueryService(opened),
    };
    this.#file = database === undefined ? undefined : file;
  }
}

/**
 * Undefined for a file that another wrapper has made and not yet filled. An older database is brought up to date first, or
 * refused when that takes long.
 */
function openForReading(path: string, onQuery: OpenOptions['onQuery']): Database | undefined {
  const file = inspectDatabaseFile(path);
  if (file.kind === 'absent') return undefined;
  if (file.kind === 'wrapper' && file.version < SCHEMA_VERSION) {
    openDatabase(path, { create: false, refuseLongUpgrade: true }).close();
  }
  try {
    return openDatabase(path, { readonly: true, onQuery });
  } catch (error) {
    // Its first transaction may still be in the log or under way; what is wrong for good is wrong the next time, too.
    if (file.kind === 'empty') return undefined;
    throw error;
  }
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false }) as BigIntStats | undefined;
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
