// The machine form of what is stored: snake_case keys as in the HTTP documents, times in ISO-8601 UTC, durations in
// milliseconds, unknown as null. Keys are only ever added; `schema_version` would change if one had to go.

import type { StoredBlock, StoredEvent } from '../data/event-rows.ts';
import type { Session, StateChange } from '../model/session.ts';

const SCHEMA_VERSION = 1;

/** A document around named contents. */
export function documentOf(contents: Record<string, unknown>): string {
  return `${escapeRest(JSON.stringify({ schema_version: SCHEMA_VERSION, ...contents }, null, 2))}\n`;
}

/** One object on a line. */
export function lineOf(contents: Record<string, unknown>): string {
  return `${escapeRest(JSON.stringify(contents))}\n`;
}

/** JSON leaves DEL and the C1 controls as they are, which a terminal would obey. */
function escapeRest(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

export function sessionDocument(session: Session): Record<string, unknown> {
  return {
    session_id: session.sessionId,
    agent_name: session.agentName,
    state: session.state,
    environment: session.environment,
    started_at: session.startedAt,
    ended_at: session.endedAt,
    duration_ms:
      session.endedAt === null ? null : Date.parse(session.endedAt) - Date.parse(session.startedAt),
    exit_code: session.exitCode,
    total_lines_processed: session.totalLinesProcessed,
    total_extraction_events: session.totalExtractionEvents,
    total_feedback_outcomes: session.totalFeedbackOutcomes,
    bytes_missing: session.bytesMissing,
    command: session.command,
    argv: session.argv,
    cwd: session.cwd,
    stdout_log_path: session.stdoutLogPath,
    stderr_log_path: session.stderrLogPath,
    extraction_config_version: session.extractionConfigVersion,
    environment_config_version: session.environmentConfigVersion,
    wrapper_version: session.wrapperVersion,
  };
}

export function stateChangeDocument(change: StateChange): Record<string, unknown> {
  return {
    timestamp: change.timestamp,
    state: change.state,
    exit_code: change.exitCode,
    metadata: change.metadata,
  };
}

export function eventDocument(event: StoredEvent): Record<string, unknown> {
  return {
    id: event.id,
    agent_name: event.agentName,
    session_id: event.sessionId,
    // A row written by hand has no number.
    seq: event.seq === 0 ? null : event.seq,
    timestamp: event.timestamp,
    elapsed_ms: event.elapsedMs,
    event_type: event.eventType,
    pattern: event.pattern,
    matched_value: event.matchedValue,
    original_line: event.originalLine,
    line_number: event.lineNumber,
    stream: event.stream,
    metadata: event.metadata,
    code_block_language: event.codeBlockLanguage,
    risk_level: event.riskLevel,
    auto_confirmable: event.autoConfirmable,
  };
}

export function codeBlockDocument(block: StoredBlock): Record<string, unknown> {
  return {
    id: block.id,
    digest: block.digest === '' ? null : block.digest,
    agent_name: block.agentName,
    session_id: block.sessionId,
    timestamp: block.timestamp,
    language: block.language,
    content: block.content,
    line_start: block.lineStart,
    line_end: block.lineEnd,
    context: block.context,
    parseable: block.parseable,
  };
}
