// An imported recording is indexed as a recorded one is.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { readKeyframes } from '../../../src/data/recording-index.ts';
import { readRecording } from '../../../src/data/recording-reader.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { exported, imported, newDatabasePath, withDatabase } from '../export/sessions.ts';

/** Some 4 MB in 40 s; every hundredth line is an error. */
function longCast(): string {
  const lines = Array.from({ length: 4000 }, (_, index) => {
    const text = `${index % 100 === 99 ? `error: number ${index}` : 'x'.repeat(1000)}\r\n`;
    return JSON.stringify([index / 100, 'o', text]);
  });
  lines.splice(2000, 0, '[20,"r","120x40"]');
  return `{"version":2,"width":80,"height":24,"timestamp":1}\n${lines.join('\n')}\n`;
}

describe('the index of an imported recording', () => {
  it('leads to the beginnings of lines, and counts what came before', async () => {
    const dbPath = newDatabasePath();
    const { sessionId } = imported(dbPath, { text: longCast() });
    const { cast, index } = sessionFiles(dbPath, sessionId);
    const keyframes = readKeyframes(index);
    expect(keyframes.length).toBeGreaterThan(6);
    const bytes = readFileSync(cast);
    const events = withDatabase(dbPath, (database) =>
      new ExtractionStore(database).getExtractionsBySession(sessionId),
    );
    expect(events).toHaveLength(40);
    for (const { tMs, offset, line, seq, cols } of keyframes) {
      expect(bytes[offset - 1]).toBe(0x0a);
      const before = bytes.subarray(0, offset).toString();
      expect(line).toBe(before.split('\\r\\n').length - 1);
      expect(seq).toBe(events.filter(({ lineNumber }) => lineNumber! <= line).length);
      const [next] = readRecording(cast, { fromOffset: offset });
      expect(next!.t).toBeGreaterThanOrEqual(tMs);
      expect(cols).toBe(before.includes('120x40') ? 120 : 80);
    }
  });

  it('is the same when the session comes in as an archive', async () => {
    const dbPath = newDatabasePath();
    const { sessionId } = imported(dbPath, { text: longCast() });
    const other = newDatabasePath();
    imported(other, { text: await exported(dbPath, 'jsonl', sessionId) });
    const [first, second] = [dbPath, other].map((path) =>
      readFileSync(sessionFiles(path, sessionId).index, 'utf8'),
    );
    expect(second).toBe(first);
    imported(other, { text: await exported(dbPath, 'json', sessionId) }, { replace: true });
    expect(readFileSync(sessionFiles(other, sessionId).index, 'utf8')).toBe(first);
  });
});
