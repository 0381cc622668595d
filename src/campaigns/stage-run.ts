// A stage of a campaign as a wrapped command: in progress while the command runs, complete when what it left behind is stored
// and linked. Whatever fails is written to the stage, so that the campaign tells why; the command itself is never disturbed.

import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { ObjectStore } from '../data/objects/object-store.ts';
import { type Campaign, STAGES, type Stage } from '../model/campaign.ts';
import { messageOf, WrapperError } from '../model/errors.ts';
import { nearestName } from '../model/nearest.ts';
import { SCAN_ID, SCAN_ID_FORM } from '../model/scan.ts';
import { type Campaigns, type CampaignsPlace, findCampaign, openCampaigns } from './campaigns.ts';
import { readScanFile, type ScanFile } from './scan-file.ts';

export interface StageRequest {
  /** An id, the start of one, or `last`. */
  readonly campaign: string;
  readonly stage: string;
  /** Where the command leaves its result; absolute. */
  readonly scanFile: string;
  /** The id of the scan; by default it follows from the content of the result. */
  readonly scanId?: string | undefined;
  /** A failure of the stage is one of the campaign. */
  readonly failCampaign: boolean;
}

/** What an object storage may take to say that it cannot be used, in ms; one that says nothing is hoped for. */
const ANSWER_WITHIN_MS = 5000;
/** What asks for an end while the result is being stored. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** How the command of a stage ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: number | null;
  /** Why it could not be started. */
  readonly startFailure: string | undefined;
}

export interface StageOutcome {
  readonly ok: boolean;
  /** One sentence for a person. */
  readonly message: string;
  /** Remarks on a result that was stored all the same. */
  readonly notes: readonly string[];
}

/**
 * Looks at everything that can be wrong with a stage before its command runs, and sets it in progress.
 *
 * @throws WrapperError `usage`, `campaign_unknown`, `campaign_ambiguous`, and as `openDatabase` and `openObjectStore`
 * @throws PersistenceError when the object storage says that it cannot be used
 */
export async function beginStage(request: StageRequest, place: CampaignsPlace): Promise<StageRun> {
  const stage = stageOf(request.stage);
  const { scanId } = request;
  if (scanId !== undefined && !SCAN_ID.test(scanId)) {
    throw new WrapperError('usage', `--scan-id: "${scanId.slice(0, 64)}" is no scan id: ${SCAN_ID_FORM}`);
  }
  const campaigns = openCampaigns(place, { create: false });
  try {
    const campaign = findCampaign(campaigns, request.campaign);
    // What is wrong with the object storage must not be found out after hours of scanning.
    await assertUsable(campaigns.scans.objects);
    campaigns.repository.setStageInProgress(campaign.campaignId, stage);
    return new StageRun(campaigns, campaign, stage, request);
  } catch (error) {
    await campaigns.close();
    throw error;
  }
}

/** A stage that is in progress; to be finished once. */
export class StageRun {
  readonly #campaigns: Campaigns;
  readonly #campaign: Campaign;
  readonly #stage: Stage;
  readonly #request: StageRequest;
  readonly #before: string | undefined;

  /** Made by `beginStage`. */
  constructor(campaigns: Campaigns, campaign: Campaign, stage: Stage, request: StageRequest) {
    this.#campaigns = campaigns;
    this.#campaign = campaign;
    this.#stage = stage;
    this.#request = request;
    this.#before = versionOf(request.scanFile);
  }

  /** Notes the session that runs the stage. Never throws: the command is running by then. */
  session(sessionId: string): void {
    try {
      this.#campaigns.repository.setStageInProgress(this.#campaign.campaignId, this.#stage, sessionId);
    } catch {
      // The session can be found by its time; what is wrong with the database is said at the end.
    }
  }

  /**
   * Stores and links what the command has left, or notes why not. Never throws. The command is over by then: a signal that asks
   * for an end ends this.
   */
  async finish(end: CommandEnd): Promise<StageOutcome> {
    const told = untilToldToEnd();
    try {
      return await Promise.race([this.#complete(end), told.end]);
    } catch (error) {
      const reason = messageOf(error);
      return { ok: false, message: this.#fail(reason), notes: [] };
    } finally {
      told.ignore();
      await this.#campaigns.close().catch(() => {
        // Everything that counts has been said by then.
      });
    }
  }

  /** @throws WrapperError for whatever keeps the stage from being complete */
  async #complete(end: CommandEnd): Promise<StageOutcome> {
    const failure = failureOf(end);
    if (failure !== undefined) throw new WrapperError('stage_failed', failure);
    const file = await this.#result();
    const notes = notesOn(file, this.#request.scanFile);
    const campaign = await completeStage(
      this.#campaigns,
      this.#campaign.campaignId,
      this.#stage,
      file,
      this.#request.scanId,
    );
    const scanId = campaign.stages[this.#stage].scanId;
    const message = `stage ${this.#stage} of campaign ${campaign.name}: complete, scan ${scanId} (${campaign.progressSummary})`;
    return { ok: true, message, notes };
  }

  #result(): Promise<ScanFile> {
    const { scanFile } = this.#request;
    const now = versionOf(scanFile);
    if (now === undefined) throw new WrapperError('scan_invalid', `the command left no file ${scanFile}`);
    if (now === this.#before) {
      throw new WrapperError('scan_invalid', `${scanFile} is older than the command, which did not write it`);
    }
    return readScanFile(this.#stage, scanFile);
  }

  /** @returns what to say */
  #fail(reason: string): string {
    const { repository } = this.#campaigns;
    const { campaignId, name } = this.#campaign;
    const sentence = `stage ${this.#stage} of campaign ${name} failed: ${reason}`;
    try {
      repository.setStageFailed(campaignId, this.#stage, reason);
      if (this.#request.failCampaign) repository.setFailed(campaignId, `${this.#stage}: ${reason}`);
      return sentence;
    } catch (error) {
      return `${sentence} (and that could not be stored: ${messageOf(error)})`;
    }
  }
}

/** @throws PersistenceError when the storage says so in time; a network that is slow just now must not keep a scan from running */
async function assertUsable(objects: ObjectStore): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ANSWER_WITHIN_MS);
  });
  const asked = objects.list('scans/', { limit: 1 });
  asked.catch(() => {
    // Too late to matter.
  });
  try {
    await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects at the first signal that asks for an end. */
function untilToldToEnd(): { readonly end: Promise<never>; ignore(): void } {
  let told: (signal: NodeJS.Signals) => void = () => {};
  const end = new Promise<never>((_, reject) => {
    told = (signal) =>
      reject(new WrapperError('stage_failed', `${signal} came before its result was stored`));
  });
  for (const signal of ENDING) process.on(signal, told);
  return {
    end,
    ignore: () => {
      for (const signal of ENDING) process.off(signal, told);
    },
  };
}

/**
 * Stores the result of a stage and sets its flag, in this order, so that a flag always has its object.
 *
 * @throws WrapperError as `ScanStore.saveScan` and `CampaignRepository.setStageComplete`
 */
export async function completeStage(
  campaigns: Campaigns,
  campaignId: string,
  stage: Stage,
  file: ScanFile,
  scanId: string = file.scanId,
): Promise<Campaign> {
  await campaigns.scans.saveScan(stage, scanId, file.result);
  return campaigns.repository.setStageComplete(campaignId, stage, scanId);
}

/** What a person should know of a result that could be used in part. */
export function notesOn({ problems, problemCount }: ScanFile, path: string): string[] {
  const name = basename(path);
  const shown = problems.slice(0, 5).map(({ line, reason }) => `${name}, line ${line} ${reason}`);
  const more = problemCount - shown.length;
  return more > 0 ? [...shown, `${name}: ${more} more lines could not be used`] : shown;
}

/** @throws WrapperError `usage` */
export function stageOf(text: string): Stage {
  const stage = STAGES.find((name) => name === text);
  if (stage !== undefined) return stage;
  const near = nearestName(text, STAGES);
  throw new WrapperError('usage', `"${text.slice(0, 64)}" is no stage`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}The stages are ${STAGES.join(', ')}.`,
  });
}

function failureOf({ code, signal, startFailure }: CommandEnd): string | undefined {
  if (startFailure !== undefined) return `the command could not be started: ${startFailure}`;
  if (signal !== null) return `the command was ended by ${signalName(signal)}`;
  return code === 0 ? undefined : `the command ended with status ${code}`;
}

function signalName(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}

/** Changes whenever the file is written; undefined when there is none. */
function versionOf(path: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return undefined; // what cannot be looked at has not been written
  }
}
