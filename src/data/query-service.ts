// Every question that a server answers about what is stored, over one connection of its own. The types are in
// query-types.ts; each answer has a file of its own.

import type { AdvancedQuery } from '../model/advanced-query.ts';
import type { StoredBlock, StoredEvent } from '../model/event.ts';
import type { Session } from '../model/session.ts';
import { runAdvancedQuery } from './advanced-query.ts';
import { readBlocks } from './block-query.ts';
import type { Database } from './database.ts';
import { readEvents } from './event-page.ts';
import { checkSpan, type Page } from './page.ts';
import type {
  AdvancedResult,
  AgentOverview,
  AgentStatistics,
  BlockFilter,
  EventFilter,
  PatternStatistics,
  Queries,
  SessionDetail,
  SessionFilter,
  Timeline,
  TimelineFilter,
} from './query-types.ts';
import { readSessionDetail } from './session-detail.ts';
import { readSessions } from './session-query.ts';
import { agentOverviews, agentStatistics, patternStatistics } from './statistics.ts';
import { readTimeline } from './timeline.ts';

const TOP_PATTERNS = 20;
const PATTERN_DAYS = 30;
const PATTERN_SAMPLES = 5;

export class QueryService implements Queries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  queryEvents(filter: EventFilter): Page<StoredEvent> {
    checkSpan(filter);
    return readEvents(this.#database, filter);
  }

  queryBlocks(filter: BlockFilter): Page<StoredBlock> {
    checkSpan(filter);
    return readBlocks(this.#database, filter);
  }

  querySessions(filter: SessionFilter): Page<Session> {
    checkSpan(filter);
    return readSessions(this.#database, filter);
  }

  sessionDetail(sessionId: string): SessionDetail | undefined {
    return readSessionDetail(this.#database, sessionId);
  }

  agentStats(agent: string, options: { patterns?: number } = {}): AgentStatistics | undefined {
    return agentStatistics(this.#database, agent, options.patterns ?? TOP_PATTERNS);
  }

  patternStats(
    pattern: string,
    options: { days?: number | undefined; samples?: number | undefined; now?: number | undefined } = {},
  ): PatternStatistics | undefined {
    return patternStatistics(this.#database, pattern, {
      days: options.days ?? PATTERN_DAYS,
      samples: options.samples ?? PATTERN_SAMPLES,
      now: options.now ?? Date.now(),
    });
  }

  timeline(filter: TimelineFilter): Timeline {
    return readTimeline(this.#database, filter);
  }

  agents(): AgentOverview[] {
    return agentOverviews(this.#database);
  }

  advanced(query: AdvancedQuery): AdvancedResult {
    return runAdvancedQuery(this.#database, query);
  }
}
