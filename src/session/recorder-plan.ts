// What a recorder is told at its start and what it reports at its end: plain data that crosses the thread border.

import type { RiskLevel } from '../model/event.ts';
import type { NewSession, SessionState } from '../model/session.ts';
import type { PatternSet } from '../stream/pattern-set.ts';

export interface RecorderPlan {
  /** Not yet redacted, and without the version of the pattern set: the recorder completes it. */
  readonly session: NewSession;
  /** Wall-clock time of the session's start in epoch milliseconds; elapsed times count from here. */
  readonly startedAtMs: number;
  /** Database file; null when nothing is stored (without --enable-db). */
  readonly dbPath: string | null;
  /** The caller's pattern set; null for the built-in one, which the recorder has at hand. */
  readonly patterns: PatternSet | null;
  readonly record: boolean;
  /** Size cap of the recording in bytes; 0 for none. */
  readonly maxRecordingBytes: number;
  readonly mode: 'pty' | 'pipe';
  readonly cols: number;
  readonly rows: number;
  /** Whether the session is shown live, and may serve when nobody else does; null when it is not shown. */
  readonly live: { readonly mayServe: boolean } | null;
}

/** How the session ended. */
export interface SessionEnd {
  readonly state: SessionState;
  /** As a shell reports it. */
  readonly exitCode: number | null;
  readonly endedAt: string;
  readonly elapsedMs: number;
  /** Bytes that never reached the recorder. */
  readonly droppedBytes: number;
  readonly metadata: Record<string, unknown> | null;
}

/** Something that is missing, for the one note at the end. */
export interface Problem {
  readonly kind: 'database' | 'recording' | 'pattern' | 'recorder';
  /** One sentence. */
  readonly message: string;
  /** What to do. */
  readonly hint: string | null;
}

export interface RecorderReport {
  readonly lines: number;
  readonly events: number;
  readonly eventsByType: Readonly<Record<string, number>>;
  readonly highestRisk: RiskLevel;
  readonly bytesMissing: number;
  /** Whether everything that was found is in the database. */
  readonly stored: boolean;
  readonly problems: readonly Problem[];
}

/** The report of a recorder that cannot give one. */
export function lostReport(sessionId: string, reason: string, bytesMissing: number): RecorderReport {
  const problem: Problem = {
    kind: 'recorder',
    message: `the recorder of session ${sessionId} stopped: ${reason}`,
    hint: 'what reached the recording is stored by the next wrapper command on this database, or by `wrapper recover`',
  };
  return {
    lines: 0,
    events: 0,
    eventsByType: {},
    highestRisk: 'none',
    bytesMissing,
    stored: false,
    problems: [problem],
  };
}
