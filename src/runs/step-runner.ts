// What an executor asks of whoever really starts commands. The executor decides when an attempt starts and when it must end;
// the runner knows processes.

import type { RiskLevel } from '../model/event.ts';
import type { PlannedStep } from '../model/run.ts';

export interface AttemptRequest {
  readonly step: PlannedStep;
  /** Absolute folder of the step. */
  readonly cwd: string;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly session_id: string | null;
  /** As a shell reports it; null when it is not known. */
  readonly exit_code: number | null;
  /** Name of the signal that ended the command; null when it ended by itself. */
  readonly signal: string | null;
  readonly lines: number;
  readonly events: number;
  readonly events_by_type: Readonly<Record<string, number>>;
  readonly highest_risk: RiskLevel;
  /** Why the command could not be started, or what went wrong with the attempt itself; null when nothing did. */
  readonly failure: string | null;
  /** The user ended the command at its terminal, and means the whole run. */
  readonly interrupted: boolean;
}

/** Why an attempt is to end: its time is over, or the run is told to end by a signal. */
export type StopOrder =
  | { readonly kind: 'timeout' }
  | { readonly kind: 'interrupt'; readonly signal: NodeJS.Signals };

export interface RunningAttempt {
  /** Never rejects. */
  readonly ended: Promise<AttemptEnd>;
  /** Ends all processes of the attempt: asks first, and kills after a grace. Asked again, it kills at once. */
  stop(order: StopOrder): void;
}

export interface StepRunner {
  /**
   * Starts an attempt. What cannot be started is an attempt that ends with a failure.
   *
   * @param onSession told the id of the session, at most once
   */
  start(request: AttemptRequest, onSession: (sessionId: string) => void): RunningAttempt;
}
