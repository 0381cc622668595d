// Object storage in a bucket of S3 or of a server that speaks its protocol. Asks for nothing that such servers lack: no conditional
// writes, no checksums of theirs; what is stored carries our SHA-256, and what is read is checked against it.

import type { Readable } from 'node:stream';
import {
  ArtifactDownloadError,
  ArtifactNotFoundError,
  ArtifactUploadError,
  PersistenceError,
} from '../../model/persistence-errors.ts';
import { checkedBody } from './checked-body.ts';
import { isKeyPrefix, isObjectKey, requireObjectKey } from './object-key.ts';
import type { ObjectInfo, ObjectPage, ObjectSource, ObjectStore } from './object-store.ts';
import { pageLimit } from './page-limit.ts';
import { type S3Address, S3Connection, type S3Limits, USUAL_LIMITS } from './s3-connection.ts';
import { explainS3Error, missingBucket, type S3Place, saysMissingBucket, statusOf } from './s3-errors.ts';
import { BodyChanged, uploadToS3 } from './s3-upload.ts';

export interface S3StoreSettings extends S3Address {
  readonly bucket: string;
  /** What all keys begin with in the bucket; empty, or ends with a slash. */
  readonly prefix: string;
  readonly limits?: Partial<S3Limits>;
  /** Bytes; S3 takes no less than 5 MiB. */
  readonly partSize?: number;
}

/** Bytes. */
const PART_SIZE = 8 * 1024 * 1024;
const SHA256 = /^[0-9a-f]{64}$/;

export class S3ObjectStore implements ObjectStore {
  readonly location: string;
  readonly #settings: S3StoreSettings;
  readonly #limits: S3Limits;
  readonly #connection: S3Connection;
  readonly #place: S3Place;
  /** A missing object and a missing bucket look the same to a HEAD; whether the bucket is there is asked once. */
  #bucketSeen = false;

  /** Connects to nothing yet. */
  constructor(settings: S3StoreSettings) {
    this.#settings = settings;
    this.#limits = { ...USUAL_LIMITS, ...settings.limits };
    this.#connection = new S3Connection(settings, this.#limits);
    this.location = `s3://${settings.bucket}/${settings.prefix}`.replace(/\/$/, '');
    const server = settings.endpoint === undefined ? 'AWS' : new URL(settings.endpoint).host;
    this.#place = { location: this.location, bucket: settings.bucket, server };
  }

  async put(
    key: string,
    body: Uint8Array | ObjectSource,
    options: { readonly contentType?: string } = {},
  ): Promise<ObjectInfo> {
    const target = this.#target(key);
    const size = body instanceof Uint8Array ? body.length : body.size;
    try {
      const sha256 = await uploadToS3(this.#connection, target, body, {
        partSize: this.#settings.partSize ?? PART_SIZE,
        contentType: options.contentType,
      });
      // Read back, because the answer to an upload does not say when, and not every server keeps what it has accepted.
      const stored = await this.#head(key);
      if (stored === undefined) throw new BodyChanged('it was accepted, and is not there');
      this.#bucketSeen = true;
      return { key, size, modifiedAt: stored.modifiedAt, sha256 };
    } catch (error) {
      throw this.#failure(ArtifactUploadError, `${key} cannot be stored in ${this.location}`, error);
    }
  }

  async get(key: string): Promise<{ readonly info: ObjectInfo; readonly body: Readable }> {
    const target = this.#target(key);
    try {
      const answer = await this.#connection.call((client, sdk, abortSignal) =>
        client.send(new sdk.GetObjectCommand(target), { abortSignal }),
      );
      this.#bucketSeen = true;
      const info = infoOf(key, answer);
      const body = checkedBody(answer.Body as Readable, {
        name: `${key} in ${this.location}`,
        size: info.size,
        sha256: info.sha256,
        pace: { stall: this.#limits.stall, patience: this.#limits.patience },
      });
      return { info, body };
    } catch (error) {
      if (statusOf(error) === 404 && !saysMissingBucket(error)) {
        throw new ArtifactNotFoundError(`there is no object ${key} in ${this.location}`);
      }
      throw this.#failure(ArtifactDownloadError, `${key} cannot be read from ${this.location}`, error);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    requireObjectKey(key);
    try {
      return await this.#head(key);
    } catch (error) {
      throw this.#failure(PersistenceError, `${key} in ${this.location} cannot be looked at`, error);
    }
  }

  async list(
    prefix: string,
    options: { readonly after?: string | null; readonly limit?: number } = {},
  ): Promise<ObjectPage> {
    const limit = pageLimit(options.limit);
    if (!isKeyPrefix(prefix)) return { objects: [], next: null };
    const { bucket, prefix: above } = this.#settings;
    let after = options.after ?? null;
    try {
      for (;;) {
        const answer = await this.#connection.call((client, sdk, abortSignal) =>
          client.send(
            new sdk.ListObjectsV2Command({
              Bucket: bucket,
              Prefix: above + prefix,
              MaxKeys: limit,
              ...(after === null ? {} : { StartAfter: above + after }),
            }),
            { abortSignal },
          ),
        );
        this.#bucketSeen = true;
        const found = (answer.Contents ?? []).map(({ Key, Size, LastModified }) =>
          infoOf(Key!.slice(above.length), { ContentLength: Size, LastModified }),
        );
        const last = found.at(-1)?.key;
        const next = answer.IsTruncated && last !== undefined ? last : null;
        // What other programs have put there under names that no object of ours can have is not there for us.
        const objects = found.filter(({ key }) => isObjectKey(key));
        if (objects.length > 0 || next === null) return { objects, next };
        after = next;
      }
    } catch (error) {
      throw this.#failure(PersistenceError, `${this.location} cannot be listed`, error);
    }
  }

  async delete(key: string): Promise<boolean> {
    const target = this.#target(key);
    try {
      // The answer to a DELETE is the same whether there was an object or not.
      if ((await this.#head(key)) === undefined) return false;
      await this.#connection.call((client, sdk, abortSignal) =>
        client.send(new sdk.DeleteObjectCommand(target), { abortSignal }),
      );
      return true;
    } catch (error) {
      if (statusOf(error) === 404 && !saysMissingBucket(error)) return true;
      throw this.#failure(PersistenceError, `${key} cannot be removed from ${this.location}`, error);
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #target(key: string): { readonly Bucket: string; readonly Key: string } {
    requireObjectKey(key);
    return { Bucket: this.#settings.bucket, Key: this.#settings.prefix + key };
  }

  async #head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const answer = await this.#connection.call((client, sdk, abortSignal) =>
        client.send(new sdk.HeadObjectCommand(this.#target(key)), { abortSignal }),
      );
      this.#bucketSeen = true;
      return infoOf(key, answer);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      await this.#requireBucket();
      return undefined;
    }
  }

  async #requireBucket(): Promise<void> {
    if (this.#bucketSeen) return;
    try {
      await this.#connection.call((client, sdk, abortSignal) =>
        client.send(new sdk.HeadBucketCommand({ Bucket: this.#settings.bucket }), { abortSignal }),
      );
      this.#bucketSeen = true;
    } catch (error) {
      if (statusOf(error) === 404) throw Object.assign(new Error(), { name: 'NoSuchBucket' });
      throw error;
    }
  }

  /** Without the client's error as its cause: that holds the request, and with it the signature. */
  #failure(
    Failure: typeof PersistenceError | typeof ArtifactUploadError,
    what: string,
    error: unknown,
  ): Error {
    if (error instanceof BodyChanged) return new Failure(`${what}: ${error.message}`);
    const { reason, hint } = saysMissingBucket(error)
      ? missingBucket(this.#place)
      : explainS3Error(error, this.#place);
    return new Failure(`${what}: ${reason}`, { hint });
  }
}

function infoOf(
  key: string,
  answer: {
    readonly ContentLength?: number | undefined;
    readonly LastModified?: Date | undefined;
    readonly Metadata?: Record<string, string> | undefined;
  },
): ObjectInfo {
  const sha256 = answer.Metadata?.['sha256'];
  return {
    key,
    size: answer.ContentLength ?? 0,
    modifiedAt: (answer.LastModified ?? new Date(0)).toISOString(),
    sha256: sha256 !== undefined && SHA256.test(sha256) ? sha256 : null,
  };
}
