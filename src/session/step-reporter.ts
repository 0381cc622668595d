// Tells the process that has started this one, as a step of a run, which session records it and how it ended.

import { fstatSync, writeSync } from 'node:fs';
import { STEP_REPORT_VARIABLE, type StepEnded, type StepReport } from '../model/step-report.ts';
import type { SessionOutcome } from './session.ts';

export class StepReporter {
  #fd: number | undefined;

  /** Takes the variable out of `env`, so that nothing that is started gets to see it. */
  constructor(env: NodeJS.ProcessEnv) {
    const fd = Number(env[STEP_REPORT_VARIABLE]);
    delete env[STEP_REPORT_VARIABLE];
    this.#fd = Number.isInteger(fd) && fd > 2 && isOpen(fd) ? fd : undefined;
  }

  readonly started = (sessionId: string): void => {
    this.#write({ type: 'started', session_id: sessionId });
  };

  readonly running = (pid: number): void => {
    this.#write({ type: 'running', pid });
  };

  ended({ sessionId, exit, report, startFailure }: SessionOutcome): void {
    const ended: StepEnded = {
      type: 'ended',
      session_id: sessionId,
      code: exit.code,
      signal: exit.signal,
      lines: report?.lines ?? 0,
      events: report?.events ?? 0,
      events_by_type: report?.eventsByType ?? {},
      highest_risk: report?.highestRisk ?? 'none',
      start_failure: startFailure?.message ?? null,
    };
    this.#write(ended);
  }

  #write(report: StepReport): void {
    if (this.#fd === undefined) return;
    try {
      writeSync(this.#fd, `${JSON.stringify(report)}\n`);
    } catch {
      this.#fd = undefined; // nobody listens any more: the session goes on all the same
    }
  }
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
