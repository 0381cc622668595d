// Rows of `extraction_events` and `code_blocks`, to and from the vocabulary of the model. Rows may have been written by
// hand in the sqlite3 shell, so reading takes what it finds.

import type {
  CodeBlock,
  EventType,
  ExtractionEvent,
  Metadata,
  RiskLevel,
  StoredBlock,
  StoredEvent,
  StreamName,
} from '../model/event.ts';
import type { SqlValue } from './database.ts';

export const EVENT_COLUMNS =
  'agent_name, session_id, timestamp, event_type, pattern, matched_value, original_line, line_number, ' +
  'metadata_json, code_block_language, risk_level, auto_confirmable, seq, stream, elapsed_ms';

export const BLOCK_COLUMNS =
  'agent_name, session_id, timestamp, language, content, line_start, line_end, context_json, parseable, digest';

/** Values in the order of EVENT_COLUMNS. */
export function eventValues(event: ExtractionEvent): SqlValue[] {
  return [
    event.agentName,
    event.sessionId,
    event.timestamp,
    event.eventType,
    event.pattern,
    event.matchedValue,
    event.originalLine,
    event.lineNumber,
    toJson(event.metadata),
    event.codeBlockLanguage,
    event.riskLevel,
    event.autoConfirmable ? 1 : 0,
    event.seq,
    event.stream,
    event.elapsedMs === null ? null : Math.round(event.elapsedMs),
  ];
}

/** Values in the order of BLOCK_COLUMNS. */
export function blockValues(block: CodeBlock): SqlValue[] {
  return [
    block.agentName,
    block.sessionId,
    block.timestamp,
    block.language,
    block.content,
    block.lineStart,
    block.lineEnd,
    toJson(block.context),
    block.parseable === null ? null : block.parseable ? 1 : 0,
    block.digest,
  ];
}

/** The columns of an EventRow. */
export const EVENT_ROW = `id, ${EVENT_COLUMNS}`;
/** The columns of a BlockRow. */
export const BLOCK_ROW = `id, ${BLOCK_COLUMNS}`;

/** A row as `Database.rows` gives it, for `EVENT_ROW`. */
export type EventRow = readonly [
  id: number,
  agentName: string,
  sessionId: string,
  timestamp: string,
  eventType: string,
  pattern: string,
  matchedValue: string | null,
  originalLine: string | null,
  lineNumber: number | null,
  metadataJson: string | null,
  codeBlockLanguage: string | null,
  riskLevel: string | null,
  autoConfirmable: number | null,
  seq: number | null,
  stream: string | null,
  elapsedMs: number | null,
];

/** `seq` is 0 for a row that was written by hand and has none. */
export function toEvent(row: EventRow): StoredEvent {
  return {
    id: row[0],
    agentName: toText(row[1]),
    sessionId: toText(row[2]),
    seq: row[13] ?? 0,
    timestamp: toTimestamp(row[3]),
    elapsedMs: row[15],
    eventType: toText(row[4]) as EventType,
    pattern: toText(row[5]),
    matchedValue: toText(row[6]),
    originalLine: toText(row[7]),
    lineNumber: row[8],
    stream: toText(row[14]) as StreamName | null,
    metadata: fromJson(row[9]),
    codeBlockLanguage: toText(row[10]),
    riskLevel: toText(row[11]) as RiskLevel | null,
    autoConfirmable: row[12] === 1,
  };
}

/** The key by which a list is ordered: as the row has it, and not as `toEvent` gives it. */
export function eventKey(row: EventRow, order: 'time' | 'seq'): readonly [string | number | null, number] {
  return [order === 'time' ? row[3] : row[13], row[0]];
}

/** The same for `BLOCK_ROW`. */
export type BlockRow = readonly [
  id: number,
  agentName: string,
  sessionId: string,
  timestamp: string,
  language: string | null,
  content: string | null,
  lineStart: number | null,
  lineEnd: number | null,
  contextJson: string | null,
  parseable: number | null,
  digest: string | null,
];

export function toBlock(row: BlockRow): StoredBlock {
  return {
    id: row[0],
    agentName: toText(row[1]),
    sessionId: toText(row[2]),
    timestamp: toTimestamp(row[3]),
    language: toText(row[4]),
    content: toText(row[5]) ?? '',
    lineStart: row[6],
    lineEnd: row[7],
    context: fromJson(row[8]),
    parseable: row[9] === null ? null : row[9] === 1,
    digest: toText(row[10]) ?? '',
  };
}

/** The key by which lists of blocks are ordered. */
export function blockKey(row: BlockRow): readonly [timestamp: string, id: number] {
  return [row[3], row[0]];
}

/**
 * The text of a column of text. Nothing keeps anybody from putting a BLOB there, which is read as UTF-8; a number is its
 * digits.
 */
export function toText<Text extends string | null>(value: Text): Text {
  return typeof value === 'string' || value === null ? value : (String(value) as Text);
}

export function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Null for what is no JSON object: such a row was not written by us. */
export function fromJson(text: string | null): Metadata | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Metadata) : null;
  } catch {
    return null;
  }
}

/** When a row is from that has no time. */
const NO_TIME = '1970-01-01T00:00:00.000Z';

/**
 * The default of the columns, `2026-02-10 10:30:00` in UTC, in our form; other texts stay as they are. The triggers see to
 * what is inserted; this is for a row that was changed since, where nothing keeps anybody from writing a number or NULL.
 */
export function toTimestamp(value: unknown): string {
  if (value === null || value === undefined) return NO_TIME;
  const text = String(value);
  const isDefault = text[10] === ' ' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text);
  return isDefault ? `${text.replace(' ', 'T')}.000Z` : text;
}
