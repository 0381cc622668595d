// Object storage in a local folder, private to its owner. An object appears under its key when it is complete; what a killed
// process leaves behind begins with a dot and is in no listing.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { messageOf } from '../../model/errors.ts';
import {
  ArtifactDownloadError,
  ArtifactNotFoundError,
  ArtifactUploadError,
  PersistenceError,
} from '../../model/persistence-errors.ts';
import { makePrivateFolder } from '../private-file.ts';
import { isObjectKey, requireObjectKey } from './object-key.ts';
import type { ObjectInfo, ObjectPage, ObjectSource, ObjectStore } from './object-store.ts';

export class LocalFolderStore implements ObjectStore {
  readonly location: string;

  /** @param folder is made with the first object */
  constructor(folder: string) {
    this.location = resolve(folder);
  }

  async put(key: string, source: Uint8Array | ObjectSource): Promise<ObjectInfo> {
    const body = source instanceof Uint8Array ? source : await buffer(source.open());
    const path = this.#pathOf(key);
    const unfinished = join(dirname(path), `.${process.pid}-${globalThis.crypto.randomUUID()}.part`);
    try {
      makePrivateFolder(dirname(path));
      const file = await open(unfinished, 'wx', 0o600);
      try {
        await file.writeFile(body);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
      await syncFolder(dirname(path));
      return { key, size: body.length, modifiedAt: new Date().toISOString(), sha256: sha256(body) };
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {
        // The first error is the one that tells what happened.
      });
      throw new ArtifactUploadError(`${path} cannot be written: ${messageOf(error)}`, { cause: error });
    }
  }

  async get(key: string): Promise<{ info: ObjectInfo; body: Readable }> {
    const path = this.#pathOf(key);
    const info = await this.head(key);
    if (info === undefined) throw new ArtifactNotFoundError(`there is no object ${key} in ${this.location}`);
    return { info, body: Readable.from(readFrom(path)) };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const path = this.#pathOf(key);
    try {
      const stats = await stat(path);
      return stats.isFile()
        ? { key, size: stats.size, modifiedAt: stats.mtime.toISOString(), sha256: null }
        : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw new ArtifactDownloadError(`${path} cannot be looked at: ${messageOf(error)}`, { cause: error });
    }
  }

  async list(
    prefix: string,
    { after = null, limit = 1000 }: { after?: string | null; limit?: number } = {},
  ): Promise<ObjectPage> {
    const objects: ObjectInfo[] = [];
    for await (const object of this.#listFolder('', prefix)) {
      if (after !== null && object.key <= after) continue;
      if (objects.length === limit) return { objects, next: objects.at(-1)!.key };
      objects.push(object);
    }
    return { objects, next: null };
  }

  async delete(key: string): Promise<boolean> {
    const path = this.#pathOf(key);
    try {
      await rm(path);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw new PersistenceError(`${path} cannot be removed: ${messageOf(error)}`, { cause: error });
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #pathOf(key: string): string {
    requireObjectKey(key);
    return join(this.location, key);
  }

  /** @param folder ends with a slash, or is empty for the root */
  async *#listFolder(folder: string, prefix: string): AsyncGenerator<ObjectInfo> {
    const path = join(this.location, folder);
    let entries: import('node:fs').Dirent[];
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      if (isAbsent(error)) return;
      throw new ArtifactDownloadError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
    }
    // A folder sorts as its keys do, with the slash.
    const names = entries
      .filter((entry) => !entry.name.startsWith('.'))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.isFile() ? entry.name : ''))
      .filter((name) => name !== '')
      .sort();
    for (const name of names) {
      const key = folder + name;
      if (name.endsWith('/')) {
        if (key.startsWith(prefix) || prefix.startsWith(key)) yield* this.#listFolder(key, prefix);
      } else if (key.startsWith(prefix) && isObjectKey(key)) {
        const entry = await this.head(key);
        if (entry !== undefined) yield entry;
      }
    }
  }
}

async function* readFrom(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    throw new ArtifactDownloadError(`${basename(path)} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The name is on the disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
