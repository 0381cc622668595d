// What every route of the server works with. One of them is made for each server and given to each route when it is
// registered.

import type { CampaignsPlace } from '../campaigns/campaigns.ts';
import type { Database } from '../data/database.ts';
import type { ExtractionStore } from '../data/extraction-store.ts';
import type { QueryTimings } from '../data/query-timings.ts';
import type { Queries } from '../data/query-types.ts';
import type { SessionStore } from '../data/session-store.ts';
import type { RunHost } from '../runs/run-host.ts';
import type { Access } from './access.ts';
import type { Traffic } from './request-log.ts';
import type { ServedDatabase } from './served-database.ts';

export interface ApiContext {
  /** Absolute path of the database that is served; it may not exist yet. */
  readonly dbPath: string;
  readonly version: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly served: ServedDatabase;
  /**
   * The read-only connection and the stores on it. Ask for them at each use and keep none of them: they are others once
   * the file appears or is replaced. While there is no file they are empty.
   *
   * @throws WrapperError as `openDatabase` does
   */
  readonly database: Database;
  readonly extractions: ExtractionStore;
  readonly sessions: SessionStore;
  readonly queries: Queries;
  /** Where the campaigns are. */
  readonly campaigns: CampaignsPlace;
  readonly access: Access;
  readonly traffic: Traffic;
  /** What starts runs; null for a server that starts none. */
  readonly runs: RunHost | null;
  readonly timings: QueryTimings;
  /** One line for whoever runs the server; shown with --verbose. */
  log(line: string): void;
  /** Work for the end of the server, in the order of registration; at most two seconds altogether. */
  onClose(work: () => void | Promise<void>): void;
}
