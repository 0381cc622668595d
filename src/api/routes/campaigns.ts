// `/api/v1/campaigns/…`: campaigns as the command line has them. The database is opened for each request: campaigns are asked
// for rarely, and they may be in a file of their own that is made, moved or replaced meanwhile.

import { createRoute, z } from '@hono/zod-openapi';
import { openCampaigns } from '../../campaigns/campaigns.ts';
import { campaignReport } from '../../campaigns/report.ts';
import { CAMPAIGN_STATUSES, type Campaign, campaignDocument, STAGES } from '../../model/campaign.ts';
import {
  campaignSchema,
  campaignsSchema,
  deletedSchema,
  failCampaignSchema,
  namedIdSchema,
  newCampaignSchema,
  nothingSchema,
  renameCampaignSchema,
  scanKeysSchema,
  stageChangeSchema,
  tagCampaignSchema,
} from '../../model/wire-campaign.ts';
import type { Api } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { limitParameter, nameParameter, oneOfParameter, queryOf, wholeNumber } from '../parameters.ts';
import { ApiProblem } from '../problem.ts';

const TAGS = ['campaigns'];
const PATH = '/api/v1/campaigns';
const params = z.object({ campaign_id: namedIdSchema });
const query = queryOf({});

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});
const body = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});
const changed = { 200: json('The campaign as it is now.', campaignSchema) };

const listRoute = createRoute({
  method: 'get',
  path: PATH,
  operationId: 'listCampaigns',
  tags: TAGS,
  summary: 'Campaigns, newest first',
  request: {
    query: queryOf({
      status: oneOfParameter(CAMPAIGN_STATUSES).optional().meta({ description: 'Only this status.' }),
      target_url: nameParameter.optional().meta({ description: 'Only this very target.' }),
      q: nameParameter
        .optional()
        .meta({ description: 'Text that name, target, description or a tag contains, in any case.' }),
      limit: limitParameter,
      offset: wholeNumber(0, 1_000_000).optional().meta({ description: 'So many are left out first.' }),
    }),
  },
  responses: { 200: json('A page of campaigns.', campaignsSchema) },
});

const createCampaignRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'createCampaign',
  tags: TAGS,
  summary: 'Begin a campaign',
  request: { query, body: body(newCampaignSchema) },
  responses: { 200: json('The campaign.', campaignSchema) },
});

const showRoute = createRoute({
  method: 'get',
  path: `${PATH}/{campaign_id}`,
  operationId: 'getCampaign',
  tags: TAGS,
  summary: 'One campaign',
  request: { params, query },
  responses: { 200: json('The campaign.', campaignSchema) },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: `${PATH}/{campaign_id}`,
  operationId: 'deleteCampaign',
  tags: TAGS,
  summary: 'Remove a campaign from the database; its scans stay',
  request: { params, query, body: body(nothingSchema) },
  responses: { 200: json('It is gone.', deletedSchema) },
});

const keysRoute = createRoute({
  method: 'get',
  path: `${PATH}/{campaign_id}/keys`,
  operationId: 'getCampaignKeys',
  tags: TAGS,
  summary: 'The keys of the scans of completed stages',
  request: { params, query },
  responses: { 200: json('The keys.', scanKeysSchema) },
});

const reportRoute = createRoute({
  method: 'get',
  path: `${PATH}/{campaign_id}/report`,
  operationId: 'getCampaignReport',
  tags: TAGS,
  summary: 'What the stages have found, as markdown',
  request: { params, query },
  responses: {
    200: { description: 'The report.', content: { 'text/markdown': { schema: z.string() } } },
  },
});

const stageRoute = createRoute({
  method: 'post',
  path: `${PATH}/{campaign_id}/stages/{stage}`,
  operationId: 'setStage',
  tags: TAGS,
  summary: 'Say how a stage is; a scan that completes it must be stored',
  request: {
    params: params.extend({ stage: oneOfParameter(STAGES) }),
    query,
    body: body(stageChangeSchema),
  },
  responses: changed,
});

const failRoute = createRoute({
  method: 'post',
  path: `${PATH}/{campaign_id}/fail`,
  operationId: 'failCampaign',
  tags: TAGS,
  summary: 'Set a campaign to failed',
  request: { params, query, body: body(failCampaignSchema) },
  responses: changed,
});

const renameRoute = createRoute({
  method: 'post',
  path: `${PATH}/{campaign_id}/name`,
  operationId: 'renameCampaign',
  tags: TAGS,
  summary: 'Give a campaign another name',
  request: { params, query, body: body(renameCampaignSchema) },
  responses: changed,
});

const tagRoute = createRoute({
  method: 'post',
  path: `${PATH}/{campaign_id}/tags`,
  operationId: 'tagCampaign',
  tags: TAGS,
  summary: 'Add tags, or take them away',
  request: { params, query, body: body(tagCampaignSchema) },
  responses: changed,
});

export function registerCampaigns(app: Api, context: ApiContext): void {
  const use = async <T>(
    work: (campaigns: ReturnType<typeof openCampaigns>) => T | Promise<T>,
    create = false,
  ) => {
    const campaigns = openCampaigns(context.campaigns, { create });
    try {
      return await work(campaigns);
    } finally {
      await campaigns.close();
    }
  };
  const change = async (
    campaignId: string,
    work: (campaigns: ReturnType<typeof openCampaigns>) => Campaign | Promise<Campaign>,
  ) =>
    campaignDocument(
      await use((campaigns) => {
        // Before anything is looked at in object storage: whether there is such a campaign at all.
        known(campaigns, campaignId);
        return work(campaigns);
      }),
    );
  app.openapi(listRoute, async (c) => {
    const { status, target_url, q, limit = 100, offset = 0 } = c.req.valid('query');
    const search = { query: q, targetUrl: target_url, status, limit: limit + 1, offset };
    return c.json(pageOf(await use(({ repository }) => repository.page(search)), limit, offset), 200);
  });
  app.openapi(createCampaignRoute, async (c) => {
    const { name, target_url, description, tags, campaign_id } = c.req.valid('json');
    const campaign = await use(
      ({ repository }) =>
        repository.createCampaign({
          name,
          targetUrl: target_url,
          description,
          tags,
          campaignId: campaign_id,
        }),
      true,
    );
    return c.json(campaignDocument(campaign), 200);
  });
  app.openapi(showRoute, async (c) => {
    const { campaign_id } = c.req.valid('param');
    return c.json(campaignDocument(await use((campaigns) => known(campaigns, campaign_id))), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const { campaign_id } = c.req.valid('param');
    await use((campaigns) => {
      known(campaigns, campaign_id);
      campaigns.repository.delete(campaign_id);
    });
    return c.json({ deleted: true as const }, 200);
  });
  app.openapi(keysRoute, async (c) => {
    const { campaign_id } = c.req.valid('param');
    return c.json({ keys: await use(({ repository }) => repository.getS3Keys(campaign_id)) }, 200);
  });
  app.openapi(reportRoute, async (c) => {
    const { campaign_id } = c.req.valid('param');
    const report = await use((campaigns) => campaignReport(campaigns, known(campaigns, campaign_id)));
    return c.text(report, 200, { 'Content-Type': 'text/markdown; charset=utf-8' });
  });
  app.openapi(stageRoute, async (c) => {
    const { campaign_id, stage } = c.req.valid('param');
    const { state, scan_id, reason } = c.req.valid('json');
    const document = await change(campaign_id, async ({ repository, scans }) => {
      if (state === 'in_progress') return repository.setStageInProgress(campaign_id, stage);
      if (state === 'failed') {
        if (reason === undefined) throw new ApiProblem('body_invalid', 'reason: a failed stage says why');
        return repository.setStageFailed(campaign_id, stage, reason);
      }
      if (scan_id === undefined)
        throw new ApiProblem('body_invalid', 'scan_id: a complete stage has the id of its scan');
      // A flag is set only for what can be read.
      await scans.indexScan(stage, scan_id);
      return repository.setStageComplete(campaign_id, stage, scan_id);
    });
    return c.json(document, 200);
  });
  app.openapi(failRoute, async (c) => {
    const { campaign_id } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    const document = await change(campaign_id, ({ repository }) => repository.setFailed(campaign_id, reason));
    return c.json(document, 200);
  });
  app.openapi(renameRoute, async (c) => {
    const { campaign_id } = c.req.valid('param');
    const { name } = c.req.valid('json');
    return c.json(
      await change(campaign_id, ({ repository }) => repository.updateName(campaign_id, name)),
      200,
    );
  });
  app.openapi(tagRoute, async (c) => {
    const { campaign_id } = c.req.valid('param');
    const { add = [], remove = [] } = c.req.valid('json');
    const document = await change(campaign_id, ({ repository }) => {
      repository.addTags(campaign_id, add);
      return repository.removeTags(campaign_id, remove);
    });
    return c.json(document, 200);
  });
}

/** By its whole id: a program does not guess. */
function known(campaigns: ReturnType<typeof openCampaigns>, campaignId: string): Campaign {
  const campaign = campaigns.repository.get(campaignId);
  if (campaign !== undefined) return campaign;
  throw new ApiProblem('campaign_unknown', `There is no campaign ${campaignId}`, {
    hint: 'GET /api/v1/campaigns lists them.',
  });
}

function pageOf(items: readonly Campaign[], limit: number, offset: number) {
  return {
    campaigns: items.slice(0, limit).map(campaignDocument),
    limit,
    offset,
    has_more: items.length > limit,
  };
}
