// What steps say of each other: that names are unique, that what is needed exists, and that no step waits for itself.

import { nearestName } from '../model/nearest.ts';
import type { StepInput } from '../model/wire-run.ts';

/** A mistake and its place in the plan: `['steps', 2, 'needs', 0]`. */
export interface PlanMistake {
  readonly path: readonly (string | number)[];
  /** One sentence without a full stop. */
  readonly message: string;
}

/** The name of a step, given or by its place. */
export function stepName(step: Pick<StepInput, 'name'>, index: number): string {
  return step.name ?? `step-${index + 1}`;
}

/** What each step needs: what it says, or else the step before it. */
export function needsOf(steps: readonly StepInput[]): string[][] {
  return steps.map((step, index) => {
    if (step.needs !== undefined) return [...new Set(step.needs)];
    const before = steps[index - 1];
    return before === undefined ? [] : [stepName(before, index - 1)];
  });
}

/** The first thing that is wrong with names and needs; undefined when nothing is. */
export function findMistake(steps: readonly StepInput[]): PlanMistake | undefined {
  const names = new Map<string, number>();
  for (const [index, step] of steps.entries()) {
    const name = stepName(step, index);
    const before = names.get(name);
    if (before !== undefined) {
      const path = step.name === undefined ? ['steps', index] : ['steps', index, 'name'];
      return {
        path,
        message: `two steps are named "${name}", the ${ordinal(before)} and the ${ordinal(index)}`,
      };
    }
    names.set(name, index);
  }
  return unknownNeed(steps, [...names.keys()]) ?? circle(steps, names);
}

function unknownNeed(steps: readonly StepInput[], names: readonly string[]): PlanMistake | undefined {
  for (const [index, step] of steps.entries()) {
    for (const [at, need] of (step.needs ?? []).entries()) {
      if (names.includes(need)) continue;
      const near = nearestName(need, names);
      const guess = near === undefined ? '' : `; did you mean "${near}"?`;
      return {
        path: ['steps', index, 'needs', at],
        message: `"${stepName(step, index)}" needs "${need}", which is no step of the plan${guess}`,
      };
    }
  }
  return undefined;
}

function circle(steps: readonly StepInput[], names: ReadonlyMap<string, number>): PlanMistake | undefined {
  const needs = needsOf(steps);
  const done = new Set<number>();
  const walk = (index: number, way: readonly number[]): readonly number[] | undefined => {
    if (way.includes(index)) return [...way.slice(way.indexOf(index)), index];
    if (done.has(index)) return undefined;
    for (const need of needs[index]!) {
      const found = walk(names.get(need)!, [...way, index]);
      if (found !== undefined) return found;
    }
    done.add(index);
    return undefined;
  };
  for (const index of steps.keys()) {
    const found = walk(index, []);
    if (found === undefined) continue;
    const shown = found.map((at) => `"${stepName(steps[at]!, at)}"`);
    const message =
      shown.length === 2 ? `${shown[0]} needs itself` : `steps wait for each other: ${shown.join(' needs ')}`;
    // Of a circle at least one step says what it needs; a step that says nothing needs one that stands before it.
    const at = found.find((place) => steps[place]!.needs !== undefined) ?? index;
    return { path: ['steps', at, 'needs'], message };
  }
  return undefined;
}

function ordinal(index: number): string {
  const number = index + 1;
  const teen = number % 100 > 10 && number % 100 < 14;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${ending}`;
}
