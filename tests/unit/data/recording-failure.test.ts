// A disk that is full: node:fs is replaced here, so that a write fails where we want it to.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readRecording, truncateToWholeLine } from '../../../src/data/recording-reader.ts';
import { RecordingWriter } from '../../../src/data/recording-writer.ts';
import { SpoolReader, SpoolWriter } from '../../../src/data/spool.ts';
import { temporaryFolder } from './temporary-folder.ts';

const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  return {
    ...fs,
    writeSync: (file: number, data: Uint8Array, from: number, length: number = data.length - from) => {
      if (disk.room <= 0) throw full();
      const written = fs.writeSync(file, data, from, Math.min(length, disk.room));
      disk.room -= written;
      return written;
    },
    writevSync: (file: number, parts: Uint8Array[]) => {
      const all = Buffer.concat(parts);
      if (disk.room <= 0) throw full();
      const written = fs.writeSync(file, all, 0, Math.min(all.length, disk.room));
      disk.room -= written;
      return written;
    },
  };
});

describe('on a full disk', () => {
  it('a recording ends with its last whole line and counts what is missing', () => {
    for (const room of [0, 1, 24, 25, 26, 100]) {
      disk.room = Number.POSITIVE_INFINITY;
      const path = join(temporaryFolder(), 'full.cast');
      const header = {
        width: 80,
        height: 24,
        startedAtMs: 1000,
        command: null,
        sessionId: 's',
        agent: 'a',
        version: null,
      };
      const writer = RecordingWriter.create(path, { ...header, mode: 'pty' }, { maxBytes: 0 });
      for (let count = 0; count < 10; count++) writer.append('pty', Buffer.from('12345\n'), count);
      disk.room = room;
      expect(() => writer.flush()).toThrow(/ENOSPC/);
      const size = statSync(path).size;
      expect(truncateToWholeLine(path)).toBe(0);
      const kept = [...readRecording(path)].length - 1;
      expect(kept).toBe(Math.floor(room / 25));
      expect(writer.bytesNotRecorded).toBe(60);
      writer.append('pty', Buffer.from('more'), 20);
      writer.flush();
      expect(writer.close(30)).toEqual({ bytes: size, bytesNotRecorded: 64 });
    }
    disk.room = Number.POSITIVE_INFINITY;
  });

  it('a spool ends with its last whole write', () => {
    const path = join(temporaryFolder(), 'full.spool');
    const writer = new SpoolWriter(path);
    writer.append({ kind: 1, elapsedMs: 1, bytes: Buffer.from('first') });
    expect(writer.flush()).toBe(21);
    disk.room = 10;
    writer.append({ kind: 1, elapsedMs: 2, bytes: Buffer.from('second') });
    expect(() => writer.flush()).toThrow(/ENOSPC/);
    disk.room = Number.POSITIVE_INFINITY;
    expect(readFileSync(path)).toHaveLength(21);
    writer.append({ kind: 2, elapsedMs: 3, bytes: Buffer.from('third') });
    expect(writer.flush()).toBe(21);
    writer.close();
    const reader = new SpoolReader(path);
    expect(reader.next()).toMatchObject({ kind: 1, elapsedMs: 1 });
    expect(reader.next()).toMatchObject({ kind: 2, elapsedMs: 3, bytes: Buffer.from('third') });
    expect(reader.next()).toBeUndefined();
    reader.close();
  });
});
