// Rows that people insert with the documented columns only: whatever form their times have, they are found in every span of
// time that they are in, and nothing that can stand in a column keeps the others from being read.

import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { lastForeignTime, mendForeignTimes } from '../../../src/data/hand-written-times.ts';
import { MIGRATIONS, migrate } from '../../../src/data/migrations/index.ts';
import { QueryService } from '../../../src/data/query-service.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { temporaryFolder } from '../../support/wrapper.ts';

const EVENT = `INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern)
  VALUES ('hand', 'sess_abc123', ?, 'error', 'by_hand')`;

/** The database as a shell has it, and where it is. */
function open(): { database: BetterSqlite3.Database; path: string } {
  const path = join(temporaryFolder(), 'wrapper.db');
  openDatabase(path).close();
  return { database: new BetterSqlite3(path), path };
}

const timesOf = (
  database: BetterSqlite3.Database,
  sql = 'SELECT timestamp FROM extraction_events ORDER BY id',
) => database.prepare(sql).pluck().all();

describe('a time that is inserted', () => {
  it.each([
    ['2026-11-20 01:30:00', '2026-11-20T01:30:00.000Z'],
    ['2026-11-20T01:30:00', '2026-11-20T01:30:00.000Z'],
    ['2026-11-20T01:30:00Z', '2026-11-20T01:30:00.000Z'],
    ['2026-11-20T01:30:00.5+02:00', '2026-11-19T23:30:00.500Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    [1_763_602_200, '2025-11-20T01:30:00.000Z'],
    ['2026-11-20T01:30:00.123Z', '2026-11-20T01:30:00.123Z'],
    ['garbage', 'garbage'],
  ])('as %s is kept as %s', (given, kept) => {
    const { database, path } = open();
    database.prepare(EVENT).run(given);
    mendForeignTimes(path);
    database
      .prepare(
        `INSERT INTO process_sessions (agent_name, session_id, started_at) VALUES ('a', 'sess_abc123', ?)`,
      )
      .run(given);
    database
      .prepare(`INSERT INTO code_blocks (agent_name, session_id, timestamp) VALUES ('a', 'sess_abc123', ?)`)
      .run(given);
    database
      .prepare(
        `INSERT INTO process_state_changes (session_id, timestamp, state) VALUES ('sess_abc123', ?, 'running')`,
      )
      .run(given);
    expect(timesOf(database)).toEqual([kept]);
    expect(timesOf(database, 'SELECT started_at FROM process_sessions')).toEqual([kept]);
    expect(timesOf(database, 'SELECT timestamp FROM code_blocks')).toEqual([kept]);
    expect(timesOf(database, 'SELECT timestamp FROM process_state_changes')).toEqual([kept]);
  });

  it('is now where none is given', () => {
    const { database, path } = open();
    const before = new Date().toISOString();
    database.prepare(EVENT).run(null);
    mendForeignTimes(path);
    database.exec(`INSERT INTO process_sessions (agent_name, session_id) VALUES ('a', 'sess_abc123')`);
    const [event, session] = [
      ...timesOf(database),
      ...timesOf(database, 'SELECT started_at FROM process_sessions'),
    ];
    expect(event).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(String(event) >= before && String(event) <= new Date().toISOString()).toBe(true);
    expect(session).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  });

  it('decides which state is the latest', () => {
    const { database } = open();
    database.exec(`INSERT INTO process_sessions (agent_name, session_id) VALUES ('a', 'sess_abc123');
      INSERT INTO process_state_changes (session_id, timestamp, state)
      VALUES ('sess_abc123', '2026-11-20T01:30:00.000Z', 'running'),
        ('sess_abc123', '2026-11-20 01:30:01', 'completed'), ('sess_abc123', '2026-11-20 01:29:00', 'started')`);
    expect(timesOf(database, 'SELECT state FROM process_sessions')).toEqual(['completed']);
  });

  it('is in the span that it is in, in lists and timelines alike', () => {
    const { database, path } = open();
    for (const hour of [0, 1, 2, 3]) database.prepare(EVENT).run(`2026-11-20 0${hour}:30:00`);
    const reader = openDatabase(path, { readonly: true });
    expect(lastForeignTime(reader)).toBe(4);
    mendForeignTimes(path);
    expect(lastForeignTime(reader)).toBe(0);
    const service = new QueryService(reader);
    const [since, until] = ['2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'];
    for (const bucket of ['hour', 'day', 'minute'] as const) {
      const timeline = service.timeline({ agent: 'hand', since, until, bucket });
      expect(timeline.buckets.reduce((sum, { total }) => sum + total, 0)).toBe(4);
    }
    expect(service.queryEvents({ agent: 'hand', since, until }).items).toHaveLength(4);
  });

  it('of a session that has ended, too', () => {
    const { database } = open();
    database.exec(`INSERT INTO process_sessions (agent_name, session_id) VALUES ('a', 'sess_abc123');
      UPDATE process_sessions SET ended_at = '2026-11-20 01:30:00'`);
    expect(timesOf(database, 'SELECT ended_at FROM process_sessions')).toEqual(['2026-11-20T01:30:00.000Z']);
    database.exec(`UPDATE process_sessions SET ended_at = 'garbage'`);
    expect(timesOf(database, 'SELECT ended_at FROM process_sessions')).toEqual(['garbage']);
  });
});

it('a time that was there before the migration is brought into our form', () => {
  const database = new BetterSqlite3(':memory:');
  migrate(database, MIGRATIONS.slice(0, 4));
  database.prepare(EVENT).run('2026-11-20 01:30:00');
  database.prepare(EVENT).run(null);
  database.exec(
    `INSERT INTO process_sessions (agent_name, session_id, started_at) VALUES ('a', 'sess_abc123', '2026-11-20 01:30:00')`,
  );
  migrate(database);
  expect(timesOf(database, 'SELECT started_at FROM process_sessions')).toEqual(['2026-11-20T01:30:00.000Z']);
});

it('a time that somebody has taken away keeps nothing from being read', () => {
  const { database, path } = open();
  database.prepare(EVENT).run('2026-11-20 01:30:00');
  database.exec(`INSERT INTO process_sessions (agent_name, session_id) VALUES ('a', 'sess_abc123');
    INSERT INTO process_state_changes (session_id, state) VALUES ('sess_abc123', 'running');
    INSERT INTO code_blocks (agent_name, session_id, content, digest) VALUES ('a', 'sess_abc123', 'x', 'd');
    UPDATE extraction_events SET timestamp = NULL; UPDATE process_sessions SET started_at = NULL;
    UPDATE process_state_changes SET timestamp = NULL; UPDATE code_blocks SET timestamp = 7`);
  const service = new QueryService(openDatabase(path));
  expect(service.queryEvents({}).items[0]!.timestamp).toBe('1970-01-01T00:00:00.000Z');
  expect(service.queryBlocks({}).items[0]!.timestamp).toBe('7');
  expect(service.querySessions({}).items[0]!.startedAt).toBe('1970-01-01T00:00:00.000Z');
  expect(new SessionStore(openDatabase(path)).getStateChanges('sess_abc123')).toHaveLength(1);
  expect(service.agents()).toHaveLength(2);
});
