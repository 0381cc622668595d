// Pages of code blocks, newest first. A content is stored once, with the session that printed it first; what another
// session printed again is found by the digests in that session's events.

import type { StoredBlock } from '../model/event.ts';
import { Conditions } from './conditions.ts';
import type { Database } from './database.ts';
import { BLOCK_ROW, type BlockRow, blockKey, toBlock } from './event-rows.ts';
import { COUNT_LIMIT, checkOffset, countUpTo, decodeCursor, encodeCursor, type Page } from './page.ts';
import type { BlockFilter } from './query-types.ts';

/** Blocks of one session that are looked at: its latest. */
const SESSION_LIMIT = 20_000;

const SESSION_DIGESTS =
  "SELECT metadata_json ->> '$.digest' AS digest FROM extraction_events INDEXED BY idx_session_block " +
  "WHERE session_id = ? AND event_type = 'code_block' AND metadata_json IS NOT NULL AND json_valid(metadata_json) " +
  'ORDER BY seq DESC LIMIT ?';
const STORED_DIGESTS =
  'SELECT id FROM code_blocks INDEXED BY idx_block_session WHERE session_id = ? ORDER BY id DESC LIMIT ?';

/** @throws WrapperError `cursor_invalid`, `query_too_large` */
export function readBlocks(database: Database, filter: BlockFilter): Page<StoredBlock> {
  const key =
    filter.cursor === undefined ? undefined : decodeCursor('blocks', filter.cursor, ['string', 'integer']);
  const limit = filter.limit ?? 100;
  const offset = checkOffset(filter.offset);
  return database.snapshot(() => {
    const { source, conditions, complete } = rangeOf(database, filter);
    const { sql: where, values } = conditions;
    const after = key === undefined ? '' : ' AND timestamp <= ? AND (timestamp < ? OR id < ?)';
    const list = `FROM ${source} WHERE ${where}${after} ORDER BY timestamp DESC, id DESC LIMIT ? OFFSET ?`;
    const keyValues = key === undefined ? [] : [key[0]!, key[0]!, key[1]!];
    const wanted = [...values, ...keyValues, limit < 0 ? -1 : limit + 1, offset];
    const rows = database.rows<BlockRow>(BLOCK_ROW, list, wanted);
    const shown = limit < 0 ? rows : rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > shown.length && last !== undefined;
    const total =
      filter.total === false ? undefined : countUpTo(database, `FROM ${source} WHERE ${where}`, values);
    return {
      items: shown.map(toBlock),
      nextCursor: more ? encodeCursor('blocks', blockKey(last)) : null,
      total: total === undefined ? null : Math.min(total, COUNT_LIMIT),
      totalIsLowerBound: total !== undefined && (total > COUNT_LIMIT || !complete),
      complete,
    };
  });
}

/** Which index is read, and the conditions; those that it does not serve check the few rows that it gives. */
function rangeOf(
  database: Database,
  filter: BlockFilter,
): { source: string; conditions: Conditions; complete: boolean } {
  const { agent, language, session, digest } = filter;
  const conditions = new Conditions();
  const few = session !== undefined || digest !== undefined;
  const hidden = few ? '+' : '';
  let index = 'idx_block_timestamp';
  let complete = true;
  if (session !== undefined) {
    index = '';
    complete = addSession(database, session, conditions);
  } else if (digest !== undefined) index = 'idx_digest';
  else if (agent !== undefined && language !== undefined) index = 'idx_agent_language';
  else if (agent !== undefined) index = 'idx_block_agent';
  else if (language !== undefined) index = 'idx_block_language';
  // Digests have no character after 'f'.
  if (digest !== undefined) {
    const column = session === undefined ? 'digest' : '+digest';
    conditions.add(`${column} >= ? AND ${column} < ?`, digest, `${digest}g`);
  }
  conditions.add(`${hidden}agent_name = ?`, agent);
  conditions.add(`${hidden}language = ?`, language);
  conditions.add(`${hidden}timestamp >= ?`, filter.since);
  conditions.add(`${hidden}timestamp < ?`, filter.until);
  const source = index === '' ? 'code_blocks' : `code_blocks INDEXED BY ${index}`;
  return { source, conditions, complete };
}

/** @returns whether these are all blocks of the session */
function addSession(database: Database, session: string, conditions: Conditions): boolean {
  const printed = database.prepare(SESSION_DIGESTS).all(session, SESSION_LIMIT + 1) as { digest: unknown }[];
  const stored = database.prepare(STORED_DIGESTS).all(session, SESSION_LIMIT + 1) as { id: number }[];
  const digests = new Set(printed.map((row) => row.digest).filter((digest) => typeof digest === 'string'));
  const find =
    'SELECT id FROM code_blocks INDEXED BY idx_digest WHERE digest IN (SELECT value FROM json_each(?))';
  const again = database.prepare(find).all(JSON.stringify([...digests])) as { id: number }[];
  const ids = new Set([...stored, ...again].map((row) => row.id));
  conditions.add('id IN (SELECT value FROM json_each(?))', JSON.stringify([...ids]));
  return printed.length <= SESSION_LIMIT && stored.length <= SESSION_LIMIT;
}
