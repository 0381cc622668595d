// What is told of a session, an agent, a pattern and a span of time, compared with a count of every row.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { QueryService } from '../../../src/data/query-service.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import type { EventType, StoredEvent } from '../../../src/model/event.ts';
import { sampleBlock, sampleEvent, sampleSession } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const withCode = (code: string) => expect.objectContaining({ name: 'WrapperError', code });
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = Date.UTC(2026, 1, 10, 10, 30);

function newService() {
  const database = openDatabase(':memory:');
  return {
    database,
    ask: new QueryService(database),
    extractions: new ExtractionStore(database),
    sessions: new SessionStore(database),
  };
}

function everything(database: Database): readonly StoredEvent[] {
  return new ExtractionStore(database).queryExtractions({ limit: -1 });
}

const event = fc.record({
  agentName: fc.constantFrom('a', 'b'),
  eventType: fc.constantFrom<EventType>('error', 'url', 'stack_trace'),
  pattern: fc.constantFrom('p', 'q'),
  riskLevel: fc.constantFrom(null, 'none' as const, 'high' as const),
  minutes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60_000 })),
});

function save(
  store: ExtractionStore,
  rows: readonly { minutes: number; agentName: string; eventType: EventType }[],
): void {
  store.saveExtractionBatch(
    rows.map(({ minutes, ...changes }, at) =>
      sampleEvent(at + 1, { ...changes, timestamp: new Date(START + minutes * MINUTE).toISOString() }),
    ),
  );
}

function writeByHand(database: Database, timestamp: string, agent = 'a', type = 'url'): void {
  database
    .prepare(
      'INSERT INTO extraction_events(agent_name, session_id, timestamp, event_type, pattern) VALUES (?,?,?,?,?)',
    )
    .run(agent, 'sess_0123456789ab', timestamp, type, 'p');
}

describe('a timeline', () => {
  const spans = fc.record({
    from: fc.integer({ min: -100, max: 2000 }),
    minutes: fc.integer({ min: 1, max: 20_000 }),
    agent: fc.constantFrom(undefined, 'a', 'b', 'nobody'),
    type: fc.constantFrom<EventType | undefined>(undefined, 'error'),
    bucket: fc.constantFrom('hour' as const, 'day' as const, 'week' as const, 'auto' as const),
  });

  it('has every bucket of the span with the events that are in it', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.array(spans, { minLength: 3, maxLength: 6 }),
        (rows, asked) => {
          const { database, ask, extractions } = newService();
          save(extractions, rows);
          writeByHand(database, '2026-02-10 10:45:00');
          writeByHand(database, '2026-02-10T13:45:00.000Z');
          const events = everything(database);
          const byHand = rows.length + 1;
          const textOf = (row: StoredEvent) => (row.id === byHand ? '2026-02-10 10:45:00' : row.timestamp);
          for (const { from, minutes, agent, type, bucket } of asked) {
            const since = new Date(START + from * MINUTE).toISOString();
            const until = new Date(START + (from + minutes) * MINUTE).toISOString();
            const timeline = ask.timeline({ agent, type, since, until, bucket, limit: 1000 });
            const length = { minute: MINUTE, hour: 60 * MINUTE, day: DAY, week: 7 * DAY }[timeline.bucket];
            const starts = timeline.buckets.map((part) => Date.parse(part.start));
            expect(starts[0]!).toBeLessThanOrEqual(Date.parse(since));
            expect(starts[0]! + length).toBeGreaterThan(Date.parse(since));
            expect(starts.at(-1)!).toBeLessThan(Date.parse(until));
            expect(starts.at(-1)! + length).toBeGreaterThanOrEqual(Date.parse(until));
            const wanted = events.filter(
              (row) =>
                // By minutes, rows in SQLite's form of a time are where it puts them: before all others of the day.
                (timeline.bucket !== 'minute' || row.id !== byHand) &&
                (agent === undefined || row.agentName === agent) &&
                (type === undefined || row.eventType === type),
            );
            for (const [at, part] of timeline.buckets.entries()) {
              expect(starts[at]).toBe(starts[0]! + at * length);
              const inside = wanted.filter((row) => {
                const time = Date.parse(row.timestamp);
                return time >= starts[at]! && time < starts[at]! + length;
              });
              expect(part.total).toBe(inside.length);
              for (const [name, count] of Object.entries(part.byType))
                expect(count).toBe(inside.filter((row) => row.eventType === name).length);
            }
            const inSpan = events.filter(
              (row) =>
                (agent === undefined || row.agentName === agent) &&
                (type === undefined || row.eventType === type) &&
                textOf(row) >= since &&
                textOf(row) < until,
            );
            expect(timeline.events).toMatchObject({ total: inSpan.length, totalIsLowerBound: false });
            expect(timeline.events.items).toHaveLength(inSpan.length);
            const small = ask.timeline({ agent, type, since, until, bucket, limit: 1 });
            expect(small.events.total).toBe(inSpan.length);
            const listed = timeline.events.items.map((row) => row.timestamp);
            expect(listed).toEqual([...listed].sort());
          }
          database.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts what was written by hand whatever its type is, in buckets of any length', () => {
    const { database, ask } = newService();
    for (const type of ['\'no "type"\'', "x'6f6464'", '7']) {
      database
        .prepare(
          'INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern) ' +
            `VALUES ('hand', 'sess_hand', '2026-02-10T10:45:00.000Z', ${type}, 'none')`,
        )
        .run();
    }
    for (const bucket of ['minute', 'hour', 'day', 'week'] as const) {
      const timeline = ask.timeline({ agent: 'hand', since: '2026-02-10', until: '2026-02-11', bucket });
      const counted = timeline.buckets.filter((part) => part.total > 0);
      expect(counted).toMatchObject([{ total: 3, byType: { 'no "type"': 1, odd: 1, 7: 1 } }]);
    }
  });

  it('begins its weeks on Monday', () => {
    const { ask } = newService();
    const { buckets } = ask.timeline({ since: '2026-02-11', until: '2026-02-24', bucket: 'week' });
    expect(buckets.map((part) => part.start.slice(0, 10))).toEqual([
      '2026-02-09',
      '2026-02-16',
      '2026-02-23',
    ]);
  });

  it('counts minutes of a short span and pages its events forward', () => {
    const { ask, extractions } = newService();
    save(
      extractions,
      [0, 0, 1, 3, 200].map((minutes) => ({ minutes, agentName: 'a', eventType: 'error' as const })),
    );
    const span = {
      agent: 'a',
      since: new Date(START).toISOString(),
      until: new Date(START + 4 * MINUTE).toISOString(),
      limit: 2,
    };
    const first = ask.timeline(span);
    expect(first.bucket).toBe('minute');
    expect(first.buckets.map((part) => part.total)).toEqual([2, 1, 0, 1]);
    expect(first.events).toMatchObject({ total: 4, items: [{ seq: 1 }, { seq: 2 }] });
    const second = ask.timeline({ ...span, cursor: first.events.nextCursor! });
    expect(second.events.items.map((row) => row.seq)).toEqual([3, 4]);
    expect(second.events.nextCursor).toBeNull();
  });

  it('covers the last days without a span', () => {
    const { ask } = newService();
    const timeline = ask.timeline({ days: 3, now: START });
    expect(timeline).toMatchObject({ since: new Date(START - 3 * DAY).toISOString(), bucket: 'hour' });
    expect(timeline.buckets).toHaveLength(73);
  });

  it('is refused when it would be endless, or ends before it begins', () => {
    const { ask } = newService();
    expect(() => ask.timeline({ since: '2026-02-10', until: '2026-02-10' })).toThrow(
      withCode('query_invalid'),
    );
    expect(() => ask.timeline({ since: 'x', until: '2026-02-10' })).toThrow(withCode('query_invalid'));
    expect(() => ask.timeline({ since: '2020-01-01', until: '2026-01-01', bucket: 'hour' })).toThrow(
      withCode('query_too_large'),
    );
  });
});

describe('an agent', () => {
  it('is known by its sessions and its events', () => {
    const { ask, extractions, sessions } = newService();
    const ends = [
      ['completed', 0, 1000],
      ['failed', 1, 3000],
      ['completed', 0, 2000],
      ['killed', 130, 10_000],
    ] as const;
    for (const [number, [state, exitCode, took]] of ends.entries()) {
      const sessionId = `sess_00000000000${number}`;
      const startedAt = new Date(START + number * DAY).toISOString();
      sessions.createSession(sampleSession({ sessionId, startedAt }));
      sessions.completeSession(sessionId, {
        state,
        exitCode,
        endedAt: new Date(START + number * DAY + took).toISOString(),
        stats: { totalLines: 100, totalExtractions: 1 },
      });
    }
    sessions.createSession(sampleSession({ sessionId: 'sess_00000000000z' }));
    extractions.saveExtractionBatch([
      sampleEvent(1),
      sampleEvent(2, { eventType: 'stack_trace', pattern: 'js_stack' }),
      sampleEvent(3, { riskLevel: null }),
    ]);
    expect(ask.agentStats('codex', { patterns: 1 })).toEqual({
      agentName: 'codex',
      totalSessions: 5,
      active: 1,
      completed: 2,
      failed: 1,
      killed: 1,
      lost: 0,
      successRate: 0.5,
      durations: { sessions: 4, averageMs: 4000, p50Ms: 2000, p95Ms: 10_000, longestMs: 10_000 },
      totalLinesProcessed: 400,
      totalExtractions: 3,
      byType: { error: 2, stack_trace: 1 },
      byPattern: { error_detection: 2 },
      byRisk: { high: 2, none: 1 },
      errors: { events: 2, stackTraces: 1, sessions: 2 },
      firstSeenAt: new Date(START).toISOString(),
      lastSeenAt: new Date(START + 3 * DAY).toISOString(),
    });
    expect(ask.agentStats('nobody')).toBeUndefined();
  });

  it('without a session that ended has neither a rate nor durations', () => {
    const { ask, extractions } = newService();
    extractions.saveExtraction(sampleEvent(1));
    expect(ask.agentStats('codex')).toMatchObject({
      successRate: null,
      durations: null,
      totalExtractions: 1,
    });
    expect(ask.agentStats('codex')!.lastSeenAt).toBe(sampleEvent(1).timestamp);
  });

  it('stands in the list of all, whoever was seen last first', () => {
    const { ask, extractions, sessions, database } = newService();
    sessions.createSession(sampleSession({ startedAt: new Date(START).toISOString() }));
    extractions.saveExtractionBatch([
      sampleEvent(1, { agentName: 'b', timestamp: new Date(START + DAY).toISOString() }),
      sampleEvent(2, { agentName: 'b', timestamp: new Date(START).toISOString() }),
    ]);
    writeByHand(database, '2026-02-13 00:00:00', 'hand');
    expect(ask.agents()).toEqual([
      { agentName: 'hand', sessions: 0, active: 0, events: 1, lastSeenAt: '2026-02-13T00:00:00.000Z' },
      { agentName: 'b', sessions: 0, active: 0, events: 2, lastSeenAt: new Date(START + DAY).toISOString() },
      { agentName: 'codex', sessions: 1, active: 1, events: 0, lastSeenAt: new Date(START).toISOString() },
    ]);
  });
});

describe('a pattern', () => {
  it('is counted by agent, type, risk and day, with its latest events', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 50 }), fc.integer({ min: 1, max: 50 }), (rows, days) => {
        const { database, ask, extractions } = newService();
        save(extractions, rows);
        const events = everything(database).filter((row) => row.pattern === 'p');
        const now = START + 40 * DAY;
        const stats = ask.patternStats('p', { days, samples: 3, now });
        if (events.length === 0) expect(stats).toBeUndefined();
        else {
          const times = events.map((row) => row.timestamp).sort();
          expect(stats).toMatchObject({
            total: events.length,
            firstSeenAt: times[0],
            lastSeenAt: times.at(-1),
          });
          const counted = (counts: Readonly<Record<string, number>>, of: (row: StoredEvent) => string) => {
            for (const [name, count] of Object.entries(counts))
              expect(count).toBe(events.filter((row) => of(row) === name).length);
            expect(Object.values(counts).reduce((left, right) => left + right, 0)).toBe(events.length);
          };
          counted(stats!.byAgent, (row) => row.agentName);
          counted(stats!.byType, (row) => row.eventType);
          counted(stats!.byRisk, (row) => row.riskLevel ?? 'none');
          expect(stats!.perDay).toHaveLength(days);
          expect(stats!.perDay.at(-1)!.day).toBe(new Date(now).toISOString().slice(0, 10));
          for (const { day, events: count } of stats!.perDay)
            expect(count).toBe(events.filter((row) => row.timestamp.startsWith(day)).length);
          expect(stats!.samples).toEqual(events.slice(0, 3));
        }
        database.close();
      }),
      { numRuns: 40 },
    );
  });
});

describe('a session', () => {
  it('has its states, its counts and what there is of its recording', () => {
    const path = join(temporaryFolder(), 'data', 'wrapper.db');
    const database = openDatabase(path);
    const sessions = new SessionStore(database);
    const ask = new QueryService(database);
    const session = sampleSession({ stdoutLogPath: sessionFiles(path, 'sess_0123456789ab').cast });
    sessions.createSession(session);
    sessions.recordStateChange({
      sessionId: session.sessionId,
      timestamp: session.startedAt,
      state: 'running',
      exitCode: null,
      metadata: null,
    });
    new ExtractionStore(database).saveExtractionBatch([
      sampleEvent(1),
      sampleEvent(2, { eventType: 'url', riskLevel: null }),
      sampleEvent(3),
    ]);
    writeByHand(database, '2026-02-10 10:31:00', 'codex');
    expect(ask.sessionDetail(session.sessionId)).toMatchObject({
      session: { state: 'running', agentName: 'codex' },
      stateChanges: [{ state: 'running' }],
      totalEvents: 4,
      byType: { error: 2, url: 2 },
      byRisk: { high: 2, none: 2 },
      recording: { path: session.stdoutLogPath, bytes: null, durationMs: null, hasKeyframes: false },
    });
    const files = sessionFiles(path, session.sessionId);
    mkdirSync(dirname(files.cast), { recursive: true });
    writeFileSync(files.cast, '{"version":2}\n');
    writeFileSync(files.index, '{"t_ms":5000,"offset":14,"line":1,"seq":0}\n');
    sessions.completeSession(session.sessionId, {
      state: 'completed',
      exitCode: 0,
      endedAt: '2026-02-10T10:30:02.500Z',
      stats: { totalLines: 1, totalExtractions: 4 },
    });
    expect(ask.sessionDetail(session.sessionId)!.recording).toEqual({
      path: files.cast,
      bytes: 14,
      durationMs: 2500,
      hasKeyframes: true,
    });
    expect(ask.sessionDetail('sess_zzzzzzzzzzzz')).toBeUndefined();
    database.close();
  });

  it('has the blocks that it printed, also those that another printed first', () => {
    const { ask, extractions } = newService();
    const printed = (seq: number, sessionId: string, number: number) =>
      sampleEvent(seq, {
        sessionId,
        eventType: 'code_block',
        metadata: { digest: sampleBlock(number).digest },
      });
    extractions.saveExtractionBatch(
      [
        printed(1, 's1', 1),
        printed(2, 's1', 2),
        printed(1, 's2', 2),
        printed(2, 's2', 3),
        printed(3, 's2', 2),
      ],
      [
        sampleBlock(1, { sessionId: 's1' }),
        sampleBlock(2, { sessionId: 's1', language: 'py' }),
        sampleBlock(3, { sessionId: 's2' }),
      ],
    );
    const lines = (filter: Parameters<QueryService['queryBlocks']>[0]) =>
      ask.queryBlocks(filter).items.map((block) => block.lineStart);
    expect(lines({ session: 's1' })).toEqual([2, 1]);
    expect(lines({ session: 's2' })).toEqual([3, 2]);
    expect(lines({ session: 's2', language: 'py' })).toEqual([2]);
    expect(lines({ session: 's3' })).toEqual([]);
    expect(ask.queryBlocks({ session: 's2' })).toMatchObject({ total: 2, complete: true });
  });
});

describe('code blocks and sessions', () => {
  it('are paged by cursor and counted', () => {
    const { ask, extractions, sessions } = newService();
    for (let number = 1; number <= 7; number++) {
      const language = number % 2 === 0 ? 'py' : 'ts';
      extractions.saveCodeBlock(sampleBlock(number, { language, timestamp: new Date(START).toISOString() }));
      const sessionId = `sess_00000000000${number}`;
      sessions.createSession(sampleSession({ sessionId, agentName: language }));
      if (number > 3)
        sessions.completeSession(sessionId, {
          state: number === 7 ? 'failed' : 'completed',
          exitCode: 0,
          endedAt: '2026-02-10T11:00:00.000Z',
          stats: { totalLines: 0, totalExtractions: 0 },
        });
    }
    const all = <Item>(
      read: (cursor: string | undefined) => { items: readonly Item[]; nextCursor: string | null },
    ) => {
      const items: Item[] = [];
      let cursor: string | undefined;
      do {
        const page = read(cursor);
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined && items.length < 100);
      return items;
    };
    const blocks = (filter: object) =>
      all((cursor) => ask.queryBlocks({ ...filter, limit: 2, cursor })).map((block) => block.lineStart);
    expect(blocks({})).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(blocks({ language: 'py' })).toEqual([6, 4, 2]);
    expect(blocks({ agent: 'codex', language: 'ts' })).toEqual([7, 5, 3, 1]);
    expect(blocks({ agent: 'nobody' })).toEqual([]);
    expect(blocks({ digest: sampleBlock(3).digest })).toEqual([3]);
    expect(blocks({ digest: '000000' })).toHaveLength(7);
    expect(blocks({ digest: '000000', language: 'py' })).toEqual([6, 4, 2]);
    expect(ask.queryBlocks({ limit: 1 })).toMatchObject({ total: 7, totalIsLowerBound: false });
    const ids = (filter: object) =>
      all((cursor) => ask.querySessions({ ...filter, limit: 2, cursor })).map((session) =>
        Number(session.sessionId.at(-1)),
      );
    expect(ids({})).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(ids({ agent: 'py' })).toEqual([6, 4, 2]);
    expect(ids({ active: true })).toEqual([3, 2, 1]);
    expect(ids({ active: true, agent: 'ts' })).toEqual([3, 1]);
    expect(ids({ active: false, state: 'completed' })).toEqual([6, 5, 4]);
    expect(ids({ state: 'failed', agent: 'ts' })).toEqual([7]);
    const nothing = { since: '2026-02-10T10:30:00.000Z', until: '2026-02-10T10:30:00.000Z' };
    expect(() => ids(nothing)).toThrow(withCode('query_invalid'));
    expect(() => blocks(nothing)).toThrow(withCode('query_invalid'));
    expect(() => ask.queryEvents(nothing)).toThrow(withCode('query_invalid'));
    expect(ask.querySessions({ limit: 1, offset: 2 })).toMatchObject({ total: 7, items: [{ id: 5 }] });
    const { nextCursor } = ask.querySessions({ limit: 1 });
    expect(() => ask.queryBlocks({ cursor: nextCursor! })).toThrow(withCode('cursor_invalid'));
  });

  it('count to ten thousand, and say when there may be more', () => {
    const counted: string[] = [];
    const database = openDatabase(':memory:', {
      onQuery: (sql) => void (sql.startsWith('SELECT count(*)') && counted.push(sql)),
    });
    const ask = new QueryService(database);
    const add = (from: number, to: number) => {
      const numbers = `WITH RECURSIVE n(i) AS (VALUES (${from}) UNION ALL SELECT i + 1 FROM n WHERE i < ${to})`;
      const session = `INSERT INTO process_sessions(agent_name, session_id, started_at) ${numbers} SELECT 'a', 's' || i, '2026-02-10T10:30:00.000Z' FROM n`;
      const block = `INSERT INTO code_blocks(agent_name, session_id, language, content, digest) ${numbers} SELECT 'a', 's', 'ts', 'x', 'd' || i FROM n`;
      for (const sql of [session, block]) database.prepare(sql).run();
    };
    const totals = () =>
      [
        ask.querySessions({ limit: 1 }),
        ask.querySessions({ agent: 'a', limit: 1 }),
        ask.queryBlocks({ limit: 1 }),
      ].map(({ total, totalIsLowerBound }) => [total, totalIsLowerBound]);
    add(1, 9999);
    expect(totals()).toEqual(new Array(3).fill([9999, false]));
    add(10_000, 10_000);
    expect(totals()).toEqual(new Array(3).fill([10_000, false]));
    expect(counted).toHaveLength(6);
    add(10_001, 10_001);
    expect(totals()).toEqual(new Array(3).fill([10_000, true]));
    // A count has no limit of its own: of more, however many they are, none is taken.
    expect(counted).toHaveLength(6);
  });
});
