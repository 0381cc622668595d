// What the commands of campaigns and scans have in common: where they find both, and how they show one.

import { type Campaigns, findCampaign as findInCampaigns, openCampaigns } from '../campaigns/campaigns.ts';
import { type Campaign, campaignDocument, STAGES } from '../model/campaign.ts';
import { WrapperError } from '../model/errors.ts';
import { nearestName } from '../model/nearest.ts';
import type { Call } from './command.ts';
import { objectOf } from './documents.ts';
import { escapeControls, formatRelative } from './format.ts';
import type { Column } from './table.ts';

/** Run options that mean something to these commands. */
export const CAMPAIGN_OPTIONS = ['db', 'campaigns-db', 'config'];

/** Opens the campaigns, lets `work` use them, and closes them. @param create make the database if there is none */
export async function withCampaigns<T>(
  call: Call,
  create: boolean,
  work: (campaigns: Campaigns) => Promise<T>,
): Promise<T> {
  const { db, campaignsDb } = call.configuration.settings;
  const { env, cwd, now } = call.context;
  const campaigns = openCampaigns({ dbPath: campaignsDb ?? db, env, cwd, now }, { create });
  try {
    return await work(campaigns);
  } finally {
    await campaigns.close();
  }
}

/** The campaign of the first argument. @throws WrapperError `campaign_unknown`, `campaign_ambiguous` */
export function findCampaign(call: Call, campaigns: Campaigns): Campaign {
  return findInCampaigns(campaigns, call.arguments[0]!);
}

/** Prints a campaign as a program reads it, or says in one sentence what was done to it. */
export async function printChanged(call: Call, campaign: Campaign, sentence: string): Promise<number> {
  await call.output.write(
    call.format === 'json' ? objectOf(campaignDocument(campaign)) : `${escapeControls(sentence)}\n`,
  );
  return 0;
}

export function campaignColumns(call: Call, campaigns: readonly Campaign[]): Column<Campaign>[] {
  const { output } = call;
  const short = shortCampaignIds(campaigns.map(({ campaignId }) => campaignId));
  const now = call.context.now();
  return [
    { title: 'ID', value: ({ campaignId }) => short(campaignId), paint: (text) => output.style.bold(text) },
    {
      title: 'STATUS',
      value: ({ status }) => status,
      paint: (text, { status }) =>
        status === 'failed'
          ? output.style.red(text)
          : status === 'complete'
            ? output.style.green(text)
            : text,
    },
    { title: 'STAGES', value: stageMarks, leaveOut: 2 },
    { title: 'CREATED', leaveOut: 4, value: ({ createdAt }) => formatRelative(createdAt, now) },
    { title: 'NAME', value: ({ name }) => name, shrinkTo: 8 },
    { title: 'TARGET', value: ({ targetUrl }) => targetUrl, shrinkTo: 8, leaveOut: 3 },
    { title: 'TAGS', value: ({ tags }) => tags.join(', ') || '-', shrinkTo: 4, leaveOut: 1 },
  ];
}

/** `recon garak… exploit!` for one that is complete, one in progress and one that failed; `-` for none. */
function stageMarks({ stages }: Campaign): string {
  const marks = STAGES.map((stage) => {
    const { complete, inProgress, error } = stages[stage];
    if (inProgress) return `${stage}…`;
    if (error !== null) return `${stage}!`;
    return complete ? stage : '';
  });
  return marks.filter((mark) => mark !== '').join(' ') || '-';
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** Shortens UUIDs to eight characters, or as many as tell them apart; other ids were chosen by somebody and stay whole. */
export function shortCampaignIds(ids: readonly string[]): (id: string) => string {
  const made = [...new Set(ids)].filter((id) => UUID.test(id));
  let length = 8;
  while (length < 36 && new Set(made.map((id) => id.slice(0, length))).size < made.length) length++;
  return (id) => (UUID.test(id) ? id.slice(0, length) : id);
}

/** One of a closed list. @throws WrapperError `usage` naming the valid ones */
export function oneOf<Name extends string>(given: string, valid: readonly Name[], noun: string): Name {
  const found = valid.find((name) => name === given);
  if (found !== undefined) return found;
  const near = nearestName(given, valid);
  throw new WrapperError('usage', `unknown ${noun} "${escapeControls(given)}"`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}Valid are ${valid.join(', ')}.`,
  });
}
