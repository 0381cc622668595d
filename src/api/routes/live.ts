// `/api/live`: the live stream as server-sent events, for clients without WebSockets.

import { createRoute, z } from '@hono/zod-openapi';
import { EVENT_TYPES } from '../../model/event.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { beginningOf } from '../live/beginning.ts';
import { connectedMessage } from '../live/conversation.ts';
import { EventStreamOutlet } from '../live/event-stream.ts';
import { setOf } from '../live/filter.ts';
import { liveHub } from '../live/hub.ts';
import {
  flagParameter,
  oneOfParameter,
  queryOf,
  sessionIdSchema,
  severalOfParameter,
} from '../parameters.ts';

const names = z
  .string()
  .min(1, 'is empty')
  .transform((text) => text.split(',').map((name) => name.trim()));

const route = createRoute({
  method: 'get',
  path: '/api/live',
  operationId: 'watchLive',
  tags: ['live'],
  summary: 'Events, states and output of running sessions as they come (server-sent events)',
  description:
    'The messages are those of the WebSocket at /ws. The id of an event is a cursor: after a break the client goes on ' +
    'where it was, by Last-Event-ID or `after`, also at another server of the same database.',
  request: {
    query: queryOf({
      agents: names.optional().meta({ description: 'Only these agents, separated by commas' }),
      sessions: names
        .pipe(z.array(sessionIdSchema))
        .optional()
        .meta({ description: 'Only these sessions, separated by commas' }),
      types: severalOfParameter(EVENT_TYPES).optional().meta({ description: 'Only events of these types' }),
      output: flagParameter.optional().meta({ description: 'Output and screens, too' }),
      from: oneOfParameter(['now', 'start']).optional().meta({
        description:
          'Where sessions begin that no cursor names: with what happens now, or with their first event',
      }),
      after: z.string().optional().meta({ description: 'A cursor; Last-Event-ID goes before it' }),
    }),
    headers: z.object({ 'last-event-id': z.string().optional() }),
  },
  responses: {
    200: {
      description: 'A stream that does not end by itself.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
  },
});

export function registerLive(app: Api, context: ApiContext): void {
  app.openapi(route, (c) => {
    const { agents, sessions, types, output, from, after } = c.req.valid('query');
    const lastId = c.req.header('last-event-id');
    const beginning = beginningOf(lastId || after || (from === 'start' ? {} : undefined));
    const hub = liveHub(context);
    const connected = Buffer.from(JSON.stringify(connectedMessage(context)));
    const outlet = new EventStreamOutlet(hub.writes, () => hub.remove(subscriber));
    const subscriber = hub.add(outlet);
    const filter = {
      agents: setOf(agents),
      sessions: setOf(sessions),
      types: setOf(types),
      output: output === true,
    };
    try {
      hub.subscribe(subscriber, filter, beginning);
    } catch (error) {
      hub.remove(subscriber);
      outlet.close();
      throw error;
    }
    // Nothing has been sent yet, and its place is where it begins: a break right here loses nothing of the past.
    outlet.send(connected, subscriber);
    return c.body(outlet.body, 200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
  });
}
