// The vocabulary of sessions: the row of `process_sessions`, states and state changes.

/** Every state that a session can be in, in the words of DESIGN.md. */
export const SESSION_STATES = [
  'started',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'killed',
  'lost',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** What identifies a process for good: a pid is reused, the three together are not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot (field 22 of /proc/PID/stat); null where unknown. */
  readonly startTicks: number | null;
  /** /proc/sys/kernel/random/boot_id; null where unknown. */
  readonly bootId: string | null;
  readonly host: string;
}

/** A new session, before anything has happened in it. */
export interface NewSession {
  readonly sessionId: string;
  readonly agentName: string;
  readonly environment: string | null;
  /** ISO-8601 UTC with milliseconds. */
  readonly startedAt: string;
  readonly stdoutLogPath: string | null;
  readonly stderrLogPath: string | null;
  readonly extractionConfigVersion: string | null;
  readonly environmentConfigVersion: string | null;
  /** The wrapper's own process, for recovery. */
  readonly owner: ProcessIdentity | null;
  readonly cwd: string | null;
  /** Exact argv of the command; `shell` commands are `["/bin/sh", "-c", "…"]`. */
  readonly argv: readonly string[] | null;
  /** The command as a person would type it; for display only. */
  readonly command: string | null;
  readonly wrapperVersion: string | null;
}

/** A row of `process_sessions`. */
export interface Session extends NewSession {
  readonly id: number;
  readonly endedAt: string | null;
  readonly exitCode: number | null;
  /** Latest state. */
  readonly state: SessionState | null;
  readonly totalLinesProcessed: number;
  readonly totalExtractionEvents: number;
  readonly totalFeedbackOutcomes: number;
  /** Bytes that could not be recorded; 0 when the recording is complete. */
  readonly bytesMissing: number;
}

/** A row of `process_state_changes`. */
export interface StateChange {
  readonly sessionId: string;
  readonly timestamp: string;
  readonly state: SessionState;
  readonly exitCode: number | null;
  readonly metadata: Record<string, unknown> | null;
}

/** Totals that are written when a session ends. */
export interface SessionStats {
  readonly totalLines: number;
  readonly totalExtractions: number;
  readonly bytesMissing?: number;
}
