import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Backlog } from '../../../src/session/backlog.ts';
import { ChunkRing, type Frame } from '../../../src/session/chunk-ring.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-backlog-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('Backlog', () => {
  it('keeps the order through ring and spool, whenever it is held back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.nat(2000), steps: fc.nat(4), holdBack: fc.boolean() }), {
          maxLength: 80,
        }),
        (turns) => {
          const path = join(folder, 'spool');
          const ring = new ChunkRing(undefined, 64 * 1024);
          const backlog = new Backlog(ring, path, () => 0);
          const seen: number[] = [];
          const written: number[] = [];
          const take = (frame: Frame): void => {
            expect(frame.bytes.every((byte) => byte === (frame.elapsedMs & 255))).toBe(true);
            seen.push(frame.elapsedMs, frame.bytes.length);
          };
          for (const [index, turn] of turns.entries()) {
            const bytes = new Uint8Array(turn.size).fill(index & 255);
            if (ring.write('stderr', index, bytes)) written.push(index, turn.size);
            for (let n = 0; n < turn.steps; n++) backlog.next(take, turn.holdBack);
          }
          while (backlog.next(take, false));
          expect(seen).toEqual(written);
          expect(backlog.waitingBytes).toBe(0);
          expect(existsSync(path)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('spools what is more than can be understood at once, and leaves no file', () => {
    const path = join(folder, 'spool');
    const ring = new ChunkRing(undefined, 16 * 1024 * 1024);
    const backlog = new Backlog(ring, path, () => 0);
    const chunk = new Uint8Array(65536).fill(7);
    for (let n = 0; n < 100; n++) expect(ring.write('pty', n, chunk)).toBe(true);
    let taken = 0;
    expect(backlog.next(() => taken++, false)).toBe(true);
    expect([existsSync(path), ring.used, taken]).toEqual([true, 0, 0]);
    while (backlog.next(() => taken++, false));
    expect([existsSync(path), taken]).toEqual([false, 100]);
  });

  it('brings what has waited too long to safety before anything else', () => {
    const path = join(folder, 'spool');
    const ring = new ChunkRing(undefined, 1024 * 1024);
    const backlog = new Backlog(ring, path, () => 1000);
    for (const written of [900, 910, 990]) ring.write('stdout', written, new Uint8Array(10));
    const taken: number[] = [];
    backlog.next((frame) => taken.push(frame.elapsedMs), false);
    expect([existsSync(path), ring.used, taken]).toEqual([true, 0, []]);
    while (backlog.next((frame) => taken.push(frame.elapsedMs), false));
    expect([existsSync(path), taken]).toEqual([false, [900, 910, 990]]);
  });

  it('does without a spool where none can be made', () => {
    const ring = new ChunkRing(undefined, 16 * 1024 * 1024);
    const backlog = new Backlog(ring, join(folder, 'file-in-the-way', 'spool'), () => 0);
    rmSync(folder, { recursive: true });
    const noFolder = new Backlog(ring, '/proc/no/such/folder/spool', () => 0);
    for (const each of [backlog, noFolder]) {
      ring.write('pty', 1, new Uint8Array(5 * 1024 * 1024));
      let bytes = 0;
      while (each.next((frame) => (bytes += frame.bytes.length), false));
      expect(bytes).toBe(5 * 1024 * 1024);
    }
  });
});
