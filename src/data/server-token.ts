// The bearer token of a database: 32 random bytes in `<database>.token`, which only its owner may read. Whoever can read
// that file can read the database as well; the token keeps everybody else from acting.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, WrapperError } from '../model/errors.ts';
import { canonicalDatabasePath } from './database-identity.ts';
import { makePrivateFolder, openPrivateFile } from './private-file.ts';

/** What a token looks like; a longer one may be put into the file by hand. */
const TOKEN = /^[A-Za-z0-9_~.-]{32,256}$/;
const LONGEST_FILE = 1024;

export function tokenPath(dbPath: string): string {
  return `${canonicalDatabasePath(dbPath)}.token`;
}

/**
 * The token of the database at `dbPath`; undefined when none has been made.
 *
 * @throws WrapperError `storage_unavailable` when the file cannot be trusted or read
 */
export function readServerToken(dbPath: string): string | undefined {
  const path = tokenPath(dbPath);
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // A folder that cannot be is told of by whoever wants to make a token there.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw unusable(path, messageOf(error), error);
  }
  try {
    return contentOf(file, path);
  } finally {
    closeSync(file);
  }
}

/**
 * The token, made when there is none. When two processes make one at once, both get the same.
 *
 * @throws WrapperError `storage_unavailable`
 */
export function ensureServerToken(dbPath: string): string {
  const present = readServerToken(dbPath);
  if (present !== undefined) return present;
  const path = tokenPath(dbPath);
  const written = writeAside(path);
  try {
    linkSync(written.file, path);
    return written.token;
  } catch (error) {
    const other = readServerToken(dbPath);
    if (other !== undefined) return other;
    throw unwritable(path, error);
  } finally {
    rmSync(written.file, { force: true });
  }
}

/**
 * Replaces the token, also one that could not be trusted; a running server goes by the new one at once.
 *
 * @throws WrapperError `storage_unavailable`
 */
export function rotateServerToken(dbPath: string): string {
  const path = tokenPath(dbPath);
  const { file, token } = writeAside(path);
  try {
    renameSync(file, path);
    return token;
  } catch (error) {
    rmSync(file, { force: true });
    throw unwritable(path, error);
  }
}

/** A complete file beside the final one, so that nobody ever reads half a token. */
function writeAside(path: string): { file: string; token: string } {
  const token = randomBytes(32).toString('base64url');
  const name = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    makePrivateFolder(dirname(path));
    const file = openPrivateFile(name, 'wx');
    try {
      writeSync(file, `${token}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return { file: name, token };
  } catch (error) {
    removeAside(name);
    throw unwritable(path, error);
  }
}

function contentOf(file: number, path: string): string {
  const status = fstatSync(file);
  if (!status.isFile()) throw unusable(path, 'it is not a file');
  if (process.getuid !== undefined && status.uid !== process.getuid() && process.getuid() !== 0)
    throw unusable(path, 'it belongs to somebody else');
  if ((status.mode & 0o077) !== 0) throw unusable(path, 'others may read or write it');
  const bytes = Buffer.alloc(LONGEST_FILE);
  const token = bytes.toString('latin1', 0, readSync(file, bytes, 0, LONGEST_FILE, 0)).trim();
  if (!TOKEN.test(token)) throw unusable(path, 'it holds no token');
  return token;
}

/** What cannot be made need not be removed, and says ENOTDIR then. */
function removeAside(name: string): void {
  try {
    rmSync(name, { force: true });
  } catch {
    // The error that made it superfluous is the one to tell.
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function unwritable(path: string, cause: unknown): WrapperError {
  const code = codeOf(cause);
  const folder = dirname(path);
  let hint = `It is kept beside the database: make ${folder} writable, or name a database elsewhere with --db.`;
  if (['ENOSPC', 'EDQUOT'].includes(code)) hint = `Make room on the disk that holds ${folder}.`;
  if (['ENOTDIR', 'EEXIST'].includes(code))
    hint = `${folder} is no folder: name a database elsewhere with --db.`;
  if (['EISDIR', 'ENOTEMPTY'].includes(code)) hint = `Move what stands at ${path} out of the way.`;
  return new WrapperError(
    'storage_unavailable',
    `the token cannot be written to ${path}: ${messageOf(cause)}`,
    {
      hint,
      cause,
    },
  );
}

function unusable(path: string, why: string, cause?: unknown): WrapperError {
  return new WrapperError('storage_unavailable', `${path} cannot be used: ${why}`, {
    hint: 'wrapper token --rotate makes a new one.',
    cause,
  });
}
