// The border between the recorder and whoever shows its session live: what the recorder can tell, and whom it tells.
// The recorder works the same whether anybody listens or not.

import type { ControlOutcome, ControlRequest } from '../model/control.ts';
import type { ExtractionEvent, StreamName } from '../model/event.ts';
import type { NewSession, StateChange } from '../model/session.ts';

/** The session as it is now. */
export interface LiveSource {
  /** Without secrets. */
  readonly session: NewSession;
  /** The latest state change and its number, counted from 1. */
  readonly state: { readonly stateSeq: number; readonly change: StateChange };
  /** Number of the last event that was found, and of the last that is in the database. */
  readonly lastSeq: number;
  readonly storedSeq: number;
  /** When the last event was found, ISO-8601; null when there was none yet. */
  readonly lastEventAt: string | null;
  /** Whether the recorder has more to do than it can keep up with. */
  readonly isBehind: boolean;
  /** Events after number `seq` that are not in the database yet, in order. */
  unstored(seq: number): ExtractionEvent[];
  /** Writes the recording out; tells up to where it goes and how large the screen is. */
  recordingPosition(): { elapsedMs: number; offset: number | null; cols: number; rows: number };
}

/** Is told what happens, at once and in order. Must be quick and must not throw. */
export interface LiveObserver {
  event(event: ExtractionEvent): void;
  state(stateSeq: number, change: StateChange): void;
  /** Events up to this number are in the database. */
  stored(seq: number): void;
  /** Whether output is of interest at the moment. */
  readonly wantsOutput: boolean;
  output(stream: StreamName, text: string, elapsedMs: number): void;
  /** The terminal has another size from here on. */
  resized(): void;
  /** A piece of work is done: what was told may be passed on. */
  flush(): void;
}

/** What the process of the session can be asked for from the recorder's thread. */
export interface LiveHost {
  /** Starts a server for the database in this process. */
  startServer(): void;
  /** Executes a command. Never rejects. */
  control(request: ControlRequest): Promise<ControlOutcome>;
}
