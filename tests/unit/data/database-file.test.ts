import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { assertUsableDatabase, inspectDatabaseFile } from '../../../src/data/database-file.ts';
import { SCHEMA_VERSION } from '../../../src/data/database-format.ts';
import { temporaryFolder } from './temporary-folder.ts';

const withCode = (code: string) => expect.objectContaining({ name: 'WrapperError', code });

function ours(): string {
  const path = join(temporaryFolder(), 'wrapper.db');
  openDatabase(path).close();
  return path;
}

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const content = readFileSync(path);
  content.set(bytes, at);
  writeFileSync(path, content);
}

function alter(path: string, sql: string): void {
  const raw = new BetterSqlite3(path);
  raw.exec(sql);
  raw.close();
}

describe('a file given as database is', () => {
  it('absent, also below a file', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(inspectDatabaseFile(join(folder, 'no.db'))).toEqual({ kind: 'absent' });
    expect(inspectDatabaseFile(join(folder, 'file', 'no.db'))).toEqual({ kind: 'absent' });
  });

  it('empty, with nothing in it or nothing but a header', () => {
    const path = join(temporaryFolder(), 'x.db');
    writeFileSync(path, '');
    expect(inspectDatabaseFile(path)).toEqual({ kind: 'empty' });
    alter(path, 'PRAGMA journal_mode = WAL');
    expect(readFileSync(path).length).toBeGreaterThan(0);
    expect(inspectDatabaseFile(path)).toEqual({ kind: 'empty' });
    openDatabase(path).close();
    expect(inspectDatabaseFile(path)).toEqual({ kind: 'wrapper', version: SCHEMA_VERSION });
  });

  it('empty or ours while another process has just made it', () => {
    const path = join(temporaryFolder(), 'x.db');
    const database = openDatabase(path);
    expect(['empty', 'wrapper']).toContain(inspectDatabaseFile(path).kind);
    database.close();
  });

  it('ours, or of a newer wrapper', () => {
    const path = ours();
    expect(inspectDatabaseFile(path)).toEqual({ kind: 'wrapper', version: SCHEMA_VERSION });
    alter(path, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(inspectDatabaseFile(path)).toEqual({ kind: 'newer', version: SCHEMA_VERSION + 1 });
  });

  it('foreign, by its tables, its mark or its version', () => {
    for (const sql of [
      'CREATE TABLE t (id)',
      'PRAGMA application_id = 7',
      'PRAGMA user_version = 3',
      'CREATE TABLE t (id); DROP TABLE t; CREATE VIEW v AS SELECT 1',
    ]) {
      const path = join(temporaryFolder(), 'x.db');
      alter(path, sql);
      expect(inspectDatabaseFile(path), sql).toEqual({ kind: 'foreign' });
    }
  });

  it('no database, if it is a text or too short for one', () => {
    const path = join(temporaryFolder(), 'x.txt');
    for (const text of ['x', 'Dear diary', 'SQLite format 3\0', 'y'.repeat(5000)]) {
      writeFileSync(path, text);
      expect(inspectDatabaseFile(path), text).toEqual({ kind: 'not_sqlite' });
    }
  });

  it('a folder, also behind a link', () => {
    const folder = temporaryFolder();
    expect(inspectDatabaseFile(folder)).toEqual({ kind: 'directory' });
    symlinkSync(folder, join(folder, 'link'));
    expect(inspectDatabaseFile(join(folder, 'link'))).toEqual({ kind: 'directory' });
  });

  it('no database, if it is a pipe or a device, which is not waited for', () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(inspectDatabaseFile(pipe)).toEqual({ kind: 'not_sqlite' });
    expect(inspectDatabaseFile('/dev/null')).toEqual({ kind: 'not_sqlite' });
  });

  it('damaged, if its header is gone and something says that it was ours', () => {
    const marked = ours();
    overwrite(marked, 0, new Uint8Array(16));
    expect(inspectDatabaseFile(marked)).toMatchObject({ kind: 'damaged' });

    const short = ours();
    truncateSync(short, 2000);
    expect(inspectDatabaseFile(short)).toMatchObject({ kind: 'damaged' });

    const withLog = ours();
    overwrite(withLog, 0, new Uint8Array(100));
    expect(inspectDatabaseFile(withLog)).toEqual({ kind: 'not_sqlite' });
    writeFileSync(`${withLog}-wal`, '');
    expect(inspectDatabaseFile(withLog)).toMatchObject({ kind: 'damaged' });

    const withRecordings = ours();
    overwrite(withRecordings, 0, new Uint8Array(100));
    const sessions = join(withRecordings, '..', 'sessions');
    mkdirSync(sessions);
    expect(inspectDatabaseFile(withRecordings)).toEqual({ kind: 'not_sqlite' });
    writeFileSync(join(sessions, 'sess_0123456789ab.cast'), '');
    expect(inspectDatabaseFile(withRecordings)).toMatchObject({ kind: 'damaged' });
  });

  it.skipIf(process.getuid?.() === 0)('unreadable, if we may not read it', () => {
    const path = ours();
    chmodSync(path, 0);
    expect(inspectDatabaseFile(path)).toMatchObject({ kind: 'unreadable' });
    assertUsableDatabase(path);
  });

  it('something, whatever is in it, and stays as it is', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'x.db');
    const sample = readFileSync(ours()).subarray(0, 8192);
    const damage = fc.tuple(fc.nat(8191), fc.uint8Array({ maxLength: 120 }));
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 4 }), fc.nat(8192), (damages, size) => {
        const content = Buffer.from(sample);
        for (const [at, bytes] of damages) content.set(bytes.subarray(0, 8192 - at), at);
        const written = content.subarray(0, size);
        writeFileSync(path, written);
        expect(inspectDatabaseFile(path).kind).toMatch(/^(empty|wrapper|newer|foreign|not_sqlite|damaged)$/);
        expect(readFileSync(path).equals(written)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(readdirSync(folder)).toEqual(['x.db']);
  });
});

describe('a database to be used', () => {
  it('may be absent, empty, ours or damaged', () => {
    const folder = temporaryFolder();
    assertUsableDatabase(join(folder, 'deep', 'er', 'x.db'));
    writeFileSync(join(folder, 'empty'), '');
    assertUsableDatabase(join(folder, 'empty'));
    const path = ours();
    assertUsableDatabase(path);
    overwrite(path, 0, new Uint8Array(16));
    assertUsableDatabase(path);
  });

  it('may not be a mistake of the caller, which is named with its file and a hint', () => {
    const folder = temporaryFolder();
    const foreign = join(folder, 'foreign.db');
    alter(foreign, 'CREATE TABLE t (id)');
    const text = join(folder, 'text');
    writeFileSync(text, 'Dear diary');
    const newer = ours();
    alter(newer, 'PRAGMA user_version = 99');
    for (const [path, code] of [
      [foreign, 'database_foreign'],
      [text, 'database_foreign'],
      [folder, 'database_foreign'],
      [newer, 'database_newer'],
      [join(text, 'below', 'x.db'), 'storage_unavailable'],
    ] as const) {
      expect(() => assertUsableDatabase(path), path).toThrow(withCode(code));
      expect(() => assertUsableDatabase(path)).toThrow(
        expect.objectContaining({
          message: expect.stringContaining(path.split('/below')[0]!.split('/x.db')[0]!),
        }),
      );
      expect(() => assertUsableDatabase(path)).toThrow(expect.objectContaining({ hint: expect.any(String) }));
    }
  });
});

describe('looking at a database', () => {
  it('leaves the locks of a connection of this process alone', () => {
    const path = ours();
    const writer = openDatabase(path);
    const write = (): void =>
      writer.write(() => void writer.prepare('CREATE TABLE IF NOT EXISTS looked (at INTEGER)').run());
    write();
    expect(inspectDatabaseFile(path).kind).toBe('wrapper');
    openDatabase(path, { readonly: true }).close();
    // The shell would take itself for the last one to close the database, and remove the log that is still in use.
    execFileSync('sqlite3', [path, 'SELECT count(*) FROM process_sessions']);
    expect(readdirSync(join(path, '..'))).toContain('wrapper.db-wal');
    writer.write(() => void writer.prepare('INSERT INTO looked VALUES (1)').run());
    expect(execFileSync('sqlite3', [path, 'SELECT count(*) FROM looked']).toString().trim()).toBe('1');
    writer.close();
  });
});
