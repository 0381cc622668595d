// The text of a recording: its header and its lines, in exactly the form in which RecordingWriter writes them. A recording
// of ours that is read and written again through here is the same file, byte for byte; one from elsewhere takes our form.

import type { StreamName } from '../model/event.ts';
import { escapeControls } from './json-text.ts';

/** What our recordings say about themselves. */
interface RecordingMark {
  readonly session_id: string;
  readonly agent: string;
  /** Of the wrapper that recorded it; null for a recording of another program that was imported. */
  readonly version: string | null;
  readonly mode: 'pty' | 'pipe';
  /** Start to the millisecond, within the second that the header gives; earlier versions did not write it. */
  readonly started_at?: string;
}

/** The header of a version 2 recording, as far as we keep it. */
export interface CastHeader {
  readonly version: 2;
  readonly width: number;
  readonly height: number;
  /** Start in whole seconds since the epoch. */
  readonly timestamp?: number;
  readonly env?: { readonly SHELL?: string; readonly TERM?: string };
  readonly command?: string;
  readonly title?: string;
  /** Colours of the terminal; only in recordings that were imported. */
  readonly theme?: { readonly fg?: string; readonly bg?: string; readonly palette?: string };
  readonly idle_time_limit?: number;
  readonly wrapper?: RecordingMark;
}

/** An event of a recording, as every version has it: time since the start in ms, to the microsecond. */
export interface CastEvent {
  readonly t: number;
  readonly code: string;
  readonly data: string;
  /** Where an `o` event came from; null for other codes. */
  readonly stream: StreamName | null;
}

/**
 * The header of a file of ours or of others, of version 2 or 3, with known fields only, in their order: whatever else a
 * header holds (all of an environment, for one) stays behind. Values of the wrong kind are left out, a missing size is
 * 80 × 24, as players have it.
 *
 * @returns undefined when it is no header of version 2 or 3
 */
export function readCastHeader(
  value: unknown,
): { readonly header: CastHeader; readonly version: 2 | 3 } | undefined {
  if (!isRecord(value) || (value['version'] !== 2 && value['version'] !== 3)) return undefined;
  const version = value['version'];
  const term = isRecord(value['term']) ? value['term'] : {};
  const env = isRecord(value['env']) ? value['env'] : {};
  const size = version === 3 ? [term['cols'], term['rows']] : [value['width'], value['height']];
  const terminal = text(env['TERM']) ?? text(term['type']);
  const shell = text(env['SHELL']);
  const theme = readTheme(version === 3 ? term['theme'] : value['theme']);
  const start = timestamp(value['timestamp']);
  const mark = readMark(value['wrapper'], start);
  const header: CastHeader = {
    version: 2,
    width: dimension(size[0]) ?? 80,
    height: dimension(size[1]) ?? 24,
    ...given('timestamp', start),
    env: { ...given('SHELL', shell), ...given('TERM', terminal) },
    ...given('command', text(value['command'])),
    ...given('title', text(value['title'])),
    ...given('theme', theme),
    ...given('idle_time_limit', positive(value['idle_time_limit'])),
    ...given('wrapper', mark),
  };
  return { header, version };
}

/** The first line of a recording, with its line end. */
export function castHeaderLine(header: CastHeader): string {
  return `${escapeControls(JSON.stringify(header))}\n`;
}

/** The line of an event in version 2, with its line end; the stream is in its white space. */
export function castLine(event: CastEvent): string {
  return eventLine((event.t / 1000).toFixed(6), event);
}

/** The header of the same recording in version 3. */
export function cast3HeaderLine(header: CastHeader): string {
  const { width, height, env, theme, wrapper, version: _version, ...rest } = header;
  const { TERM: type, ...others } = env ?? {};
  const term = { cols: width, rows: height, ...given('type', type), ...given('theme', theme) };
  const { timestamp: start, command, title, idle_time_limit: idle } = rest;
  return `${escapeControls(
    JSON.stringify({
      version: 3,
      term,
      ...given('timestamp', start),
      ...given('idle_time_limit', idle),
      ...given('command', command),
      ...given('title', title),
      env: others,
      ...given('wrapper', wrapper),
    }),
  )}\n`;
}

/** Version 3 writes the time since the line before; rounded times are subtracted, so that no error adds up. */
export class IntervalLines {
  #lastMicroseconds = 0;

  line(event: CastEvent): string {
    const now = Math.max(this.#lastMicroseconds, Math.round(event.t * 1000));
    const interval = (now - this.#lastMicroseconds) / 1e6;
    this.#lastMicroseconds = now;
    return eventLine(interval.toFixed(6), event);
  }
}

function eventLine(seconds: string, { code, data, stream }: CastEvent): string {
  const json = escapeControls(JSON.stringify(data));
  return `[${seconds}${code === 'o' ? outputMark(stream) : `,${JSON.stringify(code)},`}${json}]\n`;
}

/** See the head of recording-writer.ts. */
function outputMark(stream: StreamName | null): string {
  if (stream === 'stderr') return ', "o", ';
  return stream === 'output' ? ', "o",' : ',"o",';
}

/** The stream of an `o` event by the line that it stands in. @param unmarked that of the header's mode */
export function streamOfLine(line: string, unmarked: StreamName): StreamName {
  const comma = line.indexOf(',');
  if (line[comma + 1] !== ' ') return unmarked;
  return line.startsWith(' "o", ', comma + 1) ? 'stderr' : 'output';
}

function readMark(value: unknown, startSeconds: number | undefined): RecordingMark | undefined {
  if (!isRecord(value)) return undefined;
  const { session_id, agent, version, mode } = value;
  if (typeof session_id !== 'string' || typeof agent !== 'string') return undefined;
  if (mode !== 'pty' && mode !== 'pipe') return undefined;
  return {
    session_id,
    agent,
    version: typeof version === 'string' ? version : null,
    mode,
    ...given('started_at', exactStart(value['started_at'], startSeconds)),
  };
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A header whose second was changed by somebody means that second. */
function exactStart(value: unknown, startSeconds: number | undefined): string | undefined {
  if (typeof value !== 'string' || !TIMESTAMP.test(value)) return undefined;
  return Math.floor(Date.parse(value) / 1000) === startSeconds ? value : undefined;
}

const COLOUR = /^#[0-9a-f]{6}$/i;
const PALETTE = /^#[0-9a-f]{6}(?::#[0-9a-f]{6}){7}(?:(?::#[0-9a-f]{6}){8})?$/i;

function readTheme(value: unknown): CastHeader['theme'] {
  if (!isRecord(value)) return undefined;
  const { fg, bg, palette } = value;
  if (typeof fg !== 'string' || typeof bg !== 'string' || typeof palette !== 'string') return undefined;
  return COLOUR.test(fg) && COLOUR.test(bg) && PALETTE.test(palette) ? { fg, bg, palette } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [K in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [K in Name]?: Value });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}

/** A terminal of more columns or rows than this is a mistake, or an attack on the memory of a player. */
const LARGEST_DIMENSION = 10_000;

function dimension(value: unknown): number | undefined {
  const isSize = Number.isInteger(value) && Number(value) > 0 && Number(value) <= LARGEST_DIMENSION;
  return isSize ? Number(value) : undefined;
}

/** Up to the year 9999, so that it is a date. */
function timestamp(value: unknown): number | undefined {
  const isTime = Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 253_402_300_799;
  return isTime ? Number(value) : undefined;
}
