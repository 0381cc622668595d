// What all have to know who write spool files. The header of a frame: length of the payload (u32), kind (u8), a fixed byte, 2 unused, elapsed
// milliseconds (f64), all little-endian. Apart from spool.ts because the main thread writes such frames, too.

export const SPOOL_HEADER_BYTES = 16;
/** Tells a frame from a hole of zeros, as a power failure can leave it. */
export const SPOOL_MARK = 0xa5;
/** On a disk with less room than this, in bytes, nothing is spooled: what is left belongs to the recording. */
export const LEFT_TO_RECORDING = 64 * 1024 * 1024;

export function spoolFrameHeader(kind: number, elapsedMs: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(SPOOL_HEADER_BYTES);
  putSpoolFrameHeader(header, 0, kind, elapsedMs, length);
  return header;
}

export function putSpoolFrameHeader(
  target: Buffer,
  at: number,
  kind: number,
  elapsedMs: number,
  length: number,
): void {
  target.writeUInt32LE(length, at);
  target.writeUInt32LE(kind | (SPOOL_MARK << 8), at + 4);
  target.writeDoubleLE(elapsedMs, at + 8);
}
