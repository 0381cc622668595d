// What is to be imported may come through a pipe, which can be read only once. An import reads its file several times: such
// an input is copied first, into a private file beside the recordings that is gone when the import is done.

import { closeSync, createReadStream, rmSync, type Stats, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openPrivateFile } from '../../data/private-file.ts';
import { messageOf, WrapperError } from '../../model/errors.ts';
import { makeStagingFolder } from './staging-folder.ts';

const STANDARD_INPUT: readonly string[] = ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];

/** One thing to import. */
export interface GivenInput {
  /** As it was named; `-` is standard input. */
  readonly name: string;
  /** The name as an absolute path. */
  readonly path: string;
  readonly stdin: AsyncIterable<string | Uint8Array>;
}

/**
 * Calls `use` with the path of a file that can be read from any place, as often as wanted: the one that was given, or a copy.
 *
 * @param sessionsFolder where the recordings of the database are
 * @throws WrapperError `storage_unavailable` when the copy cannot be made, or what `use` throws
 */
export async function withFileOf<Result>(
  given: GivenInput,
  sessionsFolder: string,
  use: (path: string) => Result,
): Promise<Result> {
  const source = pipeOf(given);
  if (source === undefined) return use(given.path);
  const name = given.name === '-' ? 'standard input' : given.name;
  const copy = await copied(source, sessionsFolder, name);
  try {
    return use(copy);
  } catch (error) {
    // Nobody knows the copy.
    if (!(error instanceof WrapperError)) throw error;
    const { code, message, hint } = error;
    throw new WrapperError(code, message.replaceAll(copy, name), {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  } finally {
    rmSync(dirname(copy), { recursive: true, force: true });
  }
}

/** What must be read to its end; undefined for a file, and for what cannot be read at all. */
function pipeOf({ name, path, stdin }: GivenInput): AsyncIterable<string | Uint8Array> | undefined {
  if (name === '-') return stdin;
  const stats = statsOf(path);
  // A terminal, a pipe or a socket: the last cannot be opened by its name.
  if (STANDARD_INPUT.includes(path)) return stats?.isFile() === true ? undefined : stdin;
  return stats?.isFIFO() === true ? createReadStream(path) : undefined;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // told when it is opened
  }
}

async function copied(
  source: AsyncIterable<string | Uint8Array>,
  sessionsFolder: string,
  name: string,
): Promise<string> {
  let folder: string | undefined;
  try {
    folder = makeStagingFolder(sessionsFolder);
    const path = join(folder, 'input');
    const file = openPrivateFile(path, 'wx');
    try {
      for await (const piece of source) writeAll(file, Buffer.from(piece));
    } finally {
      closeSync(file);
    }
    return path;
  } catch (error) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    throw new WrapperError('storage_unavailable', `${name} cannot be copied: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
