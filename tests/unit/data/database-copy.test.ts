// Reading a database where SQLite cannot: by a copy, which sees what is only in the `-wal` and leaves nothing behind.

import { readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { copyDatabase } from '../../../src/data/database-copy.ts';
import { temporaryFolder } from './temporary-folder.ts';

const copies = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('wrapper-copy-'));

describe('a copy of a database', () => {
  it('has what is only in the -wal, and goes when it is removed', () => {
    const path = join(temporaryFolder(), 'one.db');
    const writer = openDatabase(path);
    writer.prepare('CREATE TABLE probe (value)').run();
    writer.prepare('INSERT INTO probe VALUES (7)').run();
    const copy = copyDatabase(path);
    const reader = openDatabase(copy.path, { readonly: true });
    expect(reader.prepare('SELECT value FROM probe').get()).toEqual({ value: 7 });
    reader.close();
    writer.close();
    copy.remove();
    copy.remove();
    expect(copies()).not.toContain(basename(join(copy.path, '..')));
  });

  it('leaves nothing behind when there is nothing to copy', () => {
    const before = copies();
    expect(() => copyDatabase(join(temporaryFolder(), 'absent.db'))).toThrow(/ENOENT/);
    expect(copies()).toEqual(before);
  });

  it('stands in when SQLite has no place for its -shm', () => {
    const path = join(temporaryFolder(), 'one.db');
    openDatabase(path).close();
    // A link that leads nowhere keeps SQLite from making the -shm, as a read-only file system does.
    symlinkSync(join(path, 'nowhere'), `${path}-shm`);
    const before = copies();
    const reader = openDatabase(path, { readonly: true });
    expect(reader.path).toBe(path);
    expect(copies()).toHaveLength(before.length + 1);
    expect(reader.prepare('SELECT count(*) AS n FROM process_sessions').get()).toEqual({ n: 0 });
    reader.close();
    expect(copies()).toEqual(before);
    expect(() => openDatabase(path)).toThrow(/cannot be/);
  });
});
