import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyframeBefore, readKeyframes } from '../../../src/data/recording-index.ts';
import {
  followRecording,
  type RecordingEvent,
  readRecording,
  readRecordingHeader,
  truncateToWholeLine,
} from '../../../src/data/recording-reader.ts';
import { type RecordingHeader, RecordingWriter } from '../../../src/data/recording-writer.ts';
import type { StreamName } from '../../../src/model/event.ts';
import { temporaryFolder } from './temporary-folder.ts';

const header: RecordingHeader = {
  width: 100,
  height: 30,
  startedAtMs: 1770000000_987,
  command: "echo 'ü'",
  sessionId: 'sess_0123456789ab',
  agent: 'codex',
  version: '0.1.0',
  mode: 'pty',
};

function newWriter(changes: Partial<RecordingHeader> = {}, maxBytes = 0) {
  const folder = join(temporaryFolder(), 'sessions');
  const path = join(folder, 'one.cast');
  const stderrLog = join(folder, 'one.stderr.log');
  const writer = RecordingWriter.create(path, { ...header, ...changes }, { maxBytes, stderrLog });
  return { writer, path, stderrLog, index: join(folder, 'one.index.jsonl') };
}

/** All events but the empty one that every recording begins with. */
const events = (path: string): RecordingEvent[] => [...readRecording(path)].slice(1);
const text = (path: string): string =>
  events(path)
    .map((event) => event.data)
    .join('');

/** Every line on its own, as a strict parser takes them. */
function parseStrictly(path: string): unknown[][] {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as unknown[]);
}

describe('a recording', () => {
  it('has a header that players and we understand', () => {
    const { writer, path } = newWriter();
    writer.close(0);
    expect(readRecordingHeader(path)).toMatchObject({
      version: 2,
      width: 100,
      height: 30,
      timestamp: 1770000000,
      command: "echo 'ü'",
      title: 'codex',
      wrapper: {
        session_id: 'sess_0123456789ab',
        agent: 'codex',
        version: '0.1.0',
        mode: 'pty',
        started_at: '2026-02-02T02:40:00.987Z',
      },
    });
    expect(parseStrictly(path)[1]).toEqual([0, 'o', '']);
  });

  it('holds a command and an input of any length', () => {
    const { writer, path } = newWriter({ command: 'é\u009b'.repeat(1_000_000) });
    writer.input('\u0001'.repeat(1_000_000), 1);
    writer.append('pty', Buffer.from('\u0001'.repeat(65_536)), 2);
    writer.append('pty', Buffer.from('\u0001'.repeat(65_536)), 2);
    writer.close(2);
    expect(readRecordingHeader(path)!['command']).toHaveLength(2_000_000);
    expect(events(path).map((event) => event.data.length)).toEqual([1_000_000, 65_536, 65_536]);
  });

  it('never has a size of zero', () => {
    const { writer, path } = newWriter({ width: 0, height: 0 });
    writer.close(0);
    expect(readRecordingHeader(path)).toMatchObject({ width: 80, height: 24 });
  });

  it('belongs to its user alone', () => {
    const old = process.umask(0);
    try {
      const { writer, path, stderrLog, index } = newWriter();
      writer.append('stderr', Buffer.from('x'), 1);
      writer.append('stdout', Buffer.from('x'), 6000);
      writer.flush({ line: 0, seq: 0 });
      writer.close(6000);
      expect([path, stderrLog, index].map((file) => statSync(file).mode & 0o777)).toEqual([
        0o600, 0o600, 0o600,
      ]);
      expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(old);
    }
  });

  it('does not replace another one', () => {
    const { writer, path } = newWriter();
    writer.close(0);
    expect(() => RecordingWriter.create(path, header, { maxBytes: 0 })).toThrow(/EEXIST/);
  });

  it('keeps every kind of event with its time', () => {
    const { writer, path } = newWriter();
    writer.append('pty', Buffer.from('$ '), 0.25);
    writer.resize(120, 40, 1000.5);
    writer.input('ls\r', 1001);
    writer.marker('error: a\nb\u0007', 1002);
    writer.append('pty', Buffer.from('late'), 900);
    writer.close(2000);
    expect(events(path).map(({ t, code, data, stream }) => [t, code, data, stream])).toEqual([
      [0.25, 'o', '$ ', 'pty'],
      [1000.5, 'r', '120x40', null],
      [1001, 'i', 'ls\r', null],
      [1002, 'm', 'error: a b ', null],
      [1002, 'o', 'late', 'pty'],
    ]);
  });

  it('keeps the stream of output in the white space of its line', () => {
    const { writer, path } = newWriter({ mode: 'pipe' });
    for (const stream of ['stdout', 'stderr', 'output'] as const)
      writer.append(stream, Buffer.from('x'), 1500);
    writer.close(1500);
    expect(events(path).map((event) => event.stream)).toEqual(['stdout', 'stderr', 'output']);
    expect(readFileSync(path, 'utf8').split('\n').slice(2, 5)).toEqual([
      '[1.500000,"o","x"]',
      '[1.500000, "o", "x"]',
      '[1.500000, "o","x"]',
    ]);
  });

  it('takes white space of other programs for what it is', () => {
    const path = join(temporaryFolder(), 'foreign.cast');
    writeFileSync(path, '{"version": 2, "width": 80, "height": 24}\n[0.1, "o", "a"]\n');
    expect([...readRecording(path)]).toEqual([{ t: 100, code: 'o', data: 'a', stream: 'pty', offset: 42 }]);
  });

  it('cuts long labels and keeps stderr apart, unchanged', () => {
    const { writer, path, stderrLog } = newWriter({ mode: 'pipe' });
    writer.marker('x'.repeat(100), 1);
    writer.append('stderr', Buffer.from('a\nb\r\n\u009b'), 1);
    writer.append('stdout', Buffer.from('c'), 1);
    writer.close(1);
    expect(events(path)[0]!.data).toHaveLength(60);
    expect(readFileSync(stderrLog, 'utf8')).toBe('a\nb\r\n\u009b');
  });

  it('goes on when its stderr log or its keyframes cannot be written', () => {
    const { writer, path, stderrLog, index } = newWriter({ mode: 'pipe' });
    for (const file of [stderrLog, index]) mkdirSync(file);
    writer.append('stderr', Buffer.from('a'), 1);
    writer.append('stderr', Buffer.from('b'), 6000);
    writer.flush({ line: 0, seq: 0 });
    writer.close(6000);
    expect(events(path).map((event) => event.data.slice(0, 24))).toEqual([
      'stderr log ended: EISDIR',
      'a',
      'b',
    ]);
  });

  it('has no file for a stderr that said nothing', () => {
    const { writer, stderrLog } = newWriter({ mode: 'pipe' });
    writer.append('stdout', Buffer.from('c'), 1);
    writer.close(1);
    expect(existsSync(stderrLog)).toBe(false);
  });

  it('shows nothing that a terminal would obey', () => {
    const { writer, path } = newWriter();
    const controls = String.fromCharCode(...Array.from({ length: 160 }, (_, code) => code));
    writer.append('pty', Buffer.from(`${controls}é§💡\ufeff`), 1);
    writer.marker('a\u009bb', 2);
    writer.close(2);
    expect(readFileSync(path, 'utf8').replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(events(path)[0]!.data).toBe(`${controls}é§💡\ufeff`);
  });

  it('writes what is no UTF-8 as U+FFFD', () => {
    const { writer, path } = newWriter();
    writer.append('pty', Buffer.from([0x61, 0xff, 0xc3, 0x62]), 1);
    writer.close(1);
    expect(text(path)).toBe('a\ufffd\ufffdb');
  });

  it('ends at its size limit with a mark, and counts what is not in it', () => {
    const { writer, path, stderrLog } = newWriter({}, 2000);
    const line = Buffer.from(`${'x'.repeat(98)}\r\n`);
    for (let count = 0; count < 50; count++) writer.append('pty', line, count);
    writer.append('stderr', line, 51);
    writer.marker('completed', 52);
    const summary = writer.close(60);
    expect(statSync(path).size).toBe(summary.bytes);
    expect(summary.bytes).toBeLessThanOrEqual(2000);
    expect(summary.bytes).toBeGreaterThan(1600);
    expect(events(path).at(-1)).toMatchObject({ code: 'm', data: 'recording ended: size limit reached' });
    expect(text(path).length - 'recording ended: size limit reached'.length + summary.bytesNotRecorded).toBe(
      5100,
    );
    expect(existsSync(stderrLog)).toBe(false);
    parseStrictly(path);
  });

  it.each(['pipe', 'pty'] as const)('is filled up to its size limit by one burst (%s)', (mode) => {
    const { writer, path } = newWriter({ mode }, 10 * 1024);
    const burst = Buffer.from('größer und größer\r\n'.repeat(60_000));
    writer.append('stdout', burst, 5);
    const summary = writer.close(6);
    expect(summary.bytes).toBeLessThanOrEqual(10 * 1024);
    expect(summary.bytes).toBeGreaterThan(10 * 1024 - 256);
    const output = events(path).filter((event) => event.code === 'o');
    const kept = Buffer.from(output.map((event) => event.data).join(''));
    expect(kept.equals(burst.subarray(0, kept.length))).toBe(true);
    expect(kept.length).toBeGreaterThan(8 * 1024);
    expect(kept.length + summary.bytesNotRecorded).toBe(burst.length);
    parseStrictly(path);
  });

  it('finds a moment by its keyframes', () => {
    const { writer, path, index } = newWriter();
    for (let second = 0; second < 60; second++) {
      writer.append('pty', Buffer.from(`second ${second}\r\n`), second * 1000);
      writer.flush({ line: second + 1, seq: second * 2 });
    }
    writer.close(60_000);
    const keyframe = keyframeBefore(readKeyframes(index), 42_000)!;
    expect(keyframe.tMs).toBeGreaterThan(36_000);
    const [next] = readRecording(path, { fromOffset: keyframe.offset });
    expect(next!.data).toBe(`second ${keyframe.line}\r\n`);
    expect(next).toMatchObject({ offset: keyframe.offset, stream: 'pty' });
    expect(keyframe.seq).toBe((keyframe.line - 1) * 2);
    expect(keyframeBefore(readKeyframes(index), 100)).toBeUndefined();
    appendFileSync(index, '{"t_ms": 1');
    expect(readKeyframes(index).length).toBe(readKeyframes(index).length);
  });

  it('has a keyframe for every megabyte', () => {
    const { writer, index } = newWriter();
    const piece = Buffer.from(`${'y'.repeat(1022)}\r\n`);
    for (let count = 0; count < 4096; count++) {
      writer.append('pty', piece, 1);
      writer.flush({ line: count, seq: 0 });
    }
    writer.close(1);
    expect(readKeyframes(index)).toHaveLength(4);
  });

  it('cuts long output into lines of bounded length, at character borders', () => {
    const { writer, path } = newWriter();
    const long = '€'.repeat(100_000);
    writer.append('pty', Buffer.from(long), 1);
    writer.close(1);
    expect(text(path)).toBe(long);
    expect(events(path).length).toBeGreaterThan(4);
    expect(
      Math.max(
        ...readFileSync(path, 'utf8')
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(70_000);
  });

  it('can be gone on with', () => {
    const { writer, path } = newWriter({ mode: 'pipe' });
    writer.append('stdout', Buffer.from('a\n'), 100);
    writer.flush();
    appendFileSync(path, '[0.2,"o","tor');
    expect(truncateToWholeLine(path)).toBe(13);
    const at = { bytes: statSync(path).size, elapsedMs: 100, mode: 'pipe' as const };
    const second = RecordingWriter.resume(path, at, { maxBytes: 0 });
    second.append('stderr', Buffer.from('b\n'), 50);
    expect(second.close(60).bytes).toBe(statSync(path).size);
    expect(events(path).map(({ t, data, stream }) => [t, data, stream])).toEqual([
      [100, 'a\r\n', 'stdout'],
      [100, 'b\r\n', 'stderr'],
    ]);
  });
});

describe('newlines in pipe mode', () => {
  it('are returned to the left, however the output was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\n', '\r', '\r\n', 'é'), { maxLength: 30 }),
        fc.array(fc.nat(30), { maxLength: 6 }),
        (parts, cuts) => {
          const whole = parts.join('');
          const { writer, path } = newWriter({ mode: 'pipe' });
          let from = 0;
          for (const to of [
            ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b),
            whole.length,
          ]) {
            writer.append('stdout', Buffer.from(whole.slice(from, to)), 1);
            from = to;
          }
          writer.close(1);
          expect(text(path)).toBe(whole.replace(/(?<!\r)\n/g, '\r\n'));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('stay as they are on a terminal', () => {
    const { writer, path } = newWriter();
    writer.append('pty', Buffer.from('a\nb\r\n'), 1);
    writer.close(1);
    expect(text(path)).toBe('a\nb\r\n');
  });
});

describe('any output', () => {
  it('comes back as it was, with times that do not go back', () => {
    const stream = fc.constantFrom<StreamName>('pty', 'stderr', 'output');
    const piece = fc.tuple(
      stream,
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({
          unit: fc.constantFrom('\u007f', '\u0080', '\u009f', '\u00a0', '"', '\\', '\n', 'é', '💡', '\u2028'),
        }),
      ),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const { writer, path } = newWriter();
        for (const [name, data, elapsedMs] of pieces) {
          writer.append(name, Buffer.from(data), elapsedMs);
        }
        writer.close(1e6);
        const read = events(path);
        expect(read.map((event) => [event.stream, event.data])).toEqual(
          // Half a surrogate pair is no character; Buffer.from makes it U+FFFD.
          pieces.map(([name, data]) => [name, Buffer.from(data).toString()]),
        );
        let last = 0;
        for (const { t } of read) {
          expect(t).toBeGreaterThanOrEqual(last);
          last = t;
        }
        parseStrictly(path);
      }),
      { numRuns: 100 },
    );
  });

  it('is the same text however its bytes were cut at characters', () => {
    const whole = 'é界😀\u009b"x"\\n';
    const characters = [...whole];
    for (let cut = 0; cut <= characters.length; cut++) {
      const { writer, path } = newWriter();
      writer.append('pty', Buffer.from(characters.slice(0, cut).join('')), 1);
      writer.append('pty', Buffer.from(characters.slice(cut).join('')), 1);
      writer.close(1);
      expect(text(path)).toBe(whole);
    }
  });
});

describe('a recording whose writer died', () => {
  it('opens, cut at every byte', () => {
    const { writer, path } = newWriter({ mode: 'pipe' });
    for (let count = 0; count < 5; count++) writer.append('stderr', Buffer.from(`é ${count}\n`), count);
    writer.close(5);
    const content = readFileSync(path);
    const all = [...readRecording(path)];
    for (let size = content.length; size >= 0; size--) {
      truncateSync(path, size);
      const whole = content.subarray(0, size).lastIndexOf(10) + 1;
      const reading = readRecording(path);
      const read: RecordingEvent[] = [];
      let step = reading.next();
      for (; !step.done; step = reading.next()) read.push(step.value);
      expect(read).toEqual(all.filter((event) => event.offset < whole));
      expect(step.value).toEqual({ offset: whole, tornBytes: size - whole, damagedLines: 0 });
    }
  });

  it('is cut at its last whole line', () => {
    const { writer, path } = newWriter();
    writer.append('pty', Buffer.from('x'.repeat(200_000)), 1);
    writer.close(1);
    const size = statSync(path).size;
    expect(truncateToWholeLine(path)).toBe(0);
    truncateSync(path, size - 1);
    const cut = truncateToWholeLine(path);
    expect(cut).toBeGreaterThan(3000);
    expect(statSync(path).size).toBe(size - 1 - cut);
    parseStrictly(path);
    expect(truncateToWholeLine(join(path, '..', 'absent.cast'))).toBe(0);
  });

  it('is read past lines that are no events', () => {
    const { writer, path } = newWriter();
    writer.close(1);
    appendFileSync(path, '\0\0\0\n[1]\n{"a":1}\n[1,"o",2]\n[2.0,"o","good"]\n');
    const reading = readRecording(path);
    expect(reading.next().value).toMatchObject({ data: '' });
    expect(reading.next().value).toMatchObject({ data: 'good', t: 2000 });
    expect(reading.next().value).toMatchObject({ damagedLines: 4, tornBytes: 0 });
  });

  it('is nothing when there is no file', () => {
    const path = join(temporaryFolder(), 'absent.cast');
    expect([...readRecording(path)]).toEqual([]);
    expect(readRecordingHeader(path)).toBeUndefined();
  });

  it('is read in bounded steps when it is large', () => {
    const { writer, path } = newWriter();
    const line = Buffer.from(`${'z'.repeat(60_000)}\r\n`);
    for (let count = 0; count < 100; count++) writer.append('pty', line, count);
    writer.close(100);
    let length = 0;
    for (const event of readRecording(path)) length += event.data.length;
    expect(length).toBe(100 * line.length);
  });
});

describe('following', () => {
  it('gives events as they come, never half ones, until the end', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'later.cast');
    let ended = false;
    const seen: string[] = [];
    const steps = [
      () => writeFileSync(path, '{"version":2,"width":80,"height":24}\n[0.1,"o","a"]\n[0.2,"o"'),
      () => appendFileSync(path, ',"b"]\n'),
      () => appendFileSync(path, '[0.3,"o","c"]\n[0.4'),
      () => {
        appendFileSync(path, ',"o","d"]\n');
        ended = true;
      },
    ];
    const history: string[] = [];
    const following = followRecording(path, {
      ended: () => {
        history.push(seen.join(''));
        steps.shift()?.();
        return ended;
      },
      pollMs: 1,
    });
    for await (const event of following) seen.push(event.data);
    expect(history).toEqual(['', 'a', 'ab', 'abc']);
    expect(seen.join('')).toBe('abcd');
  });
});
