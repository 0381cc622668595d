// Rows of `process_sessions`, to and from the vocabulary of the model.

import type { NewSession, Session, SessionState } from '../model/session.ts';
import type { SqlValue } from './database.ts';
import { toText, toTimestamp } from './event-rows.ts';

/** What may change after a session was created; its state changes by `recordStateChange` only. */
export type SessionUpdates = Partial<Omit<Session, 'id' | 'sessionId' | 'state'>>;

export const SESSION_COLUMNS =
  'agent_name, session_id, environment, started_at, ended_at, exit_code, total_lines_processed, ' +
  'total_extraction_events, total_feedback_outcomes, stdout_log_path, stderr_log_path, extraction_config_version, ' +
  'environment_config_version, state, pid, pid_start_ticks, boot_id, host, cwd, argv_json, command, wrapper_version, ' +
  'bytes_missing';

export interface SessionRow {
  id: number;
  agent_name: string;
  session_id: string;
  environment: string | null;
  started_at: string;
  ended_at: string | null;
  exit_code: number | null;
  total_lines_processed: number | null;
  total_extraction_events: number | null;
  total_feedback_outcomes: number | null;
  stdout_log_path: string | null;
  stderr_log_path: string | null;
  extraction_config_version: string | null;
  environment_config_version: string | null;
  state: string | null;
  pid: number | null;
  pid_start_ticks: number | null;
  boot_id: string | null;
  host: string | null;
  cwd: string | null;
  argv_json: string | null;
  command: string | null;
  wrapper_version: string | null;
  bytes_missing: number | null;
}

type ColumnValues = Partial<Record<keyof SessionRow, SqlValue>>;

export function newSessionValues(session: NewSession): ColumnValues {
  return { session_id: session.sessionId, ...updatedColumns(session) };
}

/** Only the fields that are given; a field that is given as undefined is left alone. */
export function updatedColumns(updates: SessionUpdates): ColumnValues {
  const values: ColumnValues = {};
  const put = (column: keyof SessionRow, value: SqlValue | undefined) => {
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
    id: row.id,
    sessionId: toText(row.session_id),
    agentName: toText(row.agent_name),
    environment: toText(row.environment),
    startedAt: toTimestamp(row.started_at),
    endedAt: row.ended_at === null ? null : toTimestamp(row.ended_at),
    exitCode: row.exit_code,
    totalLinesProcessed: row.total_lines_processed ?? 0,
    totalExtractionEvents: row.total_extraction_events ?? 0,
    totalFeedbackOutcomes: row.total_feedback_outcomes ?? 0,
    stdoutLogPath: toText(row.stdout_log_path),
    stderrLogPath: toText(row.stderr_log_path),
    extractionConfigVersion: toText(row.extraction_config_version),
    environmentConfigVersion: toText(row.environment_config_version),
    state: toText(row.state) as SessionState | null,
    owner:
      row.pid === null
        ? null
        : {
            pid: row.pid,
            startTicks: row.pid_start_ticks,
            bootId: toText(row.boot_id),
            host: toText(row.host) ?? '',
          },
    cwd: toText(row.cwd),
    argv: toArgv(row.argv_json),
    command: toText(row.command),
    wrapperVersion: toText(row.wrapper_version),
    bytesMissing: row.bytes_missing ?? 0,
  };
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
