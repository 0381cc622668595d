// Places of a recording: found without reading what lies before them, and shown as if everything had been played.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locate } from '../../../src/api/replay/locate.ts';
import { openMaterial } from '../../../src/api/replay/material.ts';
import { parsePlaceId, placeId } from '../../../src/api/replay/place.ts';
import { parsePlace, parseSpan } from '../../../src/api/replay/position.ts';
import { screenAt } from '../../../src/api/replay/screen-at.ts';
import { readRecording } from '../../../src/data/recording-reader.ts';
import { offsetAfter, recordingEnd, sizeAt } from '../../../src/data/recording-seek.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { Screen } from '../../../src/stream/screen.ts';
import { newSample, type Sample, SESSION_ID } from './sample-session.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/replay/', import.meta.url));

/** A published recording as a session of ours. */
function azure(): Sample {
  const [header, ...lines] = readFileSync(`${FIXTURES}../casts/azure-capi-v2.cast`, 'utf8')
    .trimEnd()
    .split('\n');
  const { width, height } = JSON.parse(header!) as { width: number; height: number };
  const sample = newSample({ cols: width, rows: height });
  let end = 0;
  for (const line of lines) {
    const [seconds, code, data] = JSON.parse(line) as [number, string, string];
    if (code !== 'o') continue;
    end = seconds * 1000;
    sample.recording!.append('pty', Buffer.from(data), end);
  }
  sample.end(end);
  return sample;
}

/** A raw terminal recording as a session: a piece every ten milliseconds, flushed as the recorder does. */
function terminal(name: string): Sample {
  const bytes = readFileSync(`${FIXTURES}${name}`);
  const sample = newSample({ cols: 120, rows: 40 });
  for (let at = 0; at < bytes.length; at += 200) {
    sample.recording!.append('pty', bytes.subarray(at, at + 200), at / 20);
    if (at === 6000) sample.recording!.resize(100, 30, at / 20);
    sample.recording!.flush({ line: 0, seq: 0 });
  }
  sample.end(bytes.length / 20 + 1);
  return sample;
}

/** The screen after everything up to a time was played from the beginning. */
async function played(path: string, ms: number): Promise<Screen> {
  const screen = new Screen(sizeAt(path, '', 0));
  for (const event of readRecording(path)) {
    if (event.t > ms) break;
    if (event.code === 'o') await screen.write(event.data);
    const size = event.code === 'r' ? event.data.split('x').map(Number) : undefined;
    if (size !== undefined) screen.resize(size[0]!, size[1]!);
  }
  return screen;
}

describe('a seek', () => {
  it.each([
    ['azure-capi-v2.cast', azure],
    ['alt-reset.raw', () => terminal('alt-reset.raw')],
    ['tmux-htop.raw', () => terminal('tmux-htop.raw')],
  ])('shows what playing to there shows: %s', async (_name, make) => {
    const sample = make();
    const material = openMaterial(sample.stores, SESSION_ID);
    const recording = material.recording!;
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), async (part) => {
        const ms = part * material.durationMs;
        const place = locate(material, sample.stores.extractions, { position_ms: ms });
        const [sought, expected] = [
          await screenAt(recording, place.output),
          await played(recording.path, ms),
        ];
        expect(sought.text()).toEqual(expected.text());
        expect(sought.serialize()).toBe(expected.serialize());
        expect([sought.cols, sought.rows]).toEqual([expected.cols, expected.rows]);
      }),
      { numRuns: 15 },
    );
  });

  it('shows the text of the place when it reads the last kilobytes only', async () => {
    const sample = newSample({ cols: 60, rows: 20 });
    for (let frame = 1; frame <= 400; frame++) {
      const drawn = Array.from(
        { length: 15 },
        (_, row) => `\x1b[${row + 1};1H\x1b[3${row % 8}mframe ${frame} row ${row}`,
      );
      sample.recording!.append('pty', Buffer.from(`\x1b[2J${drawn.join('')}\x1b[0m`), frame * 100);
      if (frame === 50) sample.recording!.resize(70, 18, frame * 100);
    }
    sample.end(41_000);
    const { recording } = openMaterial(sample.stores, SESSION_ID);
    for (const ms of [90, 5000, 5050, 20_000, 39_999]) {
      const offset = offsetAfter(recording!.path, ms, recording!.end);
      const screen = await screenAt(recording!, offset, { reachBytes: 8192 });
      expect(screen.text()).toEqual((await played(recording!.path, ms)).text());
    }
  });

  it('shows the last screenful of a session in pipes', async () => {
    const sample = newSample({ mode: 'pipe' });
    for (let line = 1; line <= 5000; line++) {
      sample.recording!.append(line % 7 ? 'stdout' : 'stderr', Buffer.from(`line ${line}\n`), line);
    }
    sample.end(5001);
    const { recording } = openMaterial(sample.stores, SESSION_ID);
    const offset = offsetAfter(recording!.path, 4000, recording!.end);
    const screen = await screenAt(recording!, offset, { reachBytes: 4096 });
    expect(screen.text().slice(0, 23)).toEqual(Array.from({ length: 23 }, (_, row) => `line ${3978 + row}`));
  });
});

describe('a place', () => {
  it('is the first event later than a time, wherever that is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ wait: fc.integer({ min: 0, max: 50 }), size: fc.integer({ min: 1, max: 9000 }) }),
          {
            minLength: 1,
            maxLength: 120,
          },
        ),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (chunks, part) => {
          const sample = newSample();
          let now = 0;
          for (const { wait, size } of chunks) {
            now += wait;
            sample.recording!.append('pty', Buffer.from('x'.repeat(size)), now);
          }
          sample.end(now);
          const { path, end } = openMaterial(sample.stores, SESSION_ID).recording!;
          const ms = part * (now + 10);
          const expected = [...readRecording(path)].find(({ t }) => t > ms)?.offset ?? end;
          expect(offsetAfter(path, ms, end)).toBe(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is found in a damaged recording, too', () => {
    const sample = newSample();
    for (let line = 0; line < 4000; line++)
      sample.recording!.append('pty', Buffer.from('y'.repeat(100)), line);
    sample.end(4000);
    const { path, end } = openMaterial(sample.stores, SESSION_ID).recording!;
    expect(recordingEnd(path)).toEqual({ offset: end, tMs: 3999 });
    const at = offsetAfter(path, 2500, end);
    expect([...readRecording(path, { fromOffset: at })][0]!.t).toBe(2501);
    expect(offsetAfter(path, 1e9, end)).toBe(end);
    expect(offsetAfter(path, -1, end)).toBeLessThan(300);
    expect(recordingEnd(`${path}.absent`)).toBeUndefined();
  });

  it.each([
    [{ position_ms: 0 }, 0],
    [{ position_ms: 99_999 }, 60_000],
    [{ timestamp: '2026-02-10T10:30:10.000Z' }, 10_000],
    [{ timestamp: '2026-02-10T12:30:10.000+02:00' }, 10_000],
    [{ timestamp: '2020-01-01T00:00:00Z' }, 0],
    [{ seq: 20 }, 40_000.5],
    [{ line: 33 }, 33_000],
  ])('is what %j means', (target, expected) => {
    const sample = newSample();
    for (let second = 1; second <= 59; second++) {
      sample.recording!.append('pty', Buffer.from(`line ${second}\r\n`), second * 1000);
      sample.recording!.flush({ line: second, seq: Math.floor(second / 2) });
      if (second % 2 === 0) sample.event(second / 2, second * 1000, second);
    }
    sample.end(60_000);
    const material = openMaterial(sample.stores, SESSION_ID);
    const place = locate(material, sample.stores.extractions, target);
    expect(place.offsetMs).toBe(expected);
    const played = Math.min(59, Math.floor(expected / 1000));
    const seq = 'seq' in target ? target.seq - 1 : Math.floor((expected - 0.5) / 2000);
    expect(place.seq).toBe(Math.max(0, seq));
    const next = [...readRecording(material.recording!.path, { fromOffset: place.output })][0];
    expect(next?.data ?? 'the end').toBe(played < 59 ? `line ${played + 1}\r\n` : 'the end');
  });

  it('keeps the size of the terminal, with an index and without one', () => {
    const sample = newSample({ cols: 90, rows: 25 });
    const sizes: [offset: number, cols: number][] = [];
    for (let second = 0; second < 60; second++) {
      if (second % 20 === 10) sample.recording!.resize(100 + second, 30, second * 1000);
      sample.recording!.append('pty', Buffer.from('z\r\n'), second * 1000);
      sample.recording!.flush({ line: second, seq: 0 });
    }
    sample.end(60_000);
    const { path, index, end } = openMaterial(sample.stores, SESSION_ID).recording!;
    for (let second = 0; second < 60; second++) {
      const cols = [90, 110, 130, 150][Math.floor((second + 10) / 20)]!;
      sizes.push([offsetAfter(path, second * 1000, end), cols]);
    }
    for (const [offset, cols] of sizes) {
      expect(sizeAt(path, index, offset).cols).toBe(cols);
      expect(sizeAt(path, `${index}.absent`, offset).cols).toBe(cols);
    }
    expect(index).toBe(sessionFiles(sample.stores.dbPath, SESSION_ID).index);
  });

  it('has an id that gives it back', () => {
    const place = { offsetMs: 1234.567, output: 99, seq: 7, changes: 2 };
    expect(parsePlaceId(placeId(place))).toEqual(place);
    for (const bad of ['', 'x', '1-2-3', '-1-2-3-4', '1-2-3-4-5', '1e9-2-3-4', `${'9'.repeat(40)}-0-0-0`]) {
      expect(parsePlaceId(bad)).toBeUndefined();
    }
  });

  it.each([
    ['1500', 'ms', { position_ms: 1500 }],
    ['90', 's', { position_ms: 90_000 }],
    ['90s', 'ms', { position_ms: 90_000 }],
    ['1.5m', 'ms', { position_ms: 90_000 }],
    ['1:30', 'ms', { position_ms: 90_000 }],
    ['1:02:03.5', 's', { position_ms: 3_723_500 }],
    ['seq:12', 'ms', { seq: 12 }],
    ['line:7', 'ms', { line: 7 }],
    ['2026-02-10T10:31:00Z', 'ms', { timestamp: '2026-02-10T10:31:00Z' }],
    ['', 'ms', undefined],
    ['-5', 'ms', undefined],
    ['9:59', 'ms', { position_ms: 599_000 }],
    ['90:00', 'ms', { position_ms: 5_400_000 }],
    ['9:99', 'ms', undefined],
    ['1:60:00', 'ms', undefined],
    ['1:00:60', 'ms', undefined],
    ['seq:0', 'ms', undefined],
    ['soon', 's', undefined],
    ['2026-13-45T99:00:00Z', 'ms', undefined],
  ] as const)('is written %s (%s)', (text, bare, expected) => {
    expect(parsePlace(text, bare)).toEqual(expected);
  });

  it('is not a span when it is something else', () => {
    expect(parseSpan('seq:1', 'ms')).toBeUndefined();
    expect(parseSpan('2h', 's')).toBe(7_200_000);
  });
});
