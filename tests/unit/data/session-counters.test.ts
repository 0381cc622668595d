// The counters of sessions are what a look at every session gives, whatever happens to the rows and whoever writes them.

import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { MIGRATIONS } from '../../../src/data/migrations/index.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

const KEY = 'agent_name, state, ended, succeeded';
const RECOUNT = `SELECT agent_name, ifnull(state, '') AS state, ended_at IS NOT NULL AS ended,
    ended_at IS NOT NULL AND exit_code IS 0 AS succeeded, count(*) AS sessions, sum(ifnull(total_lines_processed, 0)) AS lines
  FROM process_sessions GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;

function expectCounted(database: Database): void {
  expect(database.prepare(`SELECT * FROM agent_sessions ORDER BY ${KEY}`).all()).toEqual(
    database.prepare(RECOUNT).all(),
  );
}

const session = fc.constantFrom('sess_000000000001', 'sess_000000000002', 'sess_000000000003');
const agent = fc.constantFrom('a', 'b');
/** The documented default of a time, which a trigger brings into our form, our form, and what is no time. */
const time = fc.constantFrom(null, '2026-02-10 10:30:00', '2026-02-10T10:30:00.000Z', 'soon');
const lines = fc.constantFrom(null, 0, 7);
const state = fc.constantFrom(null, 'running', 'completed');
const exitCode = fc.constantFrom(null, 0, 1);
/** A statement and its values, as somebody writes it in the sqlite3 shell. */
const statement = fc.oneof(
  fc.tuple(
    fc.constant(
      'INSERT INTO process_sessions (session_id, agent_name, state, ended_at, exit_code, total_lines_processed) VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING',
    ),
    fc.tuple(session, agent, state, time, exitCode, lines),
  ),
  fc.tuple(
    fc.constant('UPDATE process_sessions SET ended_at = ?, exit_code = ? WHERE session_id = ?'),
    fc.tuple(time, exitCode, session),
  ),
  fc.tuple(
    fc.constant('UPDATE process_sessions SET agent_name = ?, total_lines_processed = ?'),
    fc.tuple(agent, lines),
  ),
  fc.tuple(
    fc.constant(
      'INSERT INTO process_state_changes (session_id, state) SELECT session_id, ? FROM process_sessions WHERE session_id = ?',
    ),
    fc.tuple(state, session),
  ),
  fc.tuple(fc.constant('DELETE FROM process_state_changes'), fc.tuple()),
  fc.tuple(
    fc.constant(
      'DELETE FROM process_sessions WHERE session_id = ? AND session_id NOT IN (SELECT session_id FROM process_state_changes)',
    ),
    fc.tuple(session),
  ),
);

describe('the counters of sessions', () => {
  it('are what a count of every row gives, whatever is done to them', () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 25 }), (statements) => {
        const database = openDatabase(':memory:');
        for (const [sql, values] of statements) {
          database.prepare(sql).run(...values);
          expectCounted(database);
        }
        database.close();
      }),
      { numRuns: 200 },
    );
  });

  it('are made from what is there', () => {
    const path = join(temporaryFolder(), 'wrapper.db');
    const older = openDatabase(path, { migrations: MIGRATIONS.slice(0, 6) });
    older.close();
    const raw = new BetterSqlite3(path);
    const insert = raw.prepare(
      'INSERT INTO process_sessions (session_id, agent_name, state, ended_at, exit_code, total_lines_processed) VALUES (?,?,?,?,?,?)',
    );
    insert.run('sess_000000000001', 'a', 'completed', '2026-02-10T10:30:00.000Z', 0, 5);
    insert.run('sess_000000000002', 'a', 'completed', '2026-02-10T10:30:00.000Z', 0, null);
    insert.run('sess_000000000003', 'b', null, null, null, 3);
    raw.close();
    const database = openDatabase(path);
    expectCounted(database);
    expect(database.prepare('SELECT sum(sessions) AS sessions FROM agent_sessions').get()).toEqual({
      sessions: 3,
    });
    new SessionStore(database).updateSession('sess_000000000003', {
      exitCode: 0,
      endedAt: '2026-02-10T11:00:00.000Z',
    });
    expectCounted(database);
    database.close();
  });
});
