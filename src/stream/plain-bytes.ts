// Reads bytes as a reader of the terminal sees them: colour and erase-line sequences (`ESC [ … m`, `ESC [ … K`) are
// stepped over, because tools colour half a word. Works forwards and backwards and never decodes.

const ESC = 0x1b;
const MAX_PARAMETERS = 32;

/** Length of the colour sequence at `at`; 0 when there is none, -1 when `end` cuts it off. */
export function colourLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  if (bytes[at + 1] !== 0x5b) return 0;
  const limit = at + 2 + MAX_PARAMETERS;
  let i = at + 2;
  while (i < end && i < limit && isParameter(bytes[i]!)) i++;
  if (i >= end) return -1;
  return isFinal(bytes[i]!) ? i + 1 - at : 0;
}

/** Index of the first byte from `at` on that is no colour sequence; `end` when there is none, or it is cut off. */
export function skipColour(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] === ESC) {
    const length = colourLength(bytes, i, end);
    if (length === 0) return i;
    if (length < 0) return end;
    i += length;
  }
  return i;
}

/** Index of the last byte before `at` that is no part of a colour sequence; -1 when there is none from `floor` on. */
export function plainBefore(bytes: Uint8Array, at: number, floor: number): number {
  let i = at - 1;
  while (i >= floor && isFinal(bytes[i]!)) {
    let start = i - 1;
    while (start >= floor && i - start <= MAX_PARAMETERS && isParameter(bytes[start]!)) start--;
    if (start - 1 < floor || bytes[start] !== 0x5b || bytes[start - 1] !== ESC) break;
    i = start - 2;
  }
  return i >= floor ? i : -1;
}

/** Whether the byte at `at` is the last one of a colour sequence that begins at `floor` or later. */
export function endsColour(bytes: Uint8Array, at: number, floor: number): boolean {
  return isFinal(bytes[at]!) && plainBefore(bytes, at + 1, floor) !== at;
}

/** Index of a colour sequence that the end of the bytes cuts off; -1 when there is none from `floor` on. */
export function openColour(bytes: Uint8Array, floor: number): number {
  const end = bytes.length;
  const earliest = Math.max(floor, end - MAX_PARAMETERS - 2);
  for (let i = end - 1; i >= earliest; i--) {
    const byte = bytes[i]!;
    if (byte === ESC) return colourLength(bytes, i, end) < 0 ? i : -1;
    if (byte !== 0x5b && !isParameter(byte)) return -1;
  }
  return -1;
}

/** The colour sequences between two indexes, which stay where a secret is taken out. */
export function coloursIn(bytes: Uint8Array, from: number, to: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let i = bytes.indexOf(ESC, from); i >= 0 && i < to; i = bytes.indexOf(ESC, i + 1)) {
    const length = colourLength(bytes, i, to);
    if (length > 0) found.push(bytes.subarray(i, i + length));
  }
  return found;
}

function isParameter(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x3b;
}

function isFinal(byte: number): boolean {
  return byte === 0x6d || byte === 0x4b;
}
