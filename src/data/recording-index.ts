// Keyframes of a recording, one JSON object a line: where in the file a time is, and how many lines and events came
// before. With them any moment of any recording is found without reading what comes before it.

import { closeSync, readFileSync, writeSync } from 'node:fs';
import { openPrivateFile } from './private-file.ts';

export interface Keyframe {
  /** Milliseconds since the start of the session. */
  readonly tMs: number;
  /** Offset in the recording at which the next event line begins. */
  readonly offset: number;
  /** Lines completed and events found before that offset. */
  readonly line: number;
  readonly seq: number;
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
    const { tMs, offset, line, seq } = keyframe;
    if (offset - this.#last.offset < EVERY_BYTES && tMs - this.#last.tMs < EVERY_MS) return;
    if (offset === this.#last.offset) return;
    this.#last = { tMs, offset };
    try {
      this.#file ??= openPrivateFile(this.#path, 'a');
      writeSync(this.#file, `${JSON.stringify({ t_ms: Math.round(tMs), offset, line, seq })}\n`);
    } catch {
      // A keyframe less makes a seek slower; the recording itself must not suffer for it.
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** The keyframes of a recording, in order; none when there is no index. A half-written last line is left out. */
export function readKeyframes(path: string): Keyframe[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  const keyframes: Keyframe[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const { t_ms, offset, line: number, seq } = JSON.parse(line) as Record<string, number>;
    keyframes.push({ tMs: t_ms ?? 0, offset: offset ?? 0, line: number ?? 0, seq: seq ?? 0 });
  }
  return keyframes;
}

/** The last keyframe at or before `tMs`; undefined when the recording must be read from its start. */
export function keyframeBefore(keyframes: readonly Keyframe[], tMs: number): Keyframe | undefined {
  return keyframes.findLast((keyframe) => keyframe.tMs <= tMs);
}
