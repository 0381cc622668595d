// Decides between a wrapped run, which must start at once and loads nothing that it does not need, and everything else.

import { messageOf, WrapperError } from '../model/errors.ts';
import type { RecordingParts } from '../session/session-recording.ts';
import { isExecutableFile } from '../stream/resolve-command.ts';
import { exitStatusOf } from './exit-status.ts';
import { parseCommandLine } from './grammar.ts';
import { run } from './run.ts';

/** The parts that live in bundles of their own. */
export interface Parts extends RecordingParts {
  loadProgram(): Promise<typeof import('./program.ts')>;
}

/**
 * Runs a command line (without `node` and the script). When the promise resolves, the exit status is in
 * `process.exitCode`, or the process has ended itself by the signal that ended the child.
 */
export async function main(argv: readonly string[], parts: Parts): Promise<void> {
  try {
    const invocation = parseCommandLine(argv, isExecutableFile);
    if (invocation.kind === 'run') {
      await run(invocation.run, parts);
    } else {
      const { runProgram } = await parts.loadProgram();
      process.exitCode = await runProgram(invocation.argv);
    }
  } catch (error) {
    process.exitCode = reportError(error);
  }
}

/** Says what went wrong in one sentence and a hint; returns the exit status. */
function reportError(error: unknown): number {
  if (error instanceof WrapperError) {
    process.stderr.write(`wrapper: ${error.message}\n`);
    if (error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
    return exitStatusOf(error.code);
  }
  process.stderr.write(`wrapper: internal error: ${messageOf(error)}\n`);
  if (process.env['WRAPPER_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitStatusOf('internal');
}
