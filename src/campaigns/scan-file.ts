// The file that a stage leaves, as the result that it must be: a JSON document, or for garak its own report, which is
// converted.

import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkScan } from '../data/scan-store.ts';
import { messageOf, WrapperError } from '../model/errors.ts';
import type { ScanResults, ScanType } from '../model/scan.ts';
import { isoTimestamp } from '../model/time.ts';
import type { LineProblem } from './garak-conversion.ts';
import { convertGarakReport } from './garak-report.ts';

export interface ScanFile<Type extends ScanType = ScanType> {
  readonly result: ScanResults[Type];
  /** A name for it that follows from its content: the same result has the same name. */
  readonly scanId: string;
  /** Lines of a report of garak that could not be used. */
  readonly problems: readonly LineProblem[];
  readonly problemCount: number;
}

/** Bytes of a document that is read into memory; a report of garak is read as a stream and may be larger. */
const LARGEST = 256 * 1024 * 1024;
/** Bytes in which the first entry of a report begins. */
const HEAD = 65_536;

/**
 * Reads the result of a stage.
 *
 * @throws WrapperError `scan_invalid`: absent, unreadable, no such result
 */
export async function readScanFile<Type extends ScanType>(type: Type, path: string): Promise<ScanFile<Type>> {
  const name = basename(path);
  try {
    const stats = await stat(path);
    // A pipe might never end, and a device has no size.
    if (!stats.isFile()) throw new WrapperError('scan_invalid', `${name} is no regular file`);
    if (type === 'garak' && (await isReport(path))) {
      return (await readReport(path, name)) as ScanFile<Type>;
    }
    if (stats.size > LARGEST)
      throw new WrapperError('scan_invalid', `${name} is larger than ${LARGEST} bytes`);
    const result = checkScan(type, parseDocument(await readFile(path, 'utf8'), name), name);
    return { result, scanId: scanIdOf(type, result), problems: [], problemCount: 0 };
  } catch (error) {
    if (error instanceof WrapperError) throw error;
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = absent ? 'there is no such file' : messageOf(error);
    throw new WrapperError('scan_invalid', `${path} cannot be read: ${reason}`, { cause: error });
  }
}

/** `garak-` and sixteen digits of a hash of the result. */
export function scanIdOf<Type extends ScanType>(type: Type, result: ScanResults[Type]): string {
  return `${type}-${createHash('sha256').update(JSON.stringify(result)).digest('hex').slice(0, 16)}`;
}

/** @param name how an error calls it. @throws WrapperError `scan_invalid` */
export function parseDocument(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WrapperError('scan_invalid', `${name} is no valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** A time that the report does not tell is that of the file, so that the same file gives the same result. */
async function readReport(path: string, name: string): Promise<ScanFile<'garak'>> {
  const { mtimeMs } = await stat(path);
  const { entries, result, problems, problemCount } = await convertGarakReport(path, isoTimestamp(mtimeMs));
  if (entries === 0) {
    const why = problems.length === 0 ? '' : `: line ${problems[0]!.line} ${problems[0]!.reason}`;
    throw new WrapperError('scan_invalid', `${name} is no report of garak that tells of any probe${why}`);
  }
  return { result, scanId: scanIdOf('garak', result), problems, problemCount };
}

/** By its name, or by its first line, which is an entry of a report and nothing else. */
async function isReport(path: string): Promise<boolean> {
  if (path.endsWith('.jsonl')) return true;
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const [first = ''] = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    return /^\s*\{\s*"entry_type"\s*:/.test(first);
  } finally {
    await file.close();
  }
}
