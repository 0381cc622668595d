// Reads a report of garak as a stream, line by line, so that its size does not matter. A line that is longer than any that
// garak writes is passed over and noted.

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { type GarakConversion, GarakConverter } from './garak-conversion.ts';

/** Bytes of one line; a conversation of a long probe takes some hundred thousand. */
const MOST_BYTES_OF_A_LINE = 16 * 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Converts the report at `path`.
 *
 * @param now the time that stands for a start that the report does not tell, ISO-8601
 * @throws Error of node:fs
 */
export async function convertGarakReport(path: string, now: string): Promise<GarakConversion> {
  const name = basename(path);
  const converter = new GarakConverter(name);
  await readLines(createReadStream(path), converter);
  return converter.finish({ auditId: name.replace(/(\.report)?\.jsonl$/, ''), timestamp: now });
}

/** Gives each line of a stream to the converter. */
export async function readLines(
  chunks: AsyncIterable<Uint8Array>,
  converter: Pick<GarakConverter, 'line' | 'unusable'>,
): Promise<void> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array): void => {
    size += part.length;
    if (size <= MOST_BYTES_OF_A_LINE) parts.push(part);
    else parts = [];
  };
  const end = (isLast: boolean): void => {
    if (size > MOST_BYTES_OF_A_LINE) {
      converter.unusable(number, `is longer than ${MOST_BYTES_OF_A_LINE} bytes`);
    } else if (isLast && size > 0 && !isComplete(parts)) {
      converter.unusable(number, 'is cut off');
    } else if (size > 0) {
      converter.line(Buffer.concat(parts).toString('utf8'), number);
    }
    number++;
    parts = [];
    size = 0;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, at));
      end(false);
      start = at + 1;
    }
    // The stream uses its memory again.
    if (start < chunk.length) add(Uint8Array.prototype.slice.call(chunk, start));
  }
  end(true);
}

/** Whether a last line without its end is a whole document all the same. */
function isComplete(parts: readonly Uint8Array[]): boolean {
  const text = Buffer.concat(parts).toString('utf8');
  if (text.trim() === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
