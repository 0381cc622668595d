// Places a finding in its session: the one step from what the extractor reports to what a row holds, shared by the live
// recorder, by recovery and by re-extraction, so that all three write the same rows.

import type { BlockContent, CodeBlock, ExtractionEvent, Finding } from '../model/event.ts';
import type { NewSession } from '../model/session.ts';
import { isoTimestamp } from '../model/time.ts';

export interface Place {
  readonly session: Pick<NewSession, 'sessionId' | 'agentName'>;
  /** Wall-clock start of the session in epoch milliseconds. */
  readonly startedAtMs: number;
  readonly seq: number;
}

export function toEvent(finding: Finding, place: Place): ExtractionEvent {
  return {
    agentName: place.session.agentName,
    sessionId: place.session.sessionId,
    seq: place.seq,
    timestamp: isoTimestamp(place.startedAtMs + finding.elapsedMs),
    elapsedMs: Math.round(finding.elapsedMs),
    eventType: finding.eventType,
    pattern: finding.pattern,
    matchedValue: finding.matchedValue,
    originalLine: finding.originalLine,
    lineNumber: finding.lineNumber,
    stream: finding.stream,
    // The content is stored once for all sessions that print it; the event says which it was.
    metadata:
      finding.block === null ? finding.metadata : { ...finding.metadata, digest: finding.block.digest },
    codeBlockLanguage: finding.block?.language ?? null,
    riskLevel: finding.riskLevel,
    autoConfirmable: finding.autoConfirmable,
  };
}

export function toCodeBlock(block: BlockContent, event: ExtractionEvent): CodeBlock {
  return {
    agentName: event.agentName,
    sessionId: event.sessionId,
    timestamp: event.timestamp,
    language: block.language,
    content: block.content,
    lineStart: block.lineStart,
    lineEnd: block.lineEnd,
    context: block.context,
    parseable: block.parseable,
    digest: block.digest,
  };
}
