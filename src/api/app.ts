// The routes as one application: every part registers its own, errors become problem documents here, and what no route
// takes is answered with why.

import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { type Admission, bodyTooLarge, methodNotAllowed } from './access.ts';
import type { ApiContext } from './context.ts';
import { allowedMethods, type Endpoint, Endpoints } from './endpoints.ts';
import { isDeeperThan } from './json-depth.ts';
import { bodyLimitOf, LIMITS } from './limits.ts';
import { refuseInvalid } from './parameters.ts';
import { ApiProblem, describeFailure, PROBLEM_TYPE, problemDocument, problemOf } from './problem.ts';
import { registerCampaigns } from './routes/campaigns.ts';
import { registerControl } from './routes/control.ts';
import { registerDocs } from './routes/docs.ts';
import { registerExport } from './routes/export.ts';
import { registerHealth } from './routes/health.ts';
import { registerLive } from './routes/live.ts';
import { registerQuery } from './routes/query.ts';
import { registerReplay } from './routes/replay.ts';
import { registerRuns } from './routes/runs.ts';
import { registerScans } from './routes/scans.ts';
import { type UpgradeRoute, upgradeRequired } from './upgrades.ts';

interface ApiEnv {
  Bindings: HttpBindings & Admission & { readonly requestId: string };
}
export type Api = OpenAPIHono<ApiEnv>;

/** Adds the routes of one part of the server, each made by `createRoute`, so that it stands in the OpenAPI document. */
type Register = (app: Api, context: ApiContext) => void;

/** Every part of the server that has routes. */
const ROUTES: readonly Register[] = [
  registerHealth,
  registerQuery,
  registerReplay,
  registerExport,
  registerLive,
  registerControl,
  registerRuns,
  registerCampaigns,
  registerScans,
];

export interface Application {
  readonly app: Api;
  readonly endpoints: Endpoints;
}

export function createApp(context: ApiContext, upgrades: readonly UpgradeRoute[]): Application {
  const app: Api = new OpenAPIHono<ApiEnv>({ strict: true, defaultHook: refuseInvalid });
  app.on(
    ['POST', 'DELETE'],
    '*',
    (c, next) => limitedBody(bodyLimitOf(c.req.path))(c, next),
    async (c, next) => {
      if (isDeeperThan(await c.req.text(), LIMITS.depth))
        throw new ApiProblem('body_invalid', `The body is nested more than ${LIMITS.depth} levels deep`);
      await next();
    },
  );
  for (const register of ROUTES) register(app, context);
  registerDocs(app, context, upgrades);
  const endpoints = new Endpoints([...endpointsOf(app), ...upgrades.map(webSocketEndpoint)]);
  app.notFound((c) => {
    const endpoint = endpoints.find(new URL(c.req.url).pathname);
    if (endpoint === undefined)
      throw new ApiProblem('not_found', 'There is no endpoint at this path', {
        hint: '/api/docs lists them.',
      });
    if (endpoint.webSocket) throw upgradeRequired();
    throw methodNotAllowed(allowedMethods(endpoint));
  });
  app.onError((error, c) => {
    const run = c.req.param('run_id');
    const about = `${run === undefined ? '' : `run ${run} `}request ${c.env.requestId}`;
    const problem = problemOf(fromHono(error), (thrown) =>
      context.log(`${about}: ${describeFailure(thrown)}`),
    );
    return c.body(JSON.stringify(problemDocument(problem, c.env.requestId)), problem.status as 400, {
      ...problem.headers,
      'Content-Type': PROBLEM_TYPE,
    });
  });
  return { app, endpoints };
}

function limitedBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw bodyTooLarge(maxSize);
    },
  });
}

/** Paths and methods of the routes that were registered. */
function endpointsOf(app: Api): Endpoint[] {
  const methods = new Map<string, string[]>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { path, method } = definition.route;
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  }
  return [...methods].map(([path, ofPath]) => ({ path, methods: ofPath, webSocket: false }));
}

function webSocketEndpoint({ path }: UpgradeRoute): Endpoint {
  return { path, methods: [], webSocket: true };
}

/** The framework reports a body that is no JSON by an exception of its own. */
function fromHono(error: unknown): unknown {
  if (!(error instanceof HTTPException)) return error;
  return new ApiProblem(
    error.status === 413 ? 'body_too_large' : 'body_invalid',
    'The body is not valid JSON',
  );
}
