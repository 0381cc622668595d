// What the file given as database is, found out without SQLite: at most 4 KiB are read and nothing is ever written.
// It runs on the main thread before the agent starts, so that a mistake of the caller is refused there.

import { accessSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, WrapperError } from '../model/errors.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from './database-format.ts';

export type DatabaseFile =
  | { readonly kind: 'absent' | 'empty' | 'foreign' | 'not_sqlite' | 'directory' }
  | { readonly kind: 'wrapper' | 'newer'; readonly version: number }
  | { readonly kind: 'damaged' | 'unreadable'; readonly reason: string };

// Offsets in the 100 bytes of the header: https://www.sqlite.org/fileformat.html, section 1.3.
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
/** Where the database is unless somebody says otherwise; a text found there has been put over ours. */
const DEFAULT_NAME = 'wrapper.db';
const PAGE_SIZE = 16;
const PAGE_COUNT = 28;
const USER_VERSION = 60;
const OWNER = 68;
const HEADER_SIZE = 100;
// The B-tree page header of the schema follows: type at 0 (13 is a leaf), number of cells at 3 (section 1.6).
const SCHEMA_TYPE = HEADER_SIZE;
const SCHEMA_CELLS = HEADER_SIZE + 3;

/**
 * Looks at the file at `path`. What SQLite keeps in a `-wal` beside it is not seen: a database that was just made may
 * look `empty`, which is as usable.
 *
 * `damaged` means that the header is destroyed and that something says the file was ours: our mark is still there, a
 * `-wal` lies beside it, or recordings lie in the `sessions` folder beside it.
 */
export function inspectDatabaseFile(path: string, latest: number = SCHEMA_VERSION): DatabaseFile {
  let content: Content;
  try {
    content = readStart(path);
  } catch (error) {
    return isAbsent(error) ? { kind: 'absent' } : { kind: 'unreadable', reason: messageOf(error) };
  }
  if (content === 'directory') return { kind: 'directory' };
  if (content === 'special') return { kind: 'not_sqlite' };
  if (content.size === 0) return { kind: 'empty' };
  return judge(path, content, latest);
}

/**
 * Refuses what can only be a mistake of the caller; everything else, also a damaged or an unreadable database, is no
 * reason to keep the agent from running.
 *
 * @throws WrapperError `database_foreign`, `database_newer`, or `storage_unavailable` when the folder neither exists
 *   nor can be made
 */
export function assertUsableDatabase(path: string, latest: number = SCHEMA_VERSION): void {
  const file = inspectDatabaseFile(path, latest);
  const hint = 'Give another path with --db.';
  switch (file.kind) {
    case 'foreign':
      throw new WrapperError('database_foreign', `${path} is a database of another program`, { hint });
    case 'not_sqlite':
      throw new WrapperError('database_foreign', `${path} is not a database`, { hint });
    case 'directory':
      throw new WrapperError('database_foreign', `${path} is a folder, not a database`, { hint });
    case 'newer':
      throw new WrapperError(
        'database_newer',
        `${path} was written by a newer wrapper (schema ${file.version})`,
        {
          hint: 'Update the wrapper, or give another path with --db.',
        },
      );
    case 'absent': {
      const obstacle = obstacleToFolder(dirname(path));
      if (obstacle === undefined) return;
      throw new WrapperError('storage_unavailable', `${dirname(path)} cannot be created: ${obstacle}`, {
        hint,
      });
    }
  }
}

type Content = 'directory' | 'special' | { readonly size: number; readonly start: Buffer };

/**
 * Files that have been looked at, by device and inode. They stay open: closing any descriptor of a file drops every lock
 * that this process holds on it (fcntl(2)), those of SQLite's connections in other threads included. The next process to
 * close the database would then take itself for the last, and remove the `-wal` that is still being written.
 */
const opened = new Map<string, number>();

function readStart(path: string): Content {
  const status = statSync(path, { bigint: true });
  if (status.isDirectory()) return 'directory';
  if (!status.isFile()) return 'special';
  const file = opened.get(`${status.dev}:${status.ino}`) ?? openForGood(path);
  const start = Buffer.alloc(4096);
  const length = readSync(file, start, 0, start.length, 0);
  return { size: Number(status.size), start: start.subarray(0, length) };
}

/** Without blocking, so that a named pipe that has just taken its place cannot hold us up. */
function openForGood(path: string): number {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const status = fstatSync(file, { bigint: true });
  opened.set(`${status.dev}:${status.ino}`, file);
  return file;
}

function judge(path: string, { size, start }: Exclude<Content, string>, latest: number): DatabaseFile {
  const ours = start.length >= OWNER + 4 && start.readUInt32BE(OWNER) === APPLICATION_ID;
  if (start.length < HEADER_SIZE || !start.subarray(0, MAGIC.length).equals(MAGIC)) {
    return ours || (hasTraces(path) && !(isText(start) && basename(path) !== DEFAULT_NAME))
      ? { kind: 'damaged', reason: 'its header is destroyed' }
      : { kind: 'not_sqlite' };
  }
  const pageSize = start.readUInt16BE(PAGE_SIZE) === 1 ? 65536 : start.readUInt16BE(PAGE_SIZE);
  const whole = pageSize >= 512 && (pageSize & (pageSize - 1)) === 0 && size >= pageSize;
  const version = start.readUInt32BE(USER_VERSION);
  if (ours) {
    if (!whole) return { kind: 'damaged', reason: 'it is cut short' };
    return { kind: version > latest ? 'newer' : 'wrapper', version };
  }
  const unused =
    whole &&
    start.readUInt32BE(OWNER) === 0 &&
    version === 0 &&
    start.readUInt32BE(PAGE_COUNT) <= 1 &&
    start[SCHEMA_TYPE] === 13 &&
    start.readUInt16BE(SCHEMA_CELLS) === 0;
  return { kind: unused ? 'empty' : 'foreign' };
}

/** A file that somebody wrote by hand: no control characters but tabs and line ends. */
function isText(start: Buffer): boolean {
  return start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

function hasTraces(path: string): boolean {
  if (statSync(`${path}-wal`, { throwIfNoEntry: false }) !== undefined) return true;
  try {
    return readdirSync(join(dirname(path), 'sessions')).some((name) => name.endsWith('.cast'));
  } catch {
    // No such folder, or one that we may not read: no trace.
    return false;
  }
}

/** Why a folder can neither be used nor made, judged by the nearest ancestor that exists. */
function obstacleToFolder(folder: string): string | undefined {
  for (let current = folder; ; current = dirname(current)) {
    let status: ReturnType<typeof statSync> | undefined;
    try {
      status = statSync(current, { throwIfNoEntry: false });
    } catch (error) {
      return messageOf(error);
    }
    if (status === undefined) {
      if (dirname(current) === current) return undefined;
      continue;
    }
    if (!status.isDirectory()) return `${current} is not a folder`;
    // An existing folder that cannot be written is a fault of storage, which never keeps an agent from running.
    return current === folder || isWritable(current) ? undefined : `${current} cannot be written`;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
