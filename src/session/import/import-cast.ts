// An asciicast becomes a session: its recording in our layout and redacted, and the events that today's patterns find in it.
// A recording of ours keeps its session; another program's gets an id from its content, so that importing it twice is noticed.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import type { Database } from '../../data/database.ts';
import { ExtractionStore } from '../../data/extraction-store.ts';
import type { CastEvent, CastHeader } from '../../data/recording-text.ts';
import { SessionArchive } from '../../data/session-archive.ts';
import { sessionFiles } from '../../data/session-files.ts';
import { SessionStore } from '../../data/session-store.ts';
import { newSessionId, SESSION_ID } from '../../model/ids.ts';
import type { NewSession, SessionState } from '../../model/session.ts';
import { isoTimestamp } from '../../model/time.ts';
import { extractAgain } from '../recovery.ts';
import { TextRedactor } from '../redacted-texts.ts';
import { type CastEnd, type CastInput, readCastEvents, readCastInput } from './cast-input.ts';
import { type Imported, type ImportTarget, makeRoom } from './import-target.ts';
import { indexRecording } from './keyframes.ts';
import { StagedRecording } from './staged-recording.ts';

/** An agent that the title of a recording names: one word. */
const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** The last marker of a recording of ours. */
const END_MARKER = /^(completed|failed|killed|lost)(?: \((\d{1,3})\))?$/;

/** @throws WrapperError `import_invalid`, `session_exists`, or as `Database` and the writing of files do */
export function importCast(database: Database, path: string, target: ImportTarget): Imported {
  const input = readCastInput(path);
  const session = sessionOf(path, input, target);
  const { sessionId } = session;
  const files = sessionFiles(target.dbPath, sessionId);
  const isReplaced = makeRoom(database, sessionId, target);
  const staged = new StagedRecording(files.folder);
  let found = { lines: 0, events: 0, elapsedMs: 0 };
  let blocks = 0;
  let takeBack: (() => void) | undefined;
  try {
    const tail = new Tail();
    staged.write(headerOf(input.header, session), tail.watch(readCastEvents(path)));
    try {
      database.write(() => {
        makeRoom(database, sessionId, target);
        new SessionArchive(database).remove(sessionId);
        const sessions = new SessionStore(database);
        const extractions = new ExtractionStore(database);
        sessions.createSession({ ...session, stdoutLogPath: files.cast });
        const startedAtMs = Date.parse(session.startedAt);
        found = extractAgain(
          staged.path,
          { session, startedAtMs },
          target.patterns,
          0,
          (events, newBlocks) => {
            blocks += newBlocks.length;
            extractions.saveExtractionBatch(events, newBlocks);
          },
        );
        storeStates(sessions, session, tail, input, found);
        takeBack = staged.install(files);
      });
    } catch (error) {
      takeBack?.();
      throw error;
    }
  } finally {
    staged.close();
  }
  for (const stale of [files.stderrLog, files.index]) rmSync(stale, { force: true });
  indexRecording(database, sessionId, files);
  const { bytes } = staged;
  return {
    sessionId,
    agent: session.agentName,
    format: 'cast',
    events: found.events,
    blocks,
    recordingBytes: bytes,
    isReplaced,
  };
}

function sessionOf(path: string, { header }: CastInput, target: ImportTarget): NewSession {
  const redactor = new TextRedactor();
  const mark = header.wrapper;
  const isOurs = mark !== undefined && SESSION_ID.test(mark.session_id);
  const title = header.title !== undefined && AGENT_NAME.test(header.title) ? header.title : undefined;
  const startSeconds = header.timestamp ?? Math.floor(statSync(path).mtimeMs / 1000);
  return redactor.session({
    sessionId: isOurs ? mark.session_id : idFromContent(path),
    agentName: target.agent ?? mark?.agent ?? title ?? 'imported',
    environment: null,
    startedAt: mark?.started_at ?? isoTimestamp(startSeconds * 1000),
    stdoutLogPath: null,
    stderrLogPath: null,
    extractionConfigVersion: target.patterns.version,
    environmentConfigVersion: null,
    owner: null,
    cwd: null,
    argv: null,
    command: header.command ?? null,
    wrapperVersion: mark?.version ?? null,
  });
}

function headerOf(header: CastHeader, session: NewSession): CastHeader {
  const redactor = new TextRedactor();
  return {
    ...header,
    timestamp: header.timestamp ?? Math.floor(Date.parse(session.startedAt) / 1000),
    ...(header.command === undefined ? {} : { command: redactor.text(header.command) }),
    ...(header.title === undefined ? {} : { title: redactor.text(header.title) }),
    wrapper: {
      session_id: session.sessionId,
      agent: header.wrapper?.agent ?? session.agentName,
      version: header.wrapper?.version ?? null,
      mode: header.wrapper?.mode ?? 'pty',
      ...(header.wrapper?.started_at === undefined ? {} : { started_at: header.wrapper.started_at }),
    },
  };
}

/** Another program's has our mark, too, once it was imported, but no version: no wrapper has written it. */
function isRecordedByUs({ wrapper }: CastHeader): boolean {
  return wrapper !== undefined && wrapper.version !== null;
}

/** 60 bits of the SHA-256 of the file, in the alphabet of session ids. */
function idFromContent(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
  const digest = hash.digest();
  return newSessionId((size) => digest.subarray(0, size));
}

/** Remembers how a recording ends while it is read. */
class Tail {
  #end: CastEnd = { exitCode: null };
  #last: CastEvent | undefined;

  *watch(events: Generator<CastEvent, CastEnd>): Generator<CastEvent> {
    for (;;) {
      const step = events.next();
      if (step.done === true) {
        this.#end = step.value;
        return;
      }
      this.#last = step.value;
      yield step.value;
    }
  }

  /**
   * The state and exit status that the recording tells. Ours say how they end, and are lost when they do not; that it came
   * to an end is all that others say.
   */
  outcome(isOurs: boolean): { state: SessionState; exitCode: number | null } {
    const marker = isOurs && this.#last?.code === 'm' ? END_MARKER.exec(this.#last.data) : null;
    const exitCode = marker?.[2] === undefined ? this.#end.exitCode : Number(marker[2]);
    if (marker !== null) return { state: marker[1] as SessionState, exitCode };
    if (exitCode === null) return { state: isOurs ? 'lost' : 'completed', exitCode };
    return { state: exitCode === 0 ? 'completed' : 'failed', exitCode };
  }
}

function storeStates(
  sessions: SessionStore,
  session: NewSession,
  tail: Tail,
  { header, version }: CastInput,
  found: { lines: number; events: number; elapsedMs: number },
): void {
  const { sessionId, startedAt } = session;
  for (const state of ['started', 'running'] as const) {
    sessions.recordStateChange({ sessionId, timestamp: startedAt, state, exitCode: null, metadata: null });
  }
  const { state, exitCode } = tail.outcome(isRecordedByUs(header));
  sessions.completeSession(sessionId, {
    state,
    exitCode,
    endedAt: isoTimestamp(Date.parse(startedAt) + found.elapsedMs),
    stats: { totalLines: found.lines, totalExtractions: found.events },
    metadata: {
      imported_from: `asciicast-v${version}`,
      ...(state === 'lost' && { reason: 'the recording ends without the end of the session' }),
    },
  });
}
