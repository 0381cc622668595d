// Pages of sessions, newest first.

import type { Session } from '../model/session.ts';
import { Conditions } from './conditions.ts';
import type { Database } from './database.ts';
import { type Page, readNewestFirst } from './page.ts';
import type { SessionFilter } from './query-types.ts';
import { SESSION_ROW, type SessionRow, sessionKey, toSession } from './session-rows.ts';

/** @throws WrapperError `cursor_invalid`, `query_too_large` */
export function readSessions(database: Database, filter: SessionFilter): Page<Session> {
  return database.snapshot(() =>
    readNewestFirst<SessionRow, Session>(
      database,
      {
        ...rangeOf(filter),
        kind: 'sessions',
        columns: SESSION_ROW,
        time: 'started_at',
        keyOf: sessionKey,
        toItem: toSession,
        complete: true,
      },
      filter,
    ),
  );
}

/** Active sessions are few, so an agent and a state among them are checked row by row. */
function rangeOf(filter: SessionFilter): { source: string; conditions: Conditions } {
  const { agent, state, active } = filter;
  const conditions = new Conditions();
  const hidden = active === true ? '+' : '';
  if (active !== undefined) conditions.add(active ? 'ended_at IS NULL' : '+ended_at IS NOT NULL');
  conditions.add(`${hidden}agent_name = ?`, agent);
  conditions.add(`${hidden}state = ?`, state);
  conditions.add('started_at >= ?', filter.since);
  conditions.add('started_at < ?', filter.until);
  const index =
    active === true
      ? 'idx_ended_at'
      : agent !== undefined && state !== undefined
        ? 'idx_agent_state'
        : agent !== undefined
          ? 'idx_agent_started'
          : state !== undefined
            ? 'idx_state_started'
            : 'idx_started_at';
  return { source: `process_sessions INDEXED BY ${index}`, conditions };
}
