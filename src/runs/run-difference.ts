// What two runs differ in: in what was planned, and in what became of it.

import type { PlannedStep, RunRecord, StepResult } from '../model/run.ts';

/** One thing that is otherwise in the second plan; null where there is nothing. */
export interface PlanChange {
  /** null for what concerns the whole plan. */
  readonly step: string | null;
  /** A member of the plan or the step; null for a step that only one plan has. */
  readonly member: string | null;
  readonly a: unknown;
  readonly b: unknown;
}

/** How a step ended in both runs; null where there was no such step. */
export interface StepComparison {
  readonly name: string;
  readonly a: StepResult | null;
  readonly b: StepResult | null;
  /** Whether status, exit code or the number of attempts differ. */
  readonly differs: boolean;
}

export interface RunDifference {
  readonly plan: readonly PlanChange[];
  readonly steps: readonly StepComparison[];
}

const STEP_MEMBERS = [
  'agent',
  'command',
  'cwd',
  'env',
  'timeout',
  'retries',
  'continue_on_failure',
  'needs',
] as const satisfies readonly (keyof PlannedStep)[];

export function differenceOf(a: RunRecord, b: RunRecord): RunDifference {
  return { plan: planChanges(a, b), steps: stepComparisons(a, b) };
}

function planChanges({ plan_result: a }: RunRecord, { plan_result: b }: RunRecord): PlanChange[] {
  const whole = (['objective', 'max_parallel'] as const)
    .filter((member) => a[member] !== b[member])
    .map((member): PlanChange => ({ step: null, member, a: a[member], b: b[member] }));
  const [left, right] = [byName(a.steps), byName(b.steps)];
  const ofSteps = namesOf(a.steps, b.steps).flatMap((step): PlanChange[] => {
    const [one, other] = [left.get(step), right.get(step)];
    if (one === undefined || other === undefined)
      return [{ step, member: null, a: one ?? null, b: other ?? null }];
    return STEP_MEMBERS.filter((member) => JSON.stringify(one[member]) !== JSON.stringify(other[member])).map(
      (member) => ({ step, member, a: one[member], b: other[member] }),
    );
  });
  return [...whole, ...ofSteps];
}

function stepComparisons(
  { execution_result: a }: RunRecord,
  { execution_result: b }: RunRecord,
): StepComparison[] {
  const [left, right] = [byName(a.steps), byName(b.steps)];
  return namesOf(a.steps, b.steps).map((name) => {
    const [one = null, other = null] = [left.get(name), right.get(name)];
    const differs =
      one?.status !== other?.status ||
      one?.exit_code !== other?.exit_code ||
      one?.attempts.length !== other?.attempts.length;
    return { name, a: one, b: other, differs };
  });
}

function byName<Step extends { readonly name: string }>(steps: readonly Step[]): Map<string, Step> {
  return new Map(steps.map((step) => [step.name, step]));
}

/** All names, in the order of the first plan, then those that only the second has. */
function namesOf(a: readonly { name: string }[], b: readonly { name: string }[]): string[] {
  return [...new Set([...a, ...b].map(({ name }) => name))];
}
