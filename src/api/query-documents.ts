// Makes the answers of the query endpoints from what the store answers.

import type { Page } from '../data/page.ts';
import type {
  AdvancedResult,
  AgentOverview,
  AgentStatistics,
  PatternStatistics,
  SessionDetail,
  Timeline,
} from '../data/query-types.ts';
import { eventDocument, sessionDocument, stateChangeDocument } from '../model/documents.ts';
import type {
  AdvancedResultDocument,
  AgentStatsDocument,
  AgentsDocument,
  PatternStatsDocument,
  SessionDetailDocument,
  TimelineDocument,
} from '../model/wire-query.ts';

/** How a page was asked for. */
export interface PageRequest {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Rows of a page when no limit is given. */
const DEFAULT_LIMIT = 100;

/** The members that every list has besides its rows. */
export function pageDocument(
  page: Pick<Page<unknown>, 'nextCursor' | 'total' | 'totalIsLowerBound' | 'complete'>,
  request: PageRequest,
) {
  const limit = request.limit ?? DEFAULT_LIMIT;
  return {
    total: page.total,
    total_is_lower_bound: page.totalIsLowerBound,
    page: request.cursor === undefined ? Math.floor((request.offset ?? 0) / limit) + 1 : null,
    limit,
    next_cursor: page.nextCursor,
    complete: page.complete,
  };
}

export function sessionDetailDocument(detail: SessionDetail): SessionDetailDocument {
  const { recording } = detail;
  return {
    session: sessionDocument(detail.session),
    state_changes: detail.stateChanges.map(stateChangeDocument),
    total_extractions: detail.totalEvents,
    extractions_by_type: detail.byType,
    extractions_by_risk: detail.byRisk,
    recording:
      recording === null
        ? null
        : {
            path: recording.path,
            bytes: recording.bytes,
            duration_ms: recording.durationMs,
            has_keyframes: recording.hasKeyframes,
          },
  };
}

export function agentStatsDocument(stats: AgentStatistics): AgentStatsDocument {
  const { durations } = stats;
  return {
    agent_name: stats.agentName,
    total_sessions: stats.totalSessions,
    total_extractions: stats.totalExtractions,
    extractions_by_type: stats.byType,
    extractions_by_pattern: stats.byPattern,
    extractions_by_risk: stats.byRisk,
    success_rate: stats.successRate,
    completed_sessions: stats.completed,
    failed_sessions: stats.failed,
    killed_sessions: stats.killed,
    lost_sessions: stats.lost,
    active_sessions: stats.active,
    total_lines_processed: stats.totalLinesProcessed,
    durations:
      durations === null
        ? null
        : {
            sessions: durations.sessions,
            average_ms: durations.averageMs,
            p50_ms: durations.p50Ms,
            p95_ms: durations.p95Ms,
            longest_ms: durations.longestMs,
          },
    errors: {
      events: stats.errors.events,
      stack_traces: stats.errors.stackTraces,
      sessions: stats.errors.sessions,
    },
    first_seen_at: stats.firstSeenAt,
    last_seen_at: stats.lastSeenAt,
  };
}

export function patternStatsDocument(stats: PatternStatistics): PatternStatsDocument {
  return {
    pattern: stats.pattern,
    total_extractions: stats.total,
    extractions_by_agent: stats.byAgent,
    extractions_by_type: stats.byType,
    extractions_by_risk: stats.byRisk,
    first_seen_at: stats.firstSeenAt,
    last_seen_at: stats.lastSeenAt,
    per_day: stats.perDay.map(({ day, events }) => ({ day, extractions: events })),
    samples: stats.samples.map(eventDocument),
  };
}

export function agentsDocument(agents: readonly AgentOverview[]): AgentsDocument {
  return {
    agents: agents.map((agent) => ({
      agent_name: agent.agentName,
      total_sessions: agent.sessions,
      active_sessions: agent.active,
      total_extractions: agent.events,
      last_seen_at: agent.lastSeenAt,
    })),
    total: agents.length,
  };
}

export function timelineDocument(timeline: Timeline, request: PageRequest): TimelineDocument {
  return {
    from: timeline.since,
    to: timeline.until,
    bucket: timeline.bucket,
    timeline: timeline.events.items.map(eventDocument),
    buckets: timeline.buckets.map(({ start, total, byType }) => ({
      start,
      total,
      extractions_by_type: byType,
    })),
    ...pageDocument(timeline.events, request),
  };
}

export function advancedDocument(result: AdvancedResult, request: PageRequest): AdvancedResultDocument {
  return {
    rows: result.rows === null ? null : [...result.rows],
    groups:
      result.groups === null
        ? null
        : result.groups.map(({ key, count, aggregations }) => ({
            key,
            count,
            aggregations: aggregations as AdvancedResultDocument['groups'] extends (infer Group)[] | null
              ? Group extends { aggregations: infer Answers }
                ? Answers
                : never
              : never,
          })),
    ...pageDocument(result, request),
    scan_limit: result.scanLimit,
  };
}
