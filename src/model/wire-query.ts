// What the query endpoints answer, as zod schemas; query-documents.ts makes such objects.

import { z } from 'zod';
import { codeBlockSchema, eventSchema, sessionSchema, stateChangeSchema, timestampSchema } from './wire.ts';

const countsSchema = z.record(z.string(), z.int());

/** What every list has besides its rows. */
const pageFields = {
  /** All rows that match, on every page; null when it was not asked for and where rows are not counted. */
  total: z.int().nullable(),
  /** There may be more than `total`. */
  total_is_lower_bound: z.boolean(),
  /** From 1; null on a page that was reached by a cursor. */
  page: z.int().nullable(),
  limit: z.int(),
  /** Where the next page begins; null on the last one. */
  next_cursor: z.string().nullable(),
  /**
   * False when the work for one page was done before the page was full; `next_cursor` goes on. Where that is null, there is
   * more that the query does not reach.
   */
  complete: z.boolean(),
};

export const extractionsSchema = z
  .object({ extractions: z.array(eventSchema), ...pageFields })
  .meta({ id: 'Extractions' });

export const codeBlocksSchema = z
  .object({ code_blocks: z.array(codeBlockSchema), ...pageFields })
  .meta({ id: 'CodeBlocks' });

export const sessionsSchema = z
  .object({ sessions: z.array(sessionSchema), ...pageFields })
  .meta({ id: 'Sessions' });

export const sessionDetailSchema = z
  .object({
    session: sessionSchema,
    /** In the order in which they happened. */
    state_changes: z.array(stateChangeSchema),
    total_extractions: z.int(),
    extractions_by_type: countsSchema,
    extractions_by_risk: countsSchema,
    /** Null when none was kept. */
    recording: z
      .object({
        path: z.string(),
        /** Null when the file is gone. */
        bytes: z.int().nullable(),
        duration_ms: z.number().nullable(),
        has_keyframes: z.boolean(),
      })
      .nullable(),
  })
  .meta({ id: 'SessionDetail' });
export type SessionDetailDocument = z.infer<typeof sessionDetailSchema>;

export const agentStatsSchema = z
  .object({
    agent_name: z.string(),
    total_sessions: z.int(),
    total_extractions: z.int(),
    extractions_by_type: countsSchema,
    extractions_by_pattern: countsSchema,
    extractions_by_risk: countsSchema,
    /** Sessions that ended with exit code 0 / sessions that ended; null when none has ended. */
    success_rate: z.number().nullable(),
    completed_sessions: z.int(),
    failed_sessions: z.int(),
    killed_sessions: z.int(),
    lost_sessions: z.int(),
    active_sessions: z.int(),
    total_lines_processed: z.int(),
    /** Of the latest 200 sessions that have ended. */
    durations: z
      .object({
        sessions: z.int(),
        average_ms: z.number(),
        p50_ms: z.number(),
        p95_ms: z.number(),
        longest_ms: z.number(),
      })
      .nullable(),
    errors: z.object({
      /** Of type `error`. */
      events: z.int(),
      stack_traces: z.int(),
      /** That ended with another exit code than 0. */
      sessions: z.int(),
    }),
    first_seen_at: timestampSchema.nullable(),
    last_seen_at: timestampSchema.nullable(),
  })
  .meta({ id: 'AgentStatistics' });
export type AgentStatsDocument = z.infer<typeof agentStatsSchema>;

export const patternStatsSchema = z
  .object({
    pattern: z.string(),
    total_extractions: z.int(),
    extractions_by_agent: countsSchema,
    extractions_by_type: countsSchema,
    extractions_by_risk: countsSchema,
    first_seen_at: timestampSchema.nullable(),
    last_seen_at: timestampSchema.nullable(),
    /** UTC, oldest first, days without any included. */
    per_day: z.array(z.object({ day: z.string(), extractions: z.int() })),
    /** The latest first. */
    samples: z.array(eventSchema),
  })
  .meta({ id: 'PatternStatistics' });
export type PatternStatsDocument = z.infer<typeof patternStatsSchema>;

export const agentsSchema = z
  .object({
    /** Whoever was seen last first. */
    agents: z.array(
      z.object({
        agent_name: z.string(),
        total_sessions: z.int(),
        active_sessions: z.int(),
        total_extractions: z.int(),
        last_seen_at: timestampSchema.nullable(),
      }),
    ),
    total: z.int(),
  })
  .meta({ id: 'Agents' });
export type AgentsDocument = z.infer<typeof agentsSchema>;

export const timelineSchema = z
  .object({
    from: timestampSchema,
    to: timestampSchema,
    bucket: z.enum(['minute', 'hour', 'day', 'week']),
    /** A page of the events in the span. */
    timeline: z.array(eventSchema),
    /** Every bucket of the span, empty ones too. The first and the last are whole. UTC; weeks begin on Monday. */
    buckets: z.array(z.object({ start: timestampSchema, total: z.int(), extractions_by_type: countsSchema })),
    ...pageFields,
  })
  .meta({ id: 'Timeline' });
export type TimelineDocument = z.infer<typeof timelineSchema>;

const cellSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const answerSchema = z.union([
  z.number(),
  z.array(z.object({ value: cellSchema, count: z.int() })),
  z.array(z.object({ start: timestampSchema, count: z.int() })),
  z.object({
    count: z.int(),
    min: z.number().nullable(),
    max: z.number().nullable(),
    sum: z.number().nullable(),
    avg: z.number().nullable(),
  }),
]);

export const advancedResultSchema = z
  .object({
    /** Null when the query groups or aggregates. */
    rows: z.array(z.record(z.string(), cellSchema)).nullable(),
    groups: z
      .array(
        z.object({
          key: z.record(z.string(), cellSchema),
          count: z.int(),
          aggregations: z.record(z.string(), answerSchema),
        }),
      )
      .nullable(),
    ...pageFields,
    /** Rows that one query may look at; when there are more, `complete` is false and the newest were looked at. */
    scan_limit: z.int(),
  })
  .meta({ id: 'AdvancedResult' });
export type AdvancedResultDocument = z.infer<typeof advancedResultSchema>;
