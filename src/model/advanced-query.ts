// The language of `POST /api/query/advanced`: conditions joined by and, or and not, groups, aggregations, sort and page
// over the columns that are listed here and no others. What a query means is in src/data/advanced-query.ts.

/** What may be asked for, and as what a column's values are compared. */
export const ADVANCED_COLUMNS = {
  events: {
    id: 'number',
    agent_name: 'text',
    session_id: 'text',
    timestamp: 'time',
    event_type: 'text',
    pattern: 'text',
    matched_value: 'text',
    original_line: 'text',
    line_number: 'number',
    code_block_language: 'text',
    risk_level: 'risk',
    auto_confirmable: 'boolean',
    seq: 'number',
    stream: 'text',
    elapsed_ms: 'number',
  },
  sessions: {
    id: 'number',
    agent_name: 'text',
    session_id: 'text',
    environment: 'text',
    started_at: 'time',
    ended_at: 'time',
    duration_ms: 'number',
    exit_code: 'number',
    state: 'text',
    total_lines_processed: 'number',
    total_extraction_events: 'number',
    total_feedback_outcomes: 'number',
    bytes_missing: 'number',
    command: 'text',
    cwd: 'text',
    host: 'text',
    wrapper_version: 'text',
  },
  code_blocks: {
    id: 'number',
    agent_name: 'text',
    session_id: 'text',
    timestamp: 'time',
    language: 'text',
    content: 'text',
    line_start: 'number',
    line_end: 'number',
    parseable: 'boolean',
    digest: 'text',
  },
} as const satisfies Record<string, Record<string, ColumnType>>;

/** `risk` is ordered by how much is at stake, as the levels are listed, and not as text. */
export type ColumnType = 'text' | 'number' | 'time' | 'boolean' | 'risk';
export type AdvancedSource = keyof typeof ADVANCED_COLUMNS;
export const ADVANCED_OPERATORS = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'contains'] as const;
type AdvancedOperator = (typeof ADVANCED_OPERATORS)[number];
export const ADVANCED_INTERVALS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type AdvancedInterval = (typeof ADVANCED_INTERVALS)[number];

/** A query beyond one of these is refused. */
export const ADVANCED_LIMITS = {
  depth: 8,
  conditions: 100,
  list: 1000,
  text: 4096,
  groups: 4,
  aggregations: 16,
  sort: 4,
  terms: 1000,
  limit: 1000,
  offset: 10_000,
} as const;

export type AdvancedValue = string | number | boolean | null;

export interface AdvancedComparison {
  readonly column: string;
  readonly op: AdvancedOperator;
  /** A list for `in`, one value otherwise; null only with `eq` and `ne`. */
  readonly value: AdvancedValue | readonly AdvancedValue[];
}

export type AdvancedCondition =
  | AdvancedComparison
  | { readonly and: readonly AdvancedCondition[] }
  | { readonly or: readonly AdvancedCondition[] }
  | { readonly not: AdvancedCondition };

export type AdvancedAggregation =
  /** Rows, or those whose column is not null. */
  | { readonly name: string; readonly type: 'count'; readonly column?: string | undefined }
  | { readonly name: string; readonly type: 'distinct'; readonly column: string }
  /** The most frequent values, ten by default. */
  | {
      readonly name: string;
      readonly type: 'terms';
      readonly column: string;
      readonly size?: number | undefined;
    }
  /** Count, minimum, maximum, sum and average of a number. */
  | { readonly name: string; readonly type: 'stats'; readonly column: string }
  /** Rows per interval of a time, UTC, weeks from Monday; intervals without rows are left out. */
  | {
      readonly name: string;
      readonly type: 'date_histogram';
      readonly column: string;
      readonly interval: AdvancedInterval;
    };

export interface AdvancedQuery {
  readonly source: AdvancedSource;
  readonly where?: AdvancedCondition | undefined;
  /** With groups or aggregations, groups are answered instead of rows; without groups all rows are one group. */
  readonly group_by?: readonly string[] | undefined;
  readonly aggregations?: readonly AdvancedAggregation[] | undefined;
  /**
   * Rows: by any columns, the newest first by default. Groups: by `count`, a grouped column or the name of a count or
   * distinct aggregation, the largest first by default.
   */
  readonly sort?:
    | readonly { readonly column: string; readonly direction?: 'asc' | 'desc' | undefined }[]
    | undefined;
  /** Without a limit 100. The cursor of rows that are sorted, and of groups, counts those before it. */
  readonly page?:
    | {
        readonly limit?: number | undefined;
        readonly offset?: number | undefined;
        readonly cursor?: string | undefined;
      }
    | undefined;
}
