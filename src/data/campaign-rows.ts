// Campaigns as rows.

import { type Campaign, type CampaignStatus, progressOf, type StageState } from '../model/campaign.ts';

const STAGE_COLUMNS = ['complete', 'scan_id', 'in_progress', 'error', 'session_id'];

export const CAMPAIGN_COLUMNS = [
  'campaign_id, name, target_url, status, tags, description, created_at, updated_at, failure_reason',
  ...['recon', 'garak', 'exploit'].flatMap((stage) => STAGE_COLUMNS.map((column) => `${stage}_${column}`)),
].join(', ');

export interface CampaignRow {
  readonly campaign_id: string;
  readonly name: string;
  readonly target_url: string;
  readonly status: CampaignStatus;
  readonly tags: string;
  readonly description: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly failure_reason: string | null;
  readonly [column: string]: string | number | null;
}

export function toCampaign(row: CampaignRow): Campaign {
  const stages = {
    recon: stageOf(row, 'recon'),
    garak: stageOf(row, 'garak'),
    exploit: stageOf(row, 'exploit'),
  };
  return {
    campaignId: row.campaign_id,
    name: row.name,
    targetUrl: row.target_url,
    description: row.description,
    tags: tagsOf(row.tags),
    status: row.status,
    failureReason: row.failure_reason,
    stages,
    reconComplete: stages.recon.complete,
    garakComplete: stages.garak.complete,
    exploitComplete: stages.exploit.complete,
    reconScanId: stages.recon.scanId,
    garakScanId: stages.garak.scanId,
    exploitScanId: stages.exploit.scanId,
    progressSummary: progressOf(stages),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function stageOf(row: CampaignRow, stage: string): StageState {
  return {
    complete: row[`${stage}_complete`] === 1,
    scanId: row[`${stage}_scan_id`] as string | null,
    inProgress: row[`${stage}_in_progress`] === 1,
    error: row[`${stage}_error`] as string | null,
    sessionId: row[`${stage}_session_id`] as string | null,
  };
}

/** A row may have been written by hand. */
function tagsOf(json: string): string[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return []; // no list of tags, then no tags
  }
}

/** What a search looks through: the texts of a campaign, folded, each on a line of its own. */
export function searchText(campaign: Pick<Campaign, 'name' | 'targetUrl' | 'description' | 'tags'>): string {
  return [campaign.name, campaign.targetUrl, campaign.description ?? '', ...campaign.tags]
    .map(folded)
    .join('\n');
}

/** Text as it is compared: composed, in lower case, without line breaks of its own. */
export function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ');
}
