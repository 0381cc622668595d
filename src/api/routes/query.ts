// The query endpoints: parameters in, one question to the store, its answer as a document. What they cost and mean is in
// src/data.

import { createRoute, z } from '@hono/zod-openapi';
import { codeBlockDocument, eventDocument, sessionDocument } from '../../model/documents.ts';
import { advancedQuerySchema } from '../../model/wire-advanced.ts';
import {
  advancedResultSchema,
  agentStatsSchema,
  agentsSchema,
  codeBlocksSchema,
  extractionsSchema,
  patternStatsSchema,
  sessionDetailSchema,
  sessionsSchema,
  timelineSchema,
} from '../../model/wire-query.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { nameParameter, queryOf, sessionIdSchema, wholeNumber } from '../parameters.ts';
import { ApiProblem } from '../problem.ts';
import {
  advancedDocument,
  agentStatsDocument,
  agentsDocument,
  pageDocument,
  patternStatsDocument,
  sessionDetailDocument,
  timelineDocument,
} from '../query-documents.ts';
import {
  codeBlockParameters,
  extractionParameters,
  sessionParameters,
  timelineParameters,
} from '../query-parameters.ts';
import { recentAnswers } from '../recent-answers.ts';

const MS_PER_DAY = 86_400_000;
const TAGS = ['query'];

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
});

const routes = {
  extractions: createRoute({
    method: 'get',
    path: '/api/query/extractions',
    operationId: 'queryExtractions',
    tags: TAGS,
    summary: 'Events that were found in output, newest first',
    request: { query: extractionParameters },
    responses: json('A page of events.', extractionsSchema),
  }),
  codeBlocks: createRoute({
    method: 'get',
    path: '/api/query/code-blocks',
    operationId: 'queryCodeBlocks',
    tags: TAGS,
    summary: 'Code blocks, newest first; equal ones are kept once',
    request: { query: codeBlockParameters },
    responses: json('A page of code blocks.', codeBlocksSchema),
  }),
  sessions: createRoute({
    method: 'get',
    path: '/api/query/sessions',
    operationId: 'querySessions',
    tags: TAGS,
    summary: 'Sessions, newest first',
    request: { query: sessionParameters },
    responses: json('A page of sessions.', sessionsSchema),
  }),
  session: createRoute({
    method: 'get',
    path: '/api/query/session/{id}',
    operationId: 'getSession',
    tags: TAGS,
    summary: 'One session with its state changes, counts and recording',
    request: { params: z.object({ id: sessionIdSchema }), query: queryOf({}) },
    responses: json('The session.', sessionDetailSchema),
  }),
  agentStats: createRoute({
    method: 'get',
    path: '/api/query/stats/agent/{name}',
    operationId: 'getAgentStatistics',
    tags: TAGS,
    summary: 'Totals of one agent',
    request: { params: z.object({ name: nameParameter }), query: queryOf({}) },
    responses: json('The totals.', agentStatsSchema),
  }),
  patternStats: createRoute({
    method: 'get',
    path: '/api/query/stats/pattern/{pattern}',
    operationId: 'getPatternStatistics',
    tags: TAGS,
    summary: 'Totals of one pattern, with its latest events',
    request: {
      params: z.object({ pattern: nameParameter }),
      query: queryOf({
        days: wholeNumber(1, 366)
          .optional()
          .meta({ description: 'Days that are counted one by one; 30 by default.' }),
        samples: wholeNumber(0, 100)
          .optional()
          .meta({ description: 'Latest events that are shown; 5 by default.' }),
      }),
    },
    responses: json('The totals.', patternStatsSchema),
  }),
  timeline: createRoute({
    method: 'get',
    path: '/api/query/timeline',
    operationId: 'getTimeline',
    tags: TAGS,
    summary: 'Events of a span of time, in order and counted in buckets',
    request: { query: timelineParameters },
    responses: json(
      'A page of events, and every bucket of the span. Buckets are whole: the first and the last may count events outside the span, which `total` does not.',
      timelineSchema,
    ),
  }),
  agents: createRoute({
    method: 'get',
    path: '/api/query/agents',
    operationId: 'listAgents',
    tags: TAGS,
    summary: 'Every agent, whoever was seen last first',
    request: { query: queryOf({}) },
    responses: json('The agents.', agentsSchema),
  }),
  advanced: createRoute({
    method: 'post',
    path: '/api/query/advanced',
    operationId: 'queryAdvanced',
    tags: TAGS,
    summary: 'Filters joined by and, or and not; groups; aggregations',
    request: {
      query: queryOf({}),
      body: { required: true, content: { 'application/json': { schema: advancedQuerySchema } } },
    },
    responses: json('Rows or groups.', advancedResultSchema),
  }),
};

export function registerQuery(app: Api, context: ApiContext): void {
  app.use(
    '/api/query/*',
    recentAnswers(() => context.database),
  );
  app.openapi(routes.extractions, (c) => {
    const { from, to, type, min_risk, sort, after_seq, ...filter } = c.req.valid('query');
    const page = context.queries.queryEvents({
      ...filter,
      types: type,
      minimumRisk: min_risk,
      afterSeq: after_seq,
      since: from,
      until: to,
      order: sort,
    });
    return c.json({ extractions: page.items.map(eventDocument), ...pageDocument(page, filter) }, 200);
  });
  app.openapi(routes.codeBlocks, (c) => {
    const { from, to, ...filter } = c.req.valid('query');
    const page = context.queries.queryBlocks({ ...filter, since: from, until: to });
    return c.json({ code_blocks: page.items.map(codeBlockDocument), ...pageDocument(page, filter) }, 200);
  });
  app.openapi(routes.sessions, (c) => {
    const { from, to, days, ...filter } = c.req.valid('query');
    const since =
      from ?? (days === undefined ? undefined : new Date(Date.now() - days * MS_PER_DAY).toISOString());
    const page = context.queries.querySessions({ ...filter, since, until: to });
    return c.json({ sessions: page.items.map(sessionDocument), ...pageDocument(page, filter) }, 200);
  });
  app.openapi(routes.session, (c) => {
    const { id } = c.req.valid('param');
    const detail = context.queries.sessionDetail(id);
    if (detail === undefined) throw new ApiProblem('session_unknown', `There is no session ${id}`);
    return c.json(sessionDetailDocument(detail), 200);
  });
  app.openapi(routes.agentStats, (c) => {
    const { name } = c.req.valid('param');
    const stats = context.queries.agentStats(name);
    if (stats === undefined) throw unknown('agent_unknown', 'agent', '/api/query/agents lists the agents.');
    return c.json(agentStatsDocument(stats), 200);
  });
  app.openapi(routes.patternStats, (c) => {
    const { pattern } = c.req.valid('param');
    const stats = context.queries.patternStats(pattern, c.req.valid('query'));
    if (stats === undefined) throw unknown('pattern_unknown', 'pattern', 'wrapper patterns list shows them.');
    return c.json(patternStatsDocument(stats), 200);
  });
  app.openapi(routes.timeline, (c) => {
    const { from, to, sort, ...filter } = c.req.valid('query');
    const timeline = context.queries.timeline({ ...filter, since: from, until: to, order: sort });
    return c.json(timelineDocument(timeline, filter), 200);
  });
  app.openapi(routes.agents, (c) => c.json(agentsDocument(context.queries.agents()), 200));
  app.openapi(routes.advanced, (c) => {
    const query = c.req.valid('json');
    return c.json(advancedDocument(context.queries.advanced(query), query.page ?? {}), 200);
  });
}

function unknown(code: 'agent_unknown' | 'pattern_unknown', what: string, hint: string): ApiProblem {
  return new ApiProblem(code, `Nothing is stored of this ${what}`, { hint });
}
