// Scans in object storage, with their index. What is stored has been read back and compared before anybody is told of it, so
// that a scan in the index is one that could be read.

import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { messageOf, WrapperError } from '../model/errors.ts';
import { ArtifactDownloadError, ArtifactUploadError } from '../model/persistence-errors.ts';
import {
  SCAN_ID,
  SCAN_ID_FORM,
  SCAN_SCHEMAS,
  SCAN_TYPES,
  type ScanResultSummary,
  type ScanResults,
  type ScanType,
  scanKey,
} from '../model/scan.ts';
import { isoTimestamp } from '../model/time.ts';
import type { ObjectInfo, ObjectStore } from './objects/object-store.ts';
import type { IndexedScan, ScanFilter, ScanIndex } from './scan-index.ts';

/** Bytes of an object that is read into memory. */
const LARGEST = 256 * 1024 * 1024;

/** Loading and asking go by the key of a scan and thus reach what other machines have stored; listing goes by the index. */
export class ScanStore {
  readonly index: ScanIndex;
  readonly objects: ObjectStore;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(index: ScanIndex, objects: ObjectStore, now: () => number = Date.now) {
    this.index = index;
    this.objects = objects;
    this.#now = now;
  }

  /**
   * Stores a scan, or replaces it; doing it twice is as doing it once.
   *
   * @throws WrapperError `scan_invalid` when the document is not a result of that type, `usage` for an id that is none
   * @throws ArtifactUploadError when it could not be stored, or is not what was stored when it is read back
   */
  async saveScan<Type extends ScanType>(
    type: Type,
    scanId: string,
    data: ScanResults[Type] | unknown,
  ): Promise<ScanResultSummary> {
    const key = keyOf(type, scanId);
    const bytes = documentBytes(checkScan(type, data));
    await this.#putSafely(key, bytes);
    return this.#record(type, scanId, bytes);
  }

  /**
   * The result, checked (`validate`, by default) or as it was stored.
   *
   * @throws ArtifactNotFoundError, ArtifactDownloadError; WrapperError `scan_invalid` when it is no such result
   */
  async loadScan<Type extends ScanType>(
    type: Type,
    scanId: string,
    options?: { readonly validate?: true },
  ): Promise<ScanResults[Type]>;
  async loadScan(type: ScanType, scanId: string, options: { readonly validate?: boolean }): Promise<unknown>;
  async loadScan(
    type: ScanType,
    scanId: string,
    options: { readonly validate?: boolean } = {},
  ): Promise<unknown> {
    const key = keyOf(type, scanId);
    const value = parsed(key, await this.#read(key));
    return options.validate === false ? value : checkScan(type, value, key);
  }

  /** What is indexed, newest first. */
  listScans(filter: ScanFilter = {}): ScanResultSummary[] {
    return this.index.list(filter);
  }

  /** Whether its object is there, indexed or not. */
  async scanExists(type: ScanType, scanId: string): Promise<boolean> {
    return (await this.objects.head(keyOf(type, scanId))) !== undefined;
  }

  /** Removes object and index. @returns false when there was neither */
  async deleteScan(type: ScanType, scanId: string): Promise<boolean> {
    const key = keyOf(type, scanId);
    const existed = (await this.objects.head(key)) !== undefined;
    await this.objects.delete(key);
    return this.index.delete(type, scanId) || existed;
  }

  /**
   * Takes a scan into the index that lies in the storage already.
   *
   * @throws as `loadScan`
   */
  async indexScan(type: ScanType, scanId: string): Promise<ScanResultSummary> {
    const key = keyOf(type, scanId);
    const bytes = await this.#read(key);
    checkScan(type, parsed(key, bytes), key);
    return this.#record(type, scanId, bytes);
  }

  /** SHA-256 of an object as it is now. @throws as `ObjectStore.get` */
  async digest(key: string): Promise<string> {
    return sha256(await this.#read(key));
  }

  /** Stores a document under the key of earlier versions, `campaigns/{audit_id}/{phase}/{filename}.json`. @returns the key */
  async saveArtifact(auditId: string, phase: string, filename: string, data: unknown): Promise<string> {
    const key = artifactKey(auditId, phase, filename);
    await this.#putSafely(key, documentBytes(data));
    return key;
  }

  /** @throws ArtifactNotFoundError, ArtifactDownloadError */
  async loadArtifact(auditId: string, phase: string, filename: string): Promise<unknown> {
    const key = artifactKey(auditId, phase, filename);
    return parsed(key, await this.#read(key));
  }

  /** The keys of the documents of an audit, in their order. */
  async listArtifacts(auditId: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of allObjects(this.objects, `campaigns/${segment('audit id', auditId)}/`))
      keys.push(key);
    return keys;
  }

  #record(type: ScanType, scanId: string, bytes: Uint8Array): ScanResultSummary {
    const { audit_id, timestamp } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      audit_id: string;
      timestamp: string;
    };
    const summary: ScanResultSummary = {
      scan_id: scanId,
      scan_type: type,
      audit_id,
      timestamp,
      s3_key: scanKey(type, scanId),
      filename: `${scanId}.json`,
    };
    const indexed: IndexedScan = {
      ...summary,
      sha256: sha256(bytes),
      size: bytes.length,
      location: this.objects.location,
      stored_at: isoTimestamp(this.#now()),
    };
    this.index.put(indexed);
    return summary;
  }

  async #putSafely(key: string, bytes: Uint8Array): Promise<void> {
    await this.objects.put(key, bytes, { contentType: 'application/json' });
    let found: string;
    try {
      found = await this.digest(key);
    } catch (error) {
      throw new ArtifactUploadError(
        `${key} was stored in ${this.objects.location} and cannot be read back: ${messageOf(error)}`,
        { cause: error },
      );
    }
    if (found === sha256(bytes)) return;
    throw new ArtifactUploadError(
      `${key} is not what was stored when it is read back from ${this.objects.location}`,
    );
  }

  async #read(key: string): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let size = 0;
    const { body } = await this.objects.get(key);
    // Leaving the loop destroys the body.
    for await (const part of body as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > LARGEST) throw new ArtifactDownloadError(`${key} is larger than ${LARGEST} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  }
}

/**
 * The document as a result of that type, with its defaults.
 *
 * @param name how an error calls it
 * @throws WrapperError `scan_invalid`
 */
export function checkScan<Type extends ScanType>(
  type: Type,
  data: unknown,
  name = 'the document',
): ScanResults[Type] {
  const schema = SCAN_SCHEMAS[typeOf(type)] as unknown as z.ZodType<ScanResults[Type]>;
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues;
  const place = first!.path.length === 0 ? '' : `${first!.path.join('.')}: `;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new WrapperError('scan_invalid', `${name} is no ${type} result: ${place}${first!.message}${more}`, {
    hint: 'docs/CAMPAIGNS.md lists the fields of each type.',
  });
}

/** All objects whose keys begin with `prefix`, page by page, in the order of their keys. */
export async function* allObjects(objects: ObjectStore, prefix: string): AsyncGenerator<ObjectInfo> {
  for (let after: string | null = null; ; ) {
    const page = await objects.list(prefix, { after });
    yield* page.objects;
    if (page.next === null) return;
    after = page.next;
  }
}

function documentBytes(data: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(data, null, 2)}\n`);
}

function parsed(key: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new WrapperError('scan_invalid', `${key} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function keyOf(type: ScanType, scanId: string): string {
  if (SCAN_ID.test(scanId)) return scanKey(typeOf(type), scanId);
  throw new WrapperError('usage', `"${scanId.slice(0, 64)}" is no scan id: ${SCAN_ID_FORM}`);
}

function typeOf(type: string): ScanType {
  const known = SCAN_TYPES.find((name) => name === type);
  if (known !== undefined) return known;
  throw new WrapperError('usage', `"${type.slice(0, 64)}" is no type of scan`, {
    hint: `The types are ${SCAN_TYPES.join(', ')}.`,
  });
}

function artifactKey(auditId: string, phase: string, filename: string): string {
  const name = segment('file name', filename.replace(/\.json$/, ''));
  return `campaigns/${segment('audit id', auditId)}/${segment('phase', phase)}/${name}.json`;
}

function segment(what: string, text: string): string {
  if (SCAN_ID.test(text)) return text;
  throw new WrapperError('usage', `"${text.slice(0, 64)}" is no ${what}: ${SCAN_ID_FORM}`);
}
