// `/api/openapi.json` and `/api/docs`: what can be asked, for programs and for people. The page is made in the browser
// from the document, by a script of ours; nothing is loaded from elsewhere.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRoute, z } from '@hono/zod-openapi';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { type OpenApiDocument, openApiDocument } from '../openapi.ts';
import { PAGE_POLICY } from '../security-headers.ts';
import type { UpgradeRoute } from '../upgrades.ts';

const TAGS = ['server'];
const text = (description: string, type: string) => ({
  200: { description, content: { [type]: { schema: z.string() } } },
});

const documentRoute = createRoute({
  method: 'get',
  path: '/api/openapi.json',
  operationId: 'getOpenApiDocument',
  tags: TAGS,
  summary: 'This description, as OpenAPI 3.1',
  responses: {
    200: {
      description: 'The document.',
      content: { 'application/json': { schema: z.looseObject({ openapi: z.string() }) } },
    },
  },
});

const pageRoute = createRoute({
  method: 'get',
  path: '/api/docs',
  operationId: 'getDocumentationPage',
  tags: TAGS,
  summary: 'This description, as a page that needs no network',
  responses: text('The page.', 'text/html'),
});

const scriptRoute = createRoute({
  method: 'get',
  path: '/api/docs/page.js',
  operationId: 'getDocumentationScript',
  tags: TAGS,
  summary: 'Script of the page',
  responses: text('The script.', 'text/javascript'),
});

const styleRoute = createRoute({
  method: 'get',
  path: '/api/docs/page.css',
  operationId: 'getDocumentationStyle',
  tags: TAGS,
  summary: 'Style of the page',
  responses: text('The style.', 'text/css'),
});

const rootRoute = createRoute({
  method: 'get',
  path: '/',
  operationId: 'getRoot',
  tags: TAGS,
  summary: 'Leads to the documentation',
  responses: { 302: { description: 'To /api/docs.' } },
});

export function registerDocs(app: Api, context: ApiContext, upgrades: readonly UpgradeRoute[]): void {
  let document: OpenApiDocument | undefined;
  app.openapi(documentRoute, (c) => {
    document ??= openApiDocument(app, upgrades, context.version, context.access.tokenForAll);
    return c.json(document, 200);
  });
  app.openapi(pageRoute, (c) =>
    c.body(pageFile('page.html'), 200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': PAGE_POLICY,
    }),
  );
  app.openapi(scriptRoute, (c) =>
    c.body(pageFile('page.js'), 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  app.openapi(styleRoute, (c) =>
    c.body(pageFile('page.css'), 200, { 'Content-Type': 'text/css; charset=utf-8' }),
  );
  app.openapi(rootRoute, (c) => c.redirect('/api/docs'));
}

/** The build puts the files into a folder beside the bundle; from source they are taken from where they are. */
function pageFile(name: 'page.html' | 'page.js' | 'page.css'): string {
  const built = fileURLToPath(new URL(`./docs-page/${name}`, import.meta.url));
  const source = fileURLToPath(new URL(`../docs-page/${name}`, import.meta.url));
  return readFileSync(existsSync(built) ? built : source, 'utf8');
}
