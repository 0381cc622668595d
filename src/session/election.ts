// Who serves a database: one process at a time. A candidate that wins may bind the port and announces itself; when it
// dies, however it dies, another candidate wins. Nobody ever takes over from a server that lives.

import { ServerLock } from '../data/server-lock.ts';
import {
  removeServerEntry,
  type ServerEntry,
  type ServerFacts,
  writeServerEntry,
} from '../data/server-registry.ts';

export class Election {
  readonly #dbPath: string;
  #lock: ServerLock | undefined;

  constructor(dbPath: string) {
    this.#dbPath = dbPath;
  }

  get won(): boolean {
    return this.#lock?.held === true;
  }

  /**
   * Whether this process may serve from now on. Costs one system call, so it may be repeated several times a second.
   *
   * @throws Error when no lock can be had in the database's folder
   */
  tryWin(): boolean {
    this.#lock ??= new ServerLock(this.#dbPath);
    return this.#lock.tryAcquire();
  }

  /** Lets another serve. */
  resign(): void {
    this.#lock?.release();
  }

  /** Lets another serve, and is no candidate any more. */
  close(): void {
    this.#lock?.close();
    this.#lock = undefined;
  }
}

/** Announces the server of this process; only for the winner. The returned function takes the announcement back. */
export function announceServer(
  dbPath: string,
  facts: ServerFacts,
): { entry: ServerEntry; withdraw: () => void } {
  const entry = writeServerEntry(dbPath, facts);
  return { entry, withdraw: () => removeServerEntry(dbPath, entry) };
}
