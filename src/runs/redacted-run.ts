// Plans and executions as they may be kept and shown: without secrets, like everything else that leaves the machine's
// memory. What is executed is the plan as it was given.

import type { ExecutionResult, PlannedStep, PlanResult, RunProgress, StepResult } from '../model/run.ts';
import { Redactor } from '../stream/redactor.ts';

/** How variables are named that hold a secret, however short it is. */
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD|PASSPHRASE|CREDENTIALS?|AUTH|(^|[^A-Z])PAT)$/i;
/** Folders. */
const NO_SECRET = /^(OLD)?PWD$/i;
const MARK = /^\[REDACTED:[\w-]+\]$/;

export class RunRedactor {
  readonly #redactor = new Redactor();

  plan(plan: PlanResult): PlanResult {
    return {
      ...plan,
      objective: this.#text(plan.objective),
      steps: plan.steps.map((step) => this.#step(step)),
    };
  }

  execution(execution: ExecutionResult): ExecutionResult {
    return {
      ...execution,
      cwd: this.#text(execution.cwd),
      steps: execution.steps.map((step) => this.#result(step)),
    };
  }

  progress(progress: RunProgress): RunProgress {
    switch (progress.type) {
      case 'run_started':
        return { ...progress, objective: this.#text(progress.objective) };
      case 'attempt_finished':
        return { ...progress, result: this.#withReason(progress.result) };
      case 'step_finished':
        return { ...progress, result: this.#result(progress.result) };
      default:
        return progress;
    }
  }

  #step(step: PlannedStep): PlannedStep {
    const { command } = step;
    return {
      ...step,
      command: typeof command === 'string' ? this.#text(command) : this.#redactor.redactArguments(command),
      cwd: step.cwd === null ? null : this.#text(step.cwd),
      env: Object.fromEntries(
        Object.entries(step.env).map(([name, value]) => [name, this.#variable(name, value)]),
      ),
    };
  }

  #result(result: StepResult): StepResult {
    return {
      ...this.#withReason(result),
      attempts: result.attempts.map((attempt) => this.#withReason(attempt)),
    };
  }

  #withReason<Kind extends { readonly reason: string | null }>(result: Kind): Kind {
    return result.reason === null ? result : { ...result, reason: this.#text(result.reason) };
  }

  /** Its name tells a secret that its value does not; a plan has no more to go by. */
  #variable(name: string, value: string): string {
    const redacted = this.#text(`${name}=${value}`);
    const rest = redacted.startsWith(`${name}=`) ? redacted.slice(name.length + 1) : redacted;
    const namesSecret = SECRET_NAME.test(name) && !NO_SECRET.test(name);
    return namesSecret && rest !== '' && !MARK.test(rest) ? '[REDACTED:variable]' : rest;
  }

  #text(text: string): string {
    return this.#redactor.redactText(text);
  }
}
