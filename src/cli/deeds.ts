// What somebody did to a session, as `show` and `tail` tell it, safe for a terminal.

import { deedOf } from '../model/deed.ts';
import type { SessionState, StateChange } from '../model/session.ts';
import { escapeControls, formatClock } from './format.ts';

/** `paused from the command line: look at the diff first`; undefined for a change that nobody asked for. */
export function deedText(state: SessionState, metadata: StateChange['metadata']): string | undefined {
  const deed = deedOf(state, metadata);
  if (deed === undefined) return undefined;
  const why = deed.reason === undefined ? '' : `: ${escapeControls(deed.reason)}`;
  return `${escapeControls(deed.text)}${why}`;
}

/** Everything that was done to a session, each with the time of day, in order. */
export function deedsOf(changes: readonly StateChange[]): string[] {
  const told = new Set<unknown>();
  return changes.flatMap(({ timestamp, state, metadata }) => {
    const deed = deedText(state, metadata);
    const request = metadata?.['request_id'] ?? undefined;
    // The end of a session that was told to end says so again.
    if (deed === undefined || (request !== undefined && told.has(request))) return [];
    told.add(request);
    return [`${formatClock(timestamp)} ${deed}`];
  });
}
