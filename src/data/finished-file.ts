// A file that appears under its name only when it is complete: written beside it under another name, private to its owner,
// and given its name in one step at the end. Whoever is killed in between leaves nothing under the name.

import { closeSync, fsyncSync, linkSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openPrivateFile } from './private-file.ts';

export class FinishedFile {
  readonly #path: string;
  readonly #replace: boolean;
  readonly #unfinished: string;
  #file: number | undefined;
  #bytes = 0;

  /**
   * @param path where it is to appear
   * @param options.replace take the place of a file of that name; without it one that is there is an error
   * @throws Error of node:fs, `EEXIST` when the name is taken
   */
  constructor(path: string, options: { readonly replace: boolean }) {
    this.#path = path;
    this.#replace = options.replace;
    refuseTarget(path, options.replace);
    this.#unfinished = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
    // Left by a process of the same number that was killed.
    rmSync(this.#unfinished, { force: true });
    this.#file = openPrivateFile(this.#unfinished, 'wx');
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where it is until it is complete. */
  get unfinishedPath(): string {
    return this.#unfinished;
  }

  write(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file!, bytes, done);
    this.#bytes += bytes.length;
  }

  /** Writes what is left to the disk, without giving it its name yet. */
  close(): void {
    if (this.#file === undefined) return;
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#file = undefined;
  }

  /** Gives the file its name. @throws Error of node:fs, `EEXIST` when the name was taken meanwhile */
  finish(): void {
    this.close();
    if (!this.#replace) claimName(this.#unfinished, this.#path);
    else renameSync(this.#unfinished, this.#path);
  }

  /** Removes what was written; without effect once it is finished. */
  abandon(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.#unfinished, { force: true });
  }
}

/** Only a file may be replaced: never a folder, and never a device, which a rename would take from everybody. */
function refuseTarget(path: string, replace: boolean): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || (replace && stats.isFile())) return;
  if (!replace) throw nodeError('EEXIST', `file already exists, '${path}'`);
  throw nodeError('EINVAL', `'${path}' is no file`);
}

/** Fails where another has made a file of that name meanwhile. */
function claimName(unfinished: string, path: string): void {
  try {
    linkSync(unfinished, path);
    rmSync(unfinished);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    refuseTarget(path, false);
    renameSync(unfinished, path);
  }
}

/** What file systems without links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP']);

function nodeError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
