// The right to serve a database: at most one process has it. It is SQLite's own lock on an empty file beside the database,
// so the kernel gives it back when its holder dies, however it dies; nothing stale is ever left, nobody without access to
// the folder can take it, and it works wherever the database itself does.

import BetterSqlite3 from 'better-sqlite3';
import { canonicalDatabasePath } from './database-identity.ts';
import { throughExitGate } from './exit-gate.ts';
import { nativeBinding } from './native-binding.ts';
import { makePrivateFile } from './private-file.ts';

export class ServerLock {
  readonly #connection: BetterSqlite3.Database;
  #held = false;

  /** @throws Error when the lock file cannot be made: the folder is absent or read-only */
  constructor(dbPath: string) {
    const path = `${canonicalDatabasePath(dbPath)}.server.lock`;
    // Through SQLite's connection only from here on: closing any other descriptor of the file would drop the lock.
    makePrivateFile(path);
    this.#connection = new BetterSqlite3(path, { timeout: 0, ...nativeBinding() });
  }

  get held(): boolean {
    return this.#held;
  }

  /** Takes the lock if nobody has it; never waits. */
  tryAcquire(): boolean {
    return this.#held || throughExitGate(() => this.#acquire());
  }

  #acquire(): boolean {
    try {
      // Nothing is ever written, so there need not be a file to undo it with. Busy itself while another has the lock.
      this.#connection.pragma('journal_mode = MEMORY');
      this.#connection.exec('BEGIN EXCLUSIVE');
      this.#held = true;
    } catch (error) {
      if (!(error instanceof BetterSqlite3.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
    }
    return this.#held;
  }

  /** Gives it back; the lock can be tried for again. */
  release(): void {
    if (!this.#held) return;
    this.#connection.exec('ROLLBACK');
    this.#held = false;
  }

  /** Gives it back for good. */
  close(): void {
    this.#connection.close();
    this.#held = false;
  }
}
