// `wrapper runs show <id>`: what was planned, what became of each step, and how to go on from there.

import type { AttemptResult, RunRecord, StepResult, StepStatus } from '../../model/run.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { escapeControls, formatAbsolute, formatClock, formatDuration } from '../format.ts';
import type { Output } from '../output.ts';
import { commandText, planHead } from '../plan-text.ts';
import { findRun, openRuns, shortRunIds } from '../run-lookup.ts';
import { shortIds } from '../session-id.ts';
import { type Column, cutTo, renderDetails, renderTable } from '../table.ts';

/** Columns of a step's name beside a text. */
const WIDEST_NAME = 24;

export const runsShowCommand: CommandDefinition = {
  name: 'runs show',
  help: 'Everything about one run: its plan, and what became of each step.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper runs show last', 'the latest'],
    ['wrapper runs show 7a1d0c3e --json', 'both snapshots, as they were stored'],
  ],
  define(command) {
    command.argument('<id>', 'an id, the start of one, or last');
  },
  async run(call) {
    const run = await findRun(await openRuns(call), call.arguments[0]!);
    await call.output.write(call.format === 'json' ? documentOf({ run }) : describe(call, run));
    return 0;
  },
};

/** How a status is painted. */
export function paintStatus({ style }: Output, status: StepStatus): (text: string) => string {
  if (status === 'succeeded') return style.green;
  if (status === 'skipped') return style.dim;
  return status === 'failed' || status === 'timed_out' ? style.red : style.yellow;
}

function describe({ output }: Call, run: RunRecord): string {
  const { execution_result: execution, plan_result: plan } = run;
  const details = renderDetails(
    [
      ['run', run.run_id],
      ['objective', escapeControls(run.objective)],
      ['result', `${execution.outcome} after ${formatDuration(execution.duration_ms)}`],
      ['started', formatAbsolute(execution.started_at)],
      ['folder', escapeControls(execution.cwd)],
      ['plan', planHead(plan)],
    ],
    output,
  );
  const sessions = execution.steps.flatMap(({ attempts }) =>
    attempts.map(({ session_id }) => session_id ?? ''),
  );
  const short = shortIds(sessions);
  const sessionOf = ({ session_id }: StepResult | AttemptResult) =>
    session_id === null ? '-' : short(session_id);
  const steps = renderTable(execution.steps, stepColumns(output, run, sessionOf), output);
  const repeated = execution.steps.flatMap((step) =>
    step.attempts.length < 2 ? [] : step.attempts.map((attempt) => ({ step, attempt })),
  );
  const attempts = renderTable(repeated, attemptColumns(output, sessionOf), output);
  const whole = reasonsCutFrom(steps + attempts, execution.steps, output);
  const parts = [details, steps, attempts, whole].filter((part) => part !== '');
  return `${parts.join('\n')}${nextSteps(output, run, sessionOf)}`;
}

/** What went wrong is what a reader is here for: the reasons for which the tables had no room. */
function reasonsCutFrom(tables: string, steps: readonly StepResult[], output: Output): string {
  const reasons = steps.flatMap(({ name, reason, attempts }): [string, string][] => [
    ...attempts
      .slice(0, -1)
      .map((attempt): [string, string] => [
        `${cutTo(escapeControls(name), WIDEST_NAME)} ${attempt.attempt}`,
        escapeControls(attempt.reason ?? ''),
      ]),
    [cutTo(escapeControls(name), WIDEST_NAME), escapeControls(reason ?? '')],
  ]);
  return renderDetails(
    reasons.filter(([, reason]) => !tables.includes(reason)),
    output,
  );
}

function stepColumns(
  output: Output,
  { plan_result: plan }: RunRecord,
  sessionOf: (result: StepResult) => string,
): Column<StepResult>[] {
  const planned = new Map(plan.steps.map((step) => [step.name, step]));
  return [
    { title: 'STEP', value: ({ name }) => name, paint: (text) => output.style.bold(text), shrinkTo: 8 },
    { title: 'AGENT', value: ({ agent }) => agent, shrinkTo: 6, leaveOut: 3 },
    {
      title: 'STATUS',
      value: ({ status }) => status.replace('_', ' '),
      paint: (text, { status }) => paintStatus(output, status)(text),
    },
    { title: 'TIME', align: 'right', leaveOut: 4, value: ({ duration_ms }) => durationText(duration_ms) },
    { title: 'EXIT', align: 'right', leaveOut: 5, value: ({ exit_code }) => String(exit_code ?? '-') },
    { title: 'TRIES', align: 'right', leaveOut: 1, value: ({ attempts }) => String(attempts.length) },
    { title: 'EVENTS', align: 'right', leaveOut: 2, value: ({ events }) => String(events) },
    { title: 'SESSION', value: sessionOf },
    {
      title: 'WHY, OR COMMAND',
      value: ({ name, reason }) => reason ?? commandText(planned.get(name) ?? { command: '-' }),
      shrinkTo: 16,
    },
  ];
}

function attemptColumns(
  output: Output,
  sessionOf: (result: AttemptResult) => string,
): Column<{ step: StepResult; attempt: AttemptResult }>[] {
  return [
    { title: 'ATTEMPT', value: ({ step, attempt }) => `${step.name} ${attempt.attempt}`, shrinkTo: 8 },
    {
      title: 'STATUS',
      value: ({ attempt }) => attempt.status.replace('_', ' '),
      paint: (text, { attempt }) => paintStatus(output, attempt.status)(text),
    },
    { title: 'AT', leaveOut: 1, value: ({ attempt }) => formatClock(attempt.started_at) },
    { title: 'TIME', align: 'right', value: ({ attempt }) => durationText(attempt.duration_ms) },
    { title: 'EXIT', align: 'right', value: ({ attempt }) => String(attempt.exit_code ?? '-') },
    { title: 'SESSION', value: ({ attempt }) => sessionOf(attempt) },
    { title: 'WHY', value: ({ attempt }) => attempt.reason ?? '', shrinkTo: 10 },
  ];
}

/** Commands that a person can type next: about what went wrong, if anything did. */
function nextSteps(output: Output, run: RunRecord, sessionOf: (result: StepResult) => string): string {
  const { steps } = run.execution_result;
  const step =
    steps.find(({ status, session_id }) => status !== 'succeeded' && session_id !== null) ??
    steps.findLast(({ session_id }) => session_id !== null);
  const id = shortRunIds([run.run_id])(run.run_id);
  const lines: [string, string][] = [
    ...(step === undefined
      ? []
      : ([
          [
            `wrapper show ${sessionOf(step)}`,
            `the session of ${cutTo(escapeControls(step.name), WIDEST_NAME)}`,
          ],
          [`wrapper log ${sessionOf(step)}`, 'what it printed'],
        ] as [string, string][])),
    [`wrapper runs show ${id} --json`, 'the whole plan and execution'],
  ];
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\n${lines.map(([line, meaning]) => `${line.padEnd(width)}  ${output.style.dim(`# ${meaning}`)}\n`).join('')}`;
}

function durationText(ms: number | null): string {
  return ms === null ? '-' : formatDuration(ms);
}
