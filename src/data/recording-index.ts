// Keyframes of a recording, one JSON object a line: where in the file a time is, and how many lines and events came
// before. With them any moment of any recording is found without reading what comes before it.

import { closeSync, fstatSync, readFileSync, writeSync } from 'node:fs';
import { openPrivateFile } from './private-file.ts';
import { openIfThere } from './recording-reader.ts';

export interface Keyframe {
  /** Milliseconds since the start of the session. */
  readonly tMs: number;
  /** Offset in the recording at which the next event line begins. */
  readonly offset: number;
  /** Lines completed and events found before that offset. */
  readonly line: number;
  readonly seq: number;
  /** Size of the terminal there; absent in indexes of the first version. */
  readonly cols?: number | undefined;
  readonly rows?: number | undefined;
}

/** A keyframe is due after that many bytes of the recording or that much of its time, whichever comes first. */
const EVERY_BYTES = 1024 * 1024;
const EVERY_MS = 5000;

/** Writes keyframes that are due; the file is made with the first. Never throws. */
export class RecordingIndex {
  readonly #path: string;
  #file: number | undefined;
  #last: { tMs: number; offset: number };

  constructor(path: string, start: { tMs: number; offset: number }) {
    this.#path = path;
    this.#last = start;
  }

  note(keyframe: Keyframe): void {
    const { tMs, offset, line, seq, cols, rows } = keyframe;
    if (offset - this.#last.offset < EVERY_BYTES && tMs - this.#last.tMs < EVERY_MS) return;
    if (offset === this.#last.offset) return;
    this.#last = { tMs, offset };
    try {
      this.#file ??= openPrivateFile(this.#path, 'a');
      writeSync(this.#file, `${JSON.stringify({ t_ms: Math.round(tMs), offset, line, seq, cols, rows })}\n`);
    } catch {
      // A keyframe less makes a seek slower; the recording itself must not suffer for it.
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** The indexes that were read last: whoever seeks, seeks again. */
const cache = new Map<string, { readonly key: string; readonly keyframes: readonly Keyframe[] }>();
const MOST_CACHED = 8;

/**
 * The keyframes of a recording, in order; none when there is no index. A half-written last line is left out, and so is
 * what is no keyframe: an index only makes a seek faster.
 *
 * @throws Error of node:fs, other than for an absent file
 */
export function readKeyframes(path: string): readonly Keyframe[] {
  const file = openIfThere(path);
  if (file === undefined) return [];
  try {
    const { ino, size, mtimeMs } = fstatSync(file);
    const key = `${ino} ${size} ${mtimeMs}`;
    const known = cache.get(path);
    if (known?.key === key) return known.keyframes;
    const keyframes = parseKeyframes(readFileSync(file, 'utf8'));
    cache.delete(path);
    cache.set(path, { key, keyframes });
    if (cache.size > MOST_CACHED) cache.delete(cache.keys().next().value!);
    return keyframes;
  } finally {
    closeSync(file);
  }
}

/** The last keyframe at or before `tMs`; undefined when the recording must be read from its start. */
export function keyframeBefore(keyframes: readonly Keyframe[], tMs: number): Keyframe | undefined {
  return lastKeyframe(keyframes, 'tMs', tMs);
}

/** The last keyframe whose time, offset, line or number of events is at most `limit`. All of them only grow. */
export function lastKeyframe(
  keyframes: readonly Keyframe[],
  by: 'tMs' | 'offset' | 'line' | 'seq',
  limit: number,
): Keyframe | undefined {
  let [from, to] = [0, keyframes.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (keyframes[middle]![by] <= limit) from = middle + 1;
    else to = middle;
  }
  return keyframes[from - 1];
}

function parseKeyframes(text: string): Keyframe[] {
  const keyframes: Keyframe[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    try {
      const { t_ms, offset, line: number, seq, cols, rows } = JSON.parse(line) as Record<string, unknown>;
      if (![t_ms, offset, number, seq].every(Number.isFinite)) continue;
      keyframes.push({
        tMs: t_ms as number,
        offset: offset as number,
        line: number as number,
        seq: seq as number,
        ...(Number.isInteger(cols) && Number.isInteger(rows)
          ? { cols: cols as number, rows: rows as number }
          : {}),
      });
    } catch {
      // No JSON: damaged, and left out as said above.
    }
  }
  return keyframes;
}
