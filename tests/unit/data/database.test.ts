import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifySqliteError, type Database, openDatabase } from '../../../src/data/database.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../../src/data/database-format.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { backupPath, MIGRATIONS, type Migration } from '../../../src/data/migrations/index.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { WrapperError } from '../../../src/model/errors.ts';
import { sampleEvent, sampleSession } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const withCode = (code: string) => expect.objectContaining({ name: 'WrapperError', code });

function newPath(): string {
  return join(temporaryFolder(), 'data', 'wrapper.db');
}

/** Every file of a folder with its content, to see that nothing was touched. */
function snapshot(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

function pragma(database: Database, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0];
}

describe('a new database', () => {
  it('belongs to its user alone, under any umask', () => {
    for (const umask of [0, 0o022, 0o077, 0o277]) {
      const path = newPath();
      const old = process.umask(umask);
      try {
        const database = openDatabase(path);
        new SessionStore(database).createSession(sampleSession());
        const modes = ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777);
        expect(modes).toEqual([0o600, 0o600, 0o600]);
        expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
        database.close();
      } finally {
        process.umask(old);
      }
    }
  });

  it('is marked as ours, in WAL mode, with the pragmas of a writer', () => {
    const database = openDatabase(newPath(), { busyTimeoutMs: 23 });
    expect(pragma(database, 'application_id')).toBe(APPLICATION_ID);
    expect(pragma(database, 'user_version')).toBe(SCHEMA_VERSION);
    expect(pragma(database, 'journal_mode')).toBe('wal');
    expect(pragma(database, 'synchronous')).toBe(1);
    expect(pragma(database, 'foreign_keys')).toBe(1);
    expect(pragma(database, 'busy_timeout')).toBe(23);
    database.setBusyTimeout(7);
    expect(pragma(database, 'busy_timeout')).toBe(7);
    database.close();
    database.close();
  });

  it('has the schema version of the last migration', () => {
    expect(MIGRATIONS.map((migration) => migration.version)).toEqual(
      Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1),
    );
  });

  it('has the documented columns first, in their order', () => {
    const database = openDatabase(':memory:');
    const columns = (table: string) =>
      (database.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[]).map((row) => row.name);
    expect(columns('extraction_events').join(' ')).toMatch(
      /^id agent_name session_id timestamp event_type pattern matched_value original_line line_number metadata_json code_block_language risk_level auto_confirmable /,
    );
    expect(columns('code_blocks').join(' ')).toBe(
      'id agent_name session_id timestamp language content line_start line_end context_json parseable digest',
    );
    expect(columns('process_sessions').join(' ')).toMatch(
      /^id agent_name session_id environment started_at ended_at exit_code total_lines_processed total_extraction_events total_feedback_outcomes stdout_log_path stderr_log_path extraction_config_version environment_config_version /,
    );
    expect(columns('process_state_changes').join(' ')).toBe(
      'id session_id timestamp state exit_code metadata_json',
    );
  });

  it('is not made when that is not wanted', () => {
    const path = newPath();
    expect(() => openDatabase(path, { create: false })).toThrow(withCode('storage_unavailable'));
    expect(() => openDatabase(path, { readonly: true })).toThrow(withCode('storage_unavailable'));
    expect(existsSync(path)).toBe(false);
  });
});

describe('opening again', () => {
  it('changes nothing and reads what is there', () => {
    const path = newPath();
    openDatabase(path).close();
    const before = snapshot(join(path, '..'));
    const database = openDatabase(path);
    expect(new SessionStore(database).querySessions()).toEqual([]);
    database.close();
    expect(snapshot(join(path, '..'))).toEqual(before);
  });

  it('read-only writes nothing', () => {
    const path = newPath();
    openDatabase(path).close();
    const database = openDatabase(path, { readonly: true });
    expect(database.readonly).toBe(true);
    expect(() => new SessionStore(database).createSession(sampleSession())).toThrow(
      withCode('storage_unavailable'),
    );
    database.close();
  });

  it('finds a table missing', () => {
    const path = newPath();
    openDatabase(path).close();
    const raw = new BetterSqlite3(path);
    raw.exec('DROP TABLE code_blocks');
    raw.close();
    expect(() => openDatabase(path)).toThrow(withCode('database_damaged'));
  });
});

describe('a file that is not ours is refused and stays as it is', () => {
  function refuse(make: (path: string) => void, code: string, name = 'given.db') {
    const folder = temporaryFolder();
    const path = join(folder, name);
    make(path);
    const before = snapshot(folder);
    for (const options of [{}, { readonly: true }]) {
      expect(() => openDatabase(path, options)).toThrow(withCode(code));
    }
    expect(snapshot(folder)).toEqual(before);
  }

  it('a database of another program', () => {
    for (const mode of ['delete', 'wal']) {
      refuse((path) => {
        const raw = new BetterSqlite3(path);
        raw.pragma(`journal_mode = ${mode}`);
        raw.exec('CREATE TABLE cookies (id)');
        raw.close();
      }, 'database_foreign');
    }
  });

  it('a database of a newer wrapper', () => {
    refuse((path) => {
      openDatabase(path).close();
      const raw = new BetterSqlite3(path);
      raw.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
      raw.close();
    }, 'database_newer');
  });

  it('a text', () => {
    refuse((path) => writeFileSync(path, 'Dear diary'), 'database_foreign');
    refuse((path) => writeFileSync(path, 'x'.repeat(10_000)), 'database_foreign');
  });

  it('a database whose header is destroyed', () => {
    refuse((path) => {
      openDatabase(path).close();
      const content = readFileSync(path);
      content.fill(0, 0, 16);
      writeFileSync(path, content);
    }, 'database_damaged');
  });

  it('a folder', () => {
    const path = temporaryFolder();
    expect(() => openDatabase(path)).toThrow(withCode('database_foreign'));
    expect(readdirSync(path)).toEqual([]);
  });

  it('anything below a file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => openDatabase(join(file, 'wrapper.db'))).toThrow(withCode('storage_unavailable'));
  });
});

describe('an error of SQLite', () => {
  it('is a lock when another connection writes', () => {
    const path = newPath();
    const first = openDatabase(path);
    const second = openDatabase(path, { busyTimeoutMs: 1 });
    first.write(() => {
      const caught = catchError(() => new SessionStore(second).createSession(sampleSession()));
      expect(caught).toEqual(withCode('database_locked'));
      expect(classifySqliteError(caught)).toBe('locked');
      expect(classifySqliteError((caught as WrapperError).cause)).toBe('locked');
    });
    new SessionStore(second).createSession(sampleSession());
    for (const database of [first, second]) database.close();
  });

  it('is damage when pages are destroyed', () => {
    const path = newPath();
    const database = openDatabase(path);
    const store = new ExtractionStore(database);
    for (let batch = 0; batch < 20; batch++) {
      store.saveExtractionBatch(Array.from({ length: 100 }, (_, index) => sampleEvent(batch * 100 + index)));
    }
    database.close();
    const content = readFileSync(path);
    content.fill(0xaa, 4096 * 3, content.length);
    writeFileSync(path, content);
    const caught = catchError(() => {
      const damaged = openDatabase(path);
      try {
        new ExtractionStore(damaged).queryExtractions({ agent: 'codex', type: 'error' });
        new ExtractionStore(damaged).getExtractionsBySession('sess_0123456789ab');
      } finally {
        damaged.close();
      }
    });
    expect(classifySqliteError(caught)).toBe('damaged');
    expect(caught).toEqual(withCode('database_damaged'));
  });

  it('is told by its code, and anything else is another matter', () => {
    const sqlite = (code: string) => Object.assign(new Error('x'), { code });
    const classes: [string, string][] = [
      ['SQLITE_BUSY_SNAPSHOT', 'locked'],
      ['SQLITE_LOCKED', 'locked'],
      ['SQLITE_FULL', 'full'],
      ['SQLITE_IOERR_WRITE', 'full'],
      ['SQLITE_CORRUPT_VTAB', 'damaged'],
      ['SQLITE_NOTADB', 'damaged'],
      ['SQLITE_READONLY_DIRECTORY', 'readonly'],
      ['SQLITE_CANTOPEN', 'readonly'],
      ['SQLITE_CONSTRAINT', 'other'],
      ['ENOENT', 'other'],
    ];
    for (const [code, expected] of classes) expect(classifySqliteError(sqlite(code)), code).toBe(expected);
    expect(classifySqliteError(undefined)).toBe('other');
    const noSpace = new WrapperError('storage_unavailable', 'x', { cause: sqlite('ENOSPC') });
    expect(classifySqliteError(noSpace)).toBe('full');
    expect(classifySqliteError(new WrapperError('database_damaged', 'x'))).toBe('damaged');
    expect(classifySqliteError(new WrapperError('storage_unavailable', 'x'))).toBe('readonly');
  });
});

describe('a migration', () => {
  const next = MIGRATIONS.length + 1;
  const extra = (sql: string, rewrites = false): readonly Migration[] => [
    ...MIGRATIONS,
    { version: next, sql, rewrites },
  ];

  function older(): string {
    const path = newPath();
    const database = openDatabase(path);
    new ExtractionStore(database).saveExtraction(sampleEvent(1));
    database.close();
    return path;
  }

  it('adds to what is there', () => {
    const path = older();
    const database = openDatabase(path, {
      migrations: extra('ALTER TABLE extraction_events ADD COLUMN more TEXT'),
    });
    expect(pragma(database, 'user_version')).toBe(next);
    expect(database.prepare('SELECT seq, more FROM extraction_events').get()).toEqual({ seq: 1, more: null });
    database.close();
    expect(existsSync(backupPath(path, next - 1))).toBe(false);
    expect(() => openDatabase(path)).toThrow(withCode('database_newer'));
  });

  it('that rewrites rows leaves a copy of what was there', () => {
    const path = older();
    const rewrite = extra(`UPDATE extraction_events SET pattern = 'rewritten'`, true);
    openDatabase(path, { migrations: rewrite }).close();
    const copy = backupPath(path, next - 1);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const database = openDatabase(copy, { readonly: true });
    expect(new ExtractionStore(database).queryExtractions({})[0]!.pattern).toBe('error_detection');
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });

  it('that fails leaves everything as it was', () => {
    const path = older();
    const broken = extra('CREATE TABLE half (id); INSERT INTO absent VALUES (1)');
    expect(() => openDatabase(path, { migrations: broken })).toThrow(withCode('internal'));
    const database = openDatabase(path);
    expect(database.prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half'`).get()).toEqual({
      n: 0,
    });
    expect(new ExtractionStore(database).lastSeq('sess_0123456789ab')).toBe(1);
    database.close();
  });

  it('is not made by a reader', () => {
    const path = older();
    expect(() => openDatabase(path, { readonly: true, migrations: extra('SELECT 1') })).toThrow(
      withCode('storage_unavailable'),
    );
  });
});

describe('ten processes at once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-data-'));
  const program = join(folder, 'writer.cjs');

  beforeAll(async () => {
    await build({
      entryPoints: [resolve(import.meta.dirname, 'programs/writer.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['better-sqlite3'],
      logLevel: 'silent',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function runTogether(path: string, count: number, batches: number, extra = ''): Promise<void> {
    const environment = { ...process.env, NODE_PATH: resolve(import.meta.dirname, '../../../node_modules') };
    const children = Array.from({ length: count }, (_, number) =>
      spawn(process.execPath, [program, path, String(number), String(batches), extra], { env: environment }),
    );
    try {
      await Promise.all(children.map((child) => said(child, 'ready')));
      for (const child of children) child.stdin!.end('\n');
      await Promise.all(children.map((child) => said(child, 'done')));
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  }

  it('make one database and lose nothing', async () => {
    const path = newPath();
    await runTogether(path, 10, 10);
    const database = openDatabase(path);
    const store = new ExtractionStore(database);
    expect(database.prepare('SELECT count(*) AS n FROM extraction_events').get()).toEqual({ n: 10_000 });
    for (let number = 0; number < 10; number++) {
      const sessionId = `sess_${String(number).padStart(12, '0')}`;
      const seqs = store.getExtractionsBySession(sessionId).map((event) => event.seq);
      expect(seqs).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
      expect(store.getExtractionStats(`agent-${number}`).totalEvents).toBe(1000);
    }
    const sessions = new SessionStore(database).querySessions();
    expect(sessions.map((session) => session.state)).toEqual(Array(10).fill('completed'));
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });

  it('migrate an older database once, with one copy', async () => {
    const path = newPath();
    const database = openDatabase(path);
    new ExtractionStore(database).saveExtraction(sampleEvent(1, { sessionId: 'sess_before000000' }));
    database.close();
    // A second run of this would fail: the table would be there.
    await runTogether(
      path,
      10,
      1,
      `CREATE TABLE migrated (id); UPDATE extraction_events SET pattern = 'new'`,
    );
    const raw = new BetterSqlite3(path, { readonly: true });
    expect(raw.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION + 1);
    expect(raw.prepare('SELECT count(*) AS n FROM extraction_events').get()).toEqual({ n: 1001 });
    raw.close();
    const copies = readdirSync(join(path, '..')).filter((name) => name.includes('backup'));
    expect(copies).toEqual([`wrapper.db.v${SCHEMA_VERSION}.backup`]);
    const copy = openDatabase(join(path, '..', copies[0]!), { readonly: true });
    expect(new ExtractionStore(copy).queryExtractions({})).toHaveLength(1);
    copy.close();
  });
});

/** Resolves when the child has said a line with this word, rejects when it ends before. */
function said(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolvePromise, reject) => {
    let errors = '';
    child.stderr!.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.stdout!.on('data', (data: Buffer) => {
      if (data.toString().includes(word)) resolvePromise();
    });
    child.on('close', (code) => reject(new Error(`ended with ${code}: ${errors}`)));
  });
}

function catchError(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('rows', () => {
  /** Whatever SQLite can hold: text also in bytes that are no UTF-8. */
  const value = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => ({ sql: '?', bound: text })),
    fc
      .constantFrom('"', '\\', '\0', '\u001f', '\ufeff', '\u2028', '[1]', '{"a":1}')
      .map((text) => ({ sql: '?', bound: text })),
    fc
      .uint8Array({ minLength: 1, maxLength: 6 })
      .map((bytes) => ({ sql: `CAST(x'${hex(bytes)}' AS TEXT)`, bound: null })),
    fc.maxSafeInteger().map((number) => ({ sql: '?', bound: number })),
    fc.double({ noNaN: true }).map((number) => ({ sql: '?', bound: number === 0 ? 0 : number })),
    fc.constant({ sql: 'NULL', bound: null }),
  );
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  it('are the values that SQLite has, of any kind', () => {
    const database = openDatabase(':memory:');
    const plain = new BetterSqlite3(':memory:');
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), fc.boolean(), (values, withBlob) => {
        const columns = values.map(({ sql }, at) => `${sql} AS c${at}`).join(', ');
        const inner = `FROM (SELECT ${columns}, ${withBlob ? "x'00ff'" : '0'} AS last)`;
        const names = [...values.map((_, at) => `c${at}`), 'last'].join(', ');
        const bound = values.filter(({ sql }) => sql === '?').map(({ bound: given }) => given);
        expect(database.rows(names, inner, bound)).toEqual(
          plain
            .prepare(`SELECT ${names} ${inner}`)
            .raw()
            .all(...bound),
        );
      }),
    );
    database.close();
    plain.close();
  });
});
