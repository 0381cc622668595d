// Which scans there are: the authority on it, and quick to ask. The scans themselves lie in object storage; what lies there
// and is not here was put there by somebody else, and does not exist until it has been indexed.

import { SCAN_ID, type ScanResultSummary, type ScanType } from '../model/scan.ts';
import type { Database, SqlValue } from './database.ts';

/** What is known of a stored scan. */
export interface IndexedScan extends ScanResultSummary {
  /** SHA-256 of the object in lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Bytes of the object. */
  readonly size: number;
  /** The object storage that it was put into. */
  readonly location: string;
  /** ISO-8601 UTC with milliseconds. */
  readonly stored_at: string;
}

export interface ScanFilter {
  readonly scanType?: ScanType | undefined;
  /** Only scans whose audit id begins with this text. */
  readonly auditIdFilter?: string | undefined;
  /** 1000 by default. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

const SUMMARY = 'scan_id, scan_type, audit_id, timestamp, s3_key, filename';
const COLUMNS = `${SUMMARY}, sha256, size, location, stored_at`;
const NEWEST_FIRST = 'ORDER BY timestamp DESC, scan_type, scan_id LIMIT ? OFFSET ?';

/** All methods throw as `Database` says. */
export class ScanIndex {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a scan, or takes the place of what is known of it. */
  put(scan: IndexedScan): void {
    const { scan_id, scan_type, audit_id, timestamp, s3_key, filename } = scan;
    this.#database.write(() =>
      this.#database
        .prepare(`INSERT OR REPLACE INTO scans (${COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)`)
        .run(
          scan_id,
          scan_type,
          audit_id,
          timestamp,
          s3_key,
          filename,
          scan.sha256,
          scan.size,
          scan.location,
          scan.stored_at,
        ),
    );
  }

  get(scanType: ScanType, scanId: string): IndexedScan | undefined {
    const sql = `SELECT ${COLUMNS} FROM scans WHERE scan_type = ? AND scan_id = ?`;
    return this.#database.read(() => this.#database.prepare(sql).get(scanType, scanId)) as
      | IndexedScan
      | undefined;
  }

  /** The ids of scans of a type that begin with some text, at most ten. */
  findIds(scanType: ScanType, start: string): string[] {
    if (!SCAN_ID.test(start)) return [];
    const list = 'FROM scans WHERE scan_type = ? AND scan_id >= ? AND scan_id < ? ORDER BY scan_id LIMIT 10';
    return this.#database
      .read(() => this.#database.rows<[unknown]>('scan_id', list, [scanType, start, `${start}{`]))
      .map(([scanId]) => String(scanId));
  }

  /** Newest first. */
  list({ scanType, auditIdFilter = '', limit = 1000, offset = 0 }: ScanFilter = {}): ScanResultSummary[] {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    if (auditIdFilter !== '') {
      conditions.push('audit_id >= ?');
      values.push(auditIdFilter);
      const end = afterAll(auditIdFilter);
      if (end !== undefined) {
        conditions.push('audit_id < ?');
        values.push(end);
      }
    }
    if (scanType !== undefined) {
      conditions.push('scan_type = ?');
      values.push(scanType);
    }
    const index =
      auditIdFilter !== ''
        ? 'idx_scan_audit'
        : scanType === undefined
          ? 'idx_scan_timestamp'
          : 'idx_scan_type';
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')} `;
    const sql = `SELECT ${SUMMARY} FROM scans INDEXED BY ${index} ${where}${NEWEST_FIRST}`;
    return this.#database.read(() =>
      this.#database.prepare(sql).all(...values, limit, offset),
    ) as ScanResultSummary[];
  }

  /** Every indexed scan of a type with what is known of it, in the order of their ids, page by page. */
  *all(scanType: ScanType): Generator<IndexedScan> {
    const sql = `SELECT ${COLUMNS} FROM scans WHERE scan_type = ? AND scan_id > ? ORDER BY scan_id LIMIT 500`;
    for (let last = ''; ; ) {
      const page = this.#database.read(() =>
        this.#database.prepare(sql).all(scanType, last),
      ) as IndexedScan[];
      yield* page;
      if (page.length < 500) return;
      last = page.at(-1)!.scan_id;
    }
  }

  /** @returns false when it was not there */
  delete(scanType: ScanType, scanId: string): boolean {
    const sql = 'DELETE FROM scans WHERE scan_type = ? AND scan_id = ?';
    return this.#database.write(() => this.#database.prepare(sql).run(scanType, scanId).changes > 0);
  }
}

/** The least text that comes after all that begin with `prefix`; undefined when there is none. By code points, as SQLite compares. */
function afterAll(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last >= 0x10ffff) continue;
    // There are no characters among the surrogates.
    points.push(last + 1 >= 0xd800 && last + 1 <= 0xdfff ? 0xe000 : last + 1);
    return String.fromCodePoint(...points);
  }
  return undefined;
}
