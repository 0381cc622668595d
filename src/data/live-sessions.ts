// One small file for every session that runs, written when it starts and removed when it has been stored in full. What
// remains is what recovery has to do, and it is found even when the database could not be used at all.

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SESSION_ID } from '../model/ids.ts';
import type { NewSession, ProcessIdentity } from '../model/session.ts';
import { isAlive } from './process-identity.ts';
import { sessionFiles, sessionsFolder } from './session-files.ts';

export interface LiveSession {
  /** The wrapper that ran the session. */
  readonly owner: ProcessIdentity;
  readonly session: NewSession;
  /** Start of the session in epoch milliseconds. */
  readonly startedAtMs: number;
  /** The pattern set when it is not the built-in one; its shape belongs to the extractor. */
  readonly patterns: unknown;
  /** How the session ended, when that is known and only storing it failed. */
  readonly end: unknown;
}

export class LiveSessions {
  readonly #dbPath: string;

  constructor(dbPath: string) {
    this.#dbPath = dbPath;
  }

  /** Writes the file of a session, or writes it anew; whole or not at all. */
  register(live: LiveSession): void {
    const path = this.#path(live.session.sessionId);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.new`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(live));
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  }

  /** Adds how the session ended. */
  registerEnd(sessionId: string, end: unknown): void {
    const live = this.#read(this.#path(sessionId));
    if (live !== undefined) this.register({ ...live, end });
  }

  remove(sessionId: string): void {
    rmSync(this.#path(sessionId), { force: true });
  }

  /** Every session that has a file; unreadable files are left out. Empty when there is no folder. */
  list(): LiveSession[] {
    let names: string[];
    try {
      names = readdirSync(join(sessionsFolder(this.#dbPath), 'live'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    return names
      .filter((name) => name.endsWith('.json') && SESSION_ID.test(name.slice(0, -5)))
      .map((name) => this.#read(this.#path(name.slice(0, -5))))
      .filter((live) => live !== undefined);
  }

  /**
   * Takes a dead session for recovery, so that two processes never work on one. False when another live process has it.
   * A claim of a dead process is taken over.
   */
  claim(sessionId: string, claimant: ProcessIdentity): boolean {
    const path = this.#claimPath(sessionId);
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        const file = openSync(path, 'wx', 0o600);
        writeSync(file, JSON.stringify(claimant));
        closeSync(file);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = readJson(path) as ProcessIdentity | undefined;
        if (holder !== undefined && isAlive(holder) !== 'dead') return false;
        rmSync(path, { force: true });
      }
    }
    return false;
  }

  release(sessionId: string): void {
    rmSync(this.#claimPath(sessionId), { force: true });
  }

  #path(sessionId: string): string {
    return sessionFiles(this.#dbPath, sessionId).live;
  }

  #claimPath(sessionId: string): string {
    return `${this.#path(sessionId)}.claim`;
  }

  #read(path: string): LiveSession | undefined {
    return readJson(path) as LiveSession | undefined;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // gone in the meantime, or half written by a machine that went down: nothing to recover from
  }
}
