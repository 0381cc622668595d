// Finds the program that a command names, as execvp(3) and a shell would, before anything is started: so that a
// missing command is 127 and one that cannot be executed 126, whatever the transport would make of it.

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { WrapperError } from '../model/errors.ts';

/** What is started: a file and its arguments, never a string that somebody would have to parse again. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The search path that POSIX prescribes when PATH is not set; the value glibc uses. */
const DEFAULT_PATH = '/bin:/usr/bin';

/**
 * The path of the executable that `name` stands for.
 *
 * @throws WrapperError `command_not_found` or `command_not_executable`
 */
export function resolveCommand(name: string, env: NodeJS.ProcessEnv): string {
  if (name.includes('/')) {
    const state = executableState(name);
    if (state === 'executable') return name;
    throw state === 'absent' ? notFound(name) : notExecutable(name, state);
  }
  let refused: string | undefined;
  for (const folder of (env['PATH'] ?? DEFAULT_PATH).split(delimiter)) {
    const candidate = join(folder === '' ? '.' : folder, name);
    const state = executableState(candidate);
    if (state === 'executable') return candidate;
    if (state === 'not executable') refused ??= candidate;
  }
  throw refused === undefined ? notFound(name) : notExecutable(refused, 'not executable');
}

/** Whether `path` is a regular file that this user may execute. */
export function isExecutableFile(path: string): boolean {
  return executableState(path) === 'executable';
}

function executableState(path: string): 'executable' | 'not executable' | 'directory' | 'absent' {
  const stats = statOrUndefined(path);
  if (stats === undefined) return 'absent';
  if (stats.isDirectory()) return 'directory';
  try {
    accessSync(path, constants.X_OK);
    return 'executable';
  } catch {
    return 'not executable'; // EACCES is the answer to the question, not a failure
  }
}

function notFound(name: string): WrapperError {
  return new WrapperError('command_not_found', `${name}: command not found`, {
    hint: 'check the spelling and PATH; a command with shell syntax is given as one quoted word',
  });
}

function notExecutable(path: string, state: string): WrapperError {
  const why = state === 'directory' ? 'is a directory' : 'permission denied';
  return new WrapperError('command_not_executable', `${path}: ${why}`);
}

function statOrUndefined(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // ENOTDIR, EACCES, ELOOP: for execvp, too, there is nothing here
  }
}
