// Object storage as the rest of the product sees it: whole objects under keys (object-key.ts), in a local folder or in a bucket.
// Both keep every promise made here; tests/contract/object-store.contract.ts holds them to it. Nothing is conditional: SQLite
// says which objects count. A key that is the folder of another one (`a` beside `a/b`) is to be avoided: a folder cannot hold it.

import type { Readable } from 'node:stream';

export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601 in UTC with milliseconds; a bucket tells seconds only. */
  readonly modifiedAt: string;
  /** Of the content, in hexadecimal. Null in listings, and in a bucket for what another program has stored. */
  readonly sha256: string | null;
}

export interface ObjectPage {
  /** In the order of the UTF-8 bytes of their keys. */
  readonly objects: readonly ObjectInfo[];
  /** What to pass as `after` for the next page; null after the last one. A page may be empty and not the last. */
  readonly next: string | null;
}

/** A body that can be read more than once: to hash it before it is sent. */
export interface ObjectSource {
  /** Bytes that each reading gives; anything else is an upload that failed. */
  readonly size: number;
  open(): Readable;
}

export interface ObjectStore {
  /** For messages: `s3://bucket/prefix`, or the path of a folder; never credentials. */
  readonly location: string;

  /**
   * Stores an object or replaces it. Atomic: readers see the old one, the new one or none, never a part; also when this process
   * is killed. Idempotent. When it resolves, the object is stored for good and a `get` finds it.
   *
   * @throws ArtifactUploadError nothing was changed, or (when an answer got lost) the object is there as a whole
   * @throws PersistenceError the key is none
   */
  put(
    key: string,
    body: Uint8Array | ObjectSource,
    options?: { readonly contentType?: string },
  ): Promise<ObjectInfo>;

  /**
   * The content of one version of an object, even if it is replaced meanwhile. Whoever takes it reads it to its end or destroys it;
   * the body fails with ArtifactDownloadError when it ends early, stalls or is not what was stored.
   *
   * @throws ArtifactNotFoundError
   * @throws ArtifactDownloadError
   */
  get(key: string): Promise<{ readonly info: ObjectInfo; readonly body: Readable }>;

  /** What is stored under a key, without its content; undefined when nothing is. @throws PersistenceError */
  head(key: string): Promise<ObjectInfo | undefined>;

  /**
   * One page of the objects whose keys begin with `prefix` (any text, not only whole segments). What comes or goes while pages
   * are read may be missed or seen; nothing else is, and nothing twice.
   *
   * @param options.after only keys behind this one
   * @param options.limit objects in a page, 1 to 1000, which is also the default
   * @throws PersistenceError
   */
  list(
    prefix: string,
    options?: { readonly after?: string | null; readonly limit?: number },
  ): Promise<ObjectPage>;

  /**
   * Removes an object for good. Idempotent: one that is not there is no error.
   *
   * @returns whether there was one; of two that remove at once, both may say so
   * @throws PersistenceError
   */
  delete(key: string): Promise<boolean>;

  /** Lets go of connections; nothing may be asked afterwards. */
  close(): Promise<void>;
}
