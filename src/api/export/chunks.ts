// The many small pieces of an export as chunks of a size that is worth sending, made only as fast as they are taken. A
// server has other things to do between them, and so has a terminal.

import { setImmediate } from 'node:timers/promises';

const CHUNK_CHARACTERS = 64 * 1024;
/** Longest time, in ms, for which the pieces are gathered before everything else in the process has its turn. */
const SLICE_MS = 8;
const PIECES_BETWEEN_LOOKS = 32;

/** Chunks that are never empty. When the consumer stops early, the source is closed. */
export async function* inChunks(pieces: Iterable<string>): AsyncGenerator<string> {
  let chunk = '';
  let count = 0;
  let sliceStart = performance.now();
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
    const isPause = piece === '' || ++count % PIECES_BETWEEN_LOOKS === 0;
    if (isPause && performance.now() - sliceStart > SLICE_MS) {
      await setImmediate();
      sliceStart = performance.now();
    }
  }
  if (chunk !== '') yield chunk;
}
