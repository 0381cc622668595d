// A connection to the database: opened with the pragmas that every writer needs, checked to be ours, migrated when it
// is older. One connection belongs to one thread; several processes may open the same file at once.

import BetterSqlite3 from 'better-sqlite3';
import { messageOf, WrapperError } from '../model/errors.ts';
import { copyDatabase, type DatabaseCopy } from './database-copy.ts';
import { assertUsableDatabase, inspectDatabaseFile } from './database-file.ts';
import { APPLICATION_ID } from './database-format.ts';
import { isLarge } from './database-upgrade.ts';
import { throughExitGate } from './exit-gate.ts';
import { LONGEST_CALL_MS, waitingForLocks } from './lock-patience.ts';
import { MIGRATIONS, type Migration, migrate } from './migrations/index.ts';
import { nativeBinding } from './native-binding.ts';
import { makeDatabaseFile } from './new-database-file.ts';
import { classifySqliteError, describeSqliteError, isBlobInJson } from './sqlite-error.ts';

export { classifySqliteError, isBeingUpgraded } from './sqlite-error.ts';

export type SqlValue = string | number | bigint | null;

/** A prepared statement, as far as it is used here. */
type Statement = Pick<BetterSqlite3.Statement<SqlValue[]>, 'get' | 'all' | 'run'>;
/** Told of every statement that was run: its text, how long it took, and how many rows it gave or changed. */
type QueryObserver = (sql: string, ms: number, rows: number) => void;

/** What the stores need of a connection. Every error that leaves it is a WrapperError with SQLite's as its cause. */
export interface Database {
  readonly path: string;
  readonly readonly: boolean;
  /** Prepares once and keeps the statement; the text of the SQL is the key. */
  prepare(sql: string): Statement;
  /**
   * The rows of `SELECT <columns> <rest>`, as lists of values in the order of the columns. Prepared once, as above. A row
   * leaves SQLite as one JSON text, because fetching a value costs more than all else that is done with it: against an
   * object of sixteen values half the time, against a list three quarters.
   *
   * @typeParam Row what the columns are; anybody may have written anything into them
   */
  rows<Row extends readonly unknown[]>(columns: string, rest: string, values: readonly SqlValue[]): Row[];
  /** The steps of SQLite's plan for a statement; empty when it has none. */
  explain(sql: string): string[];
  /** A number that is another one once another connection has changed the file (SQLite's `PRAGMA data_version`). */
  dataVersion(): number;
  /** Runs reading statements; all of them again when one meets a lock. */
  read<T>(work: () => T): T;
  /** The same, where all statements see the database at one moment, whatever others write meanwhile. */
  snapshot<T>(work: () => T): T;
  /** Runs `work` in one IMMEDIATE transaction, or as part of the one that is open already. */
  write<T>(work: () => T): T;
  /** Waits about this long for a lock from now on, in milliseconds. */
  setBusyTimeout(milliseconds: number): void;
  /** Closing twice is harmless. */
  close(): void;
}

export interface OpenOptions {
  /** Never changes the file; it must exist and be of the current version. */
  readonly readonly?: boolean;
  /** How long to wait for a lock, in milliseconds; 5000 by default. */
  readonly busyTimeoutMs?: number;
  /** Make the file and its folder when absent; true by default, never when `readonly`. */
  readonly create?: boolean;
  /**
   * For who must not wait: an older database that is too large to be brought up to date in a moment is refused as
   * `database_locked`, also while somebody else does it. By default it is done here.
   */
  readonly refuseLongUpgrade?: boolean;
  /** Costs nothing when absent. */
  readonly onQuery?: QueryObserver | undefined;
  /** For tests of the migrations only. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the database at `path` (`:memory:` for one that is gone when closed). A new file has mode 0600 and a new folder
 * 0700, whatever the umask; SQLite gives its `-wal` and `-shm` the mode of the file. Where SQLite cannot read a database
 * for want of a place for its `-shm`, a `readonly` connection reads a private copy of how it is now.
 *
 * @throws WrapperError `database_foreign`, `database_newer`, `database_damaged`, `database_locked` or
 *   `storage_unavailable`; the file is then unchanged
 */
export function openDatabase(path: string, options: OpenOptions = {}): Database {
  const migrations = options.migrations ?? MIGRATIONS;
  const latest = migrations.at(-1)!.version;
  const readonly = options.readonly ?? false;
  if (path !== ':memory:') {
    checkFile(path, latest);
    if (!readonly && options.create !== false) createPrivately(path);
  }
  const patienceMs = options.busyTimeoutMs ?? 5000;
  const connect = (file: string): BetterSqlite3.Database => {
    let connection: BetterSqlite3.Database | undefined;
    try {
      connection = new BetterSqlite3(file, {
        readonly,
        fileMustExist: path !== ':memory:',
        timeout: Math.min(patienceMs, LONGEST_CALL_MS),
        ...nativeBinding(),
      });
      prepareConnection(connection, path, options, migrations, latest);
      return connection;
    } catch (error) {
      connection?.close();
      throw error;
    }
  };
  const openFile = (file: string, onClose: () => void): Database => {
    try {
      const connection = waitingForLocks(patienceMs, () => connect(file));
      return new Connection(connection, path, patienceMs, onClose, options.onQuery);
    } catch (error) {
      onClose();
      throw describeOpenError(error, path);
    }
  };
  try {
    return openFile(path, () => {});
  } catch (error) {
    const isUnreadable = error instanceof WrapperError && error.cause !== undefined;
    const copy =
      readonly && isUnreadable && classifySqliteError(error) === 'readonly' ? copyOrNothing(path) : undefined;
    if (copy === undefined) throw error;
    return openFile(copy.path, copy.remove);
  }
}

/** Nothing when the file cannot be read at all: then the error of SQLite is the one to report. */
function copyOrNothing(path: string): DatabaseCopy | undefined {
  try {
    return copyDatabase(path);
  } catch {
    return undefined; // the caller throws what SQLite said
  }
}

function checkFile(path: string, latest: number): void {
  assertUsableDatabase(path, latest);
  const file = inspectDatabaseFile(path, latest);
  if (file.kind === 'damaged') {
    throw new WrapperError('database_damaged', `${path} is damaged: ${file.reason}`, {
      hint: 'End what uses it and move it aside with its -wal and -shm; the recordings beside it are not affected.',
    });
  }
}

function createPrivately(path: string): void {
  try {
    makeDatabaseFile(path);
  } catch (error) {
    throw new WrapperError('storage_unavailable', `${path} cannot be created: ${messageOf(error)}`, {
      hint: 'Choose a folder that you can write to with --db.',
      cause: error,
    });
  }
}

/** One query decides; a database of the current version costs two more pragmas and nothing else. */
function prepareConnection(
  connection: BetterSqlite3.Database,
  path: string,
  { readonly = false, refuseLongUpgrade = false }: OpenOptions,
  migrations: readonly Migration[],
  latest: number,
): void {
  const { owner, version, tables } = connection
    .prepare(
      `SELECT (SELECT application_id FROM pragma_application_id) AS owner,
              (SELECT user_version FROM pragma_user_version) AS version,
              (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('extraction_events',
                'extraction_counts', 'extraction_hours', 'extraction_days', 'session_counts', 'code_blocks',
                'process_sessions', 'agent_sessions', 'process_state_changes', 'runs', 'plan_results',
                'execution_results', 'campaigns', 'scans')) AS tables`,
    )
    .get() as { owner: number; version: number; tables: number };
  if (owner === APPLICATION_ID && version > latest) throw newer(path, version);
  if (version === latest && owner === APPLICATION_ID) {
    if (tables < 14) throw new WrapperError('database_damaged', `${path} lacks tables that it must have`);
  } else if (readonly) {
    throw new WrapperError('storage_unavailable', `${path} was written by an older wrapper or is empty`, {
      hint: 'Run any command with --enable-db once to bring it up to date.',
    });
  }
  if (version !== latest && refuseLongUpgrade && isLarge(path)) {
    throw new WrapperError('database_locked', `${path} is being brought up to date for this wrapper`);
  }
  // Lists at random places of a large database are read again and again by a server.
  if (readonly) {
    connection.pragma('cache_size = -16384');
    return;
  }
  if (version !== latest) connection.pragma('journal_mode = WAL');
  // A connection that finds the file in WAL mode has NORMAL, one that has just switched it has FULL.
  connection.pragma('synchronous = NORMAL');
  connection.pragma('journal_size_limit = 16777216');
  // Twice the default of each, and more: the pages of seven indexes stay at hand, and are copied back less often.
  connection.pragma('cache_size = -8192');
  connection.pragma('wal_autocheckpoint = 4000');
  if (version !== latest) migrate(connection, migrations);
}

function newer(path: string, version: number): WrapperError {
  return new WrapperError('database_newer', `${path} was written by a newer wrapper (schema ${version})`, {
    hint: 'Update the wrapper, or give another path with --db.',
  });
}

/** better-sqlite3 throws a plain TypeError when the folder is absent. */
function describeOpenError(error: unknown, path: string): unknown {
  if (error instanceof TypeError) {
    return new WrapperError('storage_unavailable', `${path} cannot be opened: ${error.message}`, {
      cause: error,
    });
  }
  return describeSqliteError(error, path);
}

/** Statements that are held prepared. */
const MOST_STATEMENTS = 500;

function observed(sql: string, statement: Statement, onQuery: QueryObserver): Statement {
  const timed =
    <Result>(run: (...values: SqlValue[]) => Result, rowsOf: (result: Result) => number) =>
    (...values: SqlValue[]): Result => {
      const before = performance.now();
      const result = run(...values);
      onQuery(sql, performance.now() - before, rowsOf(result));
      return result;
    };
  return {
    get: timed(statement.get.bind(statement), (row) => (row === undefined ? 0 : 1)),
    all: timed(statement.all.bind(statement), (rows) => rows.length),
    run: timed(statement.run.bind(statement), (result) => result.changes),
  } as Statement;
}

class Connection implements Database {
  readonly path: string;
  readonly #connection: BetterSqlite3.Database;
  readonly #statements = new Map<string, Statement>();
  readonly #onClose: () => void;
  readonly #onQuery: QueryObserver | undefined;
  #patienceMs: number;
  #reading = false;
  #dataVersion: BetterSqlite3.Statement<[], number> | undefined;

  constructor(
    connection: BetterSqlite3.Database,
    path: string,
    patienceMs: number,
    onClose: () => void,
    onQuery: QueryObserver | undefined,
  ) {
    this.#connection = connection;
    this.#onQuery = onQuery;
    this.path = path;
    this.#patienceMs = patienceMs;
    this.#onClose = onClose;
  }

  get readonly(): boolean {
    return this.#connection.readonly;
  }

  prepare(sql: string): Statement {
    return this.#prepared('objects', sql);
  }

  /** @param as what a row becomes; a text is its only column */
  #prepared(as: 'objects' | 'lists' | 'text', sql: string): Statement {
    // The same text may be wanted in two ways, and no statement begins with such a name.
    const name = as === 'objects' ? sql : `${as}: ${sql}`;
    let statement = this.#statements.get(name);
    if (statement === undefined) {
      const prepared = this.#connection.prepare<SqlValue[]>(sql);
      if (as === 'text') prepared.pluck();
      else if (as === 'lists') prepared.raw();
      statement = this.#observed(sql, prepared);
      this.#keep(name, statement);
    }
    return statement;
  }

  rows<Row extends readonly unknown[]>(columns: string, rest: string, values: readonly SqlValue[]): Row[] {
    try {
      const texts = this.#prepared('text', `SELECT json_array(${columns}) ${rest}`).all(
        ...values,
      ) as string[];
      return texts.map((text) => JSON.parse(text) as Row);
    } catch (error) {
      // Nothing keeps anybody from writing a BLOB into a column of text.
      if (!isBlobInJson(error)) throw error;
      return this.#prepared('lists', `SELECT ${columns} ${rest}`).all(...values) as Row[];
    }
  }

  explain(sql: string): string[] {
    return this.read(() => this.#explain(sql));
  }

  #explain(sql: string): string[] {
    const steps = this.#connection.prepare(`EXPLAIN QUERY PLAN ${sql}`);
    // The plan does not depend on the values, but each must have one.
    const values = new Array<SqlValue>(sql.split('?').length - 1).fill(null);
    return (steps.all(...values) as { detail: string }[]).map((step) => step.detail);
  }

  dataVersion(): number {
    this.#dataVersion ??= this.#connection.prepare<[], number>('PRAGMA data_version').pluck();
    const statement = this.#dataVersion;
    return this.read(() => statement.get()!);
  }

  read<T>(work: () => T): T {
    // Only the outermost can be repeated.
    if (this.#reading || this.#connection.inTransaction) return this.#describing(work);
    this.#reading = true;
    try {
      return this.#describing(() => waitingForLocks(this.#patienceMs, work));
    } finally {
      this.#reading = false;
    }
  }

  snapshot<T>(work: () => T): T {
    if (this.#connection.inTransaction) return work();
    return this.read(() => {
      this.#connection.exec('BEGIN');
      try {
        return work();
      } finally {
        // Nothing was written, so nothing can be lost; after some errors SQLite has ended it already.
        if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      }
    });
  }

  write<T>(work: () => T): T {
    if (this.#connection.inTransaction) return work();
    return this.#describing(() => {
      // Whoever has begun meets no lock any more.
      waitingForLocks(this.#patienceMs, () => this.prepare('BEGIN IMMEDIATE').run());
      return throughExitGate(() => {
        try {
          const result = work();
          this.prepare('COMMIT').run();
          return result;
        } catch (error) {
          this.#rollBack();
          throw error;
        }
      });
    });
  }

  setBusyTimeout(milliseconds: number): void {
    this.#patienceMs = Math.max(0, Math.trunc(milliseconds));
    this.#connection.pragma(`busy_timeout = ${Math.min(this.#patienceMs, LONGEST_CALL_MS)}`);
  }

  close(): void {
    this.#statements.clear();
    throughExitGate(() => this.#connection.close());
    this.#onClose();
  }

  #describing<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw describeSqliteError(error, this.path);
    }
  }

  #observed(sql: string, statement: Statement): Statement {
    return this.#onQuery === undefined ? statement : observed(sql, statement, this.#onQuery);
  }

  /** The texts of some lists depend on their filter, so there is no end of them: the first that was kept gives way. */
  #keep(sql: string, statement: Statement): void {
    if (this.#statements.size >= MOST_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
  }

  /** SQLite rolls back by itself after some errors (disk full, I/O); then there is nothing left to do. */
  #rollBack(): void {
    if (!this.#connection.inTransaction) return;
    try {
      this.prepare('ROLLBACK').run();
    } catch {
      // The first error is the one that tells what happened.
    }
  }
}
