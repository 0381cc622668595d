// `/api/replay`: a session again with its timing, as server-sent events, and the control of replays that are going on.

import { createRoute, z } from '@hono/zod-openapi';
import { FASTEST, SLOWEST } from '../../model/replay-speed.ts';
import {
  type ReplayStateDocument,
  replayDocumentSchema,
  replayMessageSchema,
  replaySeekSchema,
  replaySpeedSchema,
  replayStateSchema,
} from '../../model/wire-replay.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { flagParameter, oneOfParameter, queryOf, sessionIdSchema } from '../parameters.ts';
import { ApiProblem } from '../problem.ts';
import { replayDocument, streamOf } from '../replay/document.ts';
import { END_ID, eventStream } from '../replay/event-stream.ts';
import { openMaterial } from '../replay/material.ts';
import { parsePlaceId } from '../replay/place.ts';
import { PLACE_FORMS, parsePlace, parseSpan } from '../replay/position.ts';
import { replaysOf } from '../replay/registry.ts';

const EVENT_STREAM = 'text/event-stream; charset=utf-8';
const REPLAY_ID = /^rpl_[0-9a-f]{32}$/;

/** A number as JavaScript and JSON write it, and with nothing before its point. */
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

const speedParameter = z
  .string()
  .transform((text, context) => {
    const speed = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (speed >= SLOWEST && speed <= FASTEST) return speed;
    const range = speed < SLOWEST ? `less than ${SLOWEST}` : `more than ${FASTEST}`;
    context.addIssue({ code: 'custom', message: `is ${Number.isNaN(speed) ? 'not a number' : range}` });
    return z.NEVER;
  })
  .optional()
  .meta({
    description: `How fast, from ${SLOWEST} to ${FASTEST}; 1 by default.`,
    type: 'number',
    minimum: SLOWEST,
    maximum: FASTEST,
    examples: [2],
  });

const idleLimitParameter = z
  .string()
  .transform((text, context) => {
    const span = parseSpan(text, 'ms');
    if (span !== undefined) return span;
    context.addIssue({ code: 'custom', message: 'is not a span of time: 2000, 2s, 1500ms' });
    return z.NEVER;
  })
  .optional()
  .meta({
    description: 'Nothing is waited for longer than this, in milliseconds of the session or with a unit.',
    examples: ['2s'],
  });

const fromParameter = z
  .string()
  .transform((text, context) => {
    const place = parsePlace(text, 'ms');
    if (place !== undefined) return place;
    context.addIssue({ code: 'custom', message: `is no place. ${PLACE_FORMS}` });
    return z.NEVER;
  })
  .optional()
  .meta({ description: `Where to begin. ${PLACE_FORMS} A number alone is milliseconds.`, examples: ['90s'] });

/** The parameters of a replay, by SSE and by WebSocket. */
export const replayQuery = {
  speed: speedParameter,
  from: fromParameter,
  idle_limit: idleLimitParameter,
  output: flagParameter.optional().meta({ description: 'Recorded output, too; true by default.' }),
  follow: flagParameter
    .optional()
    .meta({ description: 'Go on with what a running session still does; false by default.' }),
};

/** A document is there at once: it has no timing to change, and waits for nothing. */
function canFollow({ format, follow }: { format?: unknown; follow?: unknown }): boolean {
  return format !== 'json' || follow !== true;
}

const session = createRoute({
  method: 'get',
  path: '/api/replay/session/{id}',
  operationId: 'replaySession',
  tags: ['replay'],
  summary: 'A session again, with its timing',
  description:
    'Server-sent events: `session_start`, then `extraction`, `state_change`, `output`, `resize`, `marker` and `input` ' +
    'when they are due, at last `replay_complete`. Ids resume: a request with `Last-Event-ID` goes on with the next ' +
    'message. With `format=json`, all of it at once as one document.',
  request: {
    params: z.object({ id: sessionIdSchema }),
    query: queryOf({
      ...replayQuery,
      format: oneOfParameter(['sse', 'json']).optional().meta({ description: 'sse by default.' }),
    }).refine(canFollow, { path: ['follow'], message: 'does not go with format=json' }),
    headers: z.object({
      'last-event-id': z
        .string()
        .optional()
        .meta({ description: 'The id of the last message that was received.' }),
    }),
  },
  responses: {
    200: {
      description: 'The replay; its id stands in X-Replay-Id.',
      content: {
        'text/event-stream': { schema: replayMessageSchema },
        'application/json': { schema: replayDocumentSchema },
      },
    },
    204: { description: 'The client that asks with its last id has everything.' },
  },
});

const parameters = z.object({
  replay_id: z
    .string()
    .regex(REPLAY_ID, 'is no replay id')
    .meta({ examples: ['rpl_00112233445566778899aabbccddeeff'] }),
});
const answer = {
  200: {
    description: 'How the replay goes on.',
    content: { 'application/json': { schema: replayStateSchema } },
  },
};
const noBody = { content: { 'application/json': { schema: z.strictObject({}) } }, required: false };

function controlRoute<Action extends string, Body extends z.ZodType>(
  action: Action,
  summary: string,
  body: { content: { 'application/json': { schema: Body } }; required: boolean },
) {
  return createRoute({
    method: 'post',
    path: `/api/replay/control/{replay_id}/${action}` as const,
    operationId: `replay_${action}`,
    tags: ['replay'],
    summary,
    description: 'Changes nothing that is stored and needs no token on the loopback interface.',
    request: { params: parameters, query: queryOf({}), body },
    responses: answer,
  });
}

const state = createRoute({
  method: 'get',
  path: '/api/replay/control/{replay_id}',
  operationId: 'getReplay',
  tags: ['replay'],
  summary: 'Where a replay is',
  request: { params: parameters, query: queryOf({}) },
  responses: answer,
});
const pause = controlRoute('pause', 'Pause a replay', noBody);
const resume = controlRoute('resume', 'Go on with a paused replay', noBody);
const stop = controlRoute('stop', 'End a replay', noBody);
const seek = controlRoute('seek', 'Go to another place, forward or back', {
  content: { 'application/json': { schema: replaySeekSchema } },
  required: true,
});
const speed = controlRoute('speed', 'Play faster or slower', {
  content: { 'application/json': { schema: replaySpeedSchema } },
  required: true,
});

export function registerReplay(app: Api, context: ApiContext): void {
  const replays = replaysOf(context);
  app.openapi(session, (c) => {
    const { id } = c.req.valid('param');
    const { format, ...query } = c.req.valid('query');
    if (c.req.method === 'HEAD') {
      // There is nobody to play to.
      openMaterial(context, id);
      return c.body(null, 200, {
        'Content-Type': format === 'json' ? 'application/json' : EVENT_STREAM,
      }) as never;
    }
    if (format === 'json') {
      const { output = true, from } = query;
      const pieces = replayDocument(() => context, id, { output, from, now: Date.now });
      return c.body(streamOf(pieces), 200, { 'Content-Type': 'application/json' }) as never;
    }
    const lastId = c.req.valid('header')['last-event-id'];
    if (lastId === END_ID) return c.body(null, 204) as never;
    const replay = replays.open({
      sessionId: id,
      speed: query.speed ?? 1,
      idleLimitMs: query.idle_limit ?? null,
      output: query.output ?? true,
      follow: query.follow ?? false,
      from: query.from,
      resumeAt: lastPlace(lastId),
      lingers: false,
    });
    const stream = eventStream(replay, (error) => {
      replays.forget(replay);
      if (error !== undefined) context.log(`replay ${replay.id} broke off: ${String(error)}`);
    });
    return c.body(stream, 200, {
      'Content-Type': EVENT_STREAM,
      'X-Accel-Buffering': 'no',
      'X-Replay-Id': replay.id,
    }) as never;
  });
  const control = (
    id: string,
    act: (replay: ReturnType<typeof replays.get>) => void,
  ): ReplayStateDocument => {
    const replay = replays.get(id);
    act(replay);
    return replay.state();
  };
  app.openapi(state, (c) =>
    c.json(
      control(c.req.valid('param').replay_id, () => {}),
      200,
    ),
  );
  app.openapi(pause, (c) =>
    c.json(
      control(c.req.valid('param').replay_id, (it) => it.pause()),
      200,
    ),
  );
  app.openapi(resume, (c) =>
    c.json(
      control(c.req.valid('param').replay_id, (it) => it.resume()),
      200,
    ),
  );
  app.openapi(stop, (c) =>
    c.json(
      control(c.req.valid('param').replay_id, (it) => it.stop()),
      200,
    ),
  );
  app.openapi(seek, (c) => {
    const target = c.req.valid('json');
    return c.json(
      control(c.req.valid('param').replay_id, (it) => it.seek(target)),
      200,
    );
  });
  app.openapi(speed, (c) => {
    const body = c.req.valid('json');
    return c.json(
      control(c.req.valid('param').replay_id, (it) => it.setSpeed(body.speed)),
      200,
    );
  });
}

/** The place behind the message that a client received last; undefined when it received none. */
function lastPlace(id: string | undefined) {
  if (id === undefined || id === '') return undefined;
  const place = parsePlaceId(id);
  if (place === undefined) throw new ApiProblem('parameter_invalid', 'Last-Event-ID is no id of a replay');
  return place;
}
