// Finds places in a recording without reading what lies before them. Times only grow, so a moment is found by halving
// the file, with or without an index; the size of the terminal is read from the index, or from the lines before.

import { closeSync, fstatSync, readSync } from 'node:fs';
import { lastKeyframe, readKeyframes } from './recording-index.ts';
import { lineBefore, openIfThere, readRecording, readRecordingHeader } from './recording-reader.ts';

/** Below this distance the rest is read event by event. */
const NEAR_BYTES = 128 * 1024;
const BLOCK_BYTES = 64 * 1024;
/** How far back a change of size is looked for where there is no index. */
const MOST_SEARCHED = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
const TIME = /^\[\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*,/;

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** Where a recording ends: behind its last whole line, and at the time of its last event. */
export interface RecordingEnd {
  readonly offset: number;
  /** Milliseconds since the start of the session; 0 when there is no event. */
  readonly tMs: number;
}

/** The end of what is in the file now; undefined when there is no such file. */
export function recordingEnd(path: string): RecordingEnd | undefined {
  return withFile(path, (file) => {
    let end = lineBefore(file, fstatSync(file).size);
    const offset = end;
    // A damaged last line has no time; the one before it has.
    while (end > 0) {
      const start = lineBefore(file, end - 1);
      const tMs = start === 0 ? undefined : timeAt(file, start);
      if (tMs !== undefined) return { offset, tMs };
      end = start;
    }
    return { offset, tMs: 0 };
  });
}

/**
 * Where the first event later than `tMs` begins.
 *
 * @param end no event is looked for from here on, and it is the answer when none is later
 * @returns 0 when there is no such file
 */
export function offsetAfter(path: string, tMs: number, end: number): number {
  return (
    withFile(path, (file) => {
      let [from, to] = [0, end];
      while (to - from > NEAR_BYTES) {
        let middle = nextLine(file, from + Math.floor((to - from) / 2), to);
        let time = timeAt(file, middle);
        // A damaged line says nothing about the time; one of the next does.
        while (time === undefined && middle < to) {
          middle = nextLine(file, middle + 1, to);
          time = timeAt(file, middle);
        }
        if (time === undefined || middle >= to) break;
        if (time <= tMs) from = middle;
        else to = middle;
      }
      for (const event of readRecording(path, { fromOffset: from, pieceBytes: BLOCK_BYTES })) {
        if (event.offset >= end) return end;
        if (event.t > tMs) return event.offset;
      }
      return end;
    }) ?? 0
  );
}

/** Where the first line begins at or behind `offset`. */
export function lineStartAfter(path: string, offset: number): number {
  if (offset <= 0) return 0;
  return withFile(path, (file) => nextLine(file, offset, fstatSync(file).size)) ?? 0;
}

/**
 * The size of the terminal for which the event at `offset` was printed: that of the last change before it, or of the
 * header.
 *
 * @param index path of the keyframes
 */
export function sizeAt(path: string, index: string, offset: number): TerminalSize {
  const header = readRecordingHeader(path);
  const first = { cols: Number(header?.['width']) || 80, rows: Number(header?.['height']) || 24 };
  const keyframe = lastKeyframe(readKeyframes(index), 'offset', offset);
  const known =
    keyframe?.cols === undefined || keyframe.rows === undefined
      ? undefined
      : { cols: keyframe.cols, rows: keyframe.rows };
  const from = known === undefined ? Math.max(0, offset - MOST_SEARCHED) : keyframe!.offset;
  return withFile(path, (file) => lastResize(file, from, offset)) ?? known ?? first;
}

/** The last change of size in a stretch, looked for from its end. */
function lastResize(file: number, from: number, to: number): TerminalSize | undefined {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES + 128);
  for (let end = to; end > from; end -= BLOCK_BYTES) {
    // With the newline before it a change at the very beginning is found, too.
    const start = Math.max(from - 1, end - BLOCK_BYTES, 0);
    // A little more than the block, for a line that lies across its end; nothing behind `to` counts.
    const length = Math.min(to - start, BLOCK_BYTES + 128);
    const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, length, start));
    const found = [...text.matchAll(/\n\[[^",]{1,40},\s*"r",\s*"(\d{1,6})x(\d{1,6})"/g)].at(-1);
    if (found !== undefined) return { cols: Number(found[1]), rows: Number(found[2]) };
  }
  return undefined;
}

/** Where the first line begins at or behind `offset`; `limit` when there is none before it. */
function nextLine(file: number, offset: number, limit: number): number {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let at = offset - 1; at < limit; at += buffer.length) {
    const count = readSync(file, buffer, 0, buffer.length, at);
    const newline = buffer.subarray(0, count).indexOf(NEWLINE);
    if (newline >= 0) return Math.min(limit, at + newline + 1);
    if (count < buffer.length) break;
  }
  return limit;
}

/** The time of the event whose line begins at `offset`, in milliseconds; undefined when that is none. */
function timeAt(file: number, offset: number): number | undefined {
  const buffer = Buffer.allocUnsafe(64);
  const found = TIME.exec(buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, offset)));
  return found === null ? undefined : Math.round(Number(found[1]) * 1e6) / 1000;
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  const file = openIfThere(path);
  if (file === undefined) return undefined;
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}
