import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { sampleBlock, sampleEvent } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

function newStore() {
  const database = openDatabase(':memory:');
  return { database, store: new ExtractionStore(database) };
}

const seqs = (events: readonly { seq: number }[]) => events.map((event) => event.seq);

describe('events', () => {
  it('are absent from a new store', () => {
    const { store } = newStore();
    expect(store.queryExtractions({})).toEqual([]);
    expect(store.getExtractionStats('codex').totalEvents).toBe(0);
    expect(store.lastSeq('sess_0123456789ab')).toBe(0);
  });

  it('come back as they were saved', () => {
    const { store } = newStore();
    const event = sampleEvent(1, {
      metadata: { n: 1, text: 'ü\u0000' },
      autoConfirmable: true,
      elapsedMs: 12,
    });
    store.saveExtraction(event);
    expect(store.getExtractionsBySession(event.sessionId)).toEqual([{ id: 1, ...event }]);
  });

  it('come back with everything null that may be', () => {
    const { store } = newStore();
    const event = sampleEvent(1, {
      elapsedMs: null,
      matchedValue: null,
      originalLine: null,
      lineNumber: null,
      stream: null,
      metadata: null,
      riskLevel: null,
    });
    store.saveExtraction(event);
    expect(store.queryExtractions({})).toEqual([{ id: 1, ...event }]);
  });

  it('are saved as a batch, each once', () => {
    const { store } = newStore();
    const batch = [1, 2, 3].map((seq) => sampleEvent(seq));
    expect(store.saveExtractionBatch(batch, [sampleBlock(1)])).toEqual({ inserted: 3 });
    expect(store.saveExtractionBatch([...batch, sampleEvent(4)], [sampleBlock(1)])).toEqual({ inserted: 1 });
    expect(seqs(store.getExtractionsBySession('sess_0123456789ab'))).toEqual([1, 2, 3, 4]);
    expect(store.getExtractionStats('codex').totalEvents).toBe(4);
    expect(store.lastSeq('sess_0123456789ab')).toBe(4);
    expect(store.getCodeBlocks()).toHaveLength(1);
  });

  it('are all or none of a batch that fails', () => {
    const { store } = newStore();
    const broken = sampleEvent(2, { metadata: { loop: 1n } });
    expect(() => store.saveExtractionBatch([sampleEvent(1), broken])).toThrow(TypeError);
    expect(store.queryExtractions({})).toEqual([]);
    expect(store.getExtractionStats('codex').totalEvents).toBe(0);
    expect(store.saveExtractionBatch([sampleEvent(1)])).toEqual({ inserted: 1 });
  });

  it('are listed newest first by agent, type and pattern', () => {
    const { store } = newStore();
    store.saveExtractionBatch([
      sampleEvent(1),
      sampleEvent(2, { eventType: 'warning', pattern: 'deprecation' }),
      sampleEvent(3, { agentName: 'claude' }),
      sampleEvent(4, { pattern: 'panic' }),
    ]);
    expect(seqs(store.getExtractionsByAgent('codex'))).toEqual([4, 2, 1]);
    expect(seqs(store.getExtractionsByAgent('codex', 1))).toEqual([4]);
    expect(seqs(store.getExtractionsByType('codex', 'error'))).toEqual([4, 1]);
    expect(seqs(store.getExtractionsByPattern('codex', 'panic'))).toEqual([4]);
    expect(seqs(store.getExtractionsByPattern('claude', 'panic'))).toEqual([]);
  });

  it('are listed in order within their session', () => {
    const { store } = newStore();
    store.saveExtractionBatch([3, 1, 2, 5, 4].map((seq) => sampleEvent(seq)));
    expect(seqs(store.getExtractionsBySession('sess_0123456789ab'))).toEqual([1, 2, 3, 4, 5]);
    expect(seqs(store.getExtractionsBySession('sess_0123456789ab', { afterSeq: 3 }))).toEqual([4, 5]);
    expect(seqs(store.getExtractionsBySession('sess_0123456789ab', { afterSeq: 1, limit: 2 }))).toEqual([
      2, 3,
    ]);
    expect(store.getExtractionsBySession('sess_other')).toEqual([]);
  });

  it('are counted by type, pattern and risk', () => {
    const { store } = newStore();
    store.saveExtractionBatch([
      sampleEvent(1),
      sampleEvent(2),
      sampleEvent(3, { eventType: 'url', pattern: 'url', riskLevel: null }),
      sampleEvent(4, { agentName: 'claude' }),
    ]);
    expect(store.getExtractionStats('codex')).toEqual({
      agentName: 'codex',
      totalEvents: 3,
      byType: { error: 2, url: 1 },
      byPattern: { error_detection: 2, url: 1 },
      byRisk: { high: 2, none: 1 },
    });
  });

  it('leave the counters when their session is deleted', () => {
    const { store, database } = newStore();
    store.saveExtractionBatch([sampleEvent(1), sampleEvent(2), sampleEvent(3, { sessionId: 'sess_other' })]);
    expect(store.deleteSessionEvents('sess_0123456789ab')).toBe(2);
    expect(store.getExtractionStats('codex').totalEvents).toBe(1);
    expect(store.deleteSessionEvents('sess_other')).toBe(1);
    expect(database.prepare('SELECT * FROM extraction_counts').all()).toEqual([]);
    expect(store.saveExtractionBatch([sampleEvent(1)])).toEqual({ inserted: 1 });
  });

  it('survive closing and opening', () => {
    const path = join(temporaryFolder(), 'data', 'wrapper.db');
    const first = openDatabase(path);
    new ExtractionStore(first).saveExtractionBatch([sampleEvent(1)], [sampleBlock(1)]);
    first.close();
    const second = openDatabase(path, { readonly: true });
    const store = new ExtractionStore(second);
    expect(store.queryExtractions({})).toEqual([{ id: 1, ...sampleEvent(1) }]);
    expect(store.getCodeBlocks()).toEqual([{ id: 1, ...sampleBlock(1) }]);
    second.close();
  });
});

describe('any filter', () => {
  const agents = ['a', 'b'];
  const types = ['error', 'warning', 'url'] as const;
  const patterns = ['p', 'q', 'r'];
  const risks = [null, 'none', 'low', 'medium', 'high', 'critical'] as const;
  const order = ['none', 'low', 'medium', 'high', 'critical'];
  const event = fc.record({
    agentName: fc.constantFrom(...agents),
    eventType: fc.constantFrom(...types),
    pattern: fc.constantFrom(...patterns),
    riskLevel: fc.constantFrom(...risks),
    session: fc.constantFrom('sess_1', 'sess_2'),
    second: fc.integer({ min: 0, max: 9 }),
  });
  const time = (second: number) => `2026-02-10T10:30:0${second}.000Z`;
  const filter = fc.record(
    {
      agent: fc.constantFrom(...agents, 'c'),
      session: fc.constantFrom('sess_1', 'sess_3'),
      type: fc.constantFrom(...types),
      pattern: fc.constantFrom(...patterns),
      minimumRisk: fc.constantFrom('none', 'low', 'high', 'critical'),
      since: fc.integer({ min: 0, max: 9 }).map(time),
      until: fc.integer({ min: 0, max: 9 }).map(time),
      limit: fc.integer({ min: 0, max: 20 }),
      order: fc.constantFrom('newest', 'oldest'),
    },
    { requiredKeys: [] },
  );

  it('gives what a plain search through all events gives', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.array(filter, { minLength: 5, maxLength: 15 }),
        (rows, filters) => {
          const { store, database } = newStore();
          store.saveExtractionBatch(
            rows.map(({ session, second, ...row }, index) =>
              sampleEvent(index + 1, { ...row, sessionId: session, timestamp: time(second) }),
            ),
          );
          const all = (database.prepare('SELECT id FROM extraction_events').all() as { id: number }[]).length;
          expect(all).toBe(rows.length);
          const events = store.queryExtractions({ limit: 1000, order: 'oldest' });
          for (const wanted of filters) {
            const expected = events
              .filter(
                (row) =>
                  (wanted.agent === undefined || row.agentName === wanted.agent) &&
                  (wanted.session === undefined || row.sessionId === wanted.session) &&
                  (wanted.type === undefined || row.eventType === wanted.type) &&
                  (wanted.pattern === undefined || row.pattern === wanted.pattern) &&
                  (wanted.minimumRisk === undefined ||
                    order.indexOf(row.riskLevel ?? 'none') >= order.indexOf(wanted.minimumRisk)) &&
                  (wanted.since === undefined || row.timestamp >= wanted.since) &&
                  (wanted.until === undefined || row.timestamp < wanted.until),
              )
              .sort((left, right) =>
                wanted.session === undefined
                  ? left.timestamp.localeCompare(right.timestamp) || left.id - right.id
                  : left.seq - right.seq,
              );
            if (wanted.order !== 'oldest') expected.reverse();
            expect(store.queryExtractions(wanted as never)).toEqual(expected.slice(0, wanted.limit ?? 100));
          }
          database.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sees the same log however it was cut into batches, and when saved twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        fc.boolean(),
        (count, sizes, twice) => {
          const events = Array.from({ length: count }, (_, index) =>
            sampleEvent(index + 1, { pattern: patterns[index % 3]!, riskLevel: risks[index % 6]! }),
          );
          const whole = newStore();
          whole.store.saveExtractionBatch(events);
          const cut = newStore();
          for (let round = 0; round < (twice ? 2 : 1); round++) {
            for (let start = 0, turn = 0; start < count; turn++) {
              const size = sizes[turn % sizes.length]!;
              cut.store.saveExtractionBatch(events.slice(start, start + size));
              start += size;
            }
          }
          expect(cut.store.queryExtractions({ limit: -1 })).toEqual(
            whole.store.queryExtractions({ limit: -1 }),
          );
          expect(cut.store.getExtractionStats('codex')).toEqual(whole.store.getExtractionStats('codex'));
          whole.database.close();
          cut.database.close();
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('code blocks', () => {
  it('come back as they were saved', () => {
    const { store } = newStore();
    expect(store.saveCodeBlock(sampleBlock(1))).toBe(true);
    expect(store.getCodeBlocks()).toEqual([{ id: 1, ...sampleBlock(1) }]);
  });

  it('are stored once by their digest', () => {
    const { store } = newStore();
    expect(store.saveCodeBlock(sampleBlock(1))).toBe(true);
    expect(store.saveCodeBlock(sampleBlock(1, { sessionId: 'sess_other' }))).toBe(false);
    expect(store.getCodeBlocks()).toHaveLength(1);
  });

  it('are filtered by agent, language, session and time', () => {
    const { store } = newStore();
    store.saveCodeBlock(sampleBlock(1));
    store.saveCodeBlock(sampleBlock(2, { language: 'py', parseable: null }));
    store.saveCodeBlock(sampleBlock(3, { agentName: 'claude', sessionId: 'sess_other' }));
    const lines = (filter: Parameters<ExtractionStore['getCodeBlocks']>[0]) =>
      store.getCodeBlocks(filter).map((block) => block.lineStart);
    expect(lines({ agent: 'codex' })).toEqual([2, 1]);
    expect(lines({ language: 'ts' })).toEqual([3, 1]);
    expect(lines({ agent: 'codex', language: 'py' })).toEqual([2]);
    expect(lines({ session: 'sess_other' })).toEqual([3]);
    expect(lines({ since: sampleBlock(2).timestamp, until: sampleBlock(3).timestamp })).toEqual([2]);
    expect(lines({ limit: 1 })).toEqual([3]);
  });
});

describe('rows written in the sqlite3 shell against the documented columns', () => {
  it('are read, counted and given our form of a timestamp', () => {
    const { store, database } = newStore();
    const insert = `INSERT INTO extraction_events(agent_name, session_id, event_type, pattern) VALUES('codex', 's', 'error', 'mine')`;
    database.prepare(insert).run();
    database.prepare(insert.replace('INSERT', 'INSERT OR IGNORE')).run();
    const [event] = store.getExtractionsByPattern('codex', 'mine');
    expect(event).toMatchObject({ seq: 0, riskLevel: null, autoConfirmable: false, metadata: null });
    expect(event!.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    expect(store.getExtractionsBySession('s')).toHaveLength(2);
    expect(store.getExtractionStats('codex')).toMatchObject({ totalEvents: 2, byPattern: { mine: 2 } });
    database.prepare(`UPDATE extraction_events SET pattern = 'other', risk_level = 'low' WHERE id = 1`).run();
    expect(store.getExtractionStats('codex')).toMatchObject({
      byPattern: { mine: 1, other: 1 },
      byRisk: { none: 1, low: 1 },
    });
    database.prepare('DELETE FROM extraction_events').run();
    expect(store.getExtractionStats('codex').totalEvents).toBe(0);
  });

  it('may hold what is no JSON', () => {
    const { store, database } = newStore();
    database
      .prepare(
        `INSERT INTO extraction_events(agent_name, session_id, event_type, pattern, metadata_json) VALUES('a', 's', 'error', 'p', '{broken')`,
      )
      .run();
    expect(store.queryExtractions({})[0]!.metadata).toBeNull();
  });

  it('may hold a BLOB or a number where text belongs', () => {
    const { store, database } = newStore();
    database
      .prepare(
        `INSERT INTO extraction_events(agent_name, session_id, event_type, pattern, matched_value, original_line,
           code_block_language, risk_level, stream, metadata_json)
         VALUES(x'61', 's', x'6572726f72', 7, x'00ff', 1.5, x'c3a9', x'6c6f77', x'747479', x'7b7d')`,
      )
      .run();
    expect(store.getExtractionsBySession('s')).toMatchObject([
      {
        agentName: 'a',
        eventType: 'error',
        pattern: '7',
        matchedValue: '\0\ufffd',
        originalLine: '1.5',
        codeBlockLanguage: 'é',
        riskLevel: 'low',
        stream: 'tty',
        metadata: {},
      },
    ]);
    database
      .prepare(
        `INSERT INTO code_blocks(agent_name, session_id, language, content, digest)
         VALUES(x'61', x'73', x'7473', x'00ff', x'30')`,
      )
      .run();
    expect(store.getCodeBlocks()).toMatchObject([
      { agentName: 'a', sessionId: 's', language: 'ts', content: '\0\ufffd', digest: '0' },
    ]);
  });
});
