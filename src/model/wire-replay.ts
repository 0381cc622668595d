// The JSON of a replay: what is sent over SSE and WebSocket, what controls it, what it answers. Every message has a type
// and the place on the time line of the session at which it stands, in milliseconds since the session's start.

import { z } from 'zod';
import { FASTEST, SLOWEST } from './replay-speed.ts';
import {
  eventSchema,
  liveOutputSchema,
  liveScreenSchema,
  sessionSchema,
  stateChangeSchema,
  timestampSchema,
} from './wire.ts';

const offset = { offset_ms: z.number() };
const ofSession = { ...offset, session_id: z.string() };

/** Where a replay is and how it goes on. */
export const replayStateSchema = z
  .object({
    replay_id: z.string(),
    session_id: z.string(),
    position_ms: z.number(),
    duration_ms: z.number(),
    speed: z.number(),
    idle_limit_ms: z.number().nullable(),
    playing: z.boolean(),
    /** Everything has been sent; a seek goes back. */
    finished: z.boolean(),
  })
  .meta({ id: 'ReplayState' });
export type ReplayStateDocument = z.infer<typeof replayStateSchema>;

const replaySessionStartSchema = z
  .object({
    type: z.literal('session_start'),
    ...offset,
    ...replayStateSchema.omit({ position_ms: true, session_id: true }).shape,
    session: sessionSchema,
    /** Size of the terminal at this place; null when nothing of the output was recorded. */
    terminal: z.object({ cols: z.int(), rows: z.int() }).nullable(),
    /** Whether output is part of this replay. */
    output: z.boolean(),
    /** Whether it goes on behind what the client has already. */
    resumed: z.boolean(),
  })
  .meta({ id: 'ReplaySessionStart' });
const replayExtractionSchema = z
  .object({ type: z.literal('extraction'), ...offset, ...eventSchema.shape })
  .meta({ id: 'ReplayExtraction' });
const replayStateChangeSchema = z
  .object({ type: z.literal('state_change'), ...ofSession, ...stateChangeSchema.shape })
  .meta({ id: 'ReplayStateChange' });
const replayOutputSchema = liveOutputSchema.extend(offset).meta({ id: 'ReplayOutput' });
const replayResizeSchema = z
  .object({ type: z.literal('resize'), ...ofSession, cols: z.int(), rows: z.int() })
  .meta({ id: 'ReplayResize' });
const replayMarkerSchema = z
  .object({ type: z.literal('marker'), ...ofSession, label: z.string() })
  .meta({ id: 'ReplayMarker' });
const replayInputSchema = z
  .object({ type: z.literal('input'), ...ofSession, data: z.string() })
  .meta({ id: 'ReplayInput' });
/** The screen at a place to which the replay has jumped; with output only. */
const replayScreenSchema = liveScreenSchema.extend(offset).meta({ id: 'ReplayScreen' });
/** The replay was paused, resumed, moved, or plays at another speed. */
const replayChangedSchema = z
  .object({ type: z.literal('replay_state'), ...offset, ...replayStateSchema.shape })
  .meta({ id: 'ReplayChanged' });
const replayCompleteSchema = z
  .object({
    type: z.literal('replay_complete'),
    ...ofSession,
    replay_id: z.string(),
    /**
     * `end`: all of it was sent; `stopped`: by request; `idle`: it stood still for too long; `closing`: the server ends,
     * and another one goes on from the last id.
     */
    reason: z.enum(['end', 'stopped', 'idle', 'closing']),
    /** What was sent. */
    extractions: z.int(),
    state_changes: z.int(),
    outputs: z.int(),
    output_bytes: z.int(),
  })
  .meta({ id: 'ReplayComplete' });

export const replayMessageSchema = z
  .discriminatedUnion('type', [
    replaySessionStartSchema,
    replayExtractionSchema,
    replayStateChangeSchema,
    replayOutputSchema,
    replayResizeSchema,
    replayMarkerSchema,
    replayInputSchema,
    replayScreenSchema,
    replayChangedSchema,
    replayCompleteSchema,
  ])
  .meta({ id: 'ReplayMessage' });
export type ReplayMessage = z.infer<typeof replayMessageSchema>;

/** Where to seek to: one of these. */
export const replaySeekSchema = z
  .union(
    [
      z.strictObject({ position_ms: z.number().min(0) }),
      z.strictObject({ timestamp: z.iso.datetime({ offset: true }) }),
      /** The place right before the event with this number. */
      z.strictObject({ seq: z.int().min(1) }),
      /** The moment at which the line with this number was complete. */
      z.strictObject({ line: z.int().min(1) }),
    ],
    { error: 'is not exactly one of position_ms, timestamp, seq and line' },
  )
  .meta({ id: 'ReplaySeek' });
export type ReplaySeek = z.infer<typeof replaySeekSchema>;

export const replaySpeedSchema = z
  .strictObject({ speed: z.number().min(SLOWEST).max(FASTEST) })
  .meta({ id: 'ReplaySpeed' });

/** A session as one document, without timing: what `format=json` answers. */
export const replayDocumentSchema = z
  .object({
    session: sessionSchema,
    duration_ms: z.number(),
    state_changes: z.array(stateChangeSchema),
    events: z.array(eventSchema),
    output: z.array(
      z.object({ elapsed_ms: z.number(), stream: z.string().nullable(), code: z.string(), data: z.string() }),
    ),
    /** When this was made. */
    exported_at: timestampSchema,
  })
  .meta({ id: 'ReplayDocument' });
