// Sessions and their state changes. The state of a session is always that of its latest change: a trigger keeps the two
// together in one transaction, whoever writes the change.

import { WrapperError } from '../model/errors.ts';
import type { NewSession, Session, SessionState, SessionStats, StateChange } from '../model/session.ts';
import type { Database, SqlValue } from './database.ts';
import { fromJson, toJson, toText, toTimestamp } from './event-rows.ts';
import type { AgentSummary, SessionFilter } from './query-types.ts';
import { readSessions } from './session-query.ts';
import {
  newSessionValues,
  SESSION_ROW,
  type SessionRow,
  type SessionUpdates,
  toSession,
  updatedColumns,
} from './session-rows.ts';

export type { SessionFilter } from './query-types.ts';
export type { SessionUpdates } from './session-rows.ts';

export interface SessionEnd {
  readonly state: SessionState;
  readonly exitCode: number | null;
  /** ISO-8601 UTC with milliseconds. */
  readonly endedAt: string;
  readonly stats: SessionStats;
  /** Goes into the state change. */
  readonly metadata?: Record<string, unknown> | undefined;
}

/** What a person may type for a session id: a prefix of it, with or without `sess_`. */
const REFERENCE = /^(?:sess_)?[0-9a-hjkmnp-tv-z]{1,12}$/;
const NEWEST_FIRST = 'ORDER BY started_at DESC, id DESC LIMIT ?';

/** Reads and writes sessions; every method throws WrapperError as `Database` says. */
export class SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores the row and nothing else; a session that is stored already stays as it is. */
  createSession(session: NewSession): void {
    const values = newSessionValues(session);
    const columns = Object.keys(values);
    const sql =
      `INSERT INTO process_sessions (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ` +
      'ON CONFLICT (session_id) DO NOTHING';
    this.#database.write(() => this.#database.prepare(sql).run(...Object.values(values)));
  }

  /** @returns false when there is no such session */
  updateSession(sessionId: string, updates: SessionUpdates): boolean {
    const values = updatedColumns(updates);
    const columns = Object.keys(values);
    if (columns.length === 0) return this.getSession(sessionId) !== undefined;
    const sql = `UPDATE process_sessions SET ${columns.map((name) => `${name} = ?`).join(', ')} WHERE session_id = ?`;
    return this.#database.write(
      () => this.#database.prepare(sql).run(...Object.values(values), sessionId).changes > 0,
    );
  }

  /**
   * Writes how a session ended and its last state change in one transaction. Repeating it with the same state updates
   * the row and adds no second change.
   *
   * @throws WrapperError `session_unknown`
   */
  completeSession(sessionId: string, end: SessionEnd): void {
    this.#database.write(() => {
      const before = this.getSession(sessionId);
      if (before === undefined) throw new WrapperError('session_unknown', `there is no session ${sessionId}`);
      this.updateSession(sessionId, {
        endedAt: end.endedAt,
        exitCode: end.exitCode,
        totalLinesProcessed: end.stats.totalLines,
        totalExtractionEvents: end.stats.totalExtractions,
        ...(end.stats.bytesMissing === undefined ? {} : { bytesMissing: end.stats.bytesMissing }),
      });
      if (before.endedAt !== null && before.state === end.state) return;
      this.recordStateChange({
        sessionId,
        timestamp: end.endedAt,
        state: end.state,
        exitCode: end.exitCode,
        metadata: end.metadata ?? null,
      });
    });
  }

  getSession(sessionId: string): Session | undefined {
    return this.#sessions('WHERE session_id = ?', [sessionId])[0];
  }

  /**
   * The sessions that a person can mean: `last` is the one that started last, otherwise a full id, or all (at most 100)
   * that begin with the given characters, newest first.
   */
  findSessions(reference: string): Session[] {
    if (reference === 'last') return this.querySessions({ limit: 1 });
    if (!REFERENCE.test(reference)) return [];
    const prefix = reference.startsWith('sess_') ? reference : `sess_${reference}`;
    const exact = this.getSession(prefix);
    if (exact !== undefined) return [exact];
    // '{' follows 'z' in ASCII, and ids have no character after 'z'.
    return this.#sessions(`WHERE session_id >= ? AND session_id < ? ${NEWEST_FIRST}`, [
      prefix,
      `${prefix}{`,
      100,
    ]);
  }

  /** Newest first. */
  getSessionsByAgent(agent: string, limit = 100): Session[] {
    return this.querySessions({ agent, limit });
  }

  /** The sessions of the last `days` days before `now` (milliseconds since the epoch), newest first. */
  getSessionHistory(agent: string, days: number, now: number = Date.now()): Session[] {
    const since = new Date(now - days * 86_400_000).toISOString();
    return this.querySessions({ agent, since, limit: -1 });
  }

  /** Newest first. */
  getActiveSessions(): Session[] {
    return this.querySessions({ active: true, limit: -1 });
  }

  /** Newest first. */
  querySessions(filter: SessionFilter = {}): Session[] {
    return [...readSessions(this.#database, { ...filter, total: false }).items];
  }

  /** The session must exist. The row's state follows, unless a later change is stored already. */
  recordStateChange(change: StateChange): void {
    const sql =
      'INSERT INTO process_state_changes (session_id, timestamp, state, exit_code, metadata_json) VALUES (?,?,?,?,?)';
    this.#database.write(() =>
      this.#database
        .prepare(sql)
        .run(change.sessionId, change.timestamp, change.state, change.exitCode, toJson(change.metadata)),
    );
  }

  /** In the order in which they happened. */
  getStateChanges(sessionId: string): StateChange[] {
    const sql =
      'SELECT timestamp, state, exit_code, metadata_json FROM process_state_changes WHERE session_id = ? ORDER BY timestamp, id';
    const rows = this.#database.read(() => this.#database.prepare(sql).all(sessionId)) as {
      timestamp: string;
      state: string;
      exit_code: number | null;
      metadata_json: string | null;
    }[];
    return rows.map((row) => ({
      sessionId,
      timestamp: toTimestamp(row.timestamp),
      state: toText(row.state) as SessionState,
      exitCode: row.exit_code,
      metadata: fromJson(row.metadata_json),
    }));
  }

  agentSummary(agent: string): AgentSummary {
    const sql = `SELECT count(*) AS sessions, count(*) - count(ended_at) AS active,
        sum(state = 'completed') AS completed, sum(state = 'failed') AS failed,
        sum(state = 'killed') AS killed, sum(state = 'lost') AS lost,
        CAST(sum(ended_at IS NOT NULL AND exit_code IS 0) AS REAL) / nullif(count(ended_at), 0) AS successRate,
        min(started_at) AS firstStartedAt, max(started_at) AS lastStartedAt,
        ifnull(sum(total_lines_processed), 0) AS totalLinesProcessed,
        ifnull(sum(total_extraction_events), 0) AS totalExtractionEvents
      FROM process_sessions INDEXED BY idx_agent_summary WHERE agent_name = ?`;
    const row = this.#database.read(() => this.#database.prepare(sql).get(agent)) as AgentSummary;
    return {
      ...row,
      agentName: agent,
      completed: row.completed ?? 0,
      failed: row.failed ?? 0,
      killed: row.killed ?? 0,
      lost: row.lost ?? 0,
      firstStartedAt: row.firstStartedAt && toTimestamp(row.firstStartedAt),
      lastStartedAt: row.lastStartedAt && toTimestamp(row.lastStartedAt),
    };
  }

  #sessions(where: string, values: readonly SqlValue[]): Session[] {
    const list = `FROM process_sessions ${where}`;
    return this.#database.read(() =>
      this.#database.rows<SessionRow>(SESSION_ROW, list, values).map(toSession),
    );
  }
}
