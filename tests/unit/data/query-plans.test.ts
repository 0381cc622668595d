// How SQLite finds what the stores ask for. Every statement that a store can run is run here on a database as it is in
// production (no ANALYZE), its plan is looked at, and the index it must use stands beside the question. A question that
// is not in the table fails the test, and so does a statement that scans a table, or that sorts, groups or tells apart
// anything but what is known to be bounded.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAdvancedQuery } from '../../../src/data/advanced-query.ts';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { QueryService } from '../../../src/data/query-service.ts';
import type { EventFilter } from '../../../src/data/query-types.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { EVENT_TYPES, RISK_LEVELS } from '../../../src/model/event.ts';
import { SESSION_STATES } from '../../../src/model/session.ts';
import { sampleBlock, sampleEvent, sampleSession } from './samples.ts';

const SESSIONS = Array.from({ length: 20 }, (_, at) => `sess_0000000000${String(at).padStart(2, '0')}`);
const SESSION = SESSIONS[3]!;
const NOW = Date.UTC(2026, 1, 12);

const statements = new Set<string>();
let database: Database;
let ask: QueryService;
let extractions: ExtractionStore;
let sessions: SessionStore;

beforeAll(() => {
  database = openDatabase(':memory:', { onQuery: (sql) => statements.add(sql) });
  ask = new QueryService(database);
  extractions = new ExtractionStore(database);
  sessions = new SessionStore(database);
  for (const [number, sessionId] of SESSIONS.entries()) {
    const agentName = `agent-${number % 4}`;
    sessions.createSession(sampleSession({ sessionId, agentName }));
    extractions.saveExtractionBatch(
      Array.from({ length: 200 }, (_, at) =>
        sampleEvent(at + 1, {
          sessionId,
          agentName,
          eventType: EVENT_TYPES[at % 8]!,
          pattern: `pattern-${at % 16}`,
          riskLevel: RISK_LEVELS[at % 5]!,
          metadata: at % 8 === 7 ? { digest: sampleBlock(at).digest } : null,
        }),
      ),
      [sampleBlock(number, { sessionId, agentName })],
    );
    if (number > 2)
      sessions.completeSession(sessionId, {
        state: 'completed',
        exitCode: 0,
        endedAt: '2026-02-10T11:00:00.000Z',
        stats: { totalLines: 1, totalExtractions: 200 },
      });
  }
});
afterAll(() => database.close());

/** What is small at any number of events: one counter for each kind of event, what a step before has found, and views
 * over counters, whose own steps are looked at one by one. */
const SMALL =
  /^SCAN (extraction_counts\b.*|agent_sessions|(extraction_totals|session_totals|extraction_hourly|extraction_daily)|json_each VIRTUAL TABLE.*|CONSTANT ROW|\(subquery-\d+\))$/;
/** A whole index in its order, from which a limit takes what it needs. */
const ORDERED = /^SCAN \w+ USING (COVERING )?INDEX (idx_timestamp|idx_started_at|idx_block_timestamp)$/;
/** A count that is taken only after another statement has found that there are no more than can be counted. */
const SHORT = /^SELECT count\(\*\) AS rows FROM (code_blocks|process_sessions) /;
/** Rows written by hand, which are few. */
const FEW = /^SCAN \w+ USING (COVERING )?INDEX (idx_uncounted|idx_count_pattern|idx_count_type)$/;

/** Rows of a stretch, of which a limit says how many they are at the most. */
const STRETCH = /FROM \(SELECT .* INDEXED BY .* LIMIT \? OFFSET \?\) WHERE /;
/** What counters say, which are few at any number of events, and rows written by hand, which they do not count. */
const COUNTED =
  /^(?!.*FROM (?:extraction_events (?!INDEXED BY idx_uncounted)|code_blocks|process_sessions)).*FROM extraction_(?:totals|daily|hours|days)\b/s;

/** What each kind of sort may be for, by the statement in which it is: in any other, and any other kind, is a fault. */
const BOUNDED: Readonly<Record<string, readonly RegExp[]>> = {
  'USE TEMP B-TREE FOR ORDER BY': [
    // Blocks of one session, and of one digest.
    /FROM code_blocks WHERE id IN \(SELECT value FROM json_each/,
    /FROM code_blocks INDEXED BY idx_digest/,
    // Sessions that share the first characters of an id: a hundred at the most are shown.
    /WHERE session_id >= \? AND session_id < \?/,
    // Rows, groups and terms of an advanced query.
    STRETCH,
    COUNTED,
  ],
  'USE TEMP B-TREE FOR GROUP BY': [
    STRETCH,
    COUNTED,
    // Rows written by hand.
    /FROM extraction_events INDEXED BY idx_uncounted WHERE seq IS NULL /,
    // Minutes of a timeline, which are counted when the counters say that the events are not too many.
    /^SELECT json_array\(CAST\(replace\(substr\(timestamp, 1, 16\), .* WHERE (agent_name = \? AND )?(\+?event_type = \? AND )?(pattern IN \(SELECT pattern FROM extraction_totals WHERE agent_name = \? AND event_type = \?\) AND )?timestamp >= \? AND timestamp < \? GROUP BY replace\(substr\(timestamp, 1, 16\), ' ', 'T'\), event_type$/,
  ],
  'USE TEMP B-TREE FOR DISTINCT': [COUNTED],
};

/** What is wrong with the plan of a statement. */
function faults(sql: string): string[] {
  if (!/^SELECT/.test(sql.trim())) return [];
  return database.explain(sql).filter((step) => {
    if (step.startsWith('SCAN')) {
      const isLimited = ORDERED.test(step) && (/ LIMIT \?/.test(sql) || SHORT.test(sql));
      return !SMALL.test(step) && !FEW.test(step) && !isLimited;
    }
    return step.startsWith('USE TEMP B-TREE') && !BOUNDED[step]?.some((form) => form.test(sql));
  });
}

/** The indexes with which the tables of events, blocks and sessions are entered. */
function indexesOf(sqls: Iterable<string>): string[] {
  const names = new Set<string>();
  for (const sql of sqls) {
    if (!/^\s*SELECT/.test(sql)) continue;
    for (const step of database.explain(sql)) {
      const name = /INDEX (idx_\w+|sqlite_autoindex_\w+)/.exec(step)?.[1];
      if (name !== undefined && name !== 'idx_uncounted' && !name.startsWith('idx_count_')) names.add(name);
      else if (/INTEGER PRIMARY KEY/.test(step)) names.add('rowid');
      else if (/PRIMARY KEY/.test(step)) names.add('key');
    }
  }
  return [...names].sort();
}

function asked(question: () => unknown): Set<string> {
  statements.clear();
  question();
  return new Set(statements);
}

const events = (filter: EventFilter) => () => ask.queryEvents(filter);
const since = '2026-02-10T10:30:00.000Z';
const until = '2026-02-10T10:31:00.000Z';

/** Each question with the indexes that it must use and no others. */
const QUESTIONS: Readonly<Record<string, readonly [question: () => unknown, ...indexes: string[]]>> = {
  'queryEvents: all': [events({}), 'idx_timestamp'],
  'queryEvents: by agent': [events({ agent: 'agent-1' }), 'idx_agent_session', 'key'],
  'queryEvents: by agent, a span': [
    events({ agent: 'agent-1', since, until, limit: 3 }),
    'idx_agent_session',
    'key',
  ],
  'queryEvents: by agent and type': [
    events({ agent: 'agent-1', type: 'error' }),
    'idx_agent_type',
    'key',
    'rowid',
  ],
  'queryEvents: by agent and types': [
    events({ agent: 'agent-1', types: ['error', 'warning'] }),
    'idx_agent_type',
    'key',
    'rowid',
  ],
  'queryEvents: by agent and pattern': [
    events({ agent: 'agent-1', pattern: 'pattern-1' }),
    'idx_agent_type',
    'key',
  ],
  'queryEvents: by type': [events({ type: 'error' }), 'idx_type_pattern', 'rowid'],
  'queryEvents: by pattern': [events({ pattern: 'pattern-1' }), 'idx_type_pattern'],
  'queryEvents: by risk': [events({ risk: 'high' }), 'idx_risk_level'],
  'queryEvents: from a risk': [events({ minimumRisk: 'high' }), 'idx_risk_level', 'rowid'],
  'queryEvents: by text': [events({ q: 'x' }), 'idx_timestamp', 'rowid'],
  'queryEvents: by agent and text': [
    events({ agent: 'agent-1', q: 'x' }),
    'idx_agent_session',
    'key',
    'rowid',
  ],
  'queryEvents: of a session': [events({ session: SESSION }), 'idx_session_seq', 'key'],
  'queryEvents: of a session, after a number': [
    events({ session: SESSION, afterSeq: 7, order: 'oldest' }),
    'idx_session_seq',
    'key',
  ],
  'queryEvents: of a session by type': [
    events({ session: SESSION, type: 'error' }),
    'idx_session_seq',
    'key',
    'rowid',
  ],
  'queryEvents: by cursor': [
    () =>
      ask.queryEvents({
        agent: 'agent-1',
        cursor: ask.queryEvents({ agent: 'agent-1', limit: 1 }).nextCursor!,
      }),
    'idx_agent_session',
    'key',
  ],
  'queryBlocks: all': [() => ask.queryBlocks({}), 'idx_block_timestamp'],
  'queryBlocks: by agent': [() => ask.queryBlocks({ agent: 'agent-1', since, until }), 'idx_block_agent'],
  'queryBlocks: by language': [() => ask.queryBlocks({ language: 'ts' }), 'idx_block_language'],
  'queryBlocks: by both': [
    () => ask.queryBlocks({ agent: 'agent-1', language: 'ts', since }),
    'idx_agent_language',
  ],
  'queryBlocks: of a session': [
    () => ask.queryBlocks({ session: SESSION }),
    'idx_block_session',
    'idx_digest',
    'idx_session_block',
    'rowid',
  ],
  'queryBlocks: by digest': [() => ask.queryBlocks({ digest: '000000' }), 'idx_digest'],
  'querySessions: all': [() => ask.querySessions({}), 'idx_started_at'],
  'querySessions: by agent': [
    () => ask.querySessions({ agent: 'agent-1', since, until }),
    'idx_agent_started',
  ],
  'querySessions: by state': [() => ask.querySessions({ state: 'lost', since, until }), 'idx_state_started'],
  'querySessions: by both': [
    () => ask.querySessions({ agent: 'agent-1', state: 'lost', since }),
    'idx_agent_state',
  ],
  'querySessions: active': [() => ask.querySessions({ active: true, agent: 'agent-1' }), 'idx_ended_at'],
  'querySessions: ended': [() => ask.querySessions({ active: false }), 'idx_started_at'],
  sessionDetail: [
    () => ask.sessionDetail(SESSION),
    'sqlite_autoindex_process_sessions_1',
    'idx_session_seq',
    'idx_state_session',
    'key',
  ],
  agentStats: [
    () => ask.agentStats('agent-1'),
    'idx_agent_session',
    'idx_agent_started',
    'idx_agent_summary',
    'key',
  ],
  patternStats: [() => ask.patternStats('pattern-1', { now: NOW }), 'idx_day_pattern', 'idx_type_pattern'],
  'timeline: by day': [
    () => ask.timeline({ agent: 'agent-1', days: 30, now: NOW }),
    'idx_agent_session',
    'key',
  ],
  'timeline: by hour': [
    () => ask.timeline({ agent: 'agent-1', days: 3, now: NOW }),
    'idx_agent_session',
    'key',
  ],
  'timeline: by minute': [() => ask.timeline({ agent: 'agent-1', since, until }), 'idx_agent_session', 'key'],
  'timeline: by minute and type': [
    () => ask.timeline({ agent: 'agent-1', type: 'error', since, until }),
    'idx_agent_type',
    'key',
    'rowid',
  ],
  'timeline: of all': [() => ask.timeline({ days: 3, now: NOW }), 'idx_timestamp', 'key'],
  'timeline: of all by minute': [() => ask.timeline({ since, until }), 'idx_timestamp', 'key'],
  agents: [() => ask.agents(), 'idx_agent_session', 'idx_agent_started'],
  'advanced: counted': [() => ask.advanced({ source: 'events', group_by: ['agent_name', 'pattern'] })],
  'advanced: rows of events': [() => ask.advanced({ source: 'events' }), 'idx_timestamp'],
  'advanced: sorted rows of events': [
    () => ask.advanced({ source: 'events', sort: [{ column: 'line_number' }] }),
    'idx_timestamp',
  ],
  'advanced: groups of events': [
    () =>
      ask.advanced({
        source: 'events',
        where: { column: 'agent_name', op: 'eq', value: 'agent-1' },
        aggregations: [{ name: 'h', type: 'date_histogram', column: 'timestamp', interval: 'day' }],
      }),
    'idx_agent_session',
    'key',
  ],
  'advanced: a session': [
    () =>
      ask.advanced({
        source: 'events',
        where: { column: 'session_id', op: 'eq', value: SESSION },
        group_by: ['stream'],
      }),
    'idx_session_seq',
    'key',
  ],
  'advanced: sessions': [
    () =>
      ask.advanced({
        source: 'sessions',
        where: { column: 'agent_name', op: 'eq', value: 'agent-1' },
        group_by: ['state'],
      }),
    'idx_agent_started',
  ],
  'advanced: code blocks': [() => ask.advanced({ source: 'code_blocks' }), 'idx_block_timestamp'],
  getExtractionsByAgent: [() => extractions.getExtractionsByAgent('agent-1'), 'idx_agent_session', 'key'],
  getExtractionsByType: [
    () => extractions.getExtractionsByType('agent-1', 'error'),
    'idx_agent_type',
    'key',
    'rowid',
  ],
  getExtractionsByPattern: [
    () => extractions.getExtractionsByPattern('agent-1', 'pattern-1'),
    'idx_agent_type',
    'key',
  ],
  getExtractionsBySession: [
    () => extractions.getExtractionsBySession(SESSION, { afterSeq: 3 }),
    'idx_session_seq',
  ],
  queryExtractions: [() => extractions.queryExtractions({ session: SESSION }), 'idx_session_seq', 'key'],
  getExtractionStats: [() => extractions.getExtractionStats('agent-1'), 'key'],
  getSessionCounts: [() => extractions.getSessionCounts(SESSION), 'idx_session_seq', 'key'],
  getCodeBlocks: [() => extractions.getCodeBlocks(), 'idx_block_timestamp'],
  lastSeq: [() => extractions.lastSeq(SESSION), 'idx_session_seq'],
  getSession: [() => sessions.getSession(SESSION), 'sqlite_autoindex_process_sessions_1'],
  findSessions: [
    () => sessions.findSessions('0000'),
    'idx_session_id',
    'sqlite_autoindex_process_sessions_1',
  ],
  getSessionsByAgent: [() => sessions.getSessionsByAgent('agent-1'), 'idx_agent_started'],
  getSessionHistory: [() => sessions.getSessionHistory('agent-1', 7, NOW), 'idx_agent_started'],
  getActiveSessions: [() => sessions.getActiveSessions(), 'idx_ended_at'],
  getStateChanges: [() => sessions.getStateChanges(SESSION), 'idx_state_session'],
  agentSummary: [() => sessions.agentSummary('agent-1'), 'idx_agent_summary'],
  'SessionStore.querySessions': [() => sessions.querySessions({ agent: 'agent-1' }), 'idx_agent_started'],
};

/** Methods that write; their statements are looked at in the tests of the stores. */
const WRITES = [
  'saveExtraction',
  'saveExtractionBatch',
  'saveCodeBlock',
  'deleteSessionEvents',
  'createSession',
  'updateSession',
  'completeSession',
  'recordStateChange',
];

describe('the plan of', () => {
  for (const [name, [question, ...indexes]] of Object.entries(QUESTIONS)) {
    it(name, () => {
      const run = asked(question);
      expect(run.size).toBeGreaterThan(0);
      for (const sql of run) expect(faults(sql), sql).toEqual([]);
      expect(indexesOf(run)).toEqual([...indexes].sort());
    });
  }

  it('a statement without an index is found out', () => {
    for (const sql of [
      'SELECT * FROM extraction_events WHERE matched_value = ?',
      'SELECT * FROM extraction_events WHERE agent_name = ? ORDER BY line_number',
      'SELECT * FROM extraction_events WHERE agent_name = ? ORDER BY line_number LIMIT ? OFFSET ?',
      'SELECT * FROM extraction_events WHERE agent_name = ? ORDER BY timestamp, line_number LIMIT ?',
      'SELECT * FROM extraction_events WHERE agent_name = ? ORDER BY timestamp, session_id LIMIT ?',
      'SELECT stream, count(*) FROM extraction_events WHERE agent_name = ? GROUP BY stream',
      'SELECT DISTINCT stream FROM extraction_events WHERE agent_name = ?',
      'SELECT * FROM process_sessions WHERE cwd = ?',
      'SELECT * FROM extraction_days WHERE events = ?',
      'SELECT count(*) FROM extraction_events',
    ]) {
      expect(faults(sql), sql).toHaveLength(1);
    }
  });

  it('every method of the stores is looked at', () => {
    const methods = [QueryService, ExtractionStore, SessionStore].flatMap((type) =>
      Object.getOwnPropertyNames(type.prototype).filter((name) => name !== 'constructor'),
    );
    const covered = Object.keys(QUESTIONS).map((name) => /(\w+)(?::.*)?$/.exec(name.split(':')[0]!)![1]!);
    expect(new Set([...covered, ...WRITES])).toEqual(new Set(methods));
  });

  it('any list of events, blocks and sessions scans no table and sorts no more than a page', () => {
    const optional = { requiredKeys: [] };
    const cursorless = fc.record(
      {
        agent: fc.constantFrom('agent-1', 'nobody'),
        session: fc.constantFrom(SESSION),
        type: fc.constantFrom(...EVENT_TYPES.slice(0, 9)),
        types: fc.subarray([...EVENT_TYPES.slice(0, 9)]),
        pattern: fc.constantFrom('pattern-1', 'absent'),
        risk: fc.constantFrom(...RISK_LEVELS),
        minimumRisk: fc.constantFrom(...RISK_LEVELS),
        q: fc.constant('x'),
        since: fc.constant(since),
        until: fc.constant(until),
        limit: fc.integer({ min: 1, max: 50 }),
        offset: fc.integer({ min: 0, max: 5 }),
        order: fc.constantFrom('newest' as const, 'oldest' as const),
      },
      optional,
    );
    const blocks = fc.record(
      {
        agent: fc.constant('agent-1'),
        language: fc.constant('ts'),
        session: fc.constant(SESSION),
        digest: fc.constant('000000'),
        since: fc.constant(since),
        until: fc.constant(until),
      },
      optional,
    );
    const lists = fc.record(
      {
        agent: fc.constant('agent-1'),
        state: fc.constantFrom(...SESSION_STATES),
        active: fc.boolean(),
        since: fc.constant(since),
        until: fc.constant(until),
      },
      optional,
    );
    fc.assert(
      fc.property(cursorless, blocks, lists, (filter, blockFilter, sessionFilter) => {
        const run = asked(() => {
          const { nextCursor } = ask.queryEvents(filter);
          if (nextCursor !== null) ask.queryEvents({ ...filter, offset: 0, cursor: nextCursor });
          ask.queryBlocks(blockFilter);
          ask.querySessions(sessionFilter);
        });
        for (const sql of run) expect(faults(sql), sql).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('any advanced query scans no table', () => {
    const value = fc.constantFrom('agent-1', 'error', SESSION, 'ts', 'completed');
    const column = fc.constantFrom('agent_name', 'session_id');
    fc.assert(
      fc.property(
        fc.constantFrom('events' as const, 'sessions' as const, 'code_blocks' as const),
        fc.array(fc.record({ column, op: fc.constantFrom('eq' as const, 'ne' as const), value }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.boolean(),
        (source, and, grouped) => {
          const run = asked(() =>
            runAdvancedQuery(database, {
              source,
              where: { and },
              ...(grouped && { group_by: ['session_id'] }),
            }),
          );
          for (const sql of run) expect(faults(sql), sql).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
