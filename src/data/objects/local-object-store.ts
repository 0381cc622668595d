// Object storage in a local folder, private to its owner: a key is a path below it. An object appears under its name when all of it
// is on the disk. What a killed process leaves begins with a dot, is in no listing, and goes when its folder is listed an hour
// later. Nothing below the folder is reached through a symbolic link. On macOS the disk may still hold bytes in its own cache.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { messageOf } from '../../model/errors.ts';
import {
  ArtifactDownloadError,
  ArtifactNotFoundError,
  ArtifactUploadError,
  PersistenceError,
} from '../../model/persistence-errors.ts';
import { makePrivateFolder } from '../private-file.ts';
import { checkedBody } from './checked-body.ts';
import { LocalListing, UNFINISHED } from './local-listing.ts';
import { isKeyPrefix, requireObjectKey } from './object-key.ts';
import type { ObjectInfo, ObjectPage, ObjectSource, ObjectStore } from './object-store.ts';
import { pageLimit } from './page-limit.ts';

export class LocalObjectStore implements ObjectStore {
  readonly location: string;
  readonly #listing: LocalListing;

  /** @param folder made, with mode 0700, when the first object is stored */
  constructor(folder: string) {
    this.location = resolve(folder);
    this.#listing = new LocalListing(this.location);
  }

  async put(key: string, body: Uint8Array | ObjectSource): Promise<ObjectInfo> {
    const path = this.#pathOf(key);
    const folder = dirname(path);
    const unfinished = join(folder, `${UNFINISHED}${process.pid}-${globalThis.crypto.randomUUID()}`);
    try {
      await this.#refuseLinks(key);
      const made = await isAbsent(folder);
      makePrivateFolder(folder);
      const file = await open(unfinished, 'wx', 0o600);
      let sha256: string;
      try {
        sha256 = await writeAll(file, body);
        await file.sync();
      } finally {
        await file.close();
      }
      // Taken before the name is: afterwards another process may have replaced it.
      const { size, mtime } = await lstat(unfinished);
      await rename(unfinished, path);
      await syncFolder(folder);
      if (made) await this.#syncFoldersAbove(folder);
      return { key, size, modifiedAt: mtime.toISOString(), sha256 };
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {
        // The first error is the one that tells what happened.
      });
      throw new ArtifactUploadError(`${key} cannot be stored in ${this.location}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async get(key: string): Promise<{ readonly info: ObjectInfo; readonly body: Readable }> {
    const found = await this.#look(key, ArtifactDownloadError);
    if (found === undefined) throw new ArtifactNotFoundError(`there is no object ${key} in ${this.location}`);
    const { file, info } = found;
    // The same open file as was hashed, so that a replacement meanwhile changes nothing.
    const body = checkedBody(Readable.from(contentOf(file, info.size)), {
      name: `${key} in ${this.location}`,
      size: info.size,
      sha256: info.sha256,
      pace: null,
    });
    body.once('close', () => void file.close());
    return { info, body };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const found = await this.#look(key, PersistenceError);
    await found?.file.close();
    return found?.info;
  }

  async list(
    prefix: string,
    options: { readonly after?: string | null; readonly limit?: number } = {},
  ): Promise<ObjectPage> {
    const limit = pageLimit(options.limit);
    if (!isKeyPrefix(prefix)) return { objects: [], next: null };
    try {
      return await this.#listing.page(prefix, options.after ?? null, limit);
    } catch (error) {
      throw new PersistenceError(`${this.location} cannot be listed: ${messageOf(error)}`, { cause: error });
    }
  }

  async delete(key: string): Promise<boolean> {
    const path = this.#pathOf(key);
    try {
      await this.#refuseLinks(key);
      if (!(await lstat(path)).isFile()) return false;
      await rm(path);
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      if (saysAbsent(error) && (await this.#mayHoldObjects())) return false;
      throw new PersistenceError(`${key} cannot be removed from ${this.location}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #pathOf(key: string): string {
    requireObjectKey(key);
    return join(this.location, key);
  }

  async #look(
    key: string,
    Failure: typeof PersistenceError | typeof ArtifactDownloadError,
  ): Promise<{ readonly file: FileHandle; readonly info: ObjectInfo } | undefined> {
    const path = this.#pathOf(key);
    let file: FileHandle | undefined;
    try {
      await this.#refuseLinks(key);
      if (!(await lstat(path)).isFile()) return undefined;
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const { size, mtime } = await file.stat();
      const hash = createHash('sha256');
      for await (const chunk of contentOf(file, size)) hash.update(chunk);
      return { file, info: { key, size, modifiedAt: mtime.toISOString(), sha256: hash.digest('hex') } };
    } catch (error) {
      await file?.close();
      if (saysAbsent(error) && (await this.#mayHoldObjects())) return undefined;
      throw new Failure(`${key} in ${this.location} cannot be read: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Without a folder there are no objects yet; with something else in its place nobody can know. */
  async #mayHoldObjects(): Promise<boolean> {
    try {
      return (await lstat(this.location)).isDirectory();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }

  /** The folders of a key must be folders. */
  async #refuseLinks(key: string): Promise<void> {
    let path = this.location;
    for (const segment of key.split('/').slice(0, -1)) {
      path = join(path, segment);
      try {
        if ((await lstat(path)).isSymbolicLink()) throw new Error(`${path} is a symbolic link`);
      } catch (error) {
        if (saysAbsent(error)) return;
        throw error;
      }
    }
  }

  /** A folder is on the disk when the one above it is. */
  async #syncFoldersAbove(folder: string): Promise<void> {
    for (let above = dirname(folder); above.length >= dirname(this.location).length; above = dirname(above)) {
      await syncFolder(above);
      if (above === dirname(above)) return;
    }
  }
}

/** Writes a body to its end and returns its SHA-256. */
async function writeAll(file: FileHandle, body: Uint8Array | ObjectSource): Promise<string> {
  const hash = createHash('sha256');
  let written = 0;
  const write = async (chunk: Uint8Array) => {
    hash.update(chunk);
    await file.writeFile(chunk);
    written += chunk.length;
  };
  if (body instanceof Uint8Array) await write(body);
  else {
    for await (const chunk of body.open()) await write(chunk as Uint8Array);
    if (written !== body.size) throw new Error(`it has ${written} bytes instead of ${body.size}`);
  }
  return hash.digest('hex');
}

const CHUNK = 256 * 1024;

/** The bytes of an open file from its beginning, at most `size` of them. */
async function* contentOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
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

async function isAbsent(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    if (saysAbsent(error)) return true;
    throw error;
  }
}

function saysAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Why, in words that say more than the system does where a bucket would have taken the key. */
function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'another object has the name of its folder';
  if (code === 'EISDIR') return 'a folder has its name';
  return messageOf(error);
}
