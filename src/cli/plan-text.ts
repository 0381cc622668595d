// A plan for people: its objective, and each step with what is out of the ordinary about it.

import type { PlannedStep, PlanResult } from '../model/run.ts';
import { escapeControls, formatCount, formatDuration } from './format.ts';
import type { Output } from './output.ts';
import { commandLine } from './quoting.ts';
import { renderDetails, renderTable } from './table.ts';

export function planText(plan: PlanResult, output: Output): string {
  const details = renderDetails(
    [
      ['plan', planHead(plan)],
      ['objective', escapeControls(plan.objective)],
    ],
    output,
  );
  return `${details}\n${stepTable(plan, output)}`;
}

/** `plan_0123456789abcdef, at most 4 steps at once`. */
export function planHead({ plan_id, max_parallel: most }: PlanResult): string {
  return `${plan_id}, at most ${formatCount(most, 'step')} at once`;
}

function stepTable(plan: PlanResult, output: Output): string {
  const { steps } = plan;
  return renderTable(
    steps,
    [
      { title: 'STEP', value: ({ name }) => name, paint: (text) => output.style.bold(text), shrinkTo: 8 },
      { title: 'AGENT', value: ({ agent }) => agent, shrinkTo: 6 },
      { title: 'NEEDS', value: ({ needs }) => needs.join(', ') || '-', shrinkTo: 6 },
      { title: 'COMMAND', value: commandText, shrinkTo: 12 },
      { title: 'MORE', value: conditions, shrinkTo: 4, leaveOut: 1 },
    ],
    output,
  );
}

/** As a person would type it. */
export function commandText({ command }: Pick<PlannedStep, 'command'>): string {
  return typeof command === 'string' ? command : commandLine(command, false);
}

/** `at most 5m00s, 2 retries, goes on after a failure, in web, CI=1`. */
function conditions(step: PlannedStep): string {
  const { timeout, retries, continue_on_failure: goesOn, cwd, env } = step;
  return [
    ...(timeout === null ? [] : [`at most ${formatDuration(timeout * 1000)}`]),
    ...(retries === 0 ? [] : [`${retries} ${retries === 1 ? 'retry' : 'retries'}`]),
    ...(goesOn ? ['goes on after a failure'] : []),
    ...(cwd === null ? [] : [`in ${cwd}`]),
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
  ].join(', ');
}
