// The recording of a session, as the recorder uses it: it never throws. A recording that cannot be written ends where
// it is, is reported once, and what comes afterwards is counted; the session goes on.

import { existsSync } from 'node:fs';
import { RecordingWriter } from '../data/recording-writer.ts';
import type { SessionFiles } from '../data/session-files.ts';
import { messageOf } from '../model/errors.ts';
import type { StreamName } from '../model/event.ts';
import type { Problem, RecorderPlan, SessionEnd } from './recorder-plan.ts';

export class GuardedRecording {
  readonly #wanted: boolean;
  readonly #path: string;
  #writer: RecordingWriter | undefined;
  #problem: Problem | undefined;
  #bytesMissing = 0;

  /** @param files where it goes; undefined when nothing is to be kept, and then nothing is missing either */
  constructor(plan: RecorderPlan, files: SessionFiles | undefined) {
    this.#wanted = files !== undefined && plan.record;
    this.#path = files?.cast ?? '';
    if (files === undefined || !plan.record) return;
    const { session, mode, cols, rows, maxRecordingBytes, startedAtMs } = plan;
    this.attempt(() => {
      this.#writer = RecordingWriter.create(
        files.cast,
        {
          width: cols,
          height: rows,
          startedAtMs,
          command: session.command,
          sessionId: session.sessionId,
          agent: session.agentName,
          version: session.wrapperVersion,
          mode,
        },
        { maxBytes: maxRecordingBytes, stderrLog: mode === 'pipe' ? files.stderrLog : null },
      );
    });
  }

  /** Output that is not in the file. */
  get bytesMissing(): number {
    return this.#bytesMissing;
  }

  /** What is wrong with it, at most once. */
  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** Bytes of the file that a reader finds after a flush; undefined when nothing is recorded (any more). */
  get size(): number | undefined {
    return this.#writer?.size;
  }

  append(stream: StreamName, bytes: Uint8Array, elapsedMs: number): void {
    if (this.#writer === undefined) this.#bytesMissing += this.#wanted ? bytes.length : 0;
    else this.attempt(() => this.#writer?.append(stream, bytes, elapsedMs));
  }

  resize(cols: number, rows: number, elapsedMs: number): void {
    this.attempt(() => this.#writer?.resize(cols, rows, elapsedMs));
  }

  marker(label: string, elapsedMs: number): void {
    this.attempt(() => this.#writer?.marker(label, elapsedMs));
  }

  input(text: string, elapsedMs: number): void {
    this.attempt(() => this.#writer?.input(text, elapsedMs));
  }

  flush(state: { line: number; seq: number }): void {
    this.attempt(() => this.#writer?.flush(state));
  }

  close(end: SessionEnd): void {
    this.marker(end.exitCode === null ? end.state : `${end.state} (${end.exitCode})`, end.elapsedMs);
    this.attempt(() => {
      if (this.#writer === undefined) return;
      const cut = this.#writer.close(end.elapsedMs).bytesNotRecorded;
      this.#writer = undefined;
      this.#bytesMissing += cut;
      if (!existsSync(this.#path)) this.fail(new Error('its file was removed'));
      if (cut === 0) return;
      this.#problem ??= {
        kind: 'recording',
        message: `the recording reached its size limit; ${cut} bytes after it are not in it`,
        hint: 'raise --max-recording, or set it to 0 for no limit',
      };
    });
  }

  /** Runs a step that writes beside the recording (the live file), under the same promise. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#bytesMissing += this.#writer?.bytesNotRecorded ?? 0;
      this.#writer = undefined;
      this.fail(error);
    }
  }

  /** Notes that something is missing from it. */
  fail(error: unknown): void {
    this.#problem ??= {
      kind: 'recording',
      message: `the recording could not be written in full: ${messageOf(error)}`,
      hint: 'check the disk and the folder that holds the database',
    };
  }
}
