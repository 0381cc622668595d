// Advanced queries: what they answer is what a plain evaluation in JavaScript answers, no text of a query gets into a
// statement, and what cannot be meant is refused.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition } from '../../../src/data/advanced-condition.ts';
import { GROUP_SCAN_LIMIT } from '../../../src/data/advanced-groups.ts';
import { runAdvancedQuery } from '../../../src/data/advanced-query.ts';
import { ROW_SCAN_LIMIT } from '../../../src/data/advanced-rows.ts';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { encodeCursor } from '../../../src/data/page.ts';
import type { AdvancedCell, AdvancedResult } from '../../../src/data/query-types.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import type {
  AdvancedComparison,
  AdvancedCondition,
  AdvancedQuery,
} from '../../../src/model/advanced-query.ts';
import { RISK_LEVELS } from '../../../src/model/event.ts';
import { sampleBlock, sampleEvent, sampleSession } from './samples.ts';

const withCode = (code: string) => expect.objectContaining({ name: 'WrapperError', code });
type Row = Readonly<Record<string, AdvancedCell>>;

const time = (hour: number) => new Date(Date.UTC(2026, 1, 27, hour * 13)).toISOString();
const eventRow = fc.record({
  agentName: fc.constantFrom('a', 'b'),
  eventType: fc.constantFrom('error', 'url'),
  pattern: fc.constantFrom('p', 'q'),
  riskLevel: fc.constantFrom(null, ...RISK_LEVELS),
  sessionId: fc.constantFrom('s1', 's2'),
  timestamp: fc.integer({ min: 0, max: 9 }).map(time),
  matchedValue: fc.constantFrom('Needle', 'hay', null, "it's"),
  lineNumber: fc.constantFrom(null, 1, 2, 3, 10),
  autoConfirmable: fc.boolean(),
});

function fill(rows: readonly Record<string, unknown>[]): Database {
  const database = openDatabase(':memory:');
  const numbers = new Map<unknown, number>();
  new ExtractionStore(database).saveExtractionBatch(
    rows.map((changes) => {
      const seq = (numbers.get(changes['sessionId']) ?? 0) + 1;
      numbers.set(changes['sessionId'], seq);
      return sampleEvent(seq, changes);
    }),
  );
  return database;
}

/** Every row, as an advanced query without conditions gives it, the oldest first. */
function everything(database: Database, source: AdvancedQuery['source']): Row[] {
  const { rows, complete } = runAdvancedQuery(database, { source, page: { limit: 1000 } });
  expect(complete).toBe(true);
  return [...rows!].reverse();
}

const columns = {
  agent_name: fc.constantFrom('a', 'b', 'c'),
  event_type: fc.constantFrom('error', 'url', ''),
  pattern: fc.constantFrom('p', 'q'),
  risk_level: fc.constantFrom(...RISK_LEVELS),
  session_id: fc.constantFrom('s1', 's2'),
  matched_value: fc.constantFrom('Needle', 'hay', "it's", 'need'),
  timestamp: fc.integer({ min: 0, max: 9 }).map(time),
  line_number: fc.integer({ min: 0, max: 11 }),
} as const;
const ofText = ['agent_name', 'event_type', 'risk_level', 'matched_value'] as const;
const comparison: fc.Arbitrary<AdvancedComparison> = fc.oneof(
  fc.constantFrom(...(Object.keys(columns) as (keyof typeof columns)[])).chain((column) =>
    fc.record({
      column: fc.constant(column),
      op: fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'),
      value: columns[column] as fc.Arbitrary<string | number>,
    }),
  ) as fc.Arbitrary<AdvancedComparison>,
  fc.constantFrom(...(Object.keys(columns) as (keyof typeof columns)[])).chain((column) =>
    fc.record({
      column: fc.constant(column),
      op: fc.constant('in' as const),
      value: fc.array(columns[column] as fc.Arbitrary<string | number>, { minLength: 1, maxLength: 3 }),
    }),
  ),
  fc.record({
    column: fc.constantFrom(...ofText),
    op: fc.constant('contains' as const),
    value: fc.constantFrom('e', 'NEED', '', "'", 'r'),
  }),
  fc.record({
    column: fc.constantFrom('matched_value', 'line_number', 'risk_level'),
    op: fc.constantFrom('eq' as const, 'ne' as const),
    value: fc.constant(null),
  }),
  fc.record({
    column: fc.constant('auto_confirmable'),
    op: fc.constantFrom('eq' as const, 'ne' as const),
    value: fc.boolean(),
  }),
);
const condition: fc.Arbitrary<AdvancedCondition> = fc.letrec<{ node: AdvancedCondition }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc.record({ and: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('node') }),
  ),
})).node;

function depthOf(node: AdvancedCondition): number {
  if ('and' in node) return 1 + Math.max(...node.and.map(depthOf));
  if ('or' in node) return 1 + Math.max(...node.or.map(depthOf));
  return 'not' in node ? 1 + depthOf(node.not) : 1;
}

/** The meaning of a condition, written a second time. */
function holds(node: AdvancedCondition, row: Row): boolean {
  if ('and' in node) return node.and.every((part) => holds(part, row));
  if ('or' in node) return node.or.some((part) => holds(part, row));
  if ('not' in node) return !holds(node.not, row);
  const cell = row[node.column]!;
  const { op, value } = node;
  if (op === 'eq') return cell === value;
  if (op === 'ne') return cell !== value;
  if (cell === null) return false;
  if (op === 'in') return (value as unknown[]).includes(cell);
  if (op === 'contains') return String(cell).toLowerCase().includes(String(value).toLowerCase());
  if (node.column === 'risk_level') return compares(op, rankOf(cell), rankOf(value as string));
  return compares(op, cell as string | number, value as string | number);
}

function rankOf(level: AdvancedCell): number {
  return ['none', 'low', 'medium', 'high', 'critical'].indexOf(String(level));
}

function compares<Value extends string | number>(op: string, cell: Value, given: Value): boolean {
  if (op === 'lt') return cell < given;
  if (op === 'lte') return cell <= given;
  return op === 'gt' ? cell > given : cell >= given;
}

const ids = (rows: readonly Row[]) => rows.map((row) => row['id']);

describe('rows', () => {
  it('are those for which the condition holds, on all pages together', () => {
    fc.assert(
      fc.property(
        fc.array(eventRow, { maxLength: 30 }),
        fc.array(condition, { minLength: 3, maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        (rows, conditions, limit) => {
          const database = fill(rows);
          const all = everything(database, 'events');
          expect(all).toHaveLength(rows.length);
          for (const where of conditions.filter((node) => depthOf(node) <= 8)) {
            const expected = ids(all.filter((row) => holds(where, row)));
            const found: unknown[] = [];
            let cursor: string | undefined;
            do {
              const page: ReturnType<typeof runAdvancedQuery> = runAdvancedQuery(database, {
                source: 'events',
                where,
                page: { limit, cursor },
              });
              expect(page.complete).toBe(true);
              found.push(...ids(page.rows!));
              cursor = page.nextCursor ?? undefined;
            } while (cursor !== undefined && found.length <= rows.length);
            // Of one session in the order of its numbers, of all by time.
            expect([...found].sort()).toEqual([...expected].sort());
            const whole = runAdvancedQuery(database, { source: 'events', where, page: { limit: 1000 } });
            expect(found).toEqual(ids(whole.rows!));
            expect(whole.total).toBe(expected.length);
          }
          database.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are sorted as asked', () => {
    const database = fill(
      [
        { lineNumber: 2, agentName: 'a' },
        { lineNumber: null, agentName: 'a' },
        { lineNumber: 1, agentName: 'b' },
        { lineNumber: 2, agentName: 'b' },
      ].map((row) => ({ sessionId: 's', ...row })),
    );
    const { rows } = runAdvancedQuery(database, {
      source: 'events',
      sort: [{ column: 'line_number', direction: 'desc' }, { column: 'agent_name' }],
      page: { limit: 3, offset: 0 },
    });
    expect(rows!.map((row) => [row['line_number'], row['agent_name']])).toEqual([
      [2, 'a'],
      [2, 'b'],
      [1, 'b'],
    ]);
    const rest = { source: 'events', sort: [{ column: 'line_number', direction: 'desc' }] } as const;
    expect(runAdvancedQuery(database, { ...rest, page: { offset: 3 } }).rows).toMatchObject([
      { line_number: null },
    ]);
  });

  it('and groups show a BLOB where text belongs as text', () => {
    const database = fill([{ sessionId: 's' }]);
    database.prepare("UPDATE extraction_events SET matched_value = x'00ff'").run();
    expect(runAdvancedQuery(database, { source: 'events' }).rows).toMatchObject([
      { matched_value: '\0\ufffd' },
    ]);
    const { groups } = runAdvancedQuery(database, {
      source: 'events',
      group_by: ['matched_value'],
      aggregations: [{ name: 'values', type: 'terms', column: 'matched_value' }],
    });
    expect(groups).toEqual([
      {
        key: { matched_value: '\0\ufffd' },
        count: 1,
        aggregations: { values: [{ value: '\0\ufffd', count: 1 }] },
      },
    ]);
  });

  it('and groups are sorted by the rank of a risk, and not by its name', () => {
    const given = ['high', 'none', 'critical', null, 'low', 'medium'] as const;
    const database = fill(given.map((riskLevel) => ({ riskLevel, sessionId: 's' })));
    const ranked = [null, 'none', 'low', 'medium', 'high', 'critical'];
    const sort = [{ column: 'risk_level' }] as const;
    const { rows } = runAdvancedQuery(database, { source: 'events', sort });
    expect(rows!.map((row) => row['risk_level'])).toEqual(ranked);
    for (const order of [sort, undefined]) {
      const { groups } = runAdvancedQuery(database, {
        source: 'events',
        group_by: ['risk_level'],
        sort: order,
      });
      expect(groups!.map(({ key }) => key['risk_level'])).toEqual(ranked);
    }
    const { groups } = runAdvancedQuery(database, {
      source: 'events',
      aggregations: [{ name: 'risks', type: 'terms', column: 'risk_level' }],
    });
    expect(groups![0]!.aggregations['risks']).toEqual(ranked.slice(1).map((value) => ({ value, count: 1 })));
  });

  it('of sessions and code blocks have their columns', () => {
    const database = openDatabase(':memory:');
    const sessions = new SessionStore(database);
    for (const [number, agentName] of ['a', 'b', 'a'].entries()) {
      const sessionId = `s${number}`;
      sessions.createSession(sampleSession({ sessionId, agentName, startedAt: time(number) }));
      sessions.completeSession(sessionId, {
        state: number === 1 ? 'failed' : 'completed',
        exitCode: number === 1 ? 2 : 0,
        endedAt: new Date(Date.parse(time(number)) + 1500).toISOString(),
        stats: { totalLines: 10, totalExtractions: 1 },
      });
    }
    sessions.createSession(sampleSession({ sessionId: 'running', startedAt: time(8) }));
    const long = runAdvancedQuery(database, {
      source: 'sessions',
      where: {
        and: [
          { column: 'duration_ms', op: 'eq', value: 1500 },
          { column: 'agent_name', op: 'eq', value: 'a' },
        ],
      },
    });
    expect(long.rows!.map((row) => row['session_id'])).toEqual(['s2', 's0']);
    expect(long.rows![0]).toMatchObject({
      state: 'completed',
      exit_code: 0,
      started_at: time(2),
      duration_ms: 1500,
    });
    const running = runAdvancedQuery(database, {
      source: 'sessions',
      where: { column: 'ended_at', op: 'eq', value: null },
    });
    expect(ids(running.rows!)).toHaveLength(1);
    const blocks = new ExtractionStore(database);
    blocks.saveCodeBlock(sampleBlock(1));
    blocks.saveCodeBlock(sampleBlock(2, { parseable: false, language: 'py' }));
    blocks.saveCodeBlock(sampleBlock(3, { parseable: null }));
    const broken = runAdvancedQuery(database, {
      source: 'code_blocks',
      where: { column: 'parseable', op: 'eq', value: false },
    });
    expect(broken.rows).toMatchObject([{ language: 'py', parseable: false, digest: sampleBlock(2).digest }]);
    const next = runAdvancedQuery(database, { source: 'code_blocks', page: { limit: 2 } });
    const last = runAdvancedQuery(database, {
      source: 'code_blocks',
      page: { limit: 2, cursor: next.nextCursor! },
    });
    expect([...ids(next.rows!), ...ids(last.rows!)]).toEqual([3, 2, 1]);
  });
});

describe('groups', () => {
  const groupable = ['agent_name', 'event_type', 'pattern', 'risk_level', 'line_number', 'session_id'];

  it('are counted as a plain evaluation counts them, from the counters or from rows', () => {
    fc.assert(
      fc.property(
        fc.array(eventRow, { maxLength: 40 }),
        fc.option(condition, { nil: undefined }),
        fc.subarray(groupable, { maxLength: 3 }),
        (rows, given, groups) => {
          const where = given !== undefined && depthOf(given) > 8 ? undefined : given;
          const database = fill(rows);
          const matching = everything(database, 'events').filter(
            (row) => where === undefined || holds(where, row),
          );
          const answer = runAdvancedQuery(database, {
            source: 'events',
            where,
            group_by: groups,
            aggregations: [
              { name: 'all', type: 'count' },
              { name: 'risky', type: 'count', column: 'risk_level' },
              { name: 'patterns', type: 'distinct', column: 'pattern' },
              { name: 'types', type: 'terms', column: 'event_type', size: 1 },
            ],
            page: { limit: 1000 },
          });
          const byKey = new Map<string, Row[]>(groups.length === 0 ? [['[]', []]] : []);
          for (const row of matching) {
            const key = JSON.stringify(groups.map((name) => row[name]));
            byKey.set(key, [...(byKey.get(key) ?? []), row]);
          }
          const expected = [...byKey].map(([key, members]) => {
            const types = new Map<AdvancedCell, number>();
            for (const row of members)
              types.set(row['event_type']!, (types.get(row['event_type']!) ?? 0) + 1);
            const ordered = [...types].sort(
              (left, right) => right[1] - left[1] || (String(left[0]) < String(right[0]) ? -1 : 1),
            );
            return {
              key,
              count: members.length,
              all: members.length,
              risky: members.filter((row) => row['risk_level'] !== null).length,
              patterns: new Set(members.map((row) => row['pattern'])).size,
              types: ordered.slice(0, 1).map(([value, count]) => ({ value, count })),
            };
          });
          const found = answer.groups!.map((group) => ({
            key: JSON.stringify(groups.map((name) => group.key[name])),
            count: group.count,
            ...group.aggregations,
          }));
          const byText = (left: { key: string }, right: { key: string }) => (left.key < right.key ? -1 : 1);
          expect([...found].sort(byText)).toEqual(expected.sort(byText));
          const counts = found.map((group) => group.count);
          expect(counts).toEqual([...counts].sort((left, right) => right - left));
          expect(answer).toMatchObject({ total: expected.length, complete: true });
          database.close();
        },
      ),
      { numRuns: 80 },
    );
  });

  it('have statistics of numbers and histograms of times', () => {
    const database = fill(
      // A Friday, a Sunday, a Monday and the first of March.
      [
        '2026-02-27T10:30:15.000Z',
        '2026-03-01T23:59:59.999Z',
        '2026-03-02T00:00:00.000Z',
        '2026-03-02T00:01:00.000Z',
      ].map((timestamp, at) => ({ timestamp, sessionId: 's', lineNumber: at === 3 ? null : at + 1 })),
    );
    const histogram = (interval: 'minute' | 'hour' | 'day' | 'week' | 'month') => {
      const { groups } = runAdvancedQuery(database, {
        source: 'events',
        aggregations: [{ name: 'h', type: 'date_histogram', column: 'timestamp', interval }],
      });
      return (groups![0]!.aggregations['h'] as { start: string; count: number }[]).map(({ start, count }) => [
        start,
        count,
      ]);
    };
    expect(histogram('minute')[0]).toEqual(['2026-02-27T10:30:00.000Z', 1]);
    expect(histogram('hour')).toEqual([
      ['2026-02-27T10:00:00.000Z', 1],
      ['2026-03-01T23:00:00.000Z', 1],
      ['2026-03-02T00:00:00.000Z', 2],
    ]);
    expect(histogram('day')).toHaveLength(3);
    expect(histogram('week')).toEqual([
      ['2026-02-23T00:00:00.000Z', 2],
      ['2026-03-02T00:00:00.000Z', 2],
    ]);
    expect(histogram('month')).toEqual([
      ['2026-02-01T00:00:00.000Z', 1],
      ['2026-03-01T00:00:00.000Z', 3],
    ]);
    const { groups } = runAdvancedQuery(database, {
      source: 'events',
      group_by: ['agent_name'],
      aggregations: [{ name: 'lines', type: 'stats', column: 'line_number' }],
    });
    expect(groups).toEqual([
      {
        key: { agent_name: 'codex' },
        count: 4,
        aggregations: { lines: { count: 3, min: 1, max: 3, sum: 6, avg: 2 } },
      },
    ]);
  });

  it('are sorted and paged as asked', () => {
    const database = fill(
      ['c', 'a', 'b', 'b', 'a', 'b'].map((agentName) => ({ agentName, sessionId: agentName })),
    );
    const names = (query: Partial<AdvancedQuery>) =>
      runAdvancedQuery(database, { source: 'events', group_by: ['agent_name'], ...query }).groups!.map(
        (group) => group.key['agent_name'],
      );
    expect(names({})).toEqual(['b', 'a', 'c']);
    expect(names({ sort: [{ column: 'agent_name' }] })).toEqual(['a', 'b', 'c']);
    expect(names({ sort: [{ column: 'count', direction: 'asc' }] })).toEqual(['c', 'a', 'b']);
    expect(names({ page: { limit: 1, offset: 1 } })).toEqual(['a']);
    const distinct = { name: 'lines', type: 'distinct', column: 'seq' } as const;
    expect(names({ aggregations: [distinct], sort: [{ column: 'lines', direction: 'asc' }] })).toEqual([
      'c',
      'a',
      'b',
    ]);
  });
});

describe('a cursor that counts', () => {
  /** The pages of a query to the end; the test fails when they do not come to one. */
  function pages(database: Database, query: AdvancedQuery, limit: number): AdvancedResult[] {
    const found: AdvancedResult[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = runAdvancedQuery(database, { ...query, page: { limit, cursor } });
      found.push(page);
      expect(found.length).toBeLessThan(100);
      if (page.nextCursor === null) return found;
      cursor = page.nextCursor;
    }
  }
  const sort = fc.array(
    fc.record({
      column: fc.constantFrom('timestamp', 'agent_name', 'risk_level'),
      direction: fc.constantFrom('asc' as const, 'desc' as const),
    }),
    { minLength: 1, maxLength: 2 },
  );
  const levels = fc.constantFrom(null, 'none', 'high', 'made up', 'another');

  it('leads through all sorted rows and all groups, each of them once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(eventRow, levels), { maxLength: 30 }),
        sort,
        fc.integer({ min: 1, max: 7 }),
        (rows, order, limit) => {
          const database = fill(rows.map(([row, riskLevel]) => ({ ...row, riskLevel })));
          const sorted: AdvancedQuery = { source: 'events', sort: order };
          const whole = runAdvancedQuery(database, { ...sorted, page: { limit: 1000 } });
          const rowPages = pages(database, sorted, limit);
          expect(rowPages.flatMap((page) => page.rows!)).toEqual(whole.rows);
          expect(whole.rows).toHaveLength(rows.length);
          const grouped: AdvancedQuery = { source: 'events', group_by: ['risk_level', 'timestamp'] };
          const all = runAdvancedQuery(database, { ...grouped, page: { limit: 1000 } });
          const groupPages = pages(database, grouped, limit);
          expect(groupPages.flatMap((page) => page.groups!)).toEqual(all.groups);
          for (const page of [...rowPages, ...groupPages]) expect(page.complete).toBe(true);
          expect(rowPages).toHaveLength(Math.max(1, Math.ceil(rows.length / limit)));
          expect(groupPages).toHaveLength(Math.max(1, Math.ceil(all.groups!.length / limit)));
          database.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is refused for another kind of answer, and with an offset', () => {
    const database = fill(Array.from({ length: 3 }, () => ({ sessionId: 's' })));
    const kinds: AdvancedQuery[] = [
      { source: 'events' },
      { source: 'events', sort: [{ column: 'id' }] },
      { source: 'events', group_by: ['seq'] },
      { source: 'sessions', sort: [{ column: 'id' }] },
    ];
    for (const from of kinds.slice(0, 3)) {
      const cursor = runAdvancedQuery(database, { ...from, page: { limit: 1 } }).nextCursor!;
      expect(cursor).toEqual(expect.any(String));
      for (const to of kinds.filter((kind) => kind !== from)) {
        expect(() => runAdvancedQuery(database, { ...to, page: { cursor } })).toThrow(
          withCode('cursor_invalid'),
        );
      }
      expect(() => runAdvancedQuery(database, { ...from, page: { cursor, offset: 1 } })).toThrow(
        withCode('query_invalid'),
      );
    }
    const made = (offset: number) => ({ cursor: encodeCursor('advanced-events-groups', [offset]) });
    const groups = kinds[2]!;
    expect(() => runAdvancedQuery(database, { ...groups, page: made(-1) })).toThrow(
      withCode('cursor_invalid'),
    );
    expect(() => runAdvancedQuery(database, { ...groups, page: made(10_001) })).toThrow(
      withCode('query_too_large'),
    );
    expect(runAdvancedQuery(database, { ...groups, page: made(3) })).toMatchObject({
      groups: [],
      nextCursor: null,
      complete: true,
    });
  });

  it('reaches as far as an offset, and what follows there makes the answer incomplete', () => {
    const database = openDatabase(':memory:');
    const store = new ExtractionStore(database);
    const save = (from: number, to: number) =>
      store.saveExtractionBatch(
        Array.from({ length: to - from }, (_, at) => sampleEvent(from + at + 1, { metadata: null })),
      );
    save(0, 11_000);
    const sorted: AdvancedQuery = { source: 'events', sort: [{ column: 'seq' }] };
    const groups: AdvancedQuery = { source: 'events', group_by: ['seq'], sort: [{ column: 'seq' }] };
    const counts = (query: AdvancedQuery) =>
      pages(database, query, 1000).map((page) => [(page.rows ?? page.groups)!.length, page.complete]);
    const whole = Array.from({ length: 11 }, () => [1000, true]);
    expect(counts(sorted)).toEqual(whole);
    expect(counts(groups)).toEqual(whole);
    save(11_000, 11_001);
    expect(counts(sorted)).toEqual([...whole.slice(1), [1000, false]]);
    expect(counts(groups)).toEqual([...whole.slice(1), [1000, false]]);
  });
});

describe('the work', () => {
  it('is limited: the newest rows are looked at, and the answer says so', () => {
    const database = openDatabase(':memory:');
    const store = new ExtractionStore(database);
    const count = GROUP_SCAN_LIMIT + 10;
    for (let first = 1; first <= count; first += 5000) {
      store.saveExtractionBatch(
        Array.from({ length: Math.min(5000, count - first + 1) }, (_, at) =>
          sampleEvent(first + at, {
            lineNumber: first + at,
            matchedValue: null,
            originalLine: null,
            metadata: null,
          }),
        ),
      );
    }
    const { groups, complete, scanLimit } = runAdvancedQuery(database, {
      source: 'events',
      aggregations: [{ name: 'lines', type: 'stats', column: 'line_number' }],
    });
    expect(complete).toBe(false);
    expect(scanLimit).toBe(GROUP_SCAN_LIMIT);
    expect(groups![0]!.aggregations['lines']).toMatchObject({ count: GROUP_SCAN_LIMIT, min: 11, max: count });
    const counted = runAdvancedQuery(database, { source: 'events', group_by: ['agent_name'] });
    expect(counted).toMatchObject({ complete: true, groups: [{ count }] });
    const where = { column: 'line_number', op: 'eq', value: 1 } as const;
    const first = runAdvancedQuery(database, { source: 'events', where });
    expect(first).toMatchObject({ rows: [], complete: false, total: null, scanLimit: ROW_SCAN_LIMIT });
    let found = first;
    for (let pages = 0; found.rows!.length === 0 && pages < 10; pages++) {
      found = runAdvancedQuery(database, { source: 'events', where, page: { cursor: found.nextCursor! } });
    }
    expect(found.rows).toMatchObject([{ line_number: 1 }]);
  });
});

describe('a statement', () => {
  it('has no text of the query in it, and a parameter for each value', () => {
    fc.assert(
      fc.property(condition, fc.string({ minLength: 1 }), (given, text) => {
        fc.pre(depthOf(given) <= 7);
        const plain = compileCondition('events', given);
        expect(plain.sql.split('?').length - 1).toBe(plain.values.length);
        expect(plain.sql).toMatch(/^[a-z_A-Z0-9 ()<>=?,']*$/);
        const strings = plain.values.filter((value) => typeof value === 'string' && value.length > 3);
        for (const value of strings) expect(plain.sql).not.toContain(`'${value as string}'`);
        const wrapped = compileCondition('events', {
          and: [given, { column: 'pattern', op: 'eq', value: text }],
        });
        expect(wrapped.sql).toBe(`(${plain.sql} AND (pattern IS ?))`);
        expect(wrapped.values.at(-1)).toBe(text);
      }),
    );
  });

  it('is refused for what is no column, operator, value or aggregation', () => {
    const database = fill([]);
    const refuse = (query: unknown) =>
      expect(() => runAdvancedQuery(database, query as AdvancedQuery), JSON.stringify(query)).toThrow(
        withCode('query_invalid'),
      );
    const where = (column: string, op: unknown, value: unknown) =>
      refuse({ source: 'events', where: { column, op, value } });
    where('1; DROP TABLE extraction_events', 'eq', 1);
    where('constructor', 'eq', 'x');
    where('metadata_json', 'eq', 'x');
    where('pattern', 'like', 'x');
    where('pattern', 'eq', 1);
    where('pattern', 'eq', ['x']);
    where('pattern', 'in', 'x');
    where('pattern', 'in', []);
    where('pattern', 'lt', null);
    where('line_number', 'eq', '1');
    where('line_number', 'contains', '1');
    where('line_number', 'gt', Number.POSITIVE_INFINITY);
    where('timestamp', 'gt', 'yesterday');
    where('auto_confirmable', 'gt', true);
    where('auto_confirmable', 'eq', 1);
    where('risk_level', 'gte', 'severe');
    where('risk_level', 'in', ['low', '']);
    refuse({ source: 'events', where: { and: [] } });
    refuse({ source: 'events', where: null });
    refuse({ source: 'events', group_by: ['nothing'] });
    refuse({ source: 'events', sort: [{ column: 'nothing' }] });
    refuse({ source: 'events', sort: [{ column: 'id', direction: 'down' }] });
    refuse({ source: 'events', group_by: ['pattern'], sort: [{ column: 'id' }] });
    refuse({ source: 'events', page: { limit: 0 } });
    refuse({ source: 'events', page: { limit: 1001 } });
    refuse({ source: 'events', page: { offset: -1 } });
    for (const aggregation of [
      { name: 'a b', type: 'count' },
      { name: 'a', type: 'median', column: 'id' },
      { name: 'a', type: 'stats', column: 'pattern' },
      { name: 'a', type: 'terms' },
      { name: 'a', type: 'terms', column: 'pattern', size: 0 },
      { name: 'a', type: 'date_histogram', column: 'pattern', interval: 'day' },
      { name: 'a', type: 'date_histogram', column: 'timestamp', interval: 'decade' },
    ]) {
      refuse({ source: 'events', aggregations: [aggregation] });
    }
    const twice = { name: 'a', type: 'count' };
    refuse({ source: 'events', aggregations: [twice, twice] });
  });

  it('is refused when it is too long', () => {
    const database = fill([]);
    const one: AdvancedCondition = { column: 'id', op: 'eq', value: 1 };
    let deep: AdvancedCondition = one;
    for (let depth = 0; depth < 8; depth++) deep = { not: deep };
    const refused: Partial<AdvancedQuery>[] = [
      { where: deep },
      { where: { or: Array(100).fill(one) } },
      { where: { column: 'id', op: 'in', value: Array(1001).fill(1) } },
      { where: { column: 'pattern', op: 'eq', value: 'x'.repeat(4097) } },
      { group_by: Array(5).fill('pattern') },
      { sort: Array(5).fill({ column: 'id' }) },
      { page: { offset: 10_001 } },
    ];
    for (const query of refused) {
      expect(() => runAdvancedQuery(database, { source: 'events', ...query })).toThrow(
        withCode('query_too_large'),
      );
    }
  });
});
