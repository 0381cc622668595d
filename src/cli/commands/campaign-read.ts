// `wrapper campaign list`, `search` and `show`: which campaigns there are and how far each has come.

import { CAMPAIGN_STATUSES, type Campaign, campaignDocument, STAGES } from '../../model/campaign.ts';
import { CAMPAIGN_OPTIONS, campaignColumns, findCampaign, oneOf, withCampaigns } from '../campaign-call.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { objectOf } from '../documents.ts';
import { limitOption, textOption } from '../filters.ts';
import { escapeControls, formatAbsolute } from '../format.ts';
import { printListing } from '../listing.ts';
import { renderDetails } from '../table.ts';

export const campaignListCommand: CommandDefinition = {
  name: 'campaign list',
  help: 'List campaigns, newest first.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper campaign list', 'the newest campaigns'],
    ['wrapper campaign list --status failed --json', 'what went wrong, for a program'],
  ],
  define(command) {
    command
      .option('--status <status>', `only those with this status (${CAMPAIGN_STATUSES.join(', ')})`)
      .option('--target <url>', 'only campaigns of exactly this target')
      .option('--limit <count>', 'at most so many', '20');
  },
  async run(call) {
    const given = textOption(call, 'status');
    const status = given === undefined ? undefined : oneOf(given, CAMPAIGN_STATUSES, 'status');
    const target = textOption(call, 'target');
    const limit = limitOption(call);
    return withCampaigns(call, false, async ({ repository }) => {
      const items =
        target === undefined
          ? repository.listAll({ status, limit: limit + 1 })
          : repository.getByTarget(target).filter((one) => status === undefined || one.status === status);
      return printCampaigns(call, items, limit, 'No campaign. Begin one: wrapper campaign create --name …');
    });
  },
};

export const campaignSearchCommand: CommandDefinition = {
  name: 'campaign search',
  help: 'Campaigns whose name, target, description or a tag contains a text, in any case.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [['wrapper campaign search techshop', 'newest first']],
  define(command) {
    command.argument('<text>', 'what to look for').option('--limit <count>', 'at most so many', '50');
  },
  async run(call) {
    const limit = limitOption(call);
    return withCampaigns(call, false, async ({ repository }) => {
      const items = repository.search(call.arguments[0]!, limit + 1);
      return printCampaigns(call, items, limit, 'No campaign matches.');
    });
  },
};

export const campaignShowCommand: CommandDefinition = {
  name: 'campaign show',
  help: 'One campaign with its stages.',
  formats: ['text', 'json'],
  runOptions: CAMPAIGN_OPTIONS,
  examples: [
    ['wrapper campaign show 3f9a1c', 'by the start of its id'],
    ['wrapper campaign show last --json', 'the newest, for a program'],
  ],
  define(command) {
    command.argument('<id>', 'an id, the start of one, or last');
  },
  async run(call) {
    return withCampaigns(call, false, async (campaigns) => {
      const campaign = findCampaign(call, campaigns);
      await call.output.write(
        call.format === 'json' ? objectOf(campaignDocument(campaign)) : details(call, campaign),
      );
      return 0;
    });
  },
};

async function printCampaigns(
  call: Call,
  items: readonly Campaign[],
  limit: number,
  empty: string,
): Promise<number> {
  await printListing(call, {
    key: 'campaigns',
    items,
    limit,
    empty,
    columns: campaignColumns(call, items.slice(0, limit)),
    toDocument: campaignDocument,
  });
  return 0;
}

function details(call: Call, campaign: Campaign): string {
  const failed = campaign.failureReason === null ? '' : `: ${escapeControls(campaign.failureReason)}`;
  const stages = STAGES.map((stage): [string, string] => {
    const { complete, scanId, inProgress, error, sessionId } = campaign.stages[stage];
    const facts = [
      complete ? `complete, scan ${scanId}` : inProgress ? '' : error === null ? 'not done' : '',
      inProgress ? 'in progress' : '',
      error === null ? '' : `failed: ${escapeControls(error)}`,
      sessionId === null ? '' : `session ${sessionId}`,
    ];
    return [stage, facts.filter((fact) => fact !== '').join(', ')];
  });
  return renderDetails(
    [
      ['campaign', campaign.campaignId],
      ['name', escapeControls(campaign.name)],
      ['target', escapeControls(campaign.targetUrl)],
      ...(campaign.description === null
        ? []
        : [['about', escapeControls(campaign.description)] as [string, string]]),
      ['status', `${campaign.status}${failed}`],
      ['progress', campaign.progressSummary],
      ['tags', escapeControls(campaign.tags.join(', ')) || '-'],
      ['created', formatAbsolute(campaign.createdAt)],
      ['updated', formatAbsolute(campaign.updatedAt)],
      ...stages,
    ],
    call.output,
  );
}
