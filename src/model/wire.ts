// The JSON of the product as zod schemas: what the HTTP API answers, what WebSocket and SSE push, what exports contain.
// The types are derived from them; documents.ts makes such objects. Keys are snake_case, times ISO-8601 UTC with
// milliseconds, durations milliseconds, unknown is null. Keys are only ever added.
//
// zod is slow to load: a wrapped run imports types from here and nothing else.

import { z } from 'zod';
import { EVENT_TYPES, RISK_LEVELS, STREAM_NAMES } from './event.ts';
import { SESSION_STATES } from './session.ts';

const eventTypeSchema = z.enum(EVENT_TYPES).meta({ id: 'EventType' });
const riskLevelSchema = z.enum(RISK_LEVELS).meta({ id: 'RiskLevel' });
export const sessionStateSchema = z.enum(SESSION_STATES).meta({ id: 'SessionState' });
export const timestampSchema = z
  .string()
  .meta({ format: 'date-time', examples: ['2026-02-10T10:30:00.000Z'] });
const metadataSchema = z.record(z.string(), z.unknown());

/** A row of `process_sessions`. */
export const sessionSchema = z
  .object({
    session_id: z.string(),
    agent_name: z.string(),
    state: sessionStateSchema.nullable(),
    environment: z.string().nullable(),
    started_at: timestampSchema,
    ended_at: timestampSchema.nullable(),
    duration_ms: z.number().nullable(),
    exit_code: z.int().nullable(),
    total_lines_processed: z.int(),
    total_extraction_events: z.int(),
    total_feedback_outcomes: z.int(),
    bytes_missing: z.int(),
    command: z.string().nullable(),
    argv: z.array(z.string()).nullable(),
    cwd: z.string().nullable(),
    stdout_log_path: z.string().nullable(),
    stderr_log_path: z.string().nullable(),
    extraction_config_version: z.string().nullable(),
    environment_config_version: z.string().nullable(),
    wrapper_version: z.string().nullable(),
  })
  .meta({ id: 'Session' });
export type SessionDocument = z.infer<typeof sessionSchema>;

/** A row of `process_state_changes`. */
export const stateChangeSchema = z
  .object({
    timestamp: timestampSchema,
    state: sessionStateSchema,
    exit_code: z.int().nullable(),
    metadata: metadataSchema.nullable(),
  })
  .meta({ id: 'StateChange' });
export type StateChangeDocument = z.infer<typeof stateChangeSchema>;

/** What every form of an event has: a stored row has an id besides, a live event a type. */
const eventFields = {
  agent_name: z.string(),
  session_id: z.string(),
  /** Null for a row that was written by hand. */
  seq: z.int().nullable(),
  timestamp: timestampSchema,
  elapsed_ms: z.number().nullable(),
  event_type: eventTypeSchema,
  pattern: z.string(),
  matched_value: z.string().nullable(),
  original_line: z.string().nullable(),
  line_number: z.int().nullable(),
  stream: z.enum(STREAM_NAMES).nullable(),
  metadata: metadataSchema.nullable(),
  code_block_language: z.string().nullable(),
  risk_level: riskLevelSchema.nullable(),
  auto_confirmable: z.boolean(),
};

/** A row of `extraction_events`. */
export const eventSchema = z.object({ id: z.int(), ...eventFields }).meta({ id: 'ExtractionEvent' });
export type EventDocument = z.infer<typeof eventSchema>;

/** An event as it is pushed; it may not be stored yet and has no id. */
export const liveEventSchema = z
  .object({ type: z.literal('event'), ...eventFields, seq: z.int() })
  .meta({ id: 'LiveEvent' });
export type LiveEventDocument = z.infer<typeof liveEventSchema>;

/** A row of `code_blocks`. */
export const codeBlockSchema = z
  .object({
    id: z.int(),
    digest: z.string().nullable(),
    agent_name: z.string(),
    session_id: z.string(),
    timestamp: timestampSchema,
    language: z.string().nullable(),
    content: z.string(),
    line_start: z.int().nullable(),
    line_end: z.int().nullable(),
    context: metadataSchema.nullable(),
    parseable: z.boolean().nullable(),
  })
  .meta({ id: 'CodeBlock' });
export type CodeBlockDocument = z.infer<typeof codeBlockSchema>;

/** A state change as it is pushed. */
export const liveStateSchema = z
  .object({
    type: z.literal('state'),
    session_id: z.string(),
    agent_name: z.string(),
    /** Number of the change within its session, from 1. */
    state_seq: z.int(),
    timestamp: timestampSchema,
    state: sessionStateSchema,
    exit_code: z.int().nullable(),
    metadata: metadataSchema.nullable(),
  })
  .meta({ id: 'LiveState' });
export type LiveStateDocument = z.infer<typeof liveStateSchema>;

/** Output as it is pushed to subscribers who asked for it. */
export const liveOutputSchema = z
  .object({
    type: z.literal('output'),
    session_id: z.string(),
    elapsed_ms: z.number(),
    stream: z.enum(STREAM_NAMES),
    data: z.string(),
  })
  .meta({ id: 'LiveOutput' });
export type LiveOutputDocument = z.infer<typeof liveOutputSchema>;

/** The screen of a session: escape sequences that draw it on a cleared terminal of that size. */
export const liveScreenSchema = z
  .object({
    type: z.literal('screen'),
    session_id: z.string(),
    cols: z.int(),
    rows: z.int(),
    elapsed_ms: z.number(),
    data: z.string(),
  })
  .meta({ id: 'LiveScreen' });
export type LiveScreenDocument = z.infer<typeof liveScreenSchema>;

/** What a subscriber missed: events, or output, after which a fresh screen follows. */
export const liveGapSchema = z
  .object({
    type: z.literal('gap'),
    session_id: z.string(),
    output: z.literal(true).optional(),
    from_seq: z.int().optional(),
    to_seq: z.int().optional(),
    count: z.int().optional(),
  })
  .meta({ id: 'LiveGap' });
export type LiveGapDocument = z.infer<typeof liveGapSchema>;

/** A session as it leaves the machine: without the places of its files. */
export const exportedSessionSchema = sessionSchema
  .omit({ stdout_log_path: true, stderr_log_path: true })
  .meta({ id: 'ExportedSession' });
export type ExportedSessionDocument = z.infer<typeof exportedSessionSchema>;

/** An event without the id of its row, which means nothing elsewhere. */
export const exportedEventSchema = z.object(eventFields).meta({ id: 'ExportedEvent' });
export type ExportedEventDocument = z.infer<typeof exportedEventSchema>;

/** A code block as this session printed it, whichever session printed it first. */
export const exportedBlockSchema = codeBlockSchema.omit({ id: true }).meta({ id: 'ExportedCodeBlock' });
export type ExportedBlockDocument = z.infer<typeof exportedBlockSchema>;

/** One event of a recording: `o` output, `i` input, `r` resize, `m` marker. */
export const recordedPieceSchema = z
  .object({
    /** To the microsecond. */
    elapsed_ms: z.number(),
    code: z.string(),
    /** Null for other codes than `o`. */
    stream: z.enum(STREAM_NAMES).nullable(),
    data: z.string(),
  })
  .meta({ id: 'RecordedPiece' });
export type RecordedPieceDocument = z.infer<typeof recordedPieceSchema>;

/** A whole session: the `json` export. The `jsonl` export has the same objects, one a line, each with a `type`. */
export const sessionExportSchema = z
  .object({
    schema_version: z.literal(1),
    format: z.literal('wrapper-session'),
    session: exportedSessionSchema,
    state_changes: z.array(stateChangeSchema),
    events: z.array(exportedEventSchema),
    code_blocks: z.array(exportedBlockSchema),
    recording: z
      .object({
        /** Of an asciicast v2 file. */
        header: z.record(z.string(), z.unknown()),
        events: z.array(recordedPieceSchema),
      })
      .nullable(),
  })
  .meta({ id: 'SessionExport' });

/** The `har` export: HTTP Archive 1.2, whose own schema says the rest. */
export const harSchema = z
  .object({
    log: z.object({
      version: z.literal('1.2'),
      creator: z.object({ name: z.string(), version: z.string() }),
      pages: z.array(z.record(z.string(), z.unknown())),
      entries: z.array(z.record(z.string(), z.unknown())),
      comment: z.string().optional(),
    }),
  })
  .meta({ id: 'HttpArchive' });
