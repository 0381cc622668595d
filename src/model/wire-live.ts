// The JSON of the live stream and of commands to sessions: what a client sends over a WebSocket, and what it is answered.
// The messages about sessions themselves (event, state, output, screen, gap) are in wire.ts.

import { z } from 'zod';
import { CONTROL_COMMANDS, DEFAULT_GRACE_MS, LONGEST_GRACE_MS } from './control.ts';
import { EVENT_TYPES } from './event.ts';
import { ANY_SESSION_ID } from './ids.ts';
import { sessionSchema, sessionStateSchema, timestampSchema } from './wire.ts';

export const LIVE_PROTOCOL = 1;
const LONGEST_NAME = 1024;
const MOST_NAMES = 512;
/** What fits into one message beside its frame. */
const LONGEST_INPUT = 48 * 1024;
const LARGEST_SIDE = 1000;

const sessionId = z.string().regex(ANY_SESSION_ID, 'is no session id');
const requestId = z.string().min(1).max(128);
const reason = z.string().max(LONGEST_NAME).nullable();
const positions = z.record(sessionId, z.int().nonnegative());

/** First message on every connection. */
export const connectedSchema = z
  .object({
    type: z.literal('connected'),
    protocol: z.literal(LIVE_PROTOCOL),
    version: z.string(),
    server_time: z.string(),
    /** Sessions that run now, each with its last event that was seen, stored or not. */
    sessions: z.array(sessionSchema.extend({ last_seq: z.int(), last_event_at: timestampSchema.nullable() })),
    /** Stands for now: `after` it comes what happens from here on. */
    cursor: z.string(),
  })
  .meta({ id: 'LiveConnected' });
export type ConnectedDocument = z.infer<typeof connectedSchema>;

/** What to show from now on; a second one takes the place of the first. */
export const subscribeSchema = z
  .strictObject({
    type: z.literal('subscribe'),
    request_id: requestId.optional(),
    agents: z.array(z.string().max(LONGEST_NAME)).max(MOST_NAMES).optional(),
    sessions: z.array(sessionId).max(MOST_NAMES).optional(),
    types: z.array(z.enum(EVENT_TYPES)).optional(),
    output: z.boolean().optional(),
    /** Arrays of messages instead of single ones, whenever several come at once. */
    batch: z.boolean().optional(),
    /**
     * Begin after this: a cursor; or the number of the last event of each session; or both, where the numbers go beyond
     * the cursor. Without it nothing of the past is sent.
     */
    after: z
      .union([
        z.string().max(32_768),
        z.strictObject({ cursor: z.string().max(32_768), sessions: positions.optional() }),
        positions,
      ])
      .optional(),
  })
  .meta({ id: 'LiveSubscribe' });
export type SubscribeMessage = z.infer<typeof subscribeSchema>;

/** The body of `POST /api/sessions/{id}/…`, and what each command takes besides over a WebSocket. */
export const controlBodySchema = z
  .strictObject({
    /** Why; kept with the state change. */
    reason: reason.optional(),
    /** Who asks, in a word or two; kept with the state change. */
    by: z.string().min(1).max(64).optional(),
    /** With 16 characters or more: repeating the request does not repeat the deed. */
    request_id: requestId.optional(),
  })
  .meta({ id: 'ControlBody' });
export const killBodySchema = controlBodySchema
  .extend({
    /** How long the command may take to end before it is killed. */
    grace_ms: z.int().nonnegative().max(LONGEST_GRACE_MS).default(DEFAULT_GRACE_MS),
  })
  .meta({ id: 'KillBody' });
export const inputBodySchema = controlBodySchema
  .extend({
    text: z.string().max(LONGEST_INPUT),
    /** Press Enter after the text. */
    enter: z.boolean().default(false),
  })
  .meta({ id: 'InputBody' });
export const resizeBodySchema = controlBodySchema
  .extend({ cols: z.int().min(1).max(LARGEST_SIDE), rows: z.int().min(1).max(LARGEST_SIDE) })
  .meta({ id: 'ResizeBody' });

const commandHead = { type: z.literal('command'), session_id: sessionId, request_id: requestId };
export const commandSchema = z
  .discriminatedUnion('command', [
    z.strictObject({ ...commandHead, command: z.literal('get_state') }),
    controlBodySchema.extend({ ...commandHead, command: z.literal('pause') }),
    controlBodySchema.extend({ ...commandHead, command: z.literal('resume') }),
    killBodySchema.extend({ ...commandHead, command: z.literal('kill') }),
    inputBodySchema.extend({ ...commandHead, command: z.literal('send_input') }),
    resizeBodySchema.extend({ ...commandHead, command: z.literal('resize') }),
  ])
  .meta({ id: 'LiveCommand' });
export type CommandMessage = z.infer<typeof commandSchema>;

/** What became of a command. */
export const controlResultSchema = z
  .object({
    ok: z.literal(true),
    request_id: z.string(),
    session_id: z.string(),
    command: z.enum(CONTROL_COMMANDS),
    /** What was done: `processes`, `signal`, `bytes`, … */
    result: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'ControlResult' });

/** How a session is at the moment. */
export const sessionStateDocumentSchema = z
  .object({
    session_id: z.string(),
    agent_name: z.string(),
    state: sessionStateSchema.nullable(),
    /** When it came into this state, and why; what was done to it there since is not meant. */
    since: z.string(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    last_seq: z.int(),
    /** Whether commands can reach it. */
    reachable: z.boolean(),
  })
  .meta({ id: 'SessionStateNow' });
export type SessionStateDocument = z.infer<typeof sessionStateDocumentSchema>;
