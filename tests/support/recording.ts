// Reads a recording strictly: one mistake anywhere and it throws. A player may be lenient; the wrapper may not rely on it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Recording {
  readonly header: Readonly<Record<string, unknown>>;
  readonly events: readonly (readonly [time: number, code: string, data: string])[];
}

/** Paths of all recordings beside the default database of a folder. */
export function recordingsIn(cwd: string): string[] {
  const folder = join(cwd, 'data/sessions');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cast'))
    .map((name) => join(folder, name));
}

/** The only recording of a folder. */
export function onlyRecording(cwd: string): string {
  const [first, ...others] = recordingsIn(cwd);
  if (first === undefined || others.length > 0) throw new Error(`${others.length + 1} recordings, not 1`);
  return first;
}

/** Parses asciicast v2 line by line. @throws on the first thing that is not as the format says */
export function parseRecording(path: string): Recording {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  if (!text.endsWith('\n')) throw new Error(`${path} does not end with a whole line`);
  const [first = '', ...lines] = text.slice(0, -1).split('\n');
  const header = JSON.parse(first) as Record<string, unknown>;
  if (header['version'] !== 2) throw new Error(`version is ${header['version']}`);
  for (const key of ['width', 'height', 'timestamp']) {
    if (!Number.isInteger(header[key]) || Number(header[key]) <= 0) throw new Error(`${key}: ${header[key]}`);
  }
  let before = 0;
  const events = lines.map((line): [number, string, string] => {
    const event: unknown = JSON.parse(line);
    if (!Array.isArray(event) || event.length !== 3) throw new Error(`no event: ${line}`);
    const [time, code, data] = event as unknown[];
    if (typeof time !== 'number' || time < before) throw new Error(`time goes back: ${line}`);
    if (typeof code !== 'string' || !'oimr'.includes(code)) throw new Error(`unknown code: ${line}`);
    if (typeof data !== 'string') throw new Error(`no text: ${line}`);
    before = time;
    return [time, code, data];
  });
  return { header, events };
}

/** Everything that was recorded as output. */
export function recordedText(path: string): string {
  return textOf(parseRecording(path), 'o');
}

export function textOf({ events }: Recording, code: string): string {
  return events
    .filter((event) => event[1] === code)
    .map((event) => event[2])
    .join('');
}
