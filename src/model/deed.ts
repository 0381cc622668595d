// What somebody did to a session, in words: the state changes that commands leave behind, as people are told of them.

import type { ControlCommand } from './control.ts';
import type { SessionState } from './session.ts';

type Metadata = Readonly<Record<string, unknown>>;

/** Both may hold foreign text: whoever shows them makes it harmless. */
export interface Deed {
  /** What was done and by whom: `paused from the command line`. */
  readonly text: string;
  /** Why, in the words of whoever did it. */
  readonly reason: string | undefined;
}

const DONE: Readonly<Record<ControlCommand, (metadata: Metadata) => string>> = {
  pause: () => 'paused',
  resume: () => 'resumed',
  kill: () => 'told to end',
  send_input: ({ bytes }) =>
    typeof bytes === 'number' ? `given ${bytes} byte${bytes === 1 ? '' : 's'} of input` : 'given input',
  resize: ({ cols, rows }) => `resized to ${String(cols)}x${String(rows)}`,
};

/** How the ways of asking are called; whoever asks over HTTP or WebSocket may give a name instead. */
const WAYS: Readonly<Record<string, string>> = {
  cli: 'from the command line',
  http: 'over HTTP',
  websocket: 'over WebSocket',
  'job control': 'by job control',
};

/** What a state change tells of; undefined for one that nobody asked for. */
export function deedOf(state: SessionState, metadata: Metadata | null): Deed | undefined {
  const by = metadata?.['by'];
  if (metadata === null || typeof by !== 'string') return undefined;
  const command = metadata['command'];
  const known = typeof command === 'string' && Object.hasOwn(DONE, command);
  const what = known ? DONE[command as ControlCommand](metadata) : state === 'running' ? 'resumed' : state;
  const given = metadata['reason'];
  const reason = typeof given === 'string' && given !== '' ? given : undefined;
  // A signal to the wrapper has no other reason than its name.
  if (by === 'signal') return { text: `${what} by ${reason ?? 'a signal'}`, reason: undefined };
  return { text: `${what} ${Object.hasOwn(WAYS, by) ? WAYS[by] : `by ${by}`}`, reason };
}
