// The campaigns of a database with the scans that belong to them: what the command line, the server and the library work on.

import { dirname, join } from 'node:path';
import { CampaignRepository } from '../data/campaign-repository.ts';
import { type Database, openDatabase } from '../data/database.ts';
import { inspectDatabaseFile } from '../data/database-file.ts';
import type { ObjectStore } from '../data/objects/object-store.ts';
import { objectStoreSettings } from '../data/objects/object-store-settings.ts';
import { openObjectStore } from '../data/objects/open-object-store.ts';
import { ScanIndex } from '../data/scan-index.ts';
import { ScanStore } from '../data/scan-store.ts';
import type { Campaign } from '../model/campaign.ts';
import { WrapperError } from '../model/errors.ts';
import { escapeControls } from '../model/visible-text.ts';

export interface CampaignsPlace {
  /** The database that the campaigns are in. */
  readonly dbPath: string;
  /** For what S3 needs to know; without `objects` it decides which object storage is used. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What a relative folder of objects starts from; the working directory by default. */
  readonly cwd?: string | undefined;
  /** Another object storage than the environment names; whoever gives it closes it. */
  readonly objects?: ObjectStore | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
}

export interface Campaigns {
  readonly dbPath: string;
  readonly repository: CampaignRepository;
  /** The storage of objects is opened by the first use, so that what needs none works without one. @throws PersistenceError */
  readonly scans: ScanStore;
  close(): Promise<void>;
}

/**
 * Opens the campaigns at a place. Without a database there are none, and it is made only when `create` says so.
 *
 * @throws WrapperError as `openDatabase` does
 */
export function openCampaigns(place: CampaignsPlace, { create }: { readonly create: boolean }): Campaigns {
  const { dbPath, env, now = Date.now } = place;
  const absent = !create && inspectDatabaseFile(dbPath).kind === 'absent';
  const database: Database = openDatabase(absent ? ':memory:' : dbPath);
  let objects = place.objects;
  let scans: ScanStore | undefined;
  return {
    dbPath,
    repository: new CampaignRepository(database, now),
    get scans() {
      objects ??= openObjectStore(
        objectStoreSettings({ env, cwd: place.cwd ?? process.cwd(), folder: objectsFolder(dbPath) }),
      );
      scans ??= new ScanStore(new ScanIndex(database), objects, now);
      return scans;
    },
    async close() {
      database.close();
      if (place.objects === undefined) await objects?.close();
    },
  };
}

/** The local object storage lies beside the database of its index. */
function objectsFolder(dbPath: string): string {
  return join(dirname(dbPath), 'objects');
}

/**
 * The campaign that a person means by an id, the start of one, or `last`.
 *
 * @throws WrapperError `campaign_unknown` or `campaign_ambiguous`
 */
export function findCampaign({ repository, dbPath }: Campaigns, reference: string): Campaign {
  const [first, ...others] = repository.find(reference);
  const shown = JSON.stringify(reference.slice(0, 128)).slice(1, -1);
  if (first === undefined) {
    throw new WrapperError('campaign_unknown', `no campaign ${shown} in ${dbPath}`, {
      hint: 'wrapper campaign list shows them.',
    });
  }
  if (others.length === 0) return first;
  const candidates = [first, ...others]
    .slice(0, 5)
    .map(({ campaignId, name }) => `${campaignId} (${escapeControls(name)})`);
  throw new WrapperError('campaign_ambiguous', `${shown} is the start of ${others.length + 1} campaigns`, {
    hint: `${candidates.join(', ')}${others.length > 4 ? ', …' : ''}`,
  });
}
