// The counters are what a count of every row gives, whatever happens to the rows and whoever writes them; and a database
// of schema version 1 gets them when it is opened.

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { readEvents } from '../../../src/data/event-page.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { MIGRATIONS } from '../../../src/data/migrations/index.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { sampleEvent, sampleSession } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SESSION = 'sess_0123456789ab';
const HOUR = "replace(substr(timestamp, 1, 13), ' ', 'T')";
/** Each counter beside a count of the rows; risk is '' for none. */
const COUNTS: readonly (readonly [counter: string, recount: string])[] = [
  ['SELECT * FROM extraction_totals', `agent_name, event_type, pattern, ifnull(risk_level, '')`],
  ['SELECT * FROM session_totals', `session_id, event_type, ifnull(risk_level, '')`],
  ['SELECT * FROM extraction_hourly', `agent_name, ${HOUR}, event_type`],
  ['SELECT * FROM extraction_daily', 'agent_name, substr(timestamp, 1, 10), event_type, pattern'],
];

/** Rows of a view of counters, summed, as its rows written by hand stand in it one by one. */
function differences(database: Database): unknown[] {
  return COUNTS.flatMap(([counter, columns]) => {
    const sum = (rows: Record<string, unknown>[]) => {
      const sums = new Map<string, number>();
      for (const row of rows) {
        const values = Object.values(row);
        const key = JSON.stringify(values.slice(0, -1));
        sums.set(key, (sums.get(key) ?? 0) + Number(values.at(-1)));
      }
      return JSON.stringify([...sums].sort());
    };
    const counted = sum(database.prepare(counter).all() as Record<string, unknown>[]);
    const groups = columns.split(', ').length;
    const real = sum(
      database
        .prepare(`SELECT ${columns}, count(*) AS n FROM extraction_events GROUP BY ${columns}`)
        .all() as Record<string, unknown>[],
    );
    return counted === real ? [] : [{ counter, groups, counted, real }];
  });
}

const event = fc.record({
  agentName: fc.constantFrom('a', 'b'),
  sessionId: fc.constantFrom(SESSION, 'sess_00000000000b'),
  eventType: fc.constantFrom('error' as const, 'url' as const),
  pattern: fc.constantFrom('p', 'q'),
  riskLevel: fc.constantFrom(null, 'low' as const),
  timestamp: fc.constantFrom(
    '2026-02-10T10:59:59.999Z',
    '2026-02-10T11:00:00.000Z',
    '2026-02-11T00:00:00.000Z',
  ),
});
const change = fc.oneof(
  fc.constantFrom(
    'DELETE FROM extraction_events WHERE id % 3 = 0',
    `DELETE FROM extraction_events WHERE session_id = '${SESSION}'`,
    `UPDATE extraction_events SET agent_name = 'c' WHERE id % 2 = 0`,
    `UPDATE extraction_events SET timestamp = '2026-03-01T00:00:00.000Z' WHERE id % 2 = 1`,
    `UPDATE extraction_events SET session_id = 'moved' WHERE seq = 2 AND id % 2 = 0`,
    `UPDATE extraction_events SET risk_level = 'high', event_type = 'git', pattern = 'z' WHERE id % 4 = 0`,
    'UPDATE extraction_events SET seq = NULL WHERE id % 5 = 0',
    'UPDATE extraction_events SET seq = 1000 + id WHERE seq IS NULL',
    `INSERT INTO extraction_events(agent_name, session_id, event_type, pattern) VALUES('a', '${SESSION}', 'url', 'p')`,
  ),
);

describe('the counters', () => {
  it('are what a count of every row gives, whatever is done to them', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.array(change, { maxLength: 6 }), (rows, changes) => {
        const database = openDatabase(':memory:');
        const store = new ExtractionStore(database);
        store.saveExtractionBatch(rows.map((row, at) => sampleEvent(at + 1, row)));
        store.saveExtractionBatch(rows.slice(0, 5).map((row, at) => sampleEvent(at + 1, row)));
        expect(differences(database)).toEqual([]);
        for (const sql of changes) {
          database.prepare(sql).run();
          expect(differences(database), sql).toEqual([]);
        }
        database.prepare('DELETE FROM extraction_events').run();
        for (const table of ['extraction_counts', 'session_counts', 'extraction_hours', 'extraction_days'])
          expect(database.prepare(`SELECT * FROM ${table}`).all(), table).toEqual([]);
        database.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('a database of version 1', () => {
  const INSERT =
    'INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern, risk_level, seq) VALUES (?,?,?,?,?,?,?)';
  const COUNT =
    'INSERT INTO extraction_counts VALUES (?,?,?,?,1) ' +
    'ON CONFLICT (agent_name, event_type, pattern, risk_level) DO UPDATE SET events = events + 1';

  /** What a wrapper of version 0.1.0 does when it stores an event. */
  function storeAsBefore(
    database: Database,
    seq: number | null,
    changes: Partial<ReturnType<typeof sampleEvent>> = {},
  ) {
    const { agentName, sessionId, timestamp, eventType, pattern, riskLevel } = sampleEvent(seq ?? 0, changes);
    database.prepare(INSERT).run(agentName, sessionId, timestamp, eventType, pattern, riskLevel, seq);
    if (seq !== null) database.prepare(COUNT).run(agentName, eventType, pattern, riskLevel ?? '');
  }

  it('is counted when it is brought up to date, and loses nothing', () => {
    const path = join(temporaryFolder(), 'data', 'wrapper.db');
    const old = openDatabase(path, { migrations: MIGRATIONS.slice(0, 1), onQuery: undefined });
    new SessionStore(old).createSession(sampleSession());
    for (let seq = 1; seq <= 500; seq++) {
      storeAsBefore(old, seq, {
        timestamp: new Date(Date.UTC(2026, 1, 10) + seq * 600_000).toISOString(),
        eventType: seq % 3 === 0 ? 'url' : 'error',
        riskLevel: seq % 5 === 0 ? null : 'high',
        agentName: seq % 7 === 0 ? 'claude' : 'codex',
      });
    }
    storeAsBefore(old, null, { timestamp: '2026-02-10 12:00:00' });
    old.close();
    const database = openDatabase(path);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
    expect(database.prepare('SELECT count(*) AS n FROM extraction_events').get()).toEqual({ n: 501 });
    expect(differences(database)).toEqual([]);
    expect(database.prepare('SELECT count(*) AS n FROM extraction_hours').get()).not.toEqual({ n: 0 });
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });

  it('counts what a wrapper of before goes on to store, when its session ends', () => {
    const database = openDatabase(':memory:');
    const sessions = new SessionStore(database);
    sessions.createSession(sampleSession());
    new ExtractionStore(database).saveExtractionBatch([1, 2, 3].map((seq) => sampleEvent(seq)));
    for (let seq = 4; seq <= 9; seq++)
      storeAsBefore(database, seq, { eventType: seq % 2 === 0 ? 'url' : 'error', riskLevel: null });
    expect(differences(database)).not.toEqual([]);
    const listed = readEvents(database, { session: SESSION, type: 'url' });
    expect(listed.items.map((row) => row.seq)).toEqual([8, 6, 4]);
    const end = {
      state: 'completed' as const,
      exitCode: 0,
      endedAt: '2026-02-10T10:31:00.000Z',
      stats: { totalLines: 9, totalExtractions: 9 },
    };
    sessions.completeSession(SESSION, end);
    expect(differences(database)).toEqual([]);
    sessions.completeSession(SESSION, { ...end, endedAt: '2026-02-10T10:32:00.000Z' });
    expect(differences(database)).toEqual([]);
    database.close();
  });

  it('counts nothing twice when numbers are missing at the end of a session', () => {
    const database = openDatabase(':memory:');
    const sessions = new SessionStore(database);
    sessions.createSession(sampleSession());
    new ExtractionStore(database).saveExtractionBatch([1, 2, 7].map((seq) => sampleEvent(seq)));
    sessions.updateSession(SESSION, { endedAt: '2026-02-10T10:31:00.000Z' });
    expect(differences(database)).toEqual([]);
    expect(readEvents(database, { session: SESSION })).toMatchObject({ total: 3, totalIsLowerBound: false });
    database.close();
  });
});
