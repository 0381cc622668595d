// Sessions come in from files: exports of a wrapper, and recordings of any program that writes asciicasts. A file is
// imported as a whole or not at all.

import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import type { Database } from '../../data/database.ts';
import { messageOf, WrapperError } from '../../model/errors.ts';
import { importArchive } from './import-archive.ts';
import { importCast } from './import-cast.ts';
import type { Imported, ImportTarget } from './import-target.ts';

export type ImportFormat = 'json' | 'jsonl' | 'cast';

/** As much of a file as tells its format: its first line, or the beginning of its first value. */
const PROBE_BYTES = 1024 * 1024;

/**
 * Takes a file in.
 *
 * @param format by default what the file looks like
 * @throws WrapperError `import_invalid`, `session_exists`, `storage_unavailable` or as `Database` does; nothing is then
 *   changed
 */
export function importSession(
  database: Database,
  path: string,
  format: ImportFormat | undefined,
  target: ImportTarget,
): Imported {
  refuseNoFile(path);
  const actual = format ?? detectFormat(path);
  return actual === 'cast'
    ? importCast(database, path, target)
    : importArchive(database, path, actual, target);
}

/** @throws WrapperError `storage_unavailable` for a name under which there is nothing, or a folder */
function refuseNoFile(path: string): void {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    return; // told when it is opened
  }
  if (stats === undefined) {
    throw new WrapperError('storage_unavailable', `${path} cannot be read: there is no such file`, {
      hint: 'Name an export of the wrapper or an asciicast; - is standard input.',
    });
  }
  if (stats.isDirectory()) {
    throw new WrapperError('storage_unavailable', `${path} cannot be read: it is a folder`, {
      hint: 'Name the files in it that are to be imported.',
    });
  }
}

/** @throws WrapperError `import_invalid` when it is none of them */
function detectFormat(path: string): ImportFormat {
  const beginning = readBeginning(path);
  const first = /^\s*(\{[^\n]*)/.exec(beginning)?.[1];
  const header = first === undefined ? undefined : parsed(first);
  if (header?.['type'] === 'session') return 'jsonl';
  if (header?.['version'] === 2 || header?.['version'] === 3) return 'cast';
  if (/^\s*\{/.test(beginning) && beginning.includes('"wrapper-session"')) return 'json';
  // A document that another program has sorted may name its format far behind.
  if (/^\s*\{\s*"(?:code_blocks|events|recording|session|state_changes)"\s*:/.test(beginning)) return 'json';
  throw new WrapperError('import_invalid', `${path} is neither an export of the wrapper nor an asciicast`, {
    hint: 'wrapper import takes the formats json, jsonl and cast.',
  });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the beginning of a document, or no JSON: what follows decides
  }
}

function readBeginning(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(PROBE_BYTES);
      return buffer.toString('utf8', 0, readSync(file, buffer)).replace(/^\ufeff/, '');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new WrapperError('storage_unavailable', `${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
