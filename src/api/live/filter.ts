// What a subscriber wants to see.

export interface LiveFilter {
  /** Undefined for all. */
  readonly agents: ReadonlySet<string> | undefined;
  readonly sessions: ReadonlySet<string> | undefined;
  readonly types: ReadonlySet<string> | undefined;
  readonly output: boolean;
}

/** Everything but output. */
export const EVERYTHING: LiveFilter = {
  agents: undefined,
  sessions: undefined,
  types: undefined,
  output: false,
};

export function matchesSession(
  filter: LiveFilter,
  session: { readonly sessionId: string; readonly agentName: string },
): boolean {
  if (filter.agents !== undefined && !filter.agents.has(session.agentName)) return false;
  return filter.sessions === undefined || filter.sessions.has(session.sessionId);
}

/** Undefined for an empty or absent list. */
export function setOf(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names === undefined || names.length === 0 ? undefined : new Set(names);
}
