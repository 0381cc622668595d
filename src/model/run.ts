// The vocabulary of runs: what is planned, what happened, what is kept. These objects are the snapshots that are stored
// and the JSON that is answered, so their names are those of the specification and of plan files. The schemas of the same
// shapes are in wire-run.ts; here are plain types, for those who must not load zod.

import type { RiskLevel } from './event.ts';

/** Most steps of a plan. */
export const MOST_STEPS = 256;
/** Most steps that may run at once, and how many do when a plan does not say. */
export const MOST_PARALLEL = 64;
export const DEFAULT_PARALLEL = 4;
/** Most attempts after the first. */
export const MOST_RETRIES = 100;
/** Longest time limit of an attempt, in seconds: a week. */
export const LONGEST_TIMEOUT = 604_800;
/** Characters of an objective or a goal: what fits one argument of a command with room to spare. */
export const LONGEST_OBJECTIVE = 32_768;

/** A step of a plan with every default put in. */
export interface PlannedStep {
  /** Unique in its plan. */
  readonly name: string;
  readonly agent: string;
  /** A text for `/bin/sh -c`, or a program and its arguments. */
  readonly command: string | readonly string[];
  /** Relative to the folder in which the run is started; null for that folder. */
  readonly cwd: string | null;
  /** Added to the environment of whoever starts the run. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds that each attempt may take; null for no limit. */
  readonly timeout: number | null;
  /** Attempts after the first one, when it fails. */
  readonly retries: number;
  /** Whether steps that need this one run although it failed. */
  readonly continue_on_failure: boolean;
  /** Names of the steps that must have ended before this one starts. */
  readonly needs: readonly string[];
}

/** What a planner makes of a request. The same request gives the same plan, to the byte. */
export interface PlanResult {
  /** Name of the content: `plan_` and sixteen hexadecimal digits. */
  readonly plan_id: string;
  readonly objective: string;
  /** Steps that may run at once. */
  readonly max_parallel: number;
  readonly steps: readonly PlannedStep[];
}

export const STEP_STATUSES = ['succeeded', 'failed', 'timed_out', 'interrupted', 'skipped', 'lost'] as const;
/**
 * How a step or an attempt ended. `interrupted`: the run was told to end. `skipped`: never started. `lost`: whoever
 * watched over it died, so nobody knows.
 */
export type StepStatus = (typeof STEP_STATUSES)[number];

/** One start of a step's command. */
export interface AttemptResult {
  /** From 1. */
  readonly attempt: number;
  readonly status: Exclude<StepStatus, 'skipped'>;
  /** The session that recorded it; null when there was none. */
  readonly session_id: string | null;
  /** As a shell reports it, so 128 and the number after a signal; null when it is not known. */
  readonly exit_code: number | null;
  /** `SIGTERM`, …; null when the command ended by itself. */
  readonly signal: string | null;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_ms: number;
  readonly lines: number;
  /** What was found in the output, in all and by type. */
  readonly events: number;
  readonly events_by_type: Readonly<Record<string, number>>;
  readonly highest_risk: RiskLevel;
  /** Why it did not succeed, in one clause; null when it did. */
  readonly reason: string | null;
}

/** What became of a step: how its last attempt ended, and all of them. */
export interface StepResult {
  readonly name: string;
  readonly agent: string;
  readonly status: StepStatus;
  /** Of the last attempt, as are exit code, signal and events; null when there was none. */
  readonly session_id: string | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  /** From the start of the first attempt to the end of the last; null for a step that never started. */
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly duration_ms: number | null;
  readonly events: number;
  /** Why it did not succeed, or why it was skipped; null when it succeeded. */
  readonly reason: string | null;
  readonly attempts: readonly AttemptResult[];
}

export const RUN_OUTCOMES = ['succeeded', 'failed', 'interrupted', 'lost'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** What an executor makes of a plan. */
export interface ExecutionResult {
  readonly execution_id: string;
  readonly plan_id: string;
  /** Whether every step succeeded. */
  readonly success: boolean;
  readonly outcome: RunOutcome;
  /** The folder in which the run was started; steps' folders are relative to it. */
  readonly cwd: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_ms: number;
  /** In the order of the plan. */
  readonly steps: readonly StepResult[];
}

/** What happens in a run, as it happens. */
export type RunProgress =
  | {
      readonly type: 'run_started';
      readonly execution_id: string;
      readonly plan_id: string;
      readonly objective: string;
      readonly steps: readonly string[];
    }
  | {
      readonly type: 'step_started';
      readonly step: string;
      readonly agent: string;
      readonly attempt: number;
      readonly attempts: number;
    }
  | {
      readonly type: 'step_session';
      readonly step: string;
      readonly attempt: number;
      readonly session_id: string;
    }
  | {
      readonly type: 'attempt_finished';
      readonly step: string;
      readonly result: AttemptResult;
      /** Whether another attempt follows. */
      readonly retrying: boolean;
    }
  | { readonly type: 'step_finished'; readonly step: string; readonly result: StepResult }
  | {
      readonly type: 'run_finished';
      readonly success: boolean;
      readonly outcome: RunOutcome;
      readonly duration_ms: number;
    };

/** A run as it is kept: the two snapshots and what a list shows. */
export interface RunRecord {
  /** A UUID. */
  readonly run_id: string;
  readonly plan_id: string;
  readonly objective: string;
  readonly plan_result: PlanResult;
  readonly execution_result: ExecutionResult;
  /** Seconds since 1970. */
  readonly created_at: number;
}

export interface RunSummary {
  readonly run_id: string;
  readonly plan_id: string;
  readonly objective: string;
  readonly success: boolean;
  readonly created_at: number;
  readonly outcome: RunOutcome;
}

/** What a run id from outside must look like before it touches a path or a query. */
export const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
