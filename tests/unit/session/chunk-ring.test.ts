import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkRing, type Frame } from '../../../src/session/chunk-ring.ts';

const CAPACITY = 4096;

function takeAll(ring: ChunkRing): Frame[] {
  const frames: Frame[] = [];
  while (ring.read((frame) => frames.push(frame)));
  return frames;
}

describe('ChunkRing', () => {
  it('gives back what was written, in order, whatever the sizes and the pace of reading', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 900 }), read: fc.nat(3) }), { maxLength: 60 }),
        (steps) => {
          const ring = new ChunkRing(undefined, CAPACITY);
          const reader = new ChunkRing(ring.memory);
          const written: number[][] = [];
          const seen: number[][] = [];
          const take = (frame: Frame): void => void seen.push([frame.elapsedMs, ...frame.bytes]);
          for (const [index, { bytes, read }] of steps.entries()) {
            if (ring.write('stdout', index, bytes)) written.push([index, ...bytes]);
            for (let n = 0; n < read; n++) reader.read(take);
          }
          while (reader.read(take));
          expect(seen).toEqual(written);
          expect(ring.used).toBe(0);
        },
      ),
    );
  });

  it('refuses a chunk whole when there is no room for it', () => {
    const ring = new ChunkRing(undefined, CAPACITY);
    expect(ring.write('stdout', 1, new Uint8Array(CAPACITY))).toBe(false);
    expect(ring.used).toBe(0);
    expect(ring.write('stderr', 1, new Uint8Array(4000))).toBe(true);
    expect(ring.write('stderr', 2, new Uint8Array(100))).toBe(false);
    expect(takeAll(ring).map((frame) => [frame.kind, frame.bytes.length])).toEqual([['stderr', 4000]]);
  });

  it('tells a writer once that the reader sleeps', () => {
    const ring = new ChunkRing(undefined, CAPACITY);
    expect(ring.fallAsleep()).toBe(true);
    expect(ring.takeAsleep()).toBe(true);
    expect(ring.takeAsleep()).toBe(false);
  });

  it('does not let a reader sleep over something unread', () => {
    const ring = new ChunkRing(undefined, CAPACITY);
    ring.write('pty', 1, new Uint8Array(1));
    expect(ring.fallAsleep()).toBe(false);
    expect(ring.takeAsleep()).toBe(false);
  });

  it('frees the room of a frame even if its visitor throws', () => {
    const ring = new ChunkRing(undefined, CAPACITY);
    ring.write('pty', 1, new Uint8Array(10));
    expect(() =>
      ring.read(() => {
        throw new Error('visitor');
      }),
    ).toThrow('visitor');
    expect(ring.used).toBe(0);
  });
});
