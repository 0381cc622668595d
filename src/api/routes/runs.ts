// `/api/v1/run` and `/api/v1/runs`: starting a run, the runs that are stored, and what happens in one. The order is plan,
// execute, store, answer; the run belongs to the server, and goes on when whoever asked for it goes away.

import { createRoute, z } from '@hono/zod-openapi';
import { SqliteRunStorage } from '../../data/sqlite-run-storage.ts';
import { RUN_ID, type RunRecord } from '../../model/run.ts';
import { NotFoundError } from '../../model/storage-error.ts';
import {
  runAcceptedSchema,
  runDetailSchema,
  runRequestSchema,
  runsListSchema,
} from '../../model/wire-run.ts';
import { type Conclusion, notStoredHint } from '../../runs/run.ts';
import type { ActiveRun, RunHost } from '../../runs/run-host.ts';
import { progressOf } from '../../runs/run-progress.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { queryOf, refuseInvalid, wholeNumber } from '../parameters.ts';
import { ApiProblem } from '../problem.ts';
import { numberOf, RunEventStream } from '../run-events.ts';

const TAGS = ['runs'];
const DEFAULT_LIMIT = 20;
const MOST_RUNS_OF_A_PAGE = 100;
/** RFC 7240: the client does not want to wait for the end. */
const RESPOND_ASYNC = /(^|,)\s*respond-async\s*(;|,|$)/i;

const params = z.object({
  run_id: z
    .string()
    .regex(RUN_ID, 'is no run id (a UUID in lower case)')
    .meta({ examples: ['7a1d0c3e-5b2f-4e8a-9c61-0d2f4b6a8e10'] }),
});
const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});
const RUN_ID_HEADER = {
  'X-Run-Id': { description: 'The id of the run', schema: { type: 'string' as const, format: 'uuid' } },
};

const startRoute = createRoute({
  method: 'post',
  path: '/api/v1/run',
  operationId: 'startRun',
  tags: TAGS,
  summary: 'Carry out a goal with an agent, or a plan, and store the run',
  description:
    'Answers when the run is over and stored, with status 200 whether or not its steps succeeded. With ' +
    '`Prefer: respond-async` it answers 202 at once. Every request is a run of its own. The server must have been ' +
    'started with --allow-run.',
  request: {
    query: queryOf({}),
    headers: z.object({ prefer: z.string().optional() }),
    body: { required: true, content: { 'application/json': { schema: runRequestSchema } } },
  },
  responses: {
    200: { ...json('The run as it was stored.', runDetailSchema), headers: RUN_ID_HEADER },
    202: {
      ...json('The run has begun; its events tell the rest.', runAcceptedSchema),
      headers: RUN_ID_HEADER,
    },
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs',
  operationId: 'listRuns',
  tags: TAGS,
  summary: 'Stored runs, latest first',
  request: {
    query: queryOf({
      limit: wholeNumber(1, MOST_RUNS_OF_A_PAGE)
        .optional()
        .meta({
          description: `At most so many, up to ${MOST_RUNS_OF_A_PAGE}; ${DEFAULT_LIMIT} by default.`,
        }),
      offset: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .optional()
        .meta({ description: 'So many are left out first; 0 by default.' }),
    }),
  },
  responses: { 200: json('A page of runs.', runsListSchema) },
});

const showRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{run_id}',
  operationId: 'getRun',
  tags: TAGS,
  summary: 'One stored run with both snapshots',
  request: { params, query: queryOf({}) },
  responses: { 200: { ...json('The run.', runDetailSchema), headers: RUN_ID_HEADER } },
});

const eventsRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{run_id}/events',
  operationId: 'watchRun',
  tags: TAGS,
  summary: 'What happens in a run (server-sent events)',
  description:
    'From the start of the run: run_started, step_started, step_session, attempt_finished, step_finished, run_finished, ' +
    'and end when it is stored. A run that is over is told again. Last-Event-ID goes on after that event.',
  request: { params, query: queryOf({}), headers: z.object({ 'last-event-id': z.string().optional() }) },
  responses: {
    200: {
      description: 'A stream that ends with the run.',
      content: { 'text/event-stream': { schema: z.string() } },
      headers: RUN_ID_HEADER,
    },
  },
});

type RunDetail = z.infer<typeof runDetailSchema>;

export function registerRuns(app: Api, context: ApiContext): void {
  app.openapi(
    startRoute,
    async (c) => {
      const active = start(context, c.req.valid('json'), c.env.requestId);
      c.header('X-Run-Id', active.id);
      // At once, for the log line of a client that does not wait for the answer.
      c.env.outgoing.setHeader('X-Run-Id', active.id);
      if (RESPOND_ASYNC.test(c.req.header('prefer') ?? '')) {
        c.header('Preference-Applied', 'respond-async');
        c.header('Location', `/api/v1/runs/${active.id}`);
        return c.json({ run_id: active.id, plan_id: active.plan.plan_id }, 202);
      }
      const conclusion = await active.conclusion;
      if (conclusion.failure !== undefined) throw notStored(conclusion);
      return c.json(detailOf(conclusion.record), 200);
    },
    refuseRequest,
  );
  app.openapi(listRoute, async (c) => {
    const { limit = DEFAULT_LIMIT, offset = 0 } = c.req.valid('query');
    const runs = await new SqliteRunStorage(context.database).listRuns(limit, offset);
    return c.json({ runs, limit, offset }, 200);
  });
  app.openapi(showRoute, async (c) => {
    const { run_id: runId } = c.req.valid('param');
    c.header('X-Run-Id', runId);
    return c.json(detailOf(await storedRun(context, runId)), 200);
  });
  app.openapi(eventsRoute, async (c) => {
    const { run_id: runId } = c.req.valid('param');
    c.header('X-Run-Id', runId);
    const after = numberOf(c.req.header('last-event-id'));
    const active = context.runs?.recall(runId);
    const stream =
      active === undefined ? told(await storedRun(context, runId), after) : telling(active, after);
    return c.body(stream.body, 200, {
      'Content-Type': 'text/event-stream',
      'X-Accel-Buffering': 'no',
    });
  });
}

/** @throws ApiProblem for a body that is of neither form, or of both, or is wrong in one of them */
function refuseRequest(result: Parameters<typeof refuseInvalid>[0]): undefined {
  const mistake = result.success || result.target !== 'json' ? undefined : mistakeInForm(result.data);
  if (mistake !== undefined)
    throw new ApiProblem('body_invalid', mistake, { issues: [{ path: '', message: mistake }] });
  refuseInvalid(result);
  return undefined;
}

function mistakeInForm(body: unknown): string | undefined {
  const has = (name: string) => typeof body === 'object' && body !== null && Object.hasOwn(body, name);
  if (has('goal') && has('plan')) return '"goal" and "plan" exclude each other';
  return has('goal') || has('plan') ? undefined : 'needs "goal" or "plan"';
}

/** @throws ApiProblem when the server starts no runs, or no more of them; WrapperError `plan_invalid` */
function start(
  { runs }: ApiContext,
  request: z.infer<typeof runRequestSchema>,
  requestId: string,
): ActiveRun {
  if (runs === null) {
    throw new ApiProblem('run_not_allowed', 'This server was started without permission to start runs', {
      hint: 'wrapper serve --allow-run gives it.',
    });
  }
  if (runs.isEnding) throw new ApiProblem('shutting_down', 'The server is ending, and starts no more runs');
  if (!runs.hasRoom) {
    throw new ApiProblem('too_many_runs', 'Too many runs are under way; one of them must end first', {
      headers: { 'Retry-After': '5' },
    });
  }
  return startIn(runs, request, requestId);
}

function startIn(runs: RunHost, request: z.infer<typeof runRequestSchema>, requestId: string): ActiveRun {
  return runs.start('plan' in request ? request : { goal: request.goal, agent: request.agent }, requestId);
}

/** @throws NotFoundError, also for one that has not ended */
async function storedRun(context: ApiContext, runId: string): Promise<RunRecord> {
  try {
    return await new SqliteRunStorage(context.database).getRun(runId);
  } catch (error) {
    if (!(error instanceof NotFoundError) || context.runs?.find(runId) === undefined) throw error;
    throw new NotFoundError(`run ${runId} is not over yet`, {
      hint: `/api/v1/runs/${runId}/events tells how it goes.`,
    });
  }
}

/** The execution stands, whatever became of storing it: the answer has it. The reason is in the log. */
function notStored(conclusion: Conclusion): ApiProblem {
  const { record, leftIn } = conclusion;
  return new ApiProblem(
    'run_not_stored',
    `The run ${record.execution_result.outcome}, but could not be stored`,
    {
      // Where the file lies is for whoever runs the server, whose log has it.
      hint:
        leftIn === null
          ? notStoredHint(conclusion)
          : 'It is kept beside the database, and stored by the next wrapper run, wrapper runs or wrapper serve.',
      run: record,
    },
  );
}

/** The schema's lists may be changed and the record's may not; they are the same JSON. */
function detailOf(run: RunRecord): RunDetail {
  return { run: run as RunDetail['run'] };
}

/** A run that is over, told again. */
function told(run: RunRecord, after: number): RunEventStream {
  const stream = new RunEventStream(() => {});
  for (const [index, progress] of progressOf(run).entries())
    if (index >= after) stream.send(progress, index + 1);
  stream.end(run.run_id, true);
  return stream;
}

function telling(active: ActiveRun, after: number): RunEventStream {
  const stream = new RunEventStream(() => stop());
  const stop = active.follow(after, (progress, seq) => stream.send(progress, seq));
  void active.conclusion.then(({ failure }) => {
    stop();
    stream.end(active.id, failure === undefined);
  });
  return stream;
}
