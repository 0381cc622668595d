// Rows of `process_sessions`, to and from the vocabulary of the model.

import type { NewSession, Session, SessionState } from '../model/session.ts';
import type { SqlValue } from './database.ts';
import { toText, toTimestamp } from './event-rows.ts';

/** What may change after a session was created; its state changes by `recordStateChange` only. */
export type SessionUpdates = Partial<Omit<Session, 'id' | 'sessionId' | 'state'>>;

const SESSION_COLUMNS =
  'agent_name, session_id, environment, started_at, ended_at, exit_code, total_lines_processed, ' +
  'total_extraction_events, total_feedback_outcomes, stdout_log_path, stderr_log_path, extraction_config_version, ' +
  'environment_config_version, state, pid, pid_start_ticks, boot_id, host, cwd, argv_json, command, wrapper_version, ' +
  'bytes_missing';

/** The columns of a SessionRow. */
export const SESSION_ROW = `id, ${SESSION_COLUMNS}`;

/** A row as `Database.rows` gives it, for `SESSION_ROW`. */
export type SessionRow = readonly [
  id: number,
  agentName: string,
  sessionId: string,
  environment: string | null,
  startedAt: string,
  endedAt: string | null,
  exitCode: number | null,
  totalLinesProcessed: number | null,
  totalExtractionEvents: number | null,
  totalFeedbackOutcomes: number | null,
  stdoutLogPath: string | null,
  stderrLogPath: string | null,
  extractionConfigVersion: string | null,
  environmentConfigVersion: string | null,
  state: string | null,
  pid: number | null,
  pidStartTicks: number | null,
  bootId: string | null,
  host: string | null,
  cwd: string | null,
  argvJson: string | null,
  command: string | null,
  wrapperVersion: string | null,
  bytesMissing: number | null,
];

type ColumnValues = Record<string, SqlValue>;

export function newSessionValues(session: NewSession): ColumnValues {
  return { session_id: session.sessionId, ...updatedColumns(session) };
}

/** Only the fields that are given; a field that is given as undefined is left alone. */
export function updatedColumns(updates: SessionUpdates): ColumnValues {
  const values: ColumnValues = {};
  const put = (column: string, value: SqlValue | undefined) => {
    if (value !== undefined) values[column] = value;
  };
  put('agent_name', updates.agentName);
  put('environment', updates.environment);
  put('started_at', updates.startedAt);
  put('ended_at', updates.endedAt);
  put('exit_code', updates.exitCode);
  put('total_lines_processed', updates.totalLinesProcessed);
  put('total_extraction_events', updates.totalExtractionEvents);
  put('total_feedback_outcomes', updates.totalFeedbackOutcomes);
  put('stdout_log_path', updates.stdoutLogPath);
  put('stderr_log_path', updates.stderrLogPath);
  put('extraction_config_version', updates.extractionConfigVersion);
  put('environment_config_version', updates.environmentConfigVersion);
  if (updates.owner !== undefined) {
    put('pid', updates.owner?.pid ?? null);
    put('pid_start_ticks', updates.owner?.startTicks ?? null);
    put('boot_id', updates.owner?.bootId ?? null);
    put('host', updates.owner?.host ?? null);
  }
  put('cwd', updates.cwd);
  if (updates.argv !== undefined) put('argv_json', updates.argv && JSON.stringify(updates.argv));
  put('command', updates.command);
  put('wrapper_version', updates.wrapperVersion);
  put('bytes_missing', updates.bytesMissing);
  return values;
}

export function toSession(row: SessionRow): Session {
  return {
    id: row[0],
    sessionId: toText(row[2]),
    agentName: toText(row[1]),
    environment: toText(row[3]),
    startedAt: toTimestamp(row[4]),
    endedAt: row[5] === null ? null : toTimestamp(row[5]),
    exitCode: row[6],
    totalLinesProcessed: row[7] ?? 0,
    totalExtractionEvents: row[8] ?? 0,
    totalFeedbackOutcomes: row[9] ?? 0,
    stdoutLogPath: toText(row[10]),
    stderrLogPath: toText(row[11]),
    extractionConfigVersion: toText(row[12]),
    environmentConfigVersion: toText(row[13]),
    state: toText(row[14]) as SessionState | null,
    owner:
      row[15] === null
        ? null
        : { pid: row[15], startTicks: row[16], bootId: toText(row[17]), host: toText(row[18]) ?? '' },
    cwd: toText(row[19]),
    argv: toArgv(row[20]),
    command: toText(row[21]),
    wrapperVersion: toText(row[22]),
    bytesMissing: row[23] ?? 0,
  };
}

/** The key by which lists of sessions are ordered. */
export function sessionKey(row: SessionRow): readonly [startedAt: string, id: number] {
  return [row[4], row[0]];
}

function toArgv(text: string | null): string[] | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map(String) : null;
  } catch {
    // Written by hand; the column is for display.
    return null;
  }
}
