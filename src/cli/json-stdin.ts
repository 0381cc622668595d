// A JSON document that is piped into a command.

import { parseDocument } from '../campaigns/scan-file.ts';
import { WrapperError } from '../model/errors.ts';

/** Bytes of a document on stdin. */
const LARGEST = 256 * 1024 * 1024;

/** @throws WrapperError `scan_invalid` when it is no JSON, or too large */
export async function jsonFromStdin(stdin: NodeJS.ReadableStream): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(part as string);
    size += bytes.length;
    if (size > LARGEST) throw new WrapperError('scan_invalid', `stdin has more than ${LARGEST} bytes`);
    parts.push(bytes);
  }
  return parseDocument(Buffer.concat(parts).toString('utf8'), 'stdin');
}
