// A pattern: a named rule that turns a line into an event. The zod schema that guards pattern files is in
// pattern-schema.ts, so that the hot path never loads zod.

import type { EventType, RiskLevel } from './event.ts';

export interface Pattern {
  /** snake_case, unique in a pattern set. A user's pattern replaces the built-in one of the same name. */
  readonly name: string;
  readonly type: EventType;
  /** Source of the regular expression, matched against one cleaned line (no escape sequences, no newline). */
  readonly regex: string;
  /** `i` for case-insensitive; nothing else. */
  readonly flags?: '' | 'i';
  /** The capture that is the event's value: a number or a name; the whole match by default. */
  readonly value?: number | string;
  /** By default what its type stands for: see `riskOf`. */
  readonly risk?: RiskLevel;
  readonly autoConfirmable?: boolean;
  /** Names of the agents that it applies to, `*` as wildcard; absent means all. */
  readonly agents?: readonly string[];
  /** Among built-in patterns of one type, only the one of highest priority reports a line; 0 by default. */
  readonly priority?: number;
  /** Report every match on a line instead of the first (URLs, secrets). */
  readonly every?: boolean;
  /** `linear` (RE2 semantics, the default for users' patterns) or `js` (look-around and back-references). */
  readonly engine?: 'linear' | 'js';
  readonly samples: { readonly match: readonly string[]; readonly noMatch: readonly string[] };
  readonly description?: string;
}

/** Risk of a type whose pattern names none: what went wrong deserves a look, the rest is only seen. */
const RISK_BY_TYPE: Partial<Record<EventType, RiskLevel>> = {
  error: 'medium',
  stack_trace: 'medium',
  warning: 'low',
  rate_limit: 'low',
  secret: 'high',
};

export function riskOf(pattern: Pick<Pattern, 'type' | 'risk'>): RiskLevel {
  return pattern.risk ?? RISK_BY_TYPE[pattern.type] ?? 'none';
}
