// A `json` or `jsonl` export taken back in: what is stored afterwards is what was exported, byte for byte, or nothing. The
// file is read three times: to check all of it, to write the recording, and to store the rows in one transaction, which
// then holds up other writers for no longer than it must.

import { existsSync, rmSync } from 'node:fs';
import type { Database } from '../../data/database.ts';
import { ExtractionStore } from '../../data/extraction-store.ts';
import { type CastEvent, type CastHeader, readCastHeader } from '../../data/recording-text.ts';
import { SessionArchive } from '../../data/session-archive.ts';
import { type SessionFiles, sessionFiles } from '../../data/session-files.ts';
import { SessionStore } from '../../data/session-store.ts';
import { WrapperError } from '../../model/errors.ts';
import type { CodeBlock, ExtractionEvent } from '../../model/event.ts';
import type { StateChange } from '../../model/session.ts';
import { isoTimestamp } from '../../model/time.ts';
import type { ExportedSessionDocument, StateChangeDocument } from '../../model/wire.ts';
import { TextRedactor } from '../redacted-texts.ts';
import { type ArchiveFormat, readArchive } from './archive-items.ts';
import { blockOf, eventOf, newSessionOf, stateChangeOf } from './archive-rows.ts';
import { type Imported, type ImportTarget, makeRoom } from './import-target.ts';
import { indexRecording } from './keyframes.ts';
import { StagedRecording } from './staged-recording.ts';

/** Events in one statement's worth of work; the transaction is one. */
const BATCH = 1000;
/** A session has a handful of states; a file with more than this is no export. */
const MOST_STATE_CHANGES = 100_000;

interface Survey {
  readonly session: ExportedSessionDocument;
  readonly changes: readonly StateChange[];
  readonly header: CastHeader | undefined;
  /** Latest moment that the file knows. */
  readonly lastMs: number;
  /** Digests of blocks whose content had to be redacted, with those that they have now. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly events: number;
  readonly blocks: number;
}

/** @throws WrapperError `import_invalid`, `session_exists`, or as `Database` and the writing of files do */
export function importArchive(
  database: Database,
  path: string,
  format: ArchiveFormat,
  target: ImportTarget,
): Imported {
  const found = survey(path, format);
  const { session } = found;
  const sessionId = session.session_id;
  const files = sessionFiles(target.dbPath, sessionId);
  const isReplaced = makeRoom(database, sessionId, target);
  const staged = found.header === undefined ? undefined : new StagedRecording(files.folder);
  let takeBack: (() => void) | undefined;
  try {
    staged?.write(found.header!, pieces(path, format));
    try {
      database.write(() => {
        makeRoom(database, sessionId, target);
        new SessionArchive(database).remove(sessionId);
        storeRows(database, path, format, found, staged === undefined ? null : files.cast);
        takeBack = staged?.install(files);
      });
    } catch (error) {
      takeBack?.();
      throw error;
    }
  } finally {
    staged?.close();
  }
  removeStale(files, staged === undefined);
  if (staged !== undefined) indexRecording(database, sessionId, files);
  return {
    sessionId,
    agent: session.agent_name,
    format,
    events: found.events,
    blocks: found.blocks,
    recordingBytes: staged?.bytes ?? null,
    isReplaced,
  };
}

/** What belonged to a recording that is no longer there. */
function removeStale(files: SessionFiles, isWithoutRecording: boolean): void {
  for (const path of [files.stderrLog, files.index]) rmSync(path, { force: true });
  if (isWithoutRecording && existsSync(files.cast)) rmSync(files.cast);
}

/** Reads the whole file once, so that nothing is begun that cannot be finished. */
function survey(path: string, format: ArchiveFormat): Survey {
  const redactor = new TextRedactor();
  const sessionIds = new Set<string>();
  const changes: { readonly change: StateChangeDocument }[] = [];
  const renamed = new Map<string, string>();
  const headers: unknown[] = [];
  let session: ExportedSessionDocument | undefined;
  let last = 0;
  let elapsed = 0;
  let events = 0;
  let blocks = 0;
  let pieceCount = 0;
  for (const item of readArchive(path, format, 'everything')) {
    switch (item.kind) {
      case 'session':
        session = item.session;
        sessionIds.add(session.session_id);
        break;
      case 'state_change':
        if (changes.push(item) > MOST_STATE_CHANGES) throw refuse(path, 'there are too many state changes');
        last = Math.max(last, Date.parse(item.change.timestamp));
        break;
      case 'event':
        events++;
        sessionIds.add(item.event.session_id);
        last = Math.max(last, Date.parse(item.event.timestamp));
        break;
      case 'code_block': {
        blocks++;
        sessionIds.add(item.block.session_id);
        const { digest } = blockOf(item.block, redactor);
        if (item.block.digest !== null && digest !== item.block.digest)
          renamed.set(item.block.digest, digest);
        break;
      }
      case 'header':
        headers.push(item.header);
        break;
      case 'output':
        pieceCount++;
        elapsed = Math.max(elapsed, item.piece.elapsed_ms);
        break;
    }
    if (sessionIds.size > 1) throw refuse(path, 'it holds parts of several sessions');
  }
  if (session === undefined) throw refuse(path, 'there is no session in it');
  if (headers.length > 1) throw refuse(path, 'it holds several recordings');
  if (headers.length === 0 && pieceCount > 0) throw refuse(path, 'the recording has no header');
  return {
    session,
    changes: changes.map(({ change }) => stateChangeOf(session.session_id, change, redactor)),
    header: headers.length === 0 ? undefined : headerOf(path, headers[0], session, redactor),
    lastMs: Math.max(last, Date.parse(session.started_at) + elapsed),
    renamed,
    events,
    blocks,
  };
}

/** The events of the recording as the file has them. */
function* pieces(path: string, format: ArchiveFormat): Generator<CastEvent> {
  for (const item of readArchive(path, format, 'recording')) {
    if (item.kind !== 'output') continue;
    const { elapsed_ms: t, code, data, stream } = item.piece;
    yield { t, code, data, stream: code === 'o' ? stream : null };
  }
}

/** To be called in a transaction, after the rows of an earlier import were removed. */
function storeRows(
  database: Database,
  path: string,
  format: ArchiveFormat,
  found: Survey,
  recording: string | null,
): void {
  const redactor = new TextRedactor();
  const sessions = new SessionStore(database);
  const rows = new Rows(database, path);
  sessions.createSession({ ...newSessionOf(found.session, redactor), stdoutLogPath: recording });
  let left = found.events + found.blocks;
  for (const item of readArchive(path, format, 'rows')) {
    if (item.kind === 'event') rows.add(renameDigest(eventOf(item.event, redactor), found.renamed));
    else if (item.kind === 'code_block') rows.addBlock(blockOf(item.block, redactor));
    else continue;
    // The recording that follows in a file of ours need not be read while others wait.
    if (--left === 0) break;
  }
  rows.flush();
  for (const change of found.changes) sessions.recordStateChange(change);
  storeEnd(sessions, found);
  if (found.session.ended_at !== null)
    new SessionArchive(database).setState(found.session.session_id, found.session.state);
}

/** A session that was still running when it was exported ends, as far as this database will ever know, where the file does. */
function storeEnd(sessions: SessionStore, { session, lastMs }: Survey): void {
  const { session_id: sessionId } = session;
  const endedAt = session.ended_at ?? isoTimestamp(lastMs);
  sessions.updateSession(sessionId, {
    endedAt,
    exitCode: session.exit_code,
    totalLinesProcessed: session.total_lines_processed,
    totalExtractionEvents: session.total_extraction_events,
    totalFeedbackOutcomes: session.total_feedback_outcomes,
    bytesMissing: session.bytes_missing,
  });
  if (session.ended_at !== null) return;
  sessions.recordStateChange({
    sessionId,
    timestamp: endedAt,
    state: 'lost',
    exitCode: null,
    metadata: { reason: 'it had not ended when it was exported' },
  });
}

/** An event names its block by the digest of the content that is stored. */
function renameDigest(event: ExtractionEvent, renamed: ReadonlyMap<string, string>): ExtractionEvent {
  const digest = event.metadata?.['digest'];
  const name = typeof digest === 'string' ? renamed.get(digest) : undefined;
  return name === undefined ? event : { ...event, metadata: { ...event.metadata, digest: name } };
}

/** Gathers events into batches. */
class Rows {
  readonly #extractions: ExtractionStore;
  readonly #archive: SessionArchive;
  readonly #path: string;
  #events: ExtractionEvent[] = [];

  constructor(database: Database, path: string) {
    this.#extractions = new ExtractionStore(database);
    this.#archive = new SessionArchive(database);
    this.#path = path;
  }

  add(event: ExtractionEvent): void {
    if (event.seq === 0) this.#archive.addUnnumbered(event);
    else if (this.#events.push(event) >= BATCH) this.flush();
  }

  addBlock(block: CodeBlock): void {
    this.#archive.addBlock(block);
  }

  flush(): void {
    const { inserted } = this.#extractions.saveExtractionBatch(this.#events);
    if (inserted < this.#events.length) throw refuse(this.#path, 'two of its events have the same number');
    this.#events = [];
  }
}

function refuse(path: string, reason: string): WrapperError {
  return new WrapperError('import_invalid', `${path}: ${reason}`);
}

function headerOf(
  path: string,
  value: unknown,
  session: ExportedSessionDocument,
  redactor: TextRedactor,
): CastHeader {
  const read = readCastHeader(value);
  if (read === undefined || read.version !== 2) throw refuse(path, 'the header of the recording is none');
  const { header } = read;
  const mark = header.wrapper;
  if (mark !== undefined && mark.session_id !== session.session_id) {
    throw refuse(path, 'the recording is of another session');
  }
  return {
    ...header,
    ...(header.command === undefined ? {} : { command: redactor.text(header.command) }),
    ...(header.title === undefined ? {} : { title: redactor.text(header.title) }),
    wrapper: mark ?? {
      session_id: session.session_id,
      agent: session.agent_name,
      version: session.wrapper_version,
      mode: 'pty',
    },
  };
}
