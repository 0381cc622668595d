// `wrapper runs diff <a> <b>`: what two runs differ in, in plan and in outcome.

import type { RunRecord, StepResult } from '../../model/run.ts';
import { differenceOf, type PlanChange, type StepComparison } from '../../runs/run-difference.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { escapeControls, formatDuration } from '../format.ts';
import { findRun, openRuns, shortRunIds } from '../run-lookup.ts';
import { renderTable } from '../table.ts';
import { paintStatus } from './runs-show.ts';

export const runsDiffCommand: CommandDefinition = {
  name: 'runs diff',
  help: 'What two runs differ in: their plans, and what became of each step.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config'],
  examples: [['wrapper runs diff 7a1d0c3e last', 'did it go better this time']],
  define(command) {
    command.argument('<a>', 'an id, the start of one, or last').argument('<b>', 'another');
  },
  async run(call) {
    const reader = await openRuns(call);
    const a = await findRun(reader, call.arguments[0]!);
    const b = await findRun(reader, call.arguments[1]!);
    const { plan, steps } = differenceOf(a, b);
    if (call.format === 'json') {
      const members = steps.map(({ name, differs, ...both }) => ({ name, differs, ...both }));
      await call.output.write(
        documentOf({ a: summaryOf(a), b: summaryOf(b), plan_changes: plan, steps: members }),
      );
      return 0;
    }
    await call.output.write(`${heads(call, a, b)}\n${planPart(plan)}\n${outcomePart(call, steps)}`);
    return 0;
  },
};

function summaryOf({ run_id, plan_id, objective, created_at, execution_result }: RunRecord) {
  const { success, outcome, duration_ms } = execution_result;
  return { run_id, plan_id, objective, created_at, success, outcome, duration_ms };
}

function heads(call: Call, a: RunRecord, b: RunRecord): string {
  const short = shortRunIds([a.run_id, b.run_id]);
  return renderTable(
    [
      { name: 'a', run: a },
      { name: 'b', run: b },
    ],
    [
      { title: '', value: ({ name }) => name },
      { title: 'RUN', value: ({ run }) => short(run.run_id) },
      { title: 'RESULT', value: ({ run }) => run.execution_result.outcome },
      { title: 'TIME', align: 'right', value: ({ run }) => formatDuration(run.execution_result.duration_ms) },
      { title: 'PLAN', value: ({ run }) => run.plan_id },
      { title: 'OBJECTIVE', value: ({ run }) => run.objective, shrinkTo: 10 },
    ],
    call.output,
  );
}

function planPart(changes: readonly PlanChange[]): string {
  if (changes.length === 0) return 'The plans are the same.\n';
  return changes
    .map(({ step, member, a, b }) => {
      if (member === null) return `${a === null ? '+' : '-'} step ${escapeControls(step ?? '')}\n`;
      const place = step === null ? member : `${escapeControls(step)}: ${member}`;
      return `~ ${place}\n  - ${shown(a)}\n  + ${shown(b)}\n`;
    })
    .join('');
}

/** A text as it is, anything else as JSON. */
function shown(value: unknown): string {
  return escapeControls(typeof value === 'string' ? value : JSON.stringify(value));
}

function outcomePart({ output }: Call, steps: readonly StepComparison[]): string {
  const cell = (result: StepResult | null): string => {
    if (result === null) return '-';
    const exit = result.exit_code === null || result.exit_code === 0 ? '' : ` (${result.exit_code})`;
    const took = result.duration_ms === null ? '' : ` ${formatDuration(result.duration_ms)}`;
    const tries = result.attempts.length > 1 ? `, ${result.attempts.length} tries` : '';
    return `${result.status.replace('_', ' ')}${exit}${took}${tries}`;
  };
  const paint = (text: string, result: StepResult | null): string =>
    result === null ? text : paintStatus(output, result.status)(text);
  return renderTable(
    steps,
    [
      { title: '', value: ({ differs }) => (differs ? '~' : ' ') },
      { title: 'STEP', value: ({ name }) => name, shrinkTo: 8 },
      { title: 'A', value: ({ a }) => cell(a), paint: (text, { a }) => paint(text, a), shrinkTo: 10 },
      { title: 'B', value: ({ b }) => cell(b), paint: (text, { b }) => paint(text, b), shrinkTo: 10 },
      { title: 'WHY, IN B', value: ({ b }) => b?.reason ?? '', shrinkTo: 10, leaveOut: 1 },
    ],
    output,
  );
}
