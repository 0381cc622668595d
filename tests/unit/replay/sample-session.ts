// Sessions to be replayed: a database with events and states, and a recording, made of what a test says.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { ReplayStores } from '../../../src/api/replay/material.ts';
import type { ReplayTime, SentMessage } from '../../../src/api/replay/replay.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { RecordingWriter } from '../../../src/data/recording-writer.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import type { ExtractionEvent } from '../../../src/model/event.ts';
import type { NewSession } from '../../../src/model/session.ts';
import { isoTimestamp } from '../../../src/model/time.ts';

export const SESSION_ID = 'sess_000000000001';
const STARTED = Date.parse('2026-02-10T10:30:00.000Z');

const cleaners: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleaners.splice(0)) clean();
});

export interface Sample {
  readonly stores: ReplayStores;
  readonly recording: RecordingWriter | undefined;
  /** Adds an event to the database. */
  event(seq: number, elapsedMs: number, line?: number): void;
  /** Ends the recording and the session. */
  end(elapsedMs: number): void;
}

export interface SampleOptions {
  readonly mode?: 'pty' | 'pipe';
  readonly cols?: number;
  readonly rows?: number;
  readonly recorded?: boolean;
}

/** A session that has started and is running. */
export function newSample(options: SampleOptions = {}): Sample {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-replay-'));
  const dbPath = join(folder, 'wrapper.db');
  const database = openDatabase(dbPath);
  const sessions = new SessionStore(database);
  const extractions = new ExtractionStore(database);
  cleaners.push(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { cast } = sessionFiles(dbPath, SESSION_ID);
  const recorded = options.recorded ?? true;
  sessions.createSession(newSession(recorded ? cast : null));
  const change = (state: 'started' | 'running', ms: number) =>
    sessions.recordStateChange({
      sessionId: SESSION_ID,
      timestamp: isoTimestamp(STARTED + ms),
      state,
      exitCode: null,
      metadata: null,
    });
  change('started', 0);
  change('running', 1);
  const recording = recorded
    ? RecordingWriter.create(
        cast,
        {
          width: options.cols ?? 80,
          height: options.rows ?? 24,
          startedAtMs: STARTED,
          command: 'x',
          sessionId: SESSION_ID,
          agent: 'codex',
          version: null,
          mode: options.mode ?? 'pty',
        },
        { maxBytes: 0 },
      )
    : undefined;
  let events = 0;
  return {
    stores: { dbPath, sessions, extractions },
    recording,
    event(seq, elapsedMs, line = seq) {
      events++;
      extractions.saveExtraction(eventOf(seq, elapsedMs, line));
    },
    end(elapsedMs) {
      recording?.close(elapsedMs);
      sessions.completeSession(SESSION_ID, {
        state: 'completed',
        exitCode: 0,
        endedAt: isoTimestamp(STARTED + elapsedMs),
        stats: { totalLines: 1000, totalExtractions: events },
      });
    },
  };
}

function newSession(cast: string | null): NewSession {
  return {
    sessionId: SESSION_ID,
    agentName: 'codex',
    environment: null,
    startedAt: isoTimestamp(STARTED),
    stdoutLogPath: cast,
    stderrLogPath: null,
    extractionConfigVersion: null,
    environmentConfigVersion: null,
    owner: null,
    cwd: null,
    argv: null,
    command: 'x',
    wrapperVersion: null,
  };
}

function eventOf(seq: number, elapsedMs: number, lineNumber: number): ExtractionEvent {
  return {
    agentName: 'codex',
    sessionId: SESSION_ID,
    seq,
    timestamp: isoTimestamp(STARTED + elapsedMs),
    elapsedMs: Math.round(elapsedMs),
    eventType: 'error',
    pattern: 'error_label',
    matchedValue: `error ${seq}`,
    originalLine: `error: ${seq}`,
    lineNumber,
    stream: 'pty',
    metadata: null,
    codeBlockLanguage: null,
    riskLevel: 'medium',
    autoConfirmable: false,
  };
}

/** A clock that only moves when it is told to, and timers that fire when it has. */
export class FakeTime implements ReplayTime {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];
  now = (): number => this.#now;

  get timers(): number {
    return this.#timers.length;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  /** Lets time pass, timer by timer; after each, whoever waited does what he has to do. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await this.#settle();
    }
    this.#now = end;
  }

  /** Time passes at once, as when the machine was asleep: timers fire late. */
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 8; turn++) await this.turn();
  }
}

/** A sink that notes what came and when. */
export function noting(time: ReplayTime) {
  const notes: { readonly at: number; readonly sent: SentMessage }[] = [];
  return {
    notes,
    sink: (messages: readonly SentMessage[]) => {
      for (const sent of messages) notes.push({ at: time.now(), sent });
    },
    /** `type` of every message of the session itself, with the time at which it came and that at which it stands. */
    timed: () =>
      notes
        .filter(({ sent }) => sent.id !== null)
        .map(({ at, sent }) => ({ type: sent.message.type, at, offset: sent.message.offset_ms })),
    types: () => notes.map(({ sent }) => sent.message.type),
    last: () => notes.at(-1)?.sent.message,
  };
}
