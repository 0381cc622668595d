// Pages of events: whatever the filter, the pages together are the list, the totals are right, and no page looks further
// than it may.

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { readEvents } from '../../../src/data/event-page.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import type { EventFilter } from '../../../src/data/query-types.ts';
import { RISK_LEVELS, type StoredEvent } from '../../../src/model/event.ts';
import { sampleEvent } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const withCode = (code: string) => expect.objectContaining({ name: 'WrapperError', code });
const SESSIONS = ['sess_000000000001', 'sess_000000000002'];
const TYPES = ['error', 'warning', 'url'] as const;
const time = (second: number) => `2026-02-10T10:30:0${second}.000Z`;

const row = fc.record({
  agentName: fc.constantFrom('a', 'b'),
  eventType: fc.constantFrom(...TYPES),
  pattern: fc.constantFrom('p', 'q', 'r'),
  riskLevel: fc.constantFrom(null, ...RISK_LEVELS),
  sessionId: fc.constantFrom(...SESSIONS),
  timestamp: fc.integer({ min: 0, max: 9 }).map(time),
  matchedValue: fc.constantFrom('Needle', 'hay', null),
  originalLine: fc.constantFrom('a needle in hay', 'nothing', null, '100% _real_'),
});
const filters = fc.record(
  {
    agent: fc.constantFrom('a', 'b', 'nobody'),
    session: fc.constantFrom(...SESSIONS),
    type: fc.constantFrom(...TYPES),
    types: fc.subarray([...TYPES, 'git']),
    pattern: fc.constantFrom('p', 'q', 'absent'),
    risk: fc.constantFrom(...RISK_LEVELS),
    minimumRisk: fc.constantFrom(...RISK_LEVELS),
    q: fc.constantFrom('needle', 'NEEDLE', '%', '_', 'absent'),
    since: fc.integer({ min: 0, max: 9 }).map(time),
    until: fc.integer({ min: 0, max: 9 }).map(time),
    order: fc.constantFrom('newest' as const, 'oldest' as const),
  },
  { requiredKeys: [] },
);

/** Rows of two sessions, numbered by session, with some written by hand that have no number. */
function fill(rows: readonly Record<string, unknown>[], byHand: number): Database {
  const database = openDatabase(':memory:');
  const numbers = new Map<unknown, number>();
  new ExtractionStore(database).saveExtractionBatch(
    rows.map((changes) => {
      const seq = (numbers.get(changes['sessionId']) ?? 0) + 1;
      numbers.set(changes['sessionId'], seq);
      return sampleEvent(seq, changes);
    }),
  );
  for (let number = 0; number < byHand; number++) {
    database
      .prepare(
        `INSERT INTO extraction_events(agent_name, session_id, timestamp, event_type, pattern) VALUES('a', ?, ?, 'error', 'p')`,
      )
      .run(SESSIONS[number % 2]!, time(number % 10));
  }
  return database;
}

/** Another way to the same answer: look at everything. */
function naive(events: readonly StoredEvent[], filter: EventFilter): StoredEvent[] {
  const level = (event: StoredEvent) => RISK_LEVELS.indexOf(event.riskLevel ?? 'none');
  const contains = (text: string | null) => text?.toLowerCase().includes(filter.q!.toLowerCase()) ?? false;
  const found = events.filter(
    (event) =>
      (filter.agent === undefined || event.agentName === filter.agent) &&
      (filter.session === undefined || event.sessionId === filter.session) &&
      (filter.type === undefined || event.eventType === filter.type) &&
      (filter.types === undefined || filter.types.includes(event.eventType)) &&
      (filter.pattern === undefined || event.pattern === filter.pattern) &&
      (filter.risk === undefined || level(event) === RISK_LEVELS.indexOf(filter.risk)) &&
      (filter.minimumRisk === undefined || level(event) >= RISK_LEVELS.indexOf(filter.minimumRisk)) &&
      (filter.q === undefined || contains(event.originalLine) || contains(event.matchedValue)) &&
      (filter.since === undefined || event.timestamp >= filter.since) &&
      (filter.until === undefined || event.timestamp < filter.until),
  );
  found.sort((left, right) =>
    filter.session === undefined
      ? left.timestamp.localeCompare(right.timestamp) || left.id - right.id
      : left.seq - right.seq || left.id - right.id,
  );
  return filter.order === 'oldest' ? found : found.reverse();
}

const everything = (database: Database) =>
  readEvents(database, { limit: -1, order: 'oldest' }, Number.POSITIVE_INFINITY).items;

describe('pages of events', () => {
  it('are together what a look at every event finds, for any filter, page size and work limit', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 40 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(filters, { minLength: 3, maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 30 }),
        (rows, byHand, wanted, limit, scanLimit) => {
          const database = fill(rows, byHand);
          const events = everything(database);
          expect(events).toHaveLength(rows.length + byHand);
          for (const filter of wanted) {
            const expected = naive(events, filter);
            const found: StoredEvent[] = [];
            let cursor: string | undefined;
            for (let pages = 0; pages < 200; pages++) {
              const page = readEvents(database, { ...filter, limit, cursor }, scanLimit);
              expect(page.items.length).toBeLessThanOrEqual(limit);
              if (page.total !== null) {
                if (page.totalIsLowerBound) expect(page.total).toBeLessThanOrEqual(expected.length);
                else expect(page.total).toBe(expected.length);
              }
              if (!page.complete) expect(page.nextCursor).not.toBeNull();
              found.push(...page.items);
              if (page.nextCursor === null) break;
              cursor = page.nextCursor;
            }
            expect(found.map((event) => event.id)).toEqual(expected.map((event) => event.id));
          }
          database.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('begin at an offset and after a number', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 30 }),
        filters,
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 0, max: 12 }),
        (rows, filter, offset, afterSeq) => {
          const database = fill(rows, 0);
          const events = everything(database);
          const ids = (list: readonly StoredEvent[]) => list.map((event) => event.id);
          expect(ids(readEvents(database, { ...filter, offset, limit: 5 }).items)).toEqual(
            ids(naive(events, filter).slice(offset, offset + 5)),
          );
          const session = SESSIONS[0]!;
          const after = naive(events, { ...filter, session }).filter((event) => event.seq > afterSeq);
          expect(ids(readEvents(database, { ...filter, session, afterSeq }).items)).toEqual(ids(after));
          database.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('show nothing twice and miss nothing while events arrive', () => {
    const database = fill([], 0);
    const store = new ExtractionStore(database);
    for (let seq = 1; seq <= 20; seq++) store.saveExtraction(sampleEvent(seq));
    const seen: number[] = [];
    let cursor: string | undefined;
    for (let seq = 21; ; seq++) {
      const page = readEvents(database, { agent: 'codex', limit: 3, cursor });
      seen.push(...page.items.map((event) => event.seq));
      store.saveExtraction(sampleEvent(seq));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => 20 - at));
  });

  it('see one moment, whatever another process stores meanwhile', () => {
    const path = join(temporaryFolder(), 'data', 'wrapper.db');
    const writer = openDatabase(path);
    const store = new ExtractionStore(writer);
    store.saveExtractionBatch([1, 2, 3].map((seq) => sampleEvent(seq)));
    let seq = 3;
    // After each statement of the reader somebody stores an event.
    const reader = openDatabase(path, {
      readonly: true,
      onQuery: () => {
        seq += 1;
        store.saveExtraction(sampleEvent(seq));
      },
    });
    for (let round = 0; round < 5; round++) {
      const page = readEvents(reader, { q: 'line', limit: 1000 });
      expect(page.nextCursor).toBeNull();
      expect(page.items.map((event) => event.seq)).toEqual(
        Array.from({ length: page.items.length }, (_, at) => page.items.length - at),
      );
      const counted = readEvents(reader, { agent: 'codex', limit: 1000 });
      expect(counted.total).toBe(counted.items.length);
    }
    expect(seq).toBeGreaterThan(13);
    reader.close();
    writer.close();
  });

  it('look at no more events than they may, and say so', () => {
    const database = openDatabase(':memory:');
    const store = new ExtractionStore(database);
    const line = (seq: number) => (seq === 1 ? 'the needle' : 'hay');
    store.saveExtractionBatch(
      Array.from({ length: 3000 }, (_, at) =>
        sampleEvent(at + 1, { originalLine: line(at + 1), matchedValue: null }),
      ),
    );
    const page = readEvents(database, { q: 'needle' }, 1000);
    expect(page).toMatchObject({ items: [], complete: false, total: null });
    const second = readEvents(database, { q: 'needle', cursor: page.nextCursor! }, 1000);
    const third = readEvents(database, { q: 'needle', cursor: second.nextCursor! }, 1001);
    expect(third.items.map((event) => event.seq)).toEqual([1]);
    expect(third).toMatchObject({ complete: true, nextCursor: null });
    expect(() => readEvents(database, { q: 'needle', offset: 5 }, 1000)).toThrow(withCode('query_too_large'));
  });

  it.each([1, 2, 127, 128, 129, 400])('are in order for a type with %i patterns', (patterns) => {
    const database = openDatabase(':memory:');
    const count = 1000;
    new ExtractionStore(database).saveExtractionBatch(
      Array.from({ length: count }, (_, at) =>
        sampleEvent(at + 1, {
          agentName: at % 3 === 0 ? 'a' : 'b',
          pattern: `p-${(at * 7) % patterns}`,
          // Ten of a millisecond.
          timestamp: new Date(Date.UTC(2026, 1, 10) + Math.floor(at / 10)).toISOString(),
        }),
      ),
    );
    for (const filter of [{ type: 'error' }, { type: 'error', agent: 'b' }] as const) {
      const expected = naive(everything(database), filter).map((event) => event.id);
      const first = readEvents(database, { ...filter, limit: 150 });
      const rest = readEvents(database, { ...filter, limit: -1, cursor: first.nextCursor! });
      expect([...first.items, ...rest.items].map((event) => event.id)).toEqual(expected);
      expect(first).toMatchObject({ total: expected.length, totalIsLowerBound: false, complete: true });
    }
  });

  it('tell exact totals where counters know them, and count to ten thousand otherwise', () => {
    const database = openDatabase(':memory:');
    const store = new ExtractionStore(database);
    const count = 12_000;
    store.saveExtractionBatch(Array.from({ length: count }, (_, at) => sampleEvent(at + 1)));
    const totalOf = (filter: EventFilter) => {
      const { total, totalIsLowerBound } = readEvents(database, { limit: 1, ...filter });
      return { total, totalIsLowerBound };
    };
    const exact = { total: count, totalIsLowerBound: false };
    expect(totalOf({})).toEqual(exact);
    expect(totalOf({ agent: 'codex', type: 'error', pattern: 'error_detection', risk: 'high' })).toEqual(
      exact,
    );
    expect(totalOf({ session: 'sess_0123456789ab', type: 'error', minimumRisk: 'low' })).toEqual(exact);
    expect(totalOf({ pattern: 'error_detection', since: '2026' })).toEqual({
      total: 10_000,
      totalIsLowerBound: true,
    });
    expect(totalOf({ since: sampleEvent(11_000).timestamp })).toEqual({
      total: 1001,
      totalIsLowerBound: false,
    });
    expect(totalOf({ total: false })).toEqual({ total: null, totalIsLowerBound: false });
  });
});

describe('a cursor', () => {
  it('goes on from a row whose time is a number, as somebody may write it', () => {
    const database = openDatabase(':memory:');
    const insert = database.prepare(
      `INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern) VALUES ('a', 's', ?, 'error', 'p')`,
    );
    for (const written of [1764000000000, 1764000000001.5, 7, time(1), 'soon', 1764000000000])
      insert.run(written);
    for (const order of ['newest', 'oldest'] as const) {
      const all = readEvents(database, { agent: 'a', order }).items.map((event) => event.id);
      const found: number[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = readEvents(database, { agent: 'a', order, limit: 1, cursor });
        found.push(...page.items.map((event) => event.id));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(found).toEqual(all);
      expect(found).toHaveLength(6);
    }
  });

  it('of another list, another order, or nobody is refused', () => {
    const database = fill([], 4);
    const { nextCursor } = readEvents(database, { limit: 1 });
    const refused = [
      () => readEvents(database, { cursor: nextCursor!, order: 'oldest' }),
      () => readEvents(database, { cursor: nextCursor!, session: SESSIONS[0]! }),
      () => readEvents(database, { cursor: '' }),
      () => readEvents(database, { cursor: 'x'.repeat(5000) }),
      () => readEvents(database, { cursor: `${nextCursor}'` }),
      ...[
        ['events-newest'],
        ['events-newest', true, 1],
        ['events-newest', 'x', 'y'],
        ['events-newest', 'x', 1.5],
        7,
      ].map(
        (value) => () =>
          readEvents(database, { cursor: Buffer.from(JSON.stringify(value)).toString('base64url') }),
      ),
    ];
    for (const read of refused) expect(read).toThrow(withCode('cursor_invalid'));
  });

  it('is never anything but a cursor or an error, whatever text it is', () => {
    const database = fill([], 4);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (cursor) => {
        expect(() => readEvents(database, { cursor })).toThrow(withCode('cursor_invalid'));
      }),
    );
  });

  it('reaches further than an offset may', () => {
    const database = fill([], 0);
    expect(() => readEvents(database, { offset: 10_001 })).toThrow(withCode('query_too_large'));
  });
});
