// Cuts a byte stream at the borders of UTF-8 characters, so that each piece can be decoded by itself.
// Promises: the pieces joined are the input; a piece never ends inside a character that the next bytes complete;
// invalid bytes pass through untouched and are never waited for; nothing is copied when nothing is kept back.

const NOTHING = new Uint8Array(0);

/** Splits one stream; a stream of its own for each of stdout and stderr. */
export class Utf8Border {
  #kept: Uint8Array = NOTHING;

  /** The bytes that are ready: what was kept back before, and `bytes` without the beginning of a last character. */
  push(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes;
    const joined = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    const open = openCharacter(joined);
    this.#kept = open === 0 ? NOTHING : new Uint8Array(joined.subarray(joined.length - open));
    return open === 0 ? joined : joined.subarray(0, joined.length - open);
  }

  /** What is kept back (at most 3 bytes), which no further bytes will complete. */
  flush(): Uint8Array {
    const kept = this.#kept;
    this.#kept = NOTHING;
    return kept;
  }
}

/** How many bytes at the end are the beginning of a character that is still valid so far: 0 to 3. */
function openCharacter(bytes: Uint8Array): number {
  const end = bytes.length;
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < sequenceLength(byte) && validSoFar(bytes, end - back) ? back : 0;
  }
  return 0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/** The second byte has a narrower range after some lead bytes (Unicode 15, table 3-7): no overlong forms, no surrogates. */
function validSoFar(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at + 1];
  if (second === undefined) return true;
  switch (bytes[at]) {
    case 0xe0:
      return second >= 0xa0;
    case 0xed:
      return second <= 0x9f;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second <= 0x8f;
    default:
      return true;
  }
}
