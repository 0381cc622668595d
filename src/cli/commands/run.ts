// `wrapper run`: a goal for an agent, or a plan of several commands, carried out and kept as a run.

import { constants } from 'node:os';
import { RunDatabase } from '../../data/run-database.ts';
import { WrapperError } from '../../model/errors.ts';
import { MOST_PARALLEL, type PlanResult } from '../../model/run.ts';
import { agentNameSchema } from '../../model/wire-agent.ts';
import { goalSchema, type PlanInput } from '../../model/wire-run.ts';
import { readPlanFile } from '../../runs/plan-file.ts';
import { type PlannerSettings, planRun } from '../../runs/planner.ts';
import { profilesWith } from '../../runs/profiles.ts';
import { RunRedactor } from '../../runs/redacted-run.ts';
import { type Conclusion, notStoredHint, Run } from '../../runs/run.ts';
import { StepOutput } from '../../runs/step-output.ts';
import { WrappedRunner } from '../../runs/wrapped-runner.ts';
import { makeDatabaseFolder, refuseMistakes } from '../../session/database-place.ts';
import { inheritedIgnoredSignals } from '../../stream/process-status.ts';
import type { Call, CommandDefinition } from '../command.ts';
import type { Configuration } from '../configuration.ts';
import { documentOf } from '../documents.ts';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.ts';
import { textOption } from '../filters.ts';
import { escapeControls, formatCount, formatDuration } from '../format.ts';
import { planText } from '../plan-text.ts';
import { shortRunIds } from '../run-lookup.ts';
import { RunNarration } from '../run-narration.ts';
import { stepFlags } from '../step-flags.ts';
import { thisWrapper } from '../this-wrapper.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const runCommand: CommandDefinition = {
  name: 'run',
  help: 'Carry out a goal with an agent, or a plan of several steps; each step is a session, all of them are a run.',
  formats: ['text', 'json'],
  runOptions: ['db', 'pty', 'environment', 'patterns', 'quiet', 'config'],
  examples: [
    ['wrapper run "fix the failing test" --agent codex', 'one agent, without asking anybody'],
    ['wrapper run --plan plan.yaml', 'several steps; docs/RUNS.md shows such a file'],
    ['wrapper run --plan plan.yaml --dry-run', 'what would be done'],
  ],
  define(command) {
    command
      .argument('[goal]', 'what the agent is to do, as one quoted word')
      .option('--agent <name>', 'the agent for the goal: codex, claude, gemini, … or one of your own')
      .option('--plan <file>', 'a plan, YAML or JSON; - for stdin')
      .option('--max-parallel <count>', 'steps that may run at once, whatever the plan says')
      .option('--dry-run', 'print the plan and do nothing');
  },
  async run(call) {
    const plan = withLimit(planOf(call), textOption(call, 'maxParallel'));
    if (call.options['dryRun'] === true) {
      const shown = new RunRedactor().plan(plan);
      await call.output.write(
        call.format === 'json' ? documentOf({ plan: shown }) : planText(shown, call.output),
      );
      return EXIT_OK;
    }
    return carryOut(call, plan);
  },
};

/** What is known of agents, by a configuration. */
export function plannerSettings({ agents }: Configuration): PlannerSettings {
  return { profiles: profilesWith(agents.profiles), defaultAgent: agents.defaultAgent };
}

/** @throws WrapperError `usage` or `plan_invalid` */
function planOf(call: Call): PlanInput | PlanResult {
  const [goal] = call.arguments;
  const file = textOption(call, 'plan');
  const agent = textOption(call, 'agent');
  if (file !== undefined) {
    if (goal !== undefined) throw usage('a goal and --plan exclude each other');
    if (agent !== undefined) throw usage('--agent is for a goal; the steps of a plan name their agents');
    return readPlanFile(file);
  }
  if (goal === undefined) throw usage('no goal and no plan given');
  const checked = goalSchema.safeParse(goal);
  if (!checked.success) throw usage(`the goal ${checked.error.issues[0]!.message}`);
  const named = agentNameSchema.optional().safeParse(agent);
  if (!named.success) throw usage(`--agent: the name ${named.error.issues[0]!.message}`);
  return planRun({ goal, agent }, plannerSettings(call.configuration));
}

/** @throws WrapperError `usage` */
function withLimit(plan: PlanInput | PlanResult, text: string | undefined): PlanResult {
  if (text === undefined) return 'plan_id' in plan ? plan : planRun({ plan }, NO_AGENTS);
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > MOST_PARALLEL)
    throw usage(`--max-parallel: "${text}" is not a whole number from 1 to ${MOST_PARALLEL}`);
  const { objective, steps } = plan;
  return planRun({ plan: { objective, steps, max_parallel: limit } as PlanInput }, NO_AGENTS);
}

const NO_AGENTS: PlannerSettings = { profiles: {}, defaultAgent: null };

function usage(message: string): WrapperError {
  return new WrapperError('usage', message, {
    hint: 'wrapper run "fix the tests" --agent codex, or wrapper run --plan plan.yaml',
  });
}

async function carryOut(call: Call, plan: PlanResult): Promise<number> {
  const { output, configuration, context } = call;
  const { db, quiet } = configuration.settings;
  const runner = runnerFor(call, plan);
  prepareDatabase(configuration);
  const narration = new RunNarration(quiet ? () => {} : (line) => output.note(line));
  const run = new Run(plan, {
    dbPath: db,
    storage: new RunDatabase(db),
    runner,
    cwd: context.cwd,
    onProgress: narration.tell,
  });
  const short = shortRunIds([run.id])(run.id);
  if (!quiet && plan.steps.length > 1)
    output.note(`wrapper: run ${short}, ${formatCount(plan.steps.length, 'step')}`);
  const signals = passSignals(run, quiet ? () => {} : (line) => output.note(line));
  const conclusion = await run.conduct();
  signals.stop();
  const { execution_result: execution } = conclusion.record;
  if (call.format === 'json') {
    const stored = conclusion.failure === undefined;
    await output.write(documentOf({ run: conclusion.record, stored, left_in: conclusion.leftIn }));
  }
  if (!quiet) {
    const took = formatDuration(execution.duration_ms);
    const hint = conclusion.failure === undefined ? ` · wrapper runs show ${short}` : '';
    output.note(`wrapper: run ${execution.outcome} after ${took}${hint}`);
  }
  tellStorage(call, conclusion);
  if (execution.outcome === 'interrupted') return 128 + constants.signals[signals.first() ?? 'SIGINT'];
  return execution.success ? EXIT_OK : EXIT_FAILED;
}

/** A mistake of the caller is told before anything runs; what fails later leaves the run as it is. @throws WrapperError `usage` */
function prepareDatabase({ settings, origins }: Configuration): void {
  const named = origins.db.kind === 'flag';
  try {
    refuseMistakes(settings.db, named);
    makeDatabaseFolder(settings.db, named);
  } catch (error) {
    if (!(error instanceof WrapperError) || error.code !== 'storage_unavailable') throw error;
    throw new WrapperError('usage', error.message, { hint: error.hint ?? '', cause: error });
  }
}

function tellStorage({ output, format }: Call, conclusion: Conclusion): void {
  const { failure, alsoStored } = conclusion;
  if (failure !== undefined)
    output.note(
      `wrapper: ${escapeControls(failure.message)}\n  ${escapeControls(notStoredHint(conclusion))}`,
    );
  if (alsoStored.length > 0 && format === 'text')
    output.note(
      `wrapper: stored ${formatCount(alsoStored.length, 'run')} that had been left beside the database`,
    );
}

/** Ends the run by the signals that ask for it. Those that we were started with ignored stay ignored. */
function passSignals(
  run: Run,
  say: (line: string) => void,
): { first(): NodeJS.Signals | undefined; stop(): void } {
  const ignored = new Set(inheritedIgnoredSignals());
  let first: NodeJS.Signals | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    if (ignored.has(signal)) return;
    if (first === undefined) say('wrapper: ending the run; once more ends it at once');
    first ??= signal;
    run.interrupt(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    first: () => first,
    stop: () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}

function runnerFor({ configuration, format }: Call, plan: PlanResult): WrappedRunner {
  const { db, pty, port } = configuration.settings;
  const names = plan.steps.map(({ name }) => name);
  const isChain =
    plan.max_parallel === 1 ||
    plan.steps.every((step, index) => index === 0 || step.needs.includes(names[index - 1]!));
  const alone = plan.steps.length === 1 && format === 'text';
  if (pty === true && !alone)
    throw usage('--pty is for a run of one step, which alone can have the terminal');
  return new WrappedRunner({
    program: thisWrapper(),
    dbPath: db,
    // Only one of several at once can have a certain port.
    flags: [...stepFlags(configuration), ...(port !== null && !isChain ? ['--no-serve'] : [])],
    output: format === 'json' ? 'none' : isChain ? 'own' : new StepOutput(names),
    passInput: alone,
    pty: pty === true,
    detached: false,
  });
}
