// The campaigns as a library, `wrapper/campaigns`, with the names of the specification in camel case: a repository of
// campaigns, and functions for scans. Without options it works where the command line does: CAMPAIGNS_DB, else WRAPPER_DB, else
// data/wrapper.db; objects in the bucket that the environment names, else beside the database.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { CampaignRepository as Repository } from '../data/campaign-repository.ts';
import { openDatabase } from '../data/database.ts';
import type { ObjectStore } from '../data/objects/object-store.ts';
import { S3ObjectStore } from '../data/objects/s3-object-store.ts';
import type { ScanFilter } from '../data/scan-index.ts';
import type { ScanStore } from '../data/scan-store.ts';
import type { ScanResultSummary, ScanResults, ScanType as Type } from '../model/scan.ts';
import { openCampaigns } from './campaigns.ts';

export { LocalObjectStore as LocalPersistenceAdapter } from '../data/objects/local-object-store.ts';
export type { ObjectStore } from '../data/objects/object-store.ts';
export type { Campaign, CampaignStatus } from '../model/campaign.ts';
export { Stage } from '../model/campaign.ts';
export {
  ArtifactDownloadError,
  ArtifactNotFoundError,
  ArtifactUploadError,
  PersistenceError,
} from '../model/persistence-errors.ts';
export type { ExploitResult, GarakResult, ReconResult, ScanResultSummary } from '../model/scan.ts';
export { convertGarakReport } from './garak-report.ts';

export const ScanType = { RECON: 'recon', GARAK: 'garak', EXPLOIT: 'exploit' } as const;

export interface LibraryOptions {
  /** Path of the database; `~` stands for the home folder. */
  readonly dbPath?: string | undefined;
}

export interface ScanOptions extends LibraryOptions {
  /** Another object storage than the environment names; whoever gives it closes it. */
  readonly adapter?: ObjectStore | undefined;
}

/** The campaigns of a database, which is made when there is none. */
export class CampaignRepository extends Repository {
  readonly #close: () => void;

  /** @throws WrapperError as `openDatabase` does */
  constructor({ dbPath }: LibraryOptions = {}) {
    const database = openDatabase(placeOf(dbPath));
    super(database);
    this.#close = () => database.close();
  }

  close(): void {
    this.#close();
  }
}

/** @throws WrapperError `scan_invalid`; ArtifactUploadError */
export function saveScan<T extends Type>(
  scanType: T,
  scanId: string,
  data: ScanResults[T] | unknown,
  options: ScanOptions = {},
): Promise<ScanResultSummary> {
  return withScans(options, true, (scans) => scans.saveScan(scanType, scanId, data));
}

/** @throws ArtifactNotFoundError, ArtifactDownloadError; WrapperError `scan_invalid` */
export function loadScan<T extends Type>(
  scanType: T,
  scanId: string,
  options?: ScanOptions & { readonly validate?: true },
): Promise<ScanResults[T]>;
export function loadScan(
  scanType: Type,
  scanId: string,
  options: ScanOptions & { readonly validate: boolean },
): Promise<unknown>;
export function loadScan(
  scanType: Type,
  scanId: string,
  { validate = true, ...options }: ScanOptions & { readonly validate?: boolean } = {},
): Promise<unknown> {
  return withScans(options, false, (scans) => scans.loadScan(scanType, scanId, { validate }));
}

/** What is indexed, newest first. */
export function listScans(options: ScanOptions & ScanFilter = {}): Promise<ScanResultSummary[]> {
  return withScans(options, false, async (scans) => scans.listScans(options));
}

export function scanExists(scanType: Type, scanId: string, options: ScanOptions = {}): Promise<boolean> {
  return withScans(options, false, (scans) => scans.scanExists(scanType, scanId));
}

/** @returns false when there was none */
export function deleteScan(scanType: Type, scanId: string, options: ScanOptions = {}): Promise<boolean> {
  return withScans(options, false, (scans) => scans.deleteScan(scanType, scanId));
}

/**
 * Stores a document under the key of earlier versions, `campaigns/{audit_id}/{phase}/{filename}.json`.
 *
 * @returns the key
 * @throws WrapperError `usage`; ArtifactUploadError
 */
export function saveArtifact(
  auditId: string,
  phase: string,
  filename: string,
  data: unknown,
  options: ScanOptions = {},
): Promise<string> {
  return withScans(options, true, (scans) => scans.saveArtifact(auditId, phase, filename, data));
}

/** @throws ArtifactNotFoundError, ArtifactDownloadError; WrapperError `usage`, `scan_invalid` when it is no JSON */
export function loadArtifact(
  auditId: string,
  phase: string,
  filename: string,
  options: ScanOptions = {},
): Promise<unknown> {
  return withScans(options, false, (scans) => scans.loadArtifact(auditId, phase, filename));
}

/** The keys of the documents of an audit, in their order. */
export function listArtifacts(auditId: string, options: ScanOptions = {}): Promise<string[]> {
  return withScans(options, false, (scans) => scans.listArtifacts(auditId));
}

/** A bucket; credentials come from where the AWS SDK finds them. */
export class S3PersistenceAdapter extends S3ObjectStore {
  /** @param options.endpoint of a server that is not AWS, which is then asked in path style */
  constructor(options: {
    readonly bucketName: string;
    readonly region?: string;
    readonly endpoint?: string;
  }) {
    super({
      bucket: options.bucketName,
      prefix: '',
      region: options.region ?? process.env['AWS_REGION'] ?? (options.endpoint && 'us-east-1'),
      endpoint: options.endpoint,
      pathStyle: options.endpoint !== undefined,
    });
  }
}

async function withScans<T>(
  { dbPath, adapter }: ScanOptions,
  create: boolean,
  work: (scans: ScanStore) => Promise<T>,
): Promise<T> {
  const place = { dbPath: placeOf(dbPath), env: process.env, objects: adapter };
  const campaigns = openCampaigns(place, { create });
  try {
    return await work(campaigns.scans);
  } finally {
    await campaigns.close();
  }
}

function placeOf(dbPath: string | undefined): string {
  const { CAMPAIGNS_DB, WRAPPER_DB } = process.env;
  const path = dbPath ?? (CAMPAIGNS_DB || WRAPPER_DB || 'data/wrapper.db');
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(path);
}
