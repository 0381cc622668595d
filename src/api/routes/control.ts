// `/api/sessions/{id}/…`: commands to a running session, each answered when it has been carried out or refused.

import { randomUUID } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { ControlAction, ControlCommand } from '../../model/control.ts';
import { WrapperError } from '../../model/errors.ts';
import {
  controlBodySchema,
  controlResultSchema,
  inputBodySchema,
  killBodySchema,
  resizeBodySchema,
  sessionStateDocumentSchema,
} from '../../model/wire-live.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { liveHub } from '../live/hub.ts';
import { queryOf, sessionIdSchema } from '../parameters.ts';

const params = z.object({ id: sessionIdSchema });
const result = {
  200: { description: 'It was done.', content: { 'application/json': { schema: controlResultSchema } } },
};

const stateRoute = createRoute({
  method: 'get',
  path: '/api/sessions/{id}/state',
  operationId: 'getSessionState',
  tags: ['control'],
  summary: 'How a session is at the moment',
  request: { params, query: queryOf({}) },
  responses: {
    200: {
      description: 'Its state.',
      content: { 'application/json': { schema: sessionStateDocumentSchema } },
    },
  },
});

interface Asked {
  readonly request_id?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | null | undefined;
}

function controlRoute<Path extends string, Body extends z.ZodType>(path: Path, summary: string, body: Body) {
  return createRoute({
    method: 'post',
    path: `/api/sessions/{id}/${path}` as const,
    operationId: `${path}Session`,
    tags: ['control'],
    summary,
    request: { params, body: { required: true, content: { 'application/json': { schema: body } } } },
    responses: result,
  });
}

const pauseRoute = controlRoute('pause', 'Stop all processes of the command (SIGSTOP)', controlBodySchema);
const resumeRoute = controlRoute('resume', 'Let a paused command go on (SIGCONT)', controlBodySchema);
const killRoute = controlRoute('kill', 'End the command: SIGTERM, and SIGKILL after a grace', killBodySchema);
const inputRoute = controlRoute('input', 'Type into the command', inputBodySchema);
const resizeRoute = controlRoute('resize', "Resize the command's terminal", resizeBodySchema);

export function registerControl(app: Api, context: ApiContext): void {
  const hub = liveHub(context);
  const execute = async (sessionId: string, asked: Asked, action: ControlAction) => {
    const request_id = asked.request_id ?? randomUUID();
    const outcome = await hub.command(sessionId, {
      action,
      request_id,
      by: asked.by ?? 'http',
      reason: asked.reason ?? null,
    });
    if (!outcome.ok) throw new WrapperError(outcome.code, outcome.message);
    const command: ControlCommand = action.command;
    return { ok: true as const, request_id, session_id: sessionId, command, result: { ...outcome.result } };
  };
  app.openapi(stateRoute, (c) => c.json(hub.stateOf(c.req.valid('param').id), 200));
  app.openapi(pauseRoute, async (c) =>
    c.json(await execute(c.req.valid('param').id, c.req.valid('json'), { command: 'pause' }), 200),
  );
  app.openapi(resumeRoute, async (c) =>
    c.json(await execute(c.req.valid('param').id, c.req.valid('json'), { command: 'resume' }), 200),
  );
  app.openapi(killRoute, async (c) => {
    const body = c.req.valid('json');
    const action = { command: 'kill', grace_ms: body.grace_ms } as const;
    return c.json(await execute(c.req.valid('param').id, body, action), 200);
  });
  app.openapi(inputRoute, async (c) => {
    const body = c.req.valid('json');
    const action = { command: 'send_input', text: body.text, enter: body.enter } as const;
    return c.json(await execute(c.req.valid('param').id, body, action), 200);
  });
  app.openapi(resizeRoute, async (c) => {
    const body = c.req.valid('json');
    const action = { command: 'resize', cols: body.cols, rows: body.rows } as const;
    return c.json(await execute(c.req.valid('param').id, body, action), 200);
  });
}
