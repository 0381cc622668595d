// A campaign: a named audit of a target in three stages. What can be said of it without asking anybody is here: its status as
// a function of its flags, its progress as a sentence, the form in which it is shown to programs.

import { SCAN_TYPES, type ScanType } from './scan.ts';

/** The stages by the names that the specification gives them. */
export const Stage = { RECON: 'recon', GARAK: 'garak', EXPLOIT: 'exploit' } as const;
export type Stage = ScanType;
export const STAGES = SCAN_TYPES;

export const CAMPAIGN_STATUSES = ['created', 'in_progress', 'complete', 'failed'] as const;
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];

/** How one stage of a campaign is. */
export interface StageState {
  readonly complete: boolean;
  /** The scan of its last completion. */
  readonly scanId: string | null;
  readonly inProgress: boolean;
  /** Why it failed the last time it ran; null when it did not. */
  readonly error: string | null;
  /** The session that ran it last. */
  readonly sessionId: string | null;
}

export interface Campaign {
  readonly campaignId: string;
  readonly name: string;
  readonly targetUrl: string;
  readonly description: string | null;
  /** Each once, in the order in which they were added. */
  readonly tags: readonly string[];
  readonly status: CampaignStatus;
  /** Why the campaign was set to failed; null when it is not, or nobody said. */
  readonly failureReason: string | null;
  readonly stages: Readonly<Record<Stage, StageState>>;
  readonly reconComplete: boolean;
  readonly garakComplete: boolean;
  readonly exploitComplete: boolean;
  readonly reconScanId: string | null;
  readonly garakScanId: string | null;
  readonly exploitScanId: string | null;
  /** `1/3 complete: Recon`. */
  readonly progressSummary: string;
  /** ISO-8601 UTC with milliseconds. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What the status of a campaign depends on. */
export interface CampaignFlags {
  readonly failed: boolean;
  readonly stages: Readonly<Record<Stage, Pick<StageState, 'complete' | 'inProgress'>>>;
}

/** The rule; the database computes the same from the same flags. */
export function statusOf({ failed, stages }: CampaignFlags): CampaignStatus {
  if (failed) return 'failed';
  const all = STAGES.map((stage) => stages[stage]);
  if (all.some(({ inProgress }) => inProgress)) return 'in_progress';
  if (all.every(({ complete }) => complete)) return 'complete';
  return all.some(({ complete }) => complete) ? 'in_progress' : 'created';
}

/** `0/3 complete`, `1/3 complete: Recon`, `3/3 complete: Recon, Garak, Exploit`. */
export function progressOf(stages: CampaignFlags['stages']): string {
  const done = STAGES.filter((stage) => stages[stage].complete);
  const names = done.map((stage) => stage[0]!.toUpperCase() + stage.slice(1));
  return `${done.length}/${STAGES.length} complete${done.length === 0 ? '' : `: ${names.join(', ')}`}`;
}

/** A campaign with the field names of the specification. */
export function campaignDocument(campaign: Campaign) {
  const { stages } = campaign;
  return {
    campaign_id: campaign.campaignId,
    name: campaign.name,
    target_url: campaign.targetUrl,
    description: campaign.description,
    status: campaign.status,
    tags: [...campaign.tags],
    recon_complete: stages.recon.complete,
    garak_complete: stages.garak.complete,
    exploit_complete: stages.exploit.complete,
    recon_scan_id: stages.recon.scanId,
    garak_scan_id: stages.garak.scanId,
    exploit_scan_id: stages.exploit.scanId,
    progress_summary: campaign.progressSummary,
    failure_reason: campaign.failureReason,
    stages: {
      recon: stageDocument(stages.recon),
      garak: stageDocument(stages.garak),
      exploit: stageDocument(stages.exploit),
    },
    created_at: campaign.createdAt,
    updated_at: campaign.updatedAt,
  };
}

function stageDocument(state: StageState) {
  return {
    complete: state.complete,
    in_progress: state.inProgress,
    scan_id: state.scanId,
    error: state.error,
    session_id: state.sessionId,
  };
}
