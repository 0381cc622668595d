// A session as exports see it: redacted, in a fixed order, read a piece at a time. The order and the contents depend on
// nothing but what is stored of the session, so that a session that was exported, imported elsewhere and exported again
// gives the same bytes.

import { statSync } from 'node:fs';
import type { Database } from '../../data/database.ts';
import { readRecording, readRecordingHeader } from '../../data/recording-reader.ts';
import { type CastEvent, type CastHeader, readCastHeader } from '../../data/recording-text.ts';
import { SessionArchive } from '../../data/session-archive.ts';
import { sessionFiles } from '../../data/session-files.ts';
import { SessionStore } from '../../data/session-store.ts';
import { WrapperError } from '../../model/errors.ts';
import type { CodeBlock, StoredBlock, StoredEvent } from '../../model/event.ts';
import type { Session, StateChange } from '../../model/session.ts';
import { redactRecording } from '../../session/redacted-recording.ts';
import { TextRedactor } from '../../session/redacted-texts.ts';

export interface RecordingSource {
  readonly header: CastHeader;
  /** Of the file when the export began. */
  readonly bytes: number;
  /** From the start, up to where the file ended when the export began; a half last line is left out. */
  events(): Generator<CastEvent>;
}

export interface SessionSource {
  readonly session: Session;
  readonly stateChanges: readonly StateChange[];
  /** Null when none was kept, when it is gone, or when it is to be left out. */
  readonly recording: RecordingSource | null;
  /** Pages of events in the order of their numbers. */
  events(): Generator<readonly StoredEvent[]>;
  /** Every block that the session printed, once, in the order of printing. Undefined now and then: a chance to pause. */
  blocks(): Generator<CodeBlock | undefined>;
}

export interface SourceOptions {
  /** Leave the recording out. */
  readonly withoutRecording?: boolean | undefined;
}

/**
 * The session with that id.
 *
 * @throws WrapperError `session_unknown`, and later as `Database` and the reading of files do
 */
export function openSessionSource(
  database: Database,
  dbPath: string,
  sessionId: string,
  options: SourceOptions = {},
): SessionSource {
  const store = new SessionStore(database);
  const session = store.getSession(sessionId);
  if (session === undefined) throw new WrapperError('session_unknown', `there is no session ${sessionId}`);
  const redactor = new TextRedactor();
  const archive = new SessionArchive(database);
  function* events(): Generator<StoredEvent[]> {
    for (const page of archive.events(sessionId))
      yield page.map((event) => redactor.event(withNumbers(event)));
  }
  return {
    session: redactor.session({
      ...session,
      totalLinesProcessed: numberOf(session.totalLinesProcessed) ?? 0,
      totalExtractionEvents: numberOf(session.totalExtractionEvents) ?? 0,
      bytesMissing: numberOf(session.bytesMissing) ?? 0,
    }),
    stateChanges: store.getStateChanges(sessionId).map((change) => redactor.stateChange(change)),
    recording: options.withoutRecording === true ? null : openRecording(session, dbPath, redactor),
    events,
    blocks: () => blocksOf(archive, sessionId, redactor),
  };
}

/** SQLite keeps a text in a column of numbers when a row that was written by hand has one; no export does. */
function withNumbers(event: StoredEvent): StoredEvent {
  const elapsedMs = numberOf(event.elapsedMs);
  const lineNumber = numberOf(event.lineNumber);
  const isSame = elapsedMs === event.elapsedMs && lineNumber === event.lineNumber;
  return isSame ? event : { ...event, elapsedMs, lineNumber };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function openRecording(session: Session, dbPath: string, redactor: TextRedactor): RecordingSource | null {
  const candidates = [sessionFiles(dbPath, session.sessionId).cast, session.stdoutLogPath];
  for (const path of candidates) {
    if (path === null || !statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const { header } = readCastHeader(readRecordingHeader(path)) ?? {};
    if (header === undefined) continue;
    const bytes = statSync(path).size;
    return {
      header: redactHeader(header, redactor),
      bytes,
      events: () => redactRecording(upTo(bytes, readRecording(path))),
    };
  }
  return null;
}

function redactHeader(header: CastHeader, redactor: TextRedactor): CastHeader {
  const { command, title } = header;
  return {
    ...header,
    ...(command === undefined ? {} : { command: redactor.text(command) }),
    ...(title === undefined ? {} : { title: redactor.text(title) }),
  };
}

/** A session that is running writes faster, perhaps, than its export is read. */
function* upTo(bytes: number, events: Iterable<CastEvent & { offset: number }>): Generator<CastEvent> {
  for (const { t, code, data, stream, offset } of events) {
    if (offset >= bytes) return;
    yield { t, code, data, stream };
  }
}

/**
 * Blocks are stored once for all sessions that print them, so what a session printed is told by its events; where and
 * when it did, too. Then come those that were stored with the session without an event.
 */
function* blocksOf(
  archive: SessionArchive,
  sessionId: string,
  redactor: TextRedactor,
): Generator<CodeBlock | undefined> {
  const printed = new Set<string>();
  for (const page of archive.events(sessionId)) {
    yield undefined;
    for (const event of page) {
      const digest = event.metadata?.['digest'];
      if (event.eventType !== 'code_block' || typeof digest !== 'string' || printed.has(digest)) continue;
      const stored = archive.block(digest);
      if (stored === undefined) continue;
      printed.add(digest);
      yield redactBlock(placed(stored, event), redactor);
    }
  }
  for (const { id: _id, ...block } of archive.blocksOf(sessionId)) {
    if (printed.has(block.digest)) continue;
    const { lineStart, lineEnd } = block;
    yield redactBlock({ ...block, lineStart: numberOf(lineStart), lineEnd: numberOf(lineEnd) }, redactor);
  }
}

/** The block as this session printed it. */
function placed(stored: StoredBlock, event: StoredEvent): CodeBlock {
  const lineEnd = event.metadata?.['line_end'];
  const language = event.codeBlockLanguage;
  return {
    agentName: event.agentName,
    sessionId: event.sessionId,
    timestamp: event.timestamp,
    language,
    content: stored.content,
    lineStart: numberOf(event.lineNumber),
    lineEnd: typeof lineEnd === 'number' ? lineEnd : null,
    // What was noted about the fences is about those of the first session.
    context: stored.sessionId === event.sessionId ? stored.context : null,
    parseable: stored.language === language ? stored.parseable : null,
    digest: stored.digest,
  };
}

/** A content that had to be redacted has no longer the digest under which it is stored. */
function redactBlock(block: CodeBlock, redactor: TextRedactor): CodeBlock {
  const redacted = redactor.block(block);
  return redacted.content === block.content ? redacted : { ...redacted, digest: '' };
}
