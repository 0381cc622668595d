// One session as a whole, for exports and imports: everything that is stored of it, page by page and in a fixed order, so
// that memory stays flat; and its rows written or removed. Also rows that were written by hand, which have no number.

import type { CodeBlock, ExtractionEvent, StoredBlock, StoredEvent } from '../model/event.ts';
import type { SessionState } from '../model/session.ts';
import type { Database } from './database.ts';
import {
  BLOCK_ROW,
  type BlockRow,
  EVENT_COLUMNS,
  EVENT_ROW,
  type EventRow,
  eventValues,
  toBlock,
  toEvent,
} from './event-rows.ts';
import { ExtractionStore } from './extraction-store.ts';

/** Rows that are read at once. */
const PAGE = 500;

const UNNUMBERED =
  'FROM extraction_events WHERE session_id = ? AND seq IS NULL AND id > ? ORDER BY id LIMIT ?';
const NUMBERED = 'FROM extraction_events WHERE session_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?';
const INSERT_UNNUMBERED = `INSERT INTO extraction_events (${EVENT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`;
const SET_STATE = 'UPDATE process_sessions SET state = ? WHERE session_id = ?';
/** Blocks that no other session has printed; what another one names stays. */
const DELETE_BLOCKS = `DELETE FROM code_blocks WHERE session_id = ? AND ifnull(digest, '') NOT IN (
  SELECT json_extract(metadata_json, '$.digest') FROM extraction_events
  WHERE event_type = 'code_block' AND session_id <> ? AND json_valid(metadata_json)
    AND json_extract(metadata_json, '$.digest') IS NOT NULL)`;
const DELETE_REST = [
  'DELETE FROM extraction_events WHERE session_id = ?',
  'DELETE FROM process_state_changes WHERE session_id = ?',
  'DELETE FROM process_sessions WHERE session_id = ?',
];

/** Every method throws WrapperError as `Database` says. */
export class SessionArchive {
  readonly #database: Database;
  readonly #extractions: ExtractionStore;

  constructor(database: Database) {
    this.#database = database;
    this.#extractions = new ExtractionStore(database);
  }

  /** The events in the order of their numbers, those without one first; none that is stored after the first page was read. */
  *events(sessionId: string): Generator<StoredEvent[]> {
    const last = this.#extractions.lastSeq(sessionId);
    for (let after = 0; ; ) {
      const page = this.#events(UNNUMBERED, sessionId, after, PAGE);
      if (page.length > 0) yield page;
      if (page.length < PAGE) break;
      after = page.at(-1)!.id;
    }
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const page = this.#events(NUMBERED, sessionId, after, last, PAGE);
      if (page.length > 0) yield page;
      if (page.length < PAGE) return;
      after = page.at(-1)!.seq;
    }
  }

  /** The block with that content, whichever session printed it first. */
  block(digest: string): StoredBlock | undefined {
    return this.#blocks('FROM code_blocks WHERE digest = ?', digest)[0];
  }

  /** The blocks that were stored with this session, oldest first. */
  *blocksOf(sessionId: string): Generator<StoredBlock> {
    const list = 'FROM code_blocks WHERE session_id = ? AND id > ? ORDER BY id LIMIT ?';
    for (let after = 0; ; ) {
      const page = this.#blocks(list, sessionId, after, PAGE);
      yield* page;
      if (page.length < PAGE) return;
      after = page.at(-1)!.id;
    }
  }

  /** Adds an event as a row without a number, which the counters find by themselves. */
  addUnnumbered(event: ExtractionEvent): void {
    const values = eventValues(event);
    values[EVENT_COLUMNS.split(', ').indexOf('seq')] = null;
    this.#database.write(() => this.#database.prepare(INSERT_UNNUMBERED).run(...values));
  }

  /** Adds a block, unless one with the same content is stored. */
  addBlock(block: CodeBlock): void {
    this.#extractions.saveCodeBlock(block);
  }

  /** Sets the state of a session as such; a session that was written by hand may have one that no change has led to. */
  setState(sessionId: string, state: SessionState | null): void {
    this.#database.prepare(SET_STATE).run(state, sessionId);
  }

  /** Removes all rows of a session, and the blocks that only it has printed. Its files stay. */
  remove(sessionId: string): void {
    this.#database.write(() => {
      this.#database.prepare(DELETE_BLOCKS).run(sessionId, sessionId);
      for (const sql of DELETE_REST) this.#database.prepare(sql).run(sessionId);
    });
  }

  #events(list: string, ...values: (string | number)[]): StoredEvent[] {
    return this.#database.read(() => this.#database.rows<EventRow>(EVENT_ROW, list, values).map(toEvent));
  }

  #blocks(list: string, ...values: (string | number)[]): StoredBlock[] {
    return this.#database.read(() => this.#database.rows<BlockRow>(BLOCK_ROW, list, values).map(toBlock));
  }
}
