// Items of an archive as what the stores take: back from the documents of an export, redacted.

import type { CodeBlock, ExtractionEvent } from '../../model/event.ts';
import type { NewSession, StateChange } from '../../model/session.ts';
import type {
  ExportedBlockDocument,
  ExportedEventDocument,
  ExportedSessionDocument,
  StateChangeDocument,
} from '../../model/wire.ts';
import type { TextRedactor } from '../redacted-texts.ts';
import { digestOf } from './archive-items.ts';

/** Its process is not here, and never was: the session has no owner. */
export function newSessionOf(document: ExportedSessionDocument, redactor: TextRedactor): NewSession {
  return redactor.session({
    sessionId: document.session_id,
    agentName: document.agent_name,
    environment: document.environment,
    startedAt: document.started_at,
    stdoutLogPath: null,
    stderrLogPath: null,
    extractionConfigVersion: document.extraction_config_version,
    environmentConfigVersion: document.environment_config_version,
    owner: null,
    cwd: document.cwd,
    argv: document.argv,
    command: document.command,
    wrapperVersion: document.wrapper_version,
  });
}

export function stateChangeOf(
  sessionId: string,
  document: StateChangeDocument,
  redactor: TextRedactor,
): StateChange {
  const { timestamp, state, exit_code: exitCode, metadata } = document;
  return redactor.stateChange({ sessionId, timestamp, state, exitCode, metadata });
}

/** `seq` is 0 for an event that has no number. */
export function eventOf(document: ExportedEventDocument, redactor: TextRedactor): ExtractionEvent {
  return redactor.event({
    agentName: document.agent_name,
    sessionId: document.session_id,
    seq: document.seq ?? 0,
    timestamp: document.timestamp,
    elapsedMs: document.elapsed_ms,
    eventType: document.event_type,
    pattern: document.pattern,
    matchedValue: document.matched_value,
    originalLine: document.original_line,
    lineNumber: document.line_number,
    stream: document.stream,
    metadata: document.metadata,
    codeBlockLanguage: document.code_block_language,
    riskLevel: document.risk_level,
    autoConfirmable: document.auto_confirmable,
  });
}

/** A content that had to be redacted, or came without a digest, gets its own. */
export function blockOf(document: ExportedBlockDocument, redactor: TextRedactor): CodeBlock {
  const block = redactor.block({
    agentName: document.agent_name,
    sessionId: document.session_id,
    timestamp: document.timestamp,
    language: document.language,
    content: document.content,
    lineStart: document.line_start,
    lineEnd: document.line_end,
    context: document.context,
    parseable: document.parseable,
    digest: document.digest ?? '',
  });
  const isAsItWas = block.content === document.content && block.digest !== '';
  return isAsItWas ? block : { ...block, digest: digestOf(block.content) };
}
