// A wrapped run: settings, command, session; then the child's exit status becomes ours.

import { isatty } from 'node:tty';
import type { StageRun } from '../campaigns/stage-run.ts';
import { messageOf } from '../model/errors.ts';
import { STEP_REPORT_VARIABLE } from '../model/step-report.ts';
import { escapeLine } from '../model/visible-text.ts';
import { runSession } from '../session/session.ts';
import { StepReporter } from '../session/step-reporter.ts';
import { exitLikeChild } from '../stream/exit-like-child.ts';
import { type Configuration, loadConfiguration } from './configuration.ts';
import { EXIT_FAILED } from './exit-status.ts';
import { commandOf, type RunInvocation } from './grammar.ts';
import type { Parts } from './main.ts';
import { commandLine } from './quoting.ts';
import { problemNote, summaryLine, waitingNote } from './run-notes.ts';
import { isStage, misplacedStageNote, stageRequest } from './stage-flags.ts';

/**
 * Runs the command of `invocation` and ends the process as the command ended.
 *
 * @throws WrapperError when nothing could be started because of the settings or the command line
 */
export async function run(invocation: RunInvocation, parts: Parts): Promise<void> {
  // Before anything else: what this process tells whoever started it is no business of the command.
  const steps = process.env[STEP_REPORT_VARIABLE] === undefined ? undefined : new StepReporter(process.env);
  const { settings, files } = await loadConfiguration({
    flags: invocation.flags,
    env: process.env,
    cwd: process.cwd(),
  });
  const onTerminal = isatty(2);
  const talkative = onTerminal && !settings.quiet;
  const say = (text: string): void => {
    if (text !== '') process.stderr.write(text);
  };
  if (settings.verbose) {
    for (const file of files) say(`wrapper: settings from ${file.path}\n`);
    if (invocation.taken.length > 0)
      say(`wrapper: taken as wrapper options: ${invocation.taken.join(' ')}\n`);
  }
  if (settings.enableDb && settings.port !== null && settings.serve !== false) {
    const { assertPortAvailable } = await import('../session/wanted-port.ts');
    await assertPortAvailable(settings.db, settings.port);
  }
  const stage = isStage(invocation.flags) ? await openStage(invocation, settings) : undefined;
  const misplaced = stage === undefined ? misplacedStageNote(invocation.words) : undefined;
  if (misplaced !== undefined) say(`wrapper: ${misplaced}\n`);
  const waiting = waitingNote(talkative);
  const session = runSession({
    agent: invocation.agent,
    command: commandOf(invocation),
    displayCommand: commandLine(invocation.words, invocation.shell),
    settings,
    // Whoever runs steps has looked at the database before the first: from then on nothing keeps a step from running.
    explicitDb: 'db' in invocation.flags && steps === undefined,
    extract: settings.enableDb || talkative || settings.verbose,
    parts,
    onSession: (sessionId) => {
      steps?.started(sessionId);
      if (settings.enableDb) stage?.session(sessionId);
    },
    onCommand: steps?.running,
    onWaiting: waiting.update,
  });
  const outcome = stage === undefined ? await session : await orFailedStage(session, stage);
  waiting.clear();
  if (outcome.startFailure !== undefined) {
    say(`wrapper: ${outcome.startFailure.message}\n`);
    if (outcome.startFailure.hint !== undefined) say(`  ${outcome.startFailure.hint}\n`);
  }
  const { report } = outcome;
  if (report !== undefined) {
    say(problemNote(report));
    if (outcome.startFailure === undefined && (talkative || settings.verbose)) {
      say(summaryLine(report, settings.enableDb ? outcome.sessionId : undefined));
    }
  }
  steps?.ended(outcome);
  const { outputFailure } = outcome;
  if (outputFailure !== undefined) {
    say(`wrapper: the output could not be passed on in full: ${outputFailure.message}\n`);
  }
  const stageOutcome = await stage?.finish({ ...outcome.exit, startFailure: outcome.startFailure?.message });
  if (stageOutcome !== undefined) {
    for (const note of stageOutcome.notes) say(`wrapper: ${escapeLine(note)}\n`);
    if (!stageOutcome.ok || talkative || settings.verbose)
      say(`wrapper: ${escapeLine(stageOutcome.message)}\n`);
  }
  // The command itself could not know; whoever reads our status must not take the output for complete, or the stage.
  const lost = (outputFailure !== undefined || stageOutcome?.ok === false) && outcome.exit.code === 0;
  await exitLikeChild(lost ? { code: EXIT_FAILED, signal: null } : outcome.exit);
}

/** Everything that a stage needs is loaded here, for a run that is one. */
async function openStage({ flags }: RunInvocation, settings: Configuration['settings']): Promise<StageRun> {
  const request = stageRequest(flags, process);
  const { beginStage } = await import('../campaigns/stage-run.ts');
  return beginStage(request, { dbPath: settings.campaignsDb ?? settings.db, env: process.env });
}

/** A run that is refused before its command starts is no stage in progress. */
async function orFailedStage<T>(session: Promise<T>, stage: StageRun): Promise<T> {
  try {
    return await session;
  } catch (error) {
    await stage.finish({ code: null, signal: null, startFailure: messageOf(error) });
    throw error;
  }
}
