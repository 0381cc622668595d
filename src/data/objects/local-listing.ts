// Lists the objects of a folder as a bucket does: all files below it in the order of their keys, in pages. A folder with many names
// is remembered from page to page, so that 100,000 entries are read once and not a hundred times.

import type { BigIntStats } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectKey } from './object-key.ts';
import type { ObjectInfo, ObjectPage } from './object-store.ts';

/** How the name of a file begins that is not complete. */
export const UNFINISHED = '.tmp-';
/** Milliseconds after which nobody writes to such a file any more. */
const STALE = 3_600_000;
/** Entries that make it worth to remember a folder. */
const MANY = 1000;
/** Milliseconds; file systems tell times of change no finer than this, so a younger folder may change unseen. */
const SETTLED = 2000;

interface Remembered {
  readonly folder: string;
  readonly changed: bigint;
  readonly inode: bigint;
  readonly names: readonly string[];
}

export class LocalListing {
  readonly #root: string;
  #remembered: Remembered | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws Error of node:fs when a folder cannot be read */
  async page(prefix: string, after: string | null, limit: number): Promise<ObjectPage> {
    const keys: string[] = [];
    let next: string | null = null;
    for await (const key of this.#keys('', prefix, after)) {
      if (keys.length === limit) {
        next = keys.at(-1)!;
        break;
      }
      keys.push(key);
    }
    const objects = await Promise.all(keys.map((key) => this.#describe(key)));
    return { objects: objects.filter((object) => object !== undefined), next };
  }

  /** @param folder ends with a slash, or is empty for the root */
  async *#keys(folder: string, prefix: string, after: string | null): AsyncGenerator<string> {
    for (const name of await this.#names(folder)) {
      const key = folder + name;
      if (!key.endsWith('/')) {
        if (key.startsWith(prefix) && (after === null || key > after) && isObjectKey(key)) yield key;
      } else if (key.startsWith(prefix) || prefix.startsWith(key)) {
        // When the folder stands before the place and does not hold it, so does everything in it.
        if (after === null || key > after || after.startsWith(key)) yield* this.#keys(key, prefix, after);
      }
    }
  }

  /** The names in a folder in the order of the keys, those of folders with the slash that they have in a key. */
  async #names(folder: string): Promise<readonly string[]> {
    const path = join(this.#root, folder);
    const before = await statOf(path);
    if (before === undefined) return [];
    const known = this.#remembered;
    if (known?.folder === folder && known.changed === before.mtimeNs && known.inode === before.ino)
      return known.names;

    const names: string[] = [];
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.name.startsWith(UNFINISHED)) await removeStale(join(path, entry.name));
      else if (entry.name.startsWith('.')) continue;
      else if (entry.isDirectory()) names.push(`${entry.name}/`);
      else if (entry.isFile()) names.push(entry.name);
    }
    // Keys are ASCII, where the order of UTF-16 units is that of bytes.
    names.sort();
    if (names.length >= MANY && Date.now() - Number(before.mtimeMs) > SETTLED) {
      this.#remembered = { folder, changed: before.mtimeNs, inode: before.ino, names };
    }
    return names;
  }

  /** Undefined when it was removed meanwhile. */
  async #describe(key: string): Promise<ObjectInfo | undefined> {
    const stats = await statOf(join(this.#root, key));
    if (!stats?.isFile()) return undefined;
    return { key, size: Number(stats.size), modifiedAt: stats.mtime.toISOString(), sha256: null };
  }
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function removeStale(path: string): Promise<void> {
  const stats = await statOf(path);
  if (stats?.isFile() && Date.now() - Number(stats.mtimeMs) > STALE) await rm(path, { force: true });
}
