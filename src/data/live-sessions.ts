// One small file for every running session, beside its recording: how a dead session is found although the database knew
// nothing of it. Written at the start, removed at a clean end, read by whoever starts next.

import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SESSION_ID } from '../model/ids.ts';
import type { NewSession, ProcessIdentity } from '../model/session.ts';
import { makePrivateFolder } from './private-file.ts';
import { isAlive } from './process-identity.ts';
import { liveFolder, sessionFiles } from './session-files.ts';

export interface LiveSession {
  /** The process that writes the session. */
  readonly owner: ProcessIdentity;
  readonly session: NewSession;
  /** Epoch milliseconds from which elapsed times count. */
  readonly startedAtMs: number;
  /** The pattern set, for an extractor to run again; kept as it is. */
  readonly patterns: unknown;
  /** How the session ended, when its end could not be stored; null while it runs. */
  readonly end: unknown;
}

/** A claim whose owner cannot be judged (another machine) is taken over after this long, in ms. */
const FOREIGN_CLAIM_EXPIRES_MS = 3_600_000;

export class LiveSessions {
  readonly #dbPath: string;
  readonly #folder: string;

  constructor(dbPath: string) {
    this.#dbPath = dbPath;
    this.#folder = liveFolder(dbPath);
  }

  /** Written to the side and renamed, so that nobody ever reads half of it. */
  register(entry: LiveSession): void {
    makePrivateFolder(this.#folder);
    const path = sessionFiles(this.#dbPath, entry.session.sessionId).live;
    const unfinished = `${path}.${process.pid}.part`;
    writeFileSync(unfinished, JSON.stringify(entry), { mode: 0o600 });
    renameSync(unfinished, path);
  }

  /** Notes how the session ended, for whoever recovers it; without effect when it is not registered. */
  registerEnd(sessionId: string, end: object): void {
    const entry = this.#read(sessionFiles(this.#dbPath, sessionId).live);
    if (entry !== undefined) this.register({ ...entry, end });
  }

  /** Every registered session, dead or alive. What is no registration of ours is passed over. */
  list(): LiveSession[] {
    return this.#names()
      .filter((name) => name.endsWith('.json'))
      .map((name) => this.#read(join(this.#folder, name)))
      .filter((entry) => entry !== undefined);
  }

  /**
   * Claims a session for one recovery; false when another has it. Claims are numbered, and each number can be made only
   * once, so that of many who find the claim of a dead process exactly one takes it over.
   */
  claim(sessionId: string, identity: ProcessIdentity): boolean {
    makePrivateFolder(this.#folder);
    const claims = this.#claims(sessionId);
    const last = claims.at(-1) ?? 0;
    if (last > 0 && !this.#isStale(this.#claimPath(sessionId, last))) return false;
    const unnamed = join(this.#folder, `${sessionId}.${identity.pid}.claiming`);
    writeFileSync(unnamed, JSON.stringify(identity), { mode: 0o600 });
    try {
      linkSync(unnamed, this.#claimPath(sessionId, last + 1));
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(unnamed, { force: true });
    }
  }

  /** Gives a claim back. To be called by its owner only. */
  release(sessionId: string): void {
    // The highest number last: while it is there, nobody else can claim.
    for (const number of this.#claims(sessionId)) rmSync(this.#claimPath(sessionId, number), { force: true });
  }

  /** Removes claims that dead processes have left on sessions that are dealt with. */
  sweep(): void {
    for (const name of this.#names()) {
      const sessionId = name.slice(0, name.indexOf('.'));
      if (!name.includes('.claim-') || this.#names().includes(`${sessionId}.json`)) continue;
      if (this.#isStale(join(this.#folder, name))) rmSync(join(this.#folder, name), { force: true });
    }
  }

  /** The session has come to its end. */
  remove(sessionId: string): void {
    rmSync(sessionFiles(this.#dbPath, sessionId).live, { force: true });
  }

  #read(path: string): LiveSession | undefined {
    try {
      const entry = JSON.parse(readFileSync(path, 'utf8')) as Partial<LiveSession>;
      const sessionId = entry.session?.sessionId;
      if (typeof sessionId !== 'string' || !SESSION_ID.test(sessionId)) return undefined;
      if (sessionFiles(this.#dbPath, sessionId).live !== path) return undefined;
      if (typeof entry.owner?.pid !== 'number' || typeof entry.startedAtMs !== 'number') return undefined;
      return { patterns: null, end: null, ...entry } as LiveSession;
    } catch {
      // Removed since it was listed, or damaged: the row in the database is the other way to find the session.
      return undefined;
    }
  }

  #claims(sessionId: string): number[] {
    const prefix = `${sessionId}.claim-`;
    return this.#names()
      .filter((name) => name.startsWith(prefix))
      .map((name) => Number(name.slice(prefix.length)))
      .sort((left, right) => left - right);
  }

  #claimPath(sessionId: string, number: number): string {
    return join(this.#folder, `${sessionId}.claim-${number}`);
  }

  #isStale(path: string): boolean {
    try {
      const age = Date.now() - statSync(path).mtimeMs;
      const liveness = isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity);
      return liveness === 'dead' || (liveness === 'unknown' && age > FOREIGN_CLAIM_EXPIRES_MS);
    } catch {
      // Given back since it was listed: then somebody has just dealt with the session.
      return false;
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }
}
