// An asciicast that is to be imported, of version 2 or 3, ours or another program's: times from the start, in order; pieces
// of a length that every reader takes; a half last line, as a killed recorder leaves it, is left out.

import { JsonInput, type JsonValue } from '../../data/json-input.ts';
import { type CastEvent, type CastHeader, readCastHeader, streamOfLine } from '../../data/recording-text.ts';
import { WrapperError } from '../../model/errors.ts';
import type { StreamName } from '../../model/event.ts';

export interface CastInput {
  readonly header: CastHeader;
  readonly version: 2 | 3;
}

/** What is known at the end of the file. */
export interface CastEnd {
  /** From an `x` event, which version 3 has. */
  readonly exitCode: number | null;
}

/** Ours are at most 64 KiB before they are escaped; no player needs longer ones. */
const LONGEST_PIECE = 256 * 1024;
/** Ten years: what is longer is a mistake. */
const LONGEST_MS = 10 * 365 * 86_400_000;

/** @throws WrapperError `import_invalid` or `storage_unavailable` */
export function readCastInput(path: string): CastInput {
  const input = new JsonInput(path);
  try {
    return headerOf(input);
  } finally {
    input.close();
  }
}

/** The events, input and markers included. @throws WrapperError as `readCastInput`, naming the line */
export function* readCastEvents(path: string): Generator<CastEvent, CastEnd> {
  const input = new JsonInput(path);
  let exitCode: number | null = null;
  try {
    const { header, version } = headerOf(input);
    const unmarked: StreamName = header.wrapper?.mode === 'pipe' ? 'stdout' : 'pty';
    let microseconds = 0;
    for (let next = input.peek(); next !== undefined; next = input.peek()) {
      if (next === '#' && version === 3) {
        input.skipLine();
        continue;
      }
      const line = wholeLine(input);
      if (line === undefined) break;
      const { seconds, code, data } = eventOf(input, line);
      const time = Math.round(seconds * 1e6);
      microseconds = version === 3 ? microseconds + time : Math.max(microseconds, time);
      const t = microseconds / 1000;
      if (t > LONGEST_MS) throw input.error('its time is later than any recording lasts', line.line);
      if (code === 'x') {
        exitCode = /^\d{1,3}$/.test(data) ? Number(data) : null;
        continue;
      }
      const marked = header.wrapper !== undefined ? streamOfLine(line.text, unmarked) : unmarked;
      yield* pieces({ t, code, data, stream: code === 'o' ? marked : null });
    }
    return { exitCode };
  } finally {
    input.close();
  }
}

function headerOf(input: JsonInput): CastInput {
  const line = input.value();
  const header = readCastHeader(line.value);
  if (header === undefined) throw input.error('is no header of an asciicast of version 2 or 3', line.line);
  return header;
}

/** Undefined for a last line that its writer could not finish. */
function wholeLine(input: JsonInput): JsonValue | undefined {
  try {
    return input.value();
  } catch (error) {
    const isTorn =
      error instanceof WrapperError && error.code === 'import_invalid' && input.peek() === undefined;
    if (isTorn) return undefined;
    throw error;
  }
}

function eventOf(
  input: JsonInput,
  { value, line }: JsonValue,
): { seconds: number; code: string; data: string } {
  if (!Array.isArray(value) || value.length !== 3) throw input.error('is no event of an asciicast', line);
  const [seconds, code, data] = value as unknown[];
  if (typeof seconds !== 'number' || !(seconds >= 0))
    throw input.error('the time of the event is none', line);
  if (typeof code !== 'string' || !/^[a-z]$/.test(code))
    throw input.error('the code of the event is no letter', line);
  if (typeof data !== 'string') throw input.error('the data of the event is no text', line);
  return { seconds, code, data };
}

function* pieces(event: CastEvent): Generator<CastEvent> {
  if (event.data.length <= LONGEST_PIECE || event.code !== 'o') {
    yield event;
    return;
  }
  for (let from = 0; from < event.data.length; ) {
    let to = Math.min(from + LONGEST_PIECE, event.data.length);
    if (/[\ud800-\udbff]/.test(event.data[to - 1]!)) to++;
    yield { ...event, data: event.data.slice(from, to) };
    from = to;
  }
}
