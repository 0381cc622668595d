import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSpool, removeSpool, SpoolReader, SpoolWriter } from '../../../src/data/spool.ts';
import { temporaryFolder } from './temporary-folder.ts';

function newSpool() {
  const path = join(temporaryFolder(), 'sessions', 'one.spool');
  return { path, writer: new SpoolWriter(path) };
}

describe('a spool', () => {
  it('gives back any frames in their order', () => {
    const frame = fc.record({
      kind: fc.nat(255),
      elapsedMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      bytes: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 50 }), (frames) => {
        const { path, writer } = newSpool();
        for (const one of frames) writer.append(one);
        const expected = frames.reduce((sum, one) => sum + one.bytes.length + 16, 0);
        expect(writer.flush()).toBe(expected);
        expect(writer.flush()).toBe(0);
        writer.close();
        const read = [...readSpool(path)].map((one) => ({ ...one, bytes: Uint8Array.from(one.bytes) }));
        expect(read).toEqual(frames);
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }),
      { numRuns: 50 },
    );
  });

  it('takes frames of any size, and their bytes may change afterwards', () => {
    const { path, writer } = newSpool();
    const sizes = [0, 1, 32_767, 32_768, 1_000_000, 5_000_000, 7, 600_000];
    const bytes = new Uint8Array(5_000_000);
    for (const [index, size] of sizes.entries()) {
      bytes.fill(index + 1);
      writer.append({ kind: index, elapsedMs: index, bytes: bytes.subarray(0, size) });
    }
    bytes.fill(0);
    writer.flush();
    writer.close();
    let index = 0;
    for (const frame of readSpool(path)) {
      expect(frame.bytes).toHaveLength(sizes[index]!);
      expect(frame.bytes.every((byte) => byte === index + 1)).toBe(true);
      index++;
    }
    expect(index).toBe(sizes.length);
  });

  it('can be read while it is written, and again from a position', () => {
    const { path, writer } = newSpool();
    const reader = new SpoolReader(path);
    expect(reader.next()).toBeUndefined();
    writer.append({ kind: 1, elapsedMs: 1, bytes: Buffer.from('a') });
    expect(reader.next()).toBeUndefined();
    writer.flush();
    expect(reader.next()!.bytes.toString()).toBe('a');
    const { position } = reader;
    for (let count = 0; count < 3000; count++) {
      writer.append({ kind: 2, elapsedMs: count, bytes: Buffer.alloc(1000, count % 256) });
      if (count % 7 === 0) writer.flush();
      if (count % 5 === 0) reader.next();
    }
    writer.flush();
    let rest = 0;
    while (reader.next() !== undefined) rest++;
    const second = new SpoolReader(path, position);
    let all = 0;
    for (let frame = second.next(); frame !== undefined; frame = second.next()) {
      expect(frame.elapsedMs).toBe(all);
      expect(frame.bytes[0]).toBe(all % 256);
      all++;
    }
    expect(all).toBe(3000);
    expect(rest).toBeGreaterThan(2300);
    for (const file of [reader, second, writer]) file.close();
  });

  it('ends at its last whole frame, cut anywhere, or filled up with zeros', () => {
    const { path, writer } = newSpool();
    for (let count = 0; count < 3; count++) {
      writer.append({ kind: 1, elapsedMs: count, bytes: Buffer.from('12345678') });
    }
    writer.flush();
    writer.close();
    const whole = readFileSync(path);
    for (let size = 0; size <= whole.length; size++) {
      writeFileSync(path, whole.subarray(0, size));
      expect([...readSpool(path)]).toHaveLength(Math.floor(size / 24));
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(100)]));
    expect([...readSpool(path)]).toHaveLength(3);
  });

  it('is nothing when it is absent', () => {
    const { path, writer } = newSpool();
    writer.close();
    removeSpool(path);
    expect(existsSync(path)).toBe(false);
    removeSpool(path);
    expect([...readSpool(path)]).toEqual([]);
  });
});
