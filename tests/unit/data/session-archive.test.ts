// The session as a whole: every page of it, and no statement that reads more than it must.

import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/data/database.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { SessionArchive } from '../../../src/data/session-archive.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { sampleBlock, sampleEvent, sampleSession } from './samples.ts';

const ID = 'sess_0123456789ab';
const OTHER = 'sess_bbbbbbbbbbbb';

function filled(onQuery?: (sql: string) => void): Database {
  const database = openDatabase(':memory:', { onQuery });
  const sessions = new SessionStore(database);
  for (const sessionId of [ID, OTHER]) sessions.createSession(sampleSession({ sessionId }));
  const events = Array.from({ length: 1700 }, (_, index) => sampleEvent(index + 1));
  const blocks = Array.from({ length: 1100 }, (_, index) => sampleBlock(index));
  const extractions = new ExtractionStore(database);
  extractions.saveExtractionBatch(events, blocks);
  extractions.saveExtractionBatch([sampleEvent(1, { sessionId: OTHER })]);
  const archive = new SessionArchive(database);
  for (let count = 0; count < 600; count++)
    archive.addUnnumbered(sampleEvent(0, { matchedValue: `by hand ${count}` }));
  return database;
}

describe('SessionArchive', () => {
  it('gives every event once, those without a number first, over all pages', () => {
    const pages = [...new SessionArchive(filled()).events(ID)];
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(500);
    const events = pages.flat();
    expect(events.slice(0, 600).map(({ matchedValue }) => matchedValue)).toEqual(
      Array.from({ length: 600 }, (_, index) => `by hand ${index}`),
    );
    expect(events.slice(600).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 1700 }, (_, index) => index + 1),
    );
  });

  it('ends where the session was when it began', () => {
    const database = filled();
    const pages = new SessionArchive(database).events(ID);
    pages.next();
    new ExtractionStore(database).saveExtractionBatch([sampleEvent(1701)]);
    expect([...pages].flat().at(-1)!.seq).toBe(1700);
  });

  it('gives the blocks in their order, over all pages', () => {
    const lines = [...new SessionArchive(filled()).blocksOf(ID)].map(({ lineStart }) => lineStart);
    expect(lines).toEqual(Array.from({ length: 1100 }, (_, index) => index));
  });

  it('removes a session, and leaves the others and what they have printed', () => {
    const database = filled();
    const shared = sampleBlock(7).digest;
    new ExtractionStore(database).saveExtractionBatch([
      sampleEvent(2, { sessionId: OTHER, eventType: 'code_block', metadata: { digest: shared } }),
    ]);
    const archive = new SessionArchive(database);
    archive.remove(ID);
    expect([...archive.events(ID)]).toEqual([]);
    expect([...archive.blocksOf(ID)].map(({ digest }) => digest)).toEqual([shared]);
    expect([...archive.events(OTHER)].flat()).toHaveLength(2);
    expect(new SessionStore(database).getSession(ID)).toBeUndefined();
    expect(new SessionStore(database).getSession(OTHER)).toBeDefined();
    const counted = database.prepare('SELECT sum(events) AS n FROM extraction_totals').get() as { n: number };
    expect(counted.n).toBe(2);
  });

  it('reads by indexes only, and sorts nothing', () => {
    const statements = new Set<string>();
    let isWatched = false;
    const database = filled((sql) => {
      if (isWatched) statements.add(sql);
    });
    const archive = new SessionArchive(database);
    isWatched = true;
    archive.addBlock(sampleBlock(5000));
    archive.addUnnumbered(sampleEvent(0));
    expect([...archive.events(ID)].length + [...archive.blocksOf(ID)].length).toBeGreaterThan(0);
    archive.block('0');
    archive.remove(ID);
    isWatched = false;
    const own = [...statements].filter((sql) => !/^(?:BEGIN|COMMIT)/.test(sql));
    expect(own).toHaveLength(11);
    for (const sql of own) {
      const plan = database.explain(sql);
      if (!sql.startsWith('INSERT')) expect([sql, plan.length > 0]).toEqual([sql, true]);
      expect([sql, plan.filter((step) => /^SCAN|TEMP B-TREE/.test(step))]).toEqual([sql, []]);
    }
  });
});
