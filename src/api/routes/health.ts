// `/api/health`: what is served, and how the server is doing.

import { createRoute } from '@hono/zod-openapi';
import { SCHEMA_VERSION } from '../../data/database-format.ts';
import { databaseIdentity } from '../../data/database-identity.ts';
import { sessionDocument } from '../../model/documents.ts';
import { isoTimestamp } from '../../model/time.ts';
import { type HealthDocument, healthSchema } from '../../model/wire-health.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { liveHub } from '../live/hub.ts';
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
  const { served, traffic, queries } = context;
  const { total, by_status, in_flight } = traffic.counts();
  const bytes = served.size();
  const agents = queries.agents();
  const timed = context.timings.summary();
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
      total: agents.reduce((sum, agent) => sum + agent.sessions, 0),
      active: agents.reduce((sum, agent) => sum + agent.active, 0),
      running: runningSessions(context),
    },
    queries: {
      total: timed.calls,
      slow: timed.slow,
      slow_after_ms: timed.slowAfterMs,
      p50_ms: timed.p50Ms,
      p99_ms: timed.p99Ms,
      max_ms: timed.maxMs,
    },
    requests: { total, in_flight, by_status: { ...by_status } },
  };
}

/** What their recorders tell goes ahead of what is stored by some seconds; one that does not publish is known from there. */
function runningSessions(context: ApiContext): HealthDocument['sessions']['running'] {
  const live = liveHub(context).running();
  const isLive = new Set(live.map((session) => session.session_id));
  const stored = context.sessions
    .querySessions({ active: true, limit: MOST_RUNNING })
    .filter((session) => !isLive.has(session.sessionId))
    .map((session) => ({
      ...sessionDocument(session),
      last_seq: context.extractions.lastSeq(session.sessionId),
      last_event_at: liveHub(context).history.lastEventAt(session.sessionId),
    }));
  return [...live, ...stored]
    .sort((left, right) => (left.started_at < right.started_at ? 1 : -1))
    .slice(0, MOST_RUNNING)
    .map(({ session_id, agent_name, state, started_at, last_seq, last_event_at }) => ({
      session_id,
      agent_name,
      state,
      started_at,
      last_seq,
      last_event_at,
    }));
}
