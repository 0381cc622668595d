// Makes the JSON objects of wire.ts from the vocabulary of the model: used by the command line, the API, live events and
// exports alike, so that a shape is made in one place.

import type { CodeBlock, ExtractionEvent, StoredBlock, StoredEvent } from './event.ts';
import type { Session, StateChange } from './session.ts';
import type {
  CodeBlockDocument,
  EventDocument,
  ExportedBlockDocument,
  ExportedEventDocument,
  ExportedSessionDocument,
  LiveEventDocument,
  SessionDocument,
  StateChangeDocument,
} from './wire.ts';

export function sessionDocument(session: Session): SessionDocument {
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
    argv: session.argv === null ? null : [...session.argv],
    cwd: session.cwd,
    stdout_log_path: session.stdoutLogPath,
    stderr_log_path: session.stderrLogPath,
    extraction_config_version: session.extractionConfigVersion,
    environment_config_version: session.environmentConfigVersion,
    wrapper_version: session.wrapperVersion,
  };
}

export function stateChangeDocument(change: StateChange): StateChangeDocument {
  return {
    timestamp: change.timestamp,
    state: change.state,
    exit_code: change.exitCode,
    metadata: change.metadata,
  };
}

export function eventDocument(event: StoredEvent): EventDocument {
  return { id: event.id, ...eventFields(event) };
}

/** As it is pushed, before or after it is stored. */
export function liveEventDocument(event: ExtractionEvent): LiveEventDocument {
  return { type: 'event', ...eventFields(event), seq: event.seq };
}

function eventFields(event: ExtractionEvent): Omit<EventDocument, 'id'> {
  return {
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

export function codeBlockDocument(block: StoredBlock): CodeBlockDocument {
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

export function exportedSessionDocument(session: Session): ExportedSessionDocument {
  const { stdout_log_path: _stdout, stderr_log_path: _stderr, ...rest } = sessionDocument(session);
  return rest;
}

export function exportedEventDocument(event: ExtractionEvent): ExportedEventDocument {
  return eventFields(event);
}

export function exportedBlockDocument(block: CodeBlock): ExportedBlockDocument {
  const { id: _id, ...rest } = codeBlockDocument({ ...block, id: 0 });
  return rest;
}
