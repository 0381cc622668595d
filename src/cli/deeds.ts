// What somebody did to a session, in words: the state changes that commands leave behind, as `show` and `tail` tell them.

import type { ControlCommand } from '../model/control.ts';
import type { SessionState, StateChange } from '../model/session.ts';
import { escapeControls, formatClock, formatCount } from './format.ts';

type Metadata = Readonly<Record<string, unknown>>;

const DONE: Readonly<Record<ControlCommand, (metadata: Metadata) => string>> = {
  pause: () => 'paused',
  resume: () => 'resumed',
  kill: () => 'told to end',
  send_input: ({ bytes }) =>
    typeof bytes === 'number' ? `given ${formatCount(bytes, 'byte')} of input` : 'given input',
  resize: ({ cols, rows }) => `resized to ${escapeControls(`${String(cols)}x${String(rows)}`)}`,
};

/** How the ways of asking are called; whoever asks over HTTP or WebSocket may give a name instead. */
const WAYS: Readonly<Record<string, string>> = {
  cli: 'from the command line',
  http: 'over HTTP',
  websocket: 'over WebSocket',
  'job control': 'by job control',
};

/**
 * `paused from the command line: look at the diff first`: what was done, by whom and why, safe for a terminal; undefined
 * for a change that nobody asked for.
 */
export function deedOf(state: SessionState, metadata: Metadata | null): string | undefined {
  const by = metadata?.['by'];
  if (metadata === null || typeof by !== 'string') return undefined;
  const command = metadata['command'];
  const known = typeof command === 'string' && Object.hasOwn(DONE, command);
  const what = known ? DONE[command as ControlCommand](metadata) : state === 'running' ? 'resumed' : state;
  const reason = typeof metadata['reason'] === 'string' ? escapeControls(metadata['reason']) : '';
  // A signal to the wrapper has no other reason than its name.
  if (by === 'signal') return `${what} by ${reason || 'a signal'}`;
  const who = Object.hasOwn(WAYS, by) ? WAYS[by] : `by ${escapeControls(by)}`;
  return `${what} ${who}${reason === '' ? '' : `: ${reason}`}`;
}

/** Everything that was done to a session, each with the time of day, in order. */
export function deedsOf(changes: readonly StateChange[]): string[] {
  const told = new Set<unknown>();
  return changes.flatMap(({ timestamp, state, metadata }) => {
    const deed = deedOf(state, metadata);
    const request = metadata?.['request_id'] ?? undefined;
    // The end of a session that was told to end says so again.
    if (deed === undefined || (request !== undefined && told.has(request))) return [];
    told.add(request);
    return [`${formatClock(timestamp)} ${deed}`];
  });
}
