// `/api/v1/scans/…`: the results of stages in object storage.

import { createRoute, z } from '@hono/zod-openapi';
import { type Campaigns, openCampaigns } from '../../campaigns/campaigns.ts';
import { SCAN_TYPES, scanResultSummarySchema } from '../../model/scan.ts';
import { deletedSchema, namedIdSchema, nothingSchema, scansSchema } from '../../model/wire-campaign.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import {
  flagParameter,
  limitParameter,
  nameParameter,
  oneOfParameter,
  queryOf,
  wholeNumber,
} from '../parameters.ts';
import { ApiProblem } from '../problem.ts';

const TAGS = ['campaigns'];
const PATH = '/api/v1/scans/{type}/{scan_id}';
const params = z.object({ type: oneOfParameter(SCAN_TYPES), scan_id: namedIdSchema });
/** Any object: the result of a scan, as it is. */
const documentSchema = z.record(z.string(), z.unknown());

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/scans',
  operationId: 'listScans',
  tags: TAGS,
  summary: 'Indexed scans, newest first',
  request: {
    query: queryOf({
      type: oneOfParameter(SCAN_TYPES).optional().meta({ description: 'Only this type.' }),
      audit_id: nameParameter.optional().meta({ description: 'Only those whose audit id begins with this.' }),
      limit: limitParameter,
      offset: wholeNumber(0, 1_000_000).optional().meta({ description: 'So many are left out first.' }),
    }),
  },
  responses: json('A page of scans.', scansSchema),
});

const loadRoute = createRoute({
  method: 'get',
  path: PATH,
  operationId: 'loadScan',
  tags: TAGS,
  summary: 'A scan, as the document that it is',
  request: {
    params,
    query: queryOf({
      validate: flagParameter
        .optional()
        .meta({ description: 'Whether it must be a valid result of its type; true by default.' }),
    }),
  },
  responses: json('The document.', documentSchema),
});

const saveRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'saveScan',
  tags: TAGS,
  summary: 'Store a scan, or replace it',
  description: 'It is checked, stored, read back and compared before it is indexed.',
  request: {
    params,
    query: queryOf({}),
    body: { required: true, content: { 'application/json': { schema: documentSchema } } },
  },
  responses: json('What was stored.', scanResultSummarySchema),
});

const deleteRoute = createRoute({
  method: 'delete',
  path: PATH,
  operationId: 'deleteScan',
  tags: TAGS,
  summary: 'Remove a scan from object storage and from the index',
  request: {
    params,
    query: queryOf({}),
    body: { required: true, content: { 'application/json': { schema: nothingSchema } } },
  },
  responses: json('It is gone.', deletedSchema),
});

export function registerScans(app: Api, context: ApiContext): void {
  const use = async <T>(work: (scans: Campaigns['scans']) => T | Promise<T>, create = false) => {
    const campaigns = openCampaigns(context.campaigns, { create });
    try {
      return await work(campaigns.scans);
    } finally {
      await campaigns.close();
    }
  };
  app.openapi(listRoute, async (c) => {
    const { type, audit_id, limit = 100, offset = 0 } = c.req.valid('query');
    const items = await use((scans) =>
      scans.listScans({ scanType: type, auditIdFilter: audit_id, limit: limit + 1, offset }),
    );
    return c.json({ scans: items.slice(0, limit), limit, offset, has_more: items.length > limit }, 200);
  });
  app.openapi(loadRoute, async (c) => {
    const { type, scan_id } = c.req.valid('param');
    const { validate = true } = c.req.valid('query');
    const document = await use((scans) => scans.loadScan(type, scan_id, { validate }));
    return c.json(document as Record<string, unknown>, 200);
  });
  app.openapi(saveRoute, async (c) => {
    const { type, scan_id } = c.req.valid('param');
    const document = c.req.valid('json');
    return c.json(await use((scans) => scans.saveScan(type, scan_id, document), true), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const { type, scan_id } = c.req.valid('param');
    if (await use((scans) => scans.deleteScan(type, scan_id))) return c.json({ deleted: true as const }, 200);
    throw new ApiProblem('artifact_absent', `There is no ${type} scan ${scan_id}`);
  });
}
