// Databases with sessions for the tests of exports and imports, and exports as texts.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExportFormat, exportSession } from '../../../src/api/export/export.ts';
import { type Database, openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { RecordingWriter } from '../../../src/data/recording-writer.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import type { CodeBlock, ExtractionEvent, StreamName } from '../../../src/model/event.ts';
import { type ImportFormat, importSession } from '../../../src/session/import/import-session.ts';
import type { Imported } from '../../../src/session/import/import-target.ts';
import { builtinPatternSet } from '../../../src/stream/pattern-set.ts';
import { sampleBlock, sampleEvent, sampleSession } from '../data/samples.ts';
import { temporaryFolder } from '../data/temporary-folder.ts';

export const ID = 'sess_0123456789ab';
const STARTED = Date.UTC(2026, 1, 10, 10, 30);
const CASTS = fileURLToPath(new URL('../../fixtures/casts', import.meta.url));

/** Every recording in a folder: that of the fixtures, or the one that WRAPPER_TEST_CASTS names. */
export function castFiles(): string[] {
  const folder = process.env['WRAPPER_TEST_CASTS'] ?? CASTS;
  const names = readdirSync(folder).filter((name) => name.endsWith('.cast'));
  if (names.length < 4) throw new Error(`only ${names.length} recordings in ${folder}`);
  return names.map((name) => join(folder, name));
}

/** A new, empty database. */
export function newDatabasePath(): string {
  return join(temporaryFolder(), 'data', 'wrapper.db');
}

interface Piece {
  readonly stream: StreamName;
  readonly text: string;
  readonly elapsedMs: number;
}

export interface Contents {
  readonly events?: readonly Partial<ExtractionEvent>[];
  readonly blocks?: readonly CodeBlock[];
  /** Undefined for no recording. */
  readonly pieces?: readonly Piece[] | undefined;
  readonly mode?: 'pty' | 'pipe';
  readonly sessionId?: string;
  /** Whether its wrapper was killed, so that neither the database nor the recording has an end. */
  readonly wasCutOff?: boolean;
}

/** Stores a session as the recorder would, one that has ended by default; events are numbered from 1. */
export function storeSession(dbPath: string, contents: Contents): void {
  const { events = [], blocks = [], pieces, mode = 'pipe', sessionId = ID, wasCutOff = false } = contents;
  const database = openDatabase(dbPath);
  const sessions = new SessionStore(database);
  const files = sessionFiles(dbPath, sessionId);
  sessions.createSession(
    sampleSession({ sessionId, owner: null, stdoutLogPath: pieces === undefined ? null : files.cast }),
  );
  const at = (ms: number) => new Date(STARTED + ms).toISOString();
  for (const state of ['started', 'running'] as const) {
    sessions.recordStateChange({ sessionId, timestamp: at(0), state, exitCode: null, metadata: null });
  }
  new ExtractionStore(database).saveExtractionBatch(
    events.map((event, index) => sampleEvent(index + 1, { sessionId, ...event })),
    blocks,
  );
  if (!wasCutOff) {
    sessions.completeSession(sessionId, {
      state: 'failed',
      exitCode: 3,
      endedAt: at(60_123),
      stats: { totalLines: 77, totalExtractions: events.length, bytesMissing: 5 },
      metadata: { signal: null },
    });
  }
  database.close();
  if (pieces !== undefined) writeRecording(files.cast, sessionId, mode, pieces, wasCutOff);
}

function writeRecording(
  path: string,
  sessionId: string,
  mode: 'pty' | 'pipe',
  pieces: readonly Piece[],
  isCutOff: boolean,
): void {
  const writer = RecordingWriter.create(
    path,
    {
      width: 100,
      height: 30,
      startedAtMs: STARTED,
      command: "echo 'test error'",
      sessionId,
      agent: 'codex',
      version: '0.1.0',
      mode,
    },
    { maxBytes: 0 },
  );
  for (const { stream, text, elapsedMs } of pieces) writer.append(stream, Buffer.from(text), elapsedMs);
  writer.resize(120, 40, 60_000);
  if (!isCutOff) writer.marker('failed (3)', 60_000);
  writer.close(60_000);
}

/** A block and the event that names it. */
export function printedBlock(
  content: string,
  seq: number,
): { block: CodeBlock; event: Partial<ExtractionEvent> } {
  const digest = createHash('sha256').update(content).digest('hex');
  const event = sampleEvent(seq, {
    eventType: 'code_block',
    pattern: 'code_block',
    matchedValue: 'ts',
    originalLine: '```ts',
    codeBlockLanguage: 'ts',
    metadata: { line_end: seq + 2, digest },
  });
  const { timestamp, lineNumber: lineStart } = event;
  return {
    block: sampleBlock(seq, { content, digest, timestamp, lineStart, lineEnd: seq + 2, context: null }),
    event,
  };
}

/** The whole export as one text. */
export async function exported(
  dbPath: string,
  format: ExportFormat,
  sessionId = ID,
  withoutRecording = false,
): Promise<string> {
  const database = openDatabase(dbPath, { readonly: true });
  try {
    const request = { database, dbPath, sessionId, format, withoutRecording, version: '0.1.0' };
    let text = '';
    for await (const piece of exportSession(request)) text += piece;
    return text;
  } finally {
    database.close();
  }
}

/** Imports a file, or a text as a file, into a database. */
export function imported(
  dbPath: string,
  source: { readonly path: string } | { readonly text: string; readonly name?: string },
  options: { readonly replace?: boolean; readonly agent?: string; readonly format?: ImportFormat } = {},
): Imported {
  let path: string;
  if ('path' in source) path = source.path;
  else {
    path = join(dirname(dbPath), '..', basename(source.name ?? 'import.txt'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, source.text);
  }
  return withDatabase(dbPath, (database) =>
    importSession(database, path, options.format, {
      dbPath,
      replace: options.replace ?? false,
      agent: options.agent,
      patterns: builtinPatternSet(),
    }),
  );
}

export function withDatabase<Result>(dbPath: string, use: (database: Database) => Result): Result {
  const database = openDatabase(dbPath);
  try {
    return use(database);
  } finally {
    database.close();
  }
}
