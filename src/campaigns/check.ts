// Whether index, flags and objects agree. What is found is told and not mended, but for what can do no harm: a scan that lies
// in the storage and is valid can be taken into the index.

import { LiveSessions } from '../data/live-sessions.ts';
import { isAlive } from '../data/process-identity.ts';
import { allObjects } from '../data/scan-store.ts';
import { STAGES } from '../model/campaign.ts';
import { messageOf } from '../model/errors.ts';
import { ArtifactNotFoundError } from '../model/persistence-errors.ts';
import { SCAN_ID, SCAN_TYPES, type ScanType, scanKey } from '../model/scan.ts';
import type { Campaigns } from './campaigns.ts';

type CheckProblem =
  | 'flag_without_object' // a stage is complete and its object is gone
  | 'object_without_flag' // no stage of any campaign refers to the object
  | 'object_not_indexed' // the object was put there by another machine, or just before a crash
  | 'index_without_object' // the index tells of an object that is gone
  | 'object_changed' // the object is not what was stored
  | 'object_unreadable' // the object is there and cannot be read
  | 'stage_unfinished'; // a stage is in progress, and its session is not known to run

export interface CheckFinding {
  readonly problem: CheckProblem;
  readonly key: string;
  readonly campaign_id: string | null;
  /** One clause for a person. */
  readonly detail: string;
}

export interface CheckResult {
  readonly campaigns: number;
  readonly objects: number;
  readonly findings: readonly CheckFinding[];
  /** Keys of scans that were taken into the index. */
  readonly indexed: readonly string[];
}

export interface CheckOptions {
  /** Read every object and compare it with its SHA-256; otherwise only whether it is there. */
  readonly contents: boolean;
  /** Take valid scans into the index that are not in it. */
  readonly index: boolean;
  /** The database of the sessions that run stages: a stage whose session runs is no finding. */
  readonly sessionsDb: string;
}

/** @throws WrapperError of the database and the object storage, when these cannot be asked at all */
export async function checkCampaigns(
  campaigns: Campaigns,
  { contents, index, sessionsDb }: CheckOptions,
): Promise<CheckResult> {
  const { repository, scans } = campaigns;
  const findings: CheckFinding[] = [];
  const indexed: string[] = [];
  const objects = new Set<string>();
  for await (const { key } of allObjects(scans.objects, 'scans/')) objects.add(key);
  const running = runningSessions(sessionsDb);
  const linked = new Set<string>();
  let campaignCount = 0;
  for (let offset = 0; ; offset += 500) {
    const page = repository.listAll({ limit: 500, offset });
    campaignCount += page.length;
    for (const { campaignId, stages } of page) {
      for (const stage of STAGES) {
        const { complete, scanId, inProgress, sessionId } = stages[stage];
        if (inProgress && !(sessionId !== null && running.has(sessionId))) {
          findings.push({
            problem: 'stage_unfinished',
            key: scanId === null ? '' : scanKey(stage, scanId),
            campaign_id: campaignId,
            detail:
              sessionId === null
                ? `stage ${stage} is being run, or its wrapper died`
                : `stage ${stage}: session ${sessionId} has ended; its result is being stored, or its wrapper died`,
          });
        }
        if (!complete || scanId === null) continue;
        const key = scanKey(stage, scanId);
        linked.add(key);
        if (objects.has(key)) continue;
        findings.push({
          problem: 'flag_without_object',
          key,
          campaign_id: campaignId,
          detail: `stage ${stage} is complete and its scan is not in ${scans.objects.location}`,
        });
      }
    }
    if (page.length < 500) break;
  }
  const add = (problem: CheckProblem, key: string, detail: string): void => {
    findings.push({ problem, key, campaign_id: null, detail });
  };
  for (const key of objects) {
    if (!linked.has(key)) add('object_without_flag', key, 'no stage of a campaign refers to it');
    const scan = scanOf(key);
    if (scan === undefined) continue;
    const known = scans.index.get(scan.type, scan.scanId);
    if (known === undefined) {
      if (!index) {
        add('object_not_indexed', key, 'it is not in the index; --index takes it in');
        continue;
      }
      try {
        await scans.indexScan(scan.type, scan.scanId);
        indexed.push(key);
      } catch (error) {
        add('object_not_indexed', key, `it cannot be taken into the index: ${messageOf(error)}`);
      }
    } else if (contents) {
      try {
        if ((await scans.digest(key)) !== known.sha256)
          add('object_changed', key, 'its SHA-256 is not that of what was stored');
      } catch (error) {
        if (error instanceof ArtifactNotFoundError) add('index_without_object', key, 'it has just gone');
        else add('object_unreadable', key, messageOf(error));
      }
    }
  }
  for (const type of SCAN_TYPES) {
    for (const { s3_key } of scans.index.all(type)) {
      if (!objects.has(s3_key)) add('index_without_object', s3_key, `it is not in ${scans.objects.location}`);
    }
  }
  return { campaigns: campaignCount, objects: objects.size, findings, indexed };
}

/** Ids of sessions of this machine whose wrapper is alive. */
function runningSessions(dbPath: string): ReadonlySet<string> {
  const alive = new LiveSessions(dbPath).list().filter(({ owner }) => isAlive(owner) === 'alive');
  return new Set(alive.map(({ session }) => session.sessionId));
}

/** The scan that a key belongs to; undefined for what is no key of a scan. */
function scanOf(key: string): { type: ScanType; scanId: string } | undefined {
  const [, folder, name] = /^scans\/([a-z]+)\/([^/]+)\.json$/.exec(key) ?? [];
  const type = SCAN_TYPES.find((known) => known === folder);
  return type === undefined || name === undefined || !SCAN_ID.test(name) ? undefined : { type, scanId: name };
}
