// The vocabulary of what is found in output: event types, risk levels, findings, events and code blocks.

/** The closed list of event types; documented in docs/PATTERNS.md. */
export const EVENT_TYPES = [
  'error',
  'warning',
  'stack_trace',
  'test_result',
  'file_change',
  'command',
  'confirmation',
  'code_block',
  'url',
  'secret',
  'git',
  'progress',
  'usage',
  'rate_limit',
  'state',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Risk levels in ascending order. */
export const RISK_LEVELS = ['none', 'low', 'medium', 'high', 'critical'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

/**
 * Where bytes came from. `stdout` and `stderr` are the two pipes of pipe mode, `pty` the pseudo-terminal, and
 * `output` one pipe that carries both, because the caller gave stdout and stderr the same open file.
 */
export const STREAM_NAMES = ['stdout', 'stderr', 'pty', 'output'] as const;
export type StreamName = (typeof STREAM_NAMES)[number];

/** JSON object kept in `metadata_json`; keys are snake_case. */
export type Metadata = Record<string, unknown>;

/** A fenced code block with the lines that its fences enclose. */
export interface BlockContent {
  readonly language: string | null;
  /** The lines between the fences joined with `\n`, without the fences. */
  readonly content: string;
  /** Line numbers of the opening and of the closing fence (or of the last line, when unterminated). */
  readonly lineStart: number;
  readonly lineEnd: number;
  /** Whether the content parses as its language; null where we cannot tell. */
  readonly parseable: boolean | null;
  /** SHA-256 of `content` in UTF-8, lower-case hexadecimal. */
  readonly digest: string;
  readonly context: Metadata | null;
}

/** What the extractor reports: one match of a pattern, one stack trace or one code block. Knows no session. */
export interface Finding {
  readonly eventType: EventType;
  /** Name of the pattern, or of the built-in recogniser (`python_traceback`, `code_block`, …). */
  readonly pattern: string;
  readonly matchedValue: string | null;
  readonly originalLine: string;
  /** Line number in the session, from 1, over all streams in the order in which lines were completed. */
  readonly lineNumber: number;
  readonly stream: StreamName;
  /** Milliseconds from the start of the session to the chunk that completed the line. */
  readonly elapsedMs: number;
  readonly metadata: Metadata | null;
  readonly riskLevel: RiskLevel;
  readonly autoConfirmable: boolean;
  /** Only for `code_block`. */
  readonly block: BlockContent | null;
}

/** A finding placed in a session: what a row of `extraction_events` holds. */
export interface ExtractionEvent {
  readonly agentName: string;
  readonly sessionId: string;
  /** Number of the event within its session, from 1, without holes; unique with `sessionId`. */
  readonly seq: number;
  /** ISO-8601 UTC with milliseconds. */
  readonly timestamp: string;
  readonly elapsedMs: number | null;
  readonly eventType: EventType;
  readonly pattern: string;
  readonly matchedValue: string | null;
  readonly originalLine: string | null;
  readonly lineNumber: number | null;
  readonly stream: StreamName | null;
  readonly metadata: Metadata | null;
  readonly codeBlockLanguage: string | null;
  readonly riskLevel: RiskLevel | null;
  readonly autoConfirmable: boolean;
}

/** A code block placed in a session: what a row of `code_blocks` holds. */
export interface CodeBlock {
  readonly agentName: string;
  readonly sessionId: string;
  readonly timestamp: string;
  readonly language: string | null;
  readonly content: string;
  readonly lineStart: number | null;
  readonly lineEnd: number | null;
  readonly context: Metadata | null;
  readonly parseable: boolean | null;
  readonly digest: string;
}

/** An event as it was read, with the id of its row. */
export interface StoredEvent extends ExtractionEvent {
  readonly id: number;
}

/** A code block as it was read, with the id of its row. */
export interface StoredBlock extends CodeBlock {
  readonly id: number;
}
