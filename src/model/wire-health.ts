// What `/api/health` answers, as zod schema.

import { z } from 'zod';
import { timestampSchema } from './wire.ts';

export const healthSchema = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    pid: z.int(),
    started_at: timestampSchema,
    uptime_ms: z.number(),
    database: z.object({
      /** Tells whether two wrappers serve the same database. */
      id: z.string(),
      /** False until a first session has made the file. */
      exists: z.boolean(),
      /** With its write-ahead log. */
      bytes: z.int(),
      schema_version: z.int(),
    }),
    sessions: z.object({
      total: z.int(),
      active: z.int(),
      /** Those that have not ended, the newest first, at most 100. */
      running: z.array(
        z.object({
          session_id: z.string(),
          agent_name: z.string(),
          state: z.string().nullable(),
          started_at: timestampSchema,
          /** These two are of the last event that was seen, stored or not. */
          last_seq: z.int(),
          last_event_at: timestampSchema.nullable(),
        }),
      ),
    }),
    queries: z.object({
      total: z.int(),
      /** Those that took longer than `slow_after_ms`. */
      slow: z.int(),
      slow_after_ms: z.number(),
      p50_ms: z.number(),
      p99_ms: z.number(),
      max_ms: z.number(),
    }),
    requests: z.object({
      total: z.int(),
      in_flight: z.int(),
      /** Status 0 is a client that went away before the answer. */
      by_status: z.record(z.string(), z.int()),
    }),
  })
  .meta({ id: 'Health' });
export type HealthDocument = z.infer<typeof healthSchema>;
