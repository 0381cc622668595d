import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Border } from '../../../src/stream/utf8-border.ts';

function cut(input: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(input.subarray(at, at + size));
    at += size;
  }
  chunks.push(input.subarray(at));
  return chunks;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc
    .array(fc.constantFrom(0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0x41, 0xed, 0xa0, 0xc0), {
      maxLength: 40,
    })
    .map((a) => Uint8Array.from(a)),
);

describe('Utf8Border', () => {
  it('gives back the input, in pieces that decode to the same text', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 30 }), (input, sizes) => {
        const border = new Utf8Border();
        const pieces = cut(input, sizes).map((chunk): Uint8Array => {
          const used = Buffer.from(chunk);
          const piece = Uint8Array.from(border.push(used));
          used.fill(0x23);
          return piece;
        });
        pieces.push(border.flush());
        expect(Buffer.concat(pieces)).toEqual(Buffer.from(input));
        const decoded = pieces.map((piece) => new TextDecoder().decode(piece)).join('');
        expect(decoded.replaceAll('\ufeff', '')).toBe(
          new TextDecoder().decode(input).replaceAll('\ufeff', ''),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('keeps back at most 3 bytes, and none of an invalid sequence', () => {
    const border = new Utf8Border();
    expect(border.push(Buffer.from('a€').subarray(0, 3))).toEqual(Buffer.from('a'));
    expect(border.push(Uint8Array.of(0xac))).toEqual(Buffer.from('€'));
    expect(border.push(Uint8Array.of(0x41, 0xc0))).toEqual(Uint8Array.of(0x41, 0xc0));
    expect(border.push(Uint8Array.of(0xed, 0xa0))).toEqual(Uint8Array.of(0xed, 0xa0));
    expect(border.push(Uint8Array.of(0xf0, 0x9f, 0x98))).toHaveLength(0);
    expect(border.flush()).toEqual(Uint8Array.of(0xf0, 0x9f, 0x98));
    expect(border.flush()).toHaveLength(0);
  });

  it('copies nothing when nothing is kept back', () => {
    const chunk = Buffer.from('plain ä\n');
    expect(new Utf8Border().push(chunk)).toBe(chunk);
  });
});
