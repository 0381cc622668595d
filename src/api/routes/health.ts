// `/api/health`: what is served, and how the server is doing.

import { createRoute } from '@hono/zod-openapi';
import { SCHEMA_VERSION } from '../../data/database-format.ts';
import { databaseIdentity } from '../../data/database-identity.ts';
import { isoTimestamp } from '../../model/time.ts';
import { type HealthDocument, healthSchema } from '../../model/wire-health.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { queryOf } from '../parameters.ts';

const route = createRoute({
  method: 'get',
  path: '/api/health',
  operationId: 'getHealth',
  tags: ['server'],
  summary: 'What is served, and how the server is doing',
  request: { query: queryOf({}) },
  responses: {
    200: { description: 'The server answers.', content: { 'application/json': { schema: healthSchema } } },
  },
});

/** More running sessions than this are counted and not listed. */
const MOST_RUNNING = 100;

export function registerHealth(app: Api, context: ApiContext): void {
  app.openapi(route, (c) => c.json(health(context), 200));
}

function health(context: ApiContext): HealthDocument {
  const { sessions, extractions, served, traffic } = context;
  const active = sessions.querySessions({ active: true, limit: MOST_RUNNING });
  const { total, by_status, in_flight } = traffic.counts();
  const bytes = served.size();
  return {
    status: 'ok',
    version: context.version,
    pid: process.pid,
    started_at: isoTimestamp(context.startedAt),
    uptime_ms: Date.now() - context.startedAt,
    database: {
      id: databaseIdentity(context.dbPath),
      exists: bytes > 0,
      bytes,
      schema_version: SCHEMA_VERSION,
    },
    sessions: {
      total: 0,
      active: active.length,
      running: active.map((session) => ({
        session_id: session.sessionId,
        agent_name: session.agentName,
        state: session.state,
        started_at: session.startedAt,
        last_seq: extractions.lastSeq(session.sessionId),
        last_event_at: null,
      })),
    },
    requests: { total, in_flight, by_status: { ...by_status } },
  };
}
