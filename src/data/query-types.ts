// What can be asked of the store and what it answers: the filters, pages and statistics of `QueryService`, which the HTTP
// routes and the commands put into their own forms.

import type { AdvancedQuery } from '../model/advanced-query.ts';
import type { EventType, RiskLevel, StoredBlock, StoredEvent } from '../model/event.ts';
import type { Session, SessionState, StateChange } from '../model/session.ts';
import type { Page } from './page.ts';

/** Times are ISO-8601 UTC with milliseconds; `since` is inclusive, `until` exclusive. */
interface TimeSpan {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Which page of a list. */
export interface Paging {
  /** 100 by default. */
  readonly limit?: number | undefined;
  /** Rows to leave out, 10,000 at the most; goes with no cursor. */
  readonly offset?: number | undefined;
  /** `nextCursor` of the page before, for the same filter and order. */
  readonly cursor?: string | undefined;
  /** Whether to tell how many rows match in all; true by default. */
  readonly total?: boolean | undefined;
}

export interface EventFilter extends TimeSpan, Paging {
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
  readonly type?: string | undefined;
  /** Any of these; narrows `type` further when both are given. */
  readonly types?: readonly string[] | undefined;
  readonly pattern?: string | undefined;
  /** Exactly this level; `none` includes events without one. */
  readonly risk?: RiskLevel | undefined;
  /** This level and those above it. */
  readonly minimumRisk?: RiskLevel | undefined;
  /** Contained in the matched value or the line, in any case of ASCII letters. */
  readonly q?: string | undefined;
  /** Only events of a session after this number. */
  readonly afterSeq?: number | undefined;
  /** By (timestamp, id), and by seq when one session is asked for; `newest` by default. */
  readonly order?: 'newest' | 'oldest' | undefined;
}

export interface BlockFilter extends TimeSpan, Paging {
  readonly agent?: string | undefined;
  readonly language?: string | undefined;
  /** Blocks that the session printed, also those that another session had printed before. */
  readonly session?: string | undefined;
  /** A SHA-256 in lower-case hexadecimal, or the first of its digits. */
  readonly digest?: string | undefined;
}

/** The span is that of the start of a session. */
export interface SessionFilter extends TimeSpan, Paging {
  readonly agent?: string | undefined;
  readonly state?: SessionState | undefined;
  /** Only those that have not ended (true), or only those that have (false). */
  readonly active?: boolean | undefined;
}

export type Counts = Readonly<Record<string, number>>;

export interface RecordingFacts {
  readonly path: string;
  /** Null when the file is gone. */
  readonly bytes: number | null;
  /** Length of the session; null while it runs. */
  readonly durationMs: number | null;
  readonly hasKeyframes: boolean;
}

export interface SessionDetail {
  readonly session: Session;
  readonly stateChanges: readonly StateChange[];
  readonly totalEvents: number;
  /** The largest first, as in all counts here. */
  readonly byType: Counts;
  /** Events without a risk level are counted as `none`. */
  readonly byRisk: Counts;
  /** Null when none was kept. */
  readonly recording: RecordingFacts | null;
}

/** Of the latest 200 sessions that have ended, in milliseconds. */
export interface Durations {
  readonly sessions: number;
  readonly averageMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly longestMs: number;
}

/** The sessions of an agent in all. */
interface AgentTotals {
  readonly agentName: string;
  /** Not ended yet, as far as the database knows. */
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
  readonly killed: number;
  readonly lost: number;
  /** Sessions that ended with exit code 0 / sessions that ended; null when none has ended. */
  readonly successRate: number | null;
  readonly totalLinesProcessed: number;
}

export interface AgentSummary extends AgentTotals {
  readonly sessions: number;
  readonly firstStartedAt: string | null;
  readonly lastStartedAt: string | null;
  readonly totalExtractionEvents: number;
}

export interface AgentStatistics extends AgentTotals {
  readonly totalSessions: number;
  readonly durations: Durations | null;
  readonly totalExtractions: number;
  readonly byType: Counts;
  /** The most frequent patterns. */
  readonly byPattern: Counts;
  readonly byRisk: Counts;
  /** Events of type `error` and `stack_trace`, and sessions that ended with another exit code than 0. */
  readonly errors: { readonly events: number; readonly stackTraces: number; readonly sessions: number };
  /** Start of the first session, or its first event. */
  readonly firstSeenAt: string | null;
  /** Its last event, or the start of its last session. */
  readonly lastSeenAt: string | null;
}

export interface PatternStatistics {
  readonly pattern: string;
  readonly total: number;
  readonly byAgent: Counts;
  readonly byType: Counts;
  readonly byRisk: Counts;
  readonly firstSeenAt: string | null;
  readonly lastSeenAt: string | null;
  /** The last days, UTC, oldest first, with those on which there was none. */
  readonly perDay: readonly { readonly day: string; readonly events: number }[];
  /** The latest first. */
  readonly samples: readonly StoredEvent[];
}

export interface AgentOverview {
  readonly agentName: string;
  readonly sessions: number;
  readonly active: number;
  readonly events: number;
  /** Its last event, or the start of its last session. */
  readonly lastSeenAt: string | null;
}

export const TIMELINE_BUCKETS = ['minute', 'hour', 'day', 'week'] as const;
export type TimelineBucket = (typeof TIMELINE_BUCKETS)[number];

export interface TimelineFilter extends Paging {
  readonly agent?: string | undefined;
  /** Only this type, in the events and in the buckets. */
  readonly type?: EventType | undefined;
  /** ISO-8601 UTC, inclusive; `days` before `until` when absent. */
  readonly since?: string | undefined;
  /** ISO-8601 UTC, exclusive; now when absent. */
  readonly until?: string | undefined;
  /** 7 by default; of no effect when `since` is given. */
  readonly days?: number | undefined;
  /** `auto`, which chooses by the length of the span, by default. */
  readonly bucket?: TimelineBucket | 'auto' | undefined;
  /** `oldest` by default: a timeline runs forward. */
  readonly order?: 'newest' | 'oldest' | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: number | undefined;
}

export interface Timeline {
  readonly since: string;
  readonly until: string;
  readonly bucket: TimelineBucket;
  /** A page of the events in the span. */
  readonly events: Page<StoredEvent>;
  /**
   * Every bucket from the one that contains `since` to the one that contains the end of the span, empty ones too. They are
   * whole: the first and the last may count events outside the span. UTC; weeks begin on Monday.
   */
  readonly buckets: readonly { readonly start: string; readonly total: number; readonly byType: Counts }[];
}

export type AdvancedCell = string | number | boolean | null;

export interface AdvancedResult {
  /** Rows as objects of columns, or null when the query groups. */
  readonly rows: readonly Readonly<Record<string, AdvancedCell>>[] | null;
  readonly groups:
    | readonly {
        readonly key: Readonly<Record<string, AdvancedCell>>;
        readonly count: number;
        readonly aggregations: Readonly<Record<string, AdvancedAnswer>>;
      }[]
    | null;
  /** Where the next page begins; null when this is the last one, or no cursor leads further. */
  readonly nextCursor: string | null;
  /** Rows, or groups, that match; null when they were not counted. */
  readonly total: number | null;
  readonly totalIsLowerBound: boolean;
  /**
   * False when only the newest `scanLimit` rows of the range could be looked at, and when sorted rows or groups follow
   * that are beyond the offset that a cursor may hold.
   */
  readonly complete: boolean;
  /** Rows that the query may look at. */
  readonly scanLimit: number;
}

/** A number for count and distinct; what the others found. */
export type AdvancedAnswer =
  | number
  | readonly { readonly value: AdvancedCell; readonly count: number }[]
  | readonly { readonly start: string; readonly count: number }[]
  | {
      readonly count: number;
      readonly min: number | null;
      readonly max: number | null;
      readonly sum: number | null;
      readonly avg: number | null;
    };

/** The questions that a server answers. Every method throws WrapperError as `Database` says. */
export interface Queries {
  /** @throws WrapperError `cursor_invalid`, `query_too_large` */
  queryEvents(filter: EventFilter): Page<StoredEvent>;
  /** Newest first. @throws WrapperError `cursor_invalid`, `query_too_large` */
  queryBlocks(filter: BlockFilter): Page<StoredBlock>;
  /** Newest first. @throws WrapperError `cursor_invalid`, `query_too_large` */
  querySessions(filter: SessionFilter): Page<Session>;
  /** Undefined when there is no such session. */
  sessionDetail(sessionId: string): SessionDetail | undefined;
  /** Undefined when nothing is stored of this agent. @param options.patterns how many of its patterns, 20 by default */
  agentStats(agent: string, options?: { patterns?: number }): AgentStatistics | undefined;
  /** Undefined when the pattern has never matched. @param options.days 30 by default; @param options.samples 5 */
  patternStats(
    pattern: string,
    options?: { days?: number | undefined; samples?: number | undefined; now?: number | undefined },
  ): PatternStatistics | undefined;
  /** @throws WrapperError `cursor_invalid`, `query_invalid` (an empty span), `query_too_large` (too many buckets) */
  timeline(filter: TimelineFilter): Timeline;
  /** Whoever was seen last first. */
  agents(): AgentOverview[];
  /** @throws WrapperError `query_invalid`, `query_too_large`, `cursor_invalid` */
  advanced(query: AdvancedQuery): AdvancedResult;
}
