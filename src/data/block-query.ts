// Pages of code blocks, newest first. A content is stored once, with the session that printed it first; what another
// session printed again is found by the digests in that session's events.

import type { StoredBlock } from '../model/event.ts';
import { Conditions } from './conditions.ts';
import type { Database } from './database.ts';
import { BLOCK_ROW, type BlockRow, blockKey, toBlock } from './event-rows.ts';
import { type Page, readNewestFirst } from './page.ts';
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
  return database.snapshot(() =>
    readNewestFirst<BlockRow, StoredBlock>(
      database,
      {
        ...rangeOf(database, filter),
        kind: 'blocks',
        columns: BLOCK_ROW,
        time: 'timestamp',
        keyOf: blockKey,
        toItem: toBlock,
      },
      filter,
    ),
  );
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
