import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { sampleSession } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ID = 'sess_0123456789ab';

function newStore() {
  const database = openDatabase(':memory:');
  return { database, store: new SessionStore(database) };
}

function end(changes: Partial<Parameters<SessionStore['completeSession']>[1]> = {}) {
  return {
    state: 'completed' as const,
    exitCode: 0,
    endedAt: '2026-02-10T10:31:00.000Z',
    stats: { totalLines: 12, totalExtractions: 3, bytesMissing: 7 },
    ...changes,
  };
}

describe('a session', () => {
  it('is absent from a new store', () => {
    const { store } = newStore();
    expect(store.getSession(ID)).toBeUndefined();
    expect(store.getActiveSessions()).toEqual([]);
    expect(store.findSessions('last')).toEqual([]);
    expect(store.updateSession(ID, { environment: 'x' })).toBe(false);
  });

  it('comes back as it was created, and creating it again changes nothing', () => {
    const { store } = newStore();
    store.createSession(sampleSession());
    store.createSession(sampleSession({ environment: 'other' }));
    expect(store.getSession(ID)).toEqual({
      ...sampleSession(),
      id: 1,
      endedAt: null,
      exitCode: null,
      state: null,
      totalLinesProcessed: 0,
      totalExtractionEvents: 0,
      totalFeedbackOutcomes: 0,
      bytesMissing: 0,
    });
    expect(store.getStateChanges(ID)).toEqual([]);
  });

  it('may know nothing but its name', () => {
    const { store } = newStore();
    const bare = sampleSession({ owner: null, argv: null, cwd: null, command: null, wrapperVersion: null });
    store.createSession(bare);
    expect(store.getSession(ID)).toMatchObject({ owner: null, argv: null, cwd: null });
  });

  it('that was written by hand may hold a BLOB where text belongs', () => {
    const { database, store } = newStore();
    database
      .prepare(
        `INSERT INTO process_sessions(agent_name, session_id, environment, stdout_log_path, cwd, command, wrapper_version, state)
         VALUES(x'61', ?, x'6369', x'2f78', x'2f', x'00ff', x'30', x'6c6f7374')`,
      )
      .run(ID);
    expect(store.getSession(ID)).toMatchObject({
      agentName: 'a',
      environment: 'ci',
      stdoutLogPath: '/x',
      cwd: '/',
      command: '\0\ufffd',
      wrapperVersion: '0',
      state: 'lost',
    });
  });

  it('is updated field by field', () => {
    const { store } = newStore();
    store.createSession(sampleSession());
    expect(store.updateSession(ID, { bytesMissing: 9, stderrLogPath: 'x.log' })).toBe(true);
    expect(store.updateSession(ID, {})).toBe(true);
    expect(store.getSession(ID)).toMatchObject({
      bytesMissing: 9,
      stderrLogPath: 'x.log',
      environment: 'ci',
    });
  });

  it('ends with its row and its last state change together', () => {
    const { store } = newStore();
    store.createSession(sampleSession());
    store.completeSession(ID, end({ metadata: { signal: null } }));
    store.completeSession(ID, end());
    expect(store.getSession(ID)).toMatchObject({
      state: 'completed',
      exitCode: 0,
      endedAt: '2026-02-10T10:31:00.000Z',
      totalLinesProcessed: 12,
      totalExtractionEvents: 3,
      bytesMissing: 7,
    });
    expect(store.getStateChanges(ID)).toEqual([
      {
        sessionId: ID,
        timestamp: '2026-02-10T10:31:00.000Z',
        state: 'completed',
        exitCode: 0,
        metadata: { signal: null },
      },
    ]);
    expect(() => store.completeSession('sess_unknown', end())).toThrow(
      expect.objectContaining({ code: 'session_unknown' }),
    );
  });

  it('has the state of its latest change, in whatever order the changes are written', () => {
    const { store } = newStore();
    store.createSession(sampleSession());
    const change = (second: number, state: 'started' | 'running' | 'paused') =>
      store.recordStateChange({
        sessionId: ID,
        timestamp: `2026-02-10T10:30:0${second}.000Z`,
        state,
        exitCode: null,
        metadata: null,
      });
    change(1, 'started');
    change(1, 'running');
    expect(store.getSession(ID)!.state).toBe('running');
    change(5, 'paused');
    change(3, 'running');
    expect(store.getSession(ID)!.state).toBe('paused');
    expect(store.getStateChanges(ID).map((one) => one.state)).toEqual([
      'started',
      'running',
      'running',
      'paused',
    ]);
  });

  it('must exist before its state can change', () => {
    const { store } = newStore();
    expect(() =>
      store.recordStateChange({
        sessionId: ID,
        timestamp: 'x',
        state: 'running',
        exitCode: null,
        metadata: null,
      }),
    ).toThrow(/FOREIGN KEY/);
  });

  it('survives closing and opening', () => {
    const path = join(temporaryFolder(), 'wrapper.db');
    const first = openDatabase(path);
    new SessionStore(first).createSession(sampleSession());
    new SessionStore(first).completeSession(ID, end({ state: 'lost', exitCode: null }));
    first.close();
    const second = openDatabase(path);
    expect(new SessionStore(second).getSession(ID)).toMatchObject({ state: 'lost', exitCode: null });
    second.close();
  });
});

describe('sessions', () => {
  function several() {
    const { store } = newStore();
    const add = (id: string, agentName: string, day: number) =>
      store.createSession(
        sampleSession({ sessionId: id, agentName, startedAt: `2026-02-0${day}T00:00:00.000Z` }),
      );
    add('sess_aaaaaa000001', 'codex', 1);
    add('sess_aaaaab000002', 'codex', 3);
    add('sess_bbbbbb000003', 'claude', 2);
    return store;
  }
  const ids = (sessions: readonly { sessionId: string }[]) =>
    sessions.map((session) => session.sessionId.slice(-1));

  it('are found by full id, by prefix and as the last one', () => {
    const store = several();
    expect(ids(store.findSessions('last'))).toEqual(['2']);
    expect(ids(store.findSessions('sess_aaaaaa000001'))).toEqual(['1']);
    expect(ids(store.findSessions('aaaaa'))).toEqual(['2', '1']);
    expect(ids(store.findSessions('sess_b'))).toEqual(['3']);
    expect(ids(store.findSessions('aaaaab'))).toEqual(['2']);
    for (const nonsense of ['', '%', 'sess_', "x' OR 1=1 --", 'AAAA', '../etc', 'sess_aaaaaa0000019']) {
      expect(store.findSessions(nonsense)).toEqual([]);
    }
  });

  it('are listed by agent and by time, newest first', () => {
    const store = several();
    expect(ids(store.getSessionsByAgent('codex'))).toEqual(['2', '1']);
    expect(ids(store.getSessionsByAgent('codex', 1))).toEqual(['2']);
    const now = Date.UTC(2026, 1, 4);
    expect(ids(store.getSessionHistory('codex', 2, now))).toEqual(['2']);
    expect(ids(store.getSessionHistory('codex', 30, now))).toEqual(['2', '1']);
    expect(ids(store.querySessions())).toEqual(['2', '3', '1']);
    expect(ids(store.querySessions({ until: '2026-02-03T00:00:00.000Z' }))).toEqual(['3', '1']);
  });

  it('are active until they end', () => {
    const store = several();
    store.completeSession('sess_aaaaaa000001', end());
    expect(ids(store.getActiveSessions())).toEqual(['2', '3']);
    expect(ids(store.querySessions({ active: false }))).toEqual(['1']);
    expect(ids(store.querySessions({ state: 'completed' }))).toEqual(['1']);
  });

  it('are summed up for an agent', () => {
    const store = several();
    expect(store.agentSummary('codex')).toMatchObject({
      sessions: 2,
      active: 2,
      completed: 0,
      successRate: null,
    });
    store.completeSession('sess_aaaaaa000001', end());
    store.completeSession('sess_aaaaab000002', end({ state: 'failed', exitCode: 1 }));
    expect(store.agentSummary('codex')).toEqual({
      agentName: 'codex',
      sessions: 2,
      active: 0,
      completed: 1,
      failed: 1,
      killed: 0,
      lost: 0,
      successRate: 0.5,
      firstStartedAt: '2026-02-01T00:00:00.000Z',
      lastStartedAt: '2026-02-03T00:00:00.000Z',
      totalLinesProcessed: 24,
      totalExtractionEvents: 6,
    });
    // Lost sessions have ended, too, and without an exit code.
    const lost = several();
    lost.completeSession('sess_aaaaaa000001', end({ state: 'lost', exitCode: null }));
    expect(lost.agentSummary('codex').successRate).toBe(0);
    expect(store.agentSummary('nobody')).toMatchObject({
      sessions: 0,
      successRate: null,
      firstStartedAt: null,
    });
  });
});
