// Cuts what is to be understood into pieces, so that a crowded chunk does not keep the recorder from the next.

/** The extractor gets about this much at once, in bytes. */
const SLICE_BYTES = 8 * 1024;

/** Whole lines of about SLICE_BYTES; the last slice may end without one. */
export function* inSlices(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  while (bytes.length - from > SLICE_BYTES) {
    const newline = bytes.indexOf(0x0a, from + SLICE_BYTES);
    if (newline === -1) break;
    yield bytes.subarray(from, newline + 1);
    from = newline + 1;
  }
  yield from === 0 ? bytes : bytes.subarray(from);
}
