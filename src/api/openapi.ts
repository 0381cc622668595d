// The OpenAPI document: generated from the very routes and schemas that answer. What all endpoints have in common, the
// problem document of every error and the need for the token, is added here, by the same rule as the gate's.

import {
  liveEventSchema,
  liveGapSchema,
  liveOutputSchema,
  liveScreenSchema,
  liveStateSchema,
} from '../model/wire.ts';
import { commandSchema, connectedSchema, subscribeSchema } from '../model/wire-live.ts';
import { problemSchema } from '../model/wire-problem.ts';
import { acts } from './access.ts';
import type { Api } from './app.ts';
import { PROBLEM_TYPE } from './problem.ts';
import type { UpgradeRoute } from './upgrades.ts';

const DESCRIPTION = `Everything that wrapper has recorded, live and stored.

Reading on this machine needs no token. What acts on a session needs \`Authorization: Bearer TOKEN\`; \`wrapper token\` prints
it. POST takes \`Content-Type: application/json\` only. Every error is a problem document (RFC 9457) whose \`code\` is one of a
closed list. Times are ISO-8601 UTC with milliseconds, durations milliseconds; unknown is null.`;

const TAGS = [
  { name: 'query', description: 'What is stored.' },
  { name: 'live', description: 'What happens now.' },
  { name: 'control', description: 'Acts on running sessions; needs the token.' },
  { name: 'campaigns', description: 'Audits in stages, and what they found.' },
  { name: 'replay', description: 'Sessions with their original timing, and as files.' },
  {
    name: 'runs',
    description: 'Goals and plans, carried out and kept; starting one needs the token and a server that may.',
  },
  { name: 'server', description: 'The server itself.' },
];

/** What is said over WebSockets, which the document has no other place for. */
const MESSAGES = {
  LiveConnected: connectedSchema,
  LiveSubscribe: subscribeSchema,
  LiveCommand: commandSchema,
  LiveEvent: liveEventSchema,
  LiveState: liveStateSchema,
  LiveOutput: liveOutputSchema,
  LiveScreen: liveScreenSchema,
  LiveGap: liveGapSchema,
};

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, OpenApiOperation>>;
  readonly [member: string]: unknown;
}

interface OpenApiOperation {
  responses: Record<string, unknown>;
  security?: readonly Record<string, readonly string[]>[];
  readonly [member: string]: unknown;
}

/** Must be called when all routes are registered. @param tokenForAll whether reading needs the token, too */
export function openApiDocument(
  app: Api,
  upgrades: readonly UpgradeRoute[],
  version: string,
  tokenForAll: boolean,
): OpenApiDocument {
  const { openAPIRegistry: registry } = app;
  registry.register('Problem', problemSchema);
  for (const [name, schema] of Object.entries(MESSAGES)) registry.register(name, schema);
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'wrapper',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    servers: [{ url: '/', description: 'this server' }],
    tags: TAGS,
  }) as unknown as OpenApiDocument;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      operation.responses['default'] = {
        description: 'What went wrong.',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      };
      const needed = tokenForAll || acts(method.toUpperCase(), path, false);
      operation.security = needed ? [{ token: [] }] : [];
    }
  }
  return {
    ...document,
    'x-websockets': upgrades.map(({ path, summary }) => ({
      path,
      summary,
      token_required: tokenForAll || acts('GET', path, true),
    })),
  };
}
