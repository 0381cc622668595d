// What a wrapper that runs a step tells the one that started it: lines of JSON on a descriptor of its own, whose number
// stands in a variable that the wrapped command does not get to see.

import type { RiskLevel } from './event.ts';

/** Names the descriptor. */
export const STEP_REPORT_VARIABLE = 'WRAPPER_STEP_REPORT_FD';

/** Sent when the session has its id, before anything has started. */
interface StepStarted {
  readonly type: 'started';
  readonly session_id: string;
}

/** Sent when the command runs. */
interface StepRunning {
  readonly type: 'running';
  readonly pid: number;
}

/** Sent when the command has ended and everything about it is stored. */
export interface StepEnded {
  readonly type: 'ended';
  readonly session_id: string;
  /** Exactly one of the two is set: the code, or the number of a signal. */
  readonly code: number | null;
  readonly signal: number | null;
  readonly lines: number;
  readonly events: number;
  readonly events_by_type: Readonly<Record<string, number>>;
  readonly highest_risk: RiskLevel;
  /** Why the command could not be started; null when it was. */
  readonly start_failure: string | null;
}

export type StepReport = StepStarted | StepRunning | StepEnded;
