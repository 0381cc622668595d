// Object storage as the rest of the product sees it: whole objects under keys. SQLite says which of them count.

/** What keys may look like: segments of these characters, none of them `.` or `..`, none of them empty. */
const KEY = /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9._=-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._=-]+)*$/;
const LONGEST_KEY = 1024;

export interface ObjectEntry {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

export interface ObjectStore {
  /** Where the objects are, as a person writes it: a folder, or `s3://bucket`. */
  readonly location: string;
  /** Stores an object, or replaces it; readers see the old or the new one, never a part. @throws ArtifactUploadError */
  put(key: string, body: Uint8Array): Promise<void>;
  /** The content of an object. @throws ArtifactNotFoundError, ArtifactDownloadError (also while it is read) */
  get(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** What there is under a key; undefined when there is nothing. @throws ArtifactDownloadError */
  head(key: string): Promise<ObjectEntry | undefined>;
  /** All objects whose key begins with `prefix`, in the order of their keys. @throws ArtifactDownloadError */
  list(prefix: string): AsyncIterable<ObjectEntry>;
  /** Removes an object; one that is not there is no error. @throws PersistenceError */
  delete(key: string): Promise<void>;
  /** Lets connections go. */
  close(): Promise<void>;
}

/** Whether an object may have this key, in every implementation. */
export function isObjectKey(key: string): boolean {
  return key.length <= LONGEST_KEY && KEY.test(key);
}
