// Pages of sessions, newest first.

import type { Session } from '../model/session.ts';
import { Conditions } from './conditions.ts';
import type { Database } from './database.ts';
import { COUNT_LIMIT, checkOffset, countUpTo, decodeCursor, encodeCursor, type Page } from './page.ts';
import type { SessionFilter } from './query-types.ts';
import { SESSION_ROW, type SessionRow, sessionKey, toSession } from './session-rows.ts';

/** @throws WrapperError `cursor_invalid`, `query_too_large` */
export function readSessions(database: Database, filter: SessionFilter): Page<Session> {
  const key =
    filter.cursor === undefined ? undefined : decodeCursor('sessions', filter.cursor, ['string', 'integer']);
  const limit = filter.limit ?? 100;
  const offset = checkOffset(filter.offset);
  const { index, conditions } = rangeOf(filter);
  const source = `process_sessions INDEXED BY ${index}`;
  const { sql: where, values } = conditions;
  const after = key === undefined ? '' : ' AND started_at <= ? AND (started_at < ? OR id < ?)';
  const keyValues = key === undefined ? [] : [key[0]!, key[0]!, key[1]!];
  const list = `FROM ${source} WHERE ${where}${after} ORDER BY started_at DESC, id DESC LIMIT ? OFFSET ?`;
  return database.snapshot(() => {
    const wanted = [...values, ...keyValues, limit < 0 ? -1 : limit + 1, offset];
    const rows = database.rows<SessionRow>(SESSION_ROW, list, wanted);
    const shown = limit < 0 ? rows : rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > shown.length && last !== undefined;
    const total =
      filter.total === false ? null : countUpTo(database, `FROM ${source} WHERE ${where}`, values);
    return {
      items: shown.map(toSession),
      nextCursor: more ? encodeCursor('sessions', sessionKey(last)) : null,
      total: total === null ? null : Math.min(total, COUNT_LIMIT),
      totalIsLowerBound: total !== null && total > COUNT_LIMIT,
      complete: true,
    };
  });
}

/** Active sessions are few, so an agent and a state among them are checked row by row. */
function rangeOf(filter: SessionFilter): { index: string; conditions: Conditions } {
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
  return { index, conditions };
}
