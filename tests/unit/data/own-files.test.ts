// What a database is made of is recognized by any name.

import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isOwnFile } from '../../../src/data/own-files.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { temporaryFolder } from './temporary-folder.ts';

it('recognizes the files of a database, and no others', () => {
  const folder = temporaryFolder();
  const dbPath = join(folder, 'e.db');
  const files = sessionFiles(dbPath, 'sess_0123456789ab');
  mkdirSync(files.folder);
  for (const path of [dbPath, files.cast, join(folder, 'report.md'), join(files.folder, 'note.txt')])
    writeFileSync(path, 'x');
  symlinkSync(dbPath, join(folder, 'soft.db'));
  linkSync(dbPath, join(folder, 'hard.db'));
  symlinkSync(files.cast, join(folder, 'soft.cast'));
  symlinkSync(files.folder, join(folder, 'moved'));
  const own = [
    dbPath,
    join(folder, 'soft.db'),
    join(folder, 'hard.db'),
    // Not there at present.
    `${dbPath}-wal`,
    `${dbPath}-shm`,
    `${dbPath}.token`,
    `${dbPath}.run-7a1d0c3e-5b2f-4e8a-9c61-0d2f4b6a8e10.json`,
    files.cast,
    files.index,
    files.live,
    join(folder, 'soft.cast'),
    join(folder, 'moved', 'sess_0123456789ab.cast'),
  ];
  for (const path of own) {
    expect(isOwnFile(dbPath, path), path).toBe(true);
    expect(isOwnFile(join(folder, 'soft.db'), path), path).toBe(true);
  }
  for (const name of [
    'report.md',
    'new.json',
    'sess_0123456789ab.cast',
    'sessions/note.txt',
    'absent/x.json',
  ])
    expect(isOwnFile(dbPath, join(folder, name)), name).toBe(false);
  expect(isOwnFile(dbPath, join(files.folder, 'sess_0123456789ab.json'))).toBe(false);
});
