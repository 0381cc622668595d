// What can be done to a running session from outside, and what comes of it: plain data that travels from the server over
// the publisher's connection to the process that runs the session, and back.

import type { ErrorCode } from './errors.ts';

/** Everything but `get_state` acts on the child. */
export const CONTROL_COMMANDS = ['pause', 'resume', 'kill', 'send_input', 'resize'] as const;
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];

/** How long a child that was asked to end may take before it is killed, in ms. */
export const DEFAULT_GRACE_MS = 5000;
export const LONGEST_GRACE_MS = 600_000;

/** What to do, with what it takes. */
export type ControlAction =
  | { readonly command: 'pause' }
  | { readonly command: 'resume' }
  | { readonly command: 'kill'; readonly grace_ms: number }
  /** Text as it would be typed; a line ends with `\r` on a terminal and with `\n` on a pipe. */
  | { readonly command: 'send_input'; readonly text: string; readonly enter: boolean }
  | { readonly command: 'resize'; readonly cols: number; readonly rows: number };

export interface ControlRequest {
  readonly action: ControlAction;
  readonly request_id: string;
  /** Who asks, in a word: `websocket`, `http`, `cli`. */
  readonly by: string;
  readonly reason: string | null;
}

export type ControlOutcome =
  | { readonly ok: true; readonly result: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/**
 * A request id of at least this many characters is taken to be unique in the world: whoever repeats it, over whatever
 * connection, gets the outcome of the first. Shorter ones only tell the answers on one connection apart.
 */
export const UNIQUE_REQUEST_ID = 16;
