// The cast exports by the rules of the format: version 2 strictly, version 3 by its intervals.

import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { parseRecording } from '../../support/recording.ts';
import { castFiles, exported, ID, imported, newDatabasePath, storeSession } from './sessions.ts';

interface Cast3 {
  readonly header: {
    readonly version: number;
    readonly term: { readonly cols: number; readonly rows: number };
  };
  /** Times since the start in microseconds. */
  readonly events: readonly (readonly [microseconds: number, code: string, data: string])[];
}

/** Strict: one thing that the format does not allow and it throws. */
function parseCast3(text: string): Cast3 {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const [first = '', ...lines] = text.slice(0, -1).split('\n');
  const header = JSON.parse(first) as Cast3['header'];
  expect(header.version).toBe(3);
  expect(Number.isInteger(header.term.cols) && header.term.cols > 0).toBe(true);
  expect(Number.isInteger(header.term.rows) && header.term.rows > 0).toBe(true);
  let microseconds = 0;
  const events = lines.map((line): [number, string, string] => {
    const [interval, code, data, ...more] = JSON.parse(line) as [number, string, string];
    if (more.length > 0 || !(interval >= 0) || !/^[oimrx]$/.test(code) || typeof data !== 'string') {
      throw new Error(line);
    }
    microseconds += Math.round(interval * 1e6);
    return [microseconds, code, data];
  });
  return { header, events };
}

function strictCast(dbPath: string, text: string) {
  const path = join(dirname(dbPath), 'strict.cast');
  writeFileSync(path, text);
  return parseRecording(path);
}

describe.each(castFiles())('%s', (path) => {
  it('is a recording of version 2 and of version 3 with the same times and texts', async () => {
    const dbPath = newDatabasePath();
    const { sessionId } = imported(dbPath, { path });
    const two = strictCast(dbPath, await exported(dbPath, 'cast', sessionId));
    const three = parseCast3(await exported(dbPath, 'cast3', sessionId));
    const recorded = three.events.filter(([, code]) => code !== 'x');
    expect(recorded.map(([, code, data]) => [code, data])).toEqual(
      two.events.map(([, code, data]) => [code, data]),
    );
    for (const [index, [microseconds]] of recorded.entries()) {
      expect(Math.abs(microseconds - two.events[index]![0] * 1e6)).toBeLessThan(1);
    }
    expect(two.events.length).toBeGreaterThan(3);
  });

  it('comes back from version 3 as it was in version 2', async () => {
    const dbPath = newDatabasePath();
    const { sessionId } = imported(dbPath, { path });
    const other = newDatabasePath();
    imported(other, { text: await exported(dbPath, 'cast3', sessionId) });
    expect(await exported(other, 'cast', sessionId)).toBe(await exported(dbPath, 'cast', sessionId));
  });
});

describe('version 3', () => {
  it('ends with the exit status when there is one, and keeps the idle time before it', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { pieces: [{ stream: 'stdout', text: 'one\n', elapsedMs: 5 }] });
    const { events } = parseCast3(await exported(dbPath, 'cast3'));
    expect(events.at(-1)).toEqual([60_123_000, 'x', '3']);
    expect(events).toContainEqual([60_000_000, 'r', '120x40']);
  });

  it('does not drift over ten thousand events', async () => {
    const dbPath = newDatabasePath();
    const pieces = Array.from({ length: 10_000 }, (_, index) => ({
      stream: 'stdout' as const,
      text: 'x',
      elapsedMs: index / 3,
    }));
    storeSession(dbPath, { pieces });
    const { events } = parseCast3(await exported(dbPath, 'cast3'));
    const last = events.filter(([, code]) => code === 'o').at(-1)!;
    expect(Math.abs(last[0] - (9999 / 3) * 1000)).toBeLessThan(1);
  });
});

describe('a session without a recording', () => {
  it.each(['cast', 'cast3', 'txt'] as const)('has no %s', async (format) => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { events: [{}] });
    await expect(exported(dbPath, format)).rejects.toMatchObject({ code: 'recording_absent' });
  });
});

describe('a recording that is damaged', () => {
  it('leaves without its half last line', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { pieces: [{ stream: 'stdout', text: 'one\n', elapsedMs: 5 }] });
    const whole = await exported(dbPath, 'cast');
    appendFileSync(sessionFiles(dbPath, ID).cast, '[61.000000,"o","hal');
    expect(await exported(dbPath, 'cast')).toBe(whole);
  });
});
