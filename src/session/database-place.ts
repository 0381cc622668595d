// What is looked at before a command starts: whether the database can be used, and a folder for it. A mistake of the caller is
// told then; whatever else is wrong with that place is no reason to keep the command from running.

import { dirname } from 'node:path';
import { assertUsableDatabase } from '../data/database-file.ts';
import { makePrivateFolder } from '../data/private-file.ts';
import { messageOf, WrapperError } from '../model/errors.ts';

/**
 * Refuses a database file that can only be a mistake of the caller. Where a database that nobody has named cannot be made,
 * nobody has asked for that place: it is a recording problem, reported at the end like any other.
 *
 * @param named whether the caller has named it on the command line
 * @throws WrapperError
 */
export function refuseMistakes(dbPath: string, named: boolean): void {
  try {
    assertUsableDatabase(dbPath);
  } catch (error) {
    if (named || !(error instanceof WrapperError) || error.code !== 'storage_unavailable') throw error;
  }
}

/**
 * Makes the folder for the database, when nothing else can be refused any more.
 *
 * @throws WrapperError `storage_unavailable` when it cannot be made and the caller has named it
 */
export function makeDatabaseFolder(dbPath: string, named: boolean): void {
  const folder = dirname(dbPath);
  try {
    makePrivateFolder(folder);
  } catch (error) {
    if (!named) return;
    throw new WrapperError(
      'storage_unavailable',
      `the folder ${folder} for the database cannot be made: ${messageOf(error)}`,
      {
        hint: 'name a database in a folder that you can write to',
        cause: error,
      },
    );
  }
}
