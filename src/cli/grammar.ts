// The command line of a wrapped run:
//
//   wrapper [options] <agent> [options] [--] <command> [args…] [trailing flags]
//
// Written by hand because it is ambiguous by nature: a general parser either eats the command's own flags or refuses
// them. The rules are in docs/CLI.md; pure, no file is touched but by the `isExecutableFile` that is passed in.

import { WrapperError } from '../model/errors.ts';
import { nearestName } from '../model/nearest.ts';
import type { Command } from '../stream/resolve-command.ts';
import { type FlagValue, findRunOption, findTrailingOption, runFlagNames, takesValue } from './options.ts';
import { isReserved } from './reserved.ts';

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'run'; readonly run: RunInvocation }
  /** A subcommand, help or version: for the program with all its commands. */
  | { readonly kind: 'program'; readonly argv: readonly string[] };

export interface RunInvocation {
  readonly agent: string;
  /** The words of the command as they were given. */
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** Flags that were taken from behind the command, as they were written. */
  readonly taken: readonly string[];
  /** One word that is a complete shell command, as opposed to a program name or an argv. */
  readonly shell: boolean;
}

/** Characters that make a single word a shell command (cli-conventions: rule 5). */
const SHELL_SYNTAX = /[\s|&;<>()$`\\"'*?[#~=]/;
const PROGRAM_FLAGS = new Set(['-h', '--help', '-V', '--version']);

/**
 * Reads a command line (without `node` and the script).
 *
 * @param isExecutableFile whether a path is a file that can be executed: tried before a word with a space is taken
 * for shell syntax
 * @throws WrapperError `usage`
 */
export function parseCommandLine(
  argv: readonly string[],
  isExecutableFile: (path: string) => boolean,
): Invocation {
  const flags: Record<string, FlagValue> = {};
  let at = readOptions(argv, 0, flags);
  let agent = argv[at];
  if (agent === undefined) {
    if (argv.length === 0) throw usage('no agent and no command given');
    throw usage('no agent given');
  }
  if (PROGRAM_FLAGS.has(agent)) return { kind: 'program', argv };
  if (agent === 'exec') {
    if (PROGRAM_FLAGS.has(argv[at + 1] ?? '')) return { kind: 'program', argv };
    at = readOptions(argv, at + 1, flags);
    agent = argv[at];
    if (agent === undefined || agent === '--') throw usage('no agent given after exec');
  } else if (isReserved(agent)) {
    return { kind: 'program', argv };
  }
  if (agent === '--') throw usage('no agent given before --');
  if (agent.trim() === '') throw usage('the name of the agent is empty');
  at = readOptions(argv, at + 1, flags);
  if (PROGRAM_FLAGS.has(argv[at] ?? '') && argv.length === at + 1)
    return { kind: 'program', argv: ['--help'] };
  return { kind: 'run', run: readCommand(agent, argv.slice(at), flags, isExecutableFile) };
}

/** What is started for the words of a command. */
export function commandOf(run: Pick<RunInvocation, 'words' | 'shell'>): Command {
  const [first = '', ...rest] = run.words;
  return run.shell ? { file: '/bin/sh', args: ['-c', first] } : { file: first, args: rest };
}

/** Reads our options from `at` on; returns the index of the first word that is none. */
function readOptions(argv: readonly string[], at: number, flags: Record<string, FlagValue>): number {
  for (let index = at; ; index++) {
    const word = argv[index];
    if (
      word === undefined ||
      word === '--' ||
      word === '-' ||
      !word.startsWith('-') ||
      PROGRAM_FLAGS.has(word)
    ) {
      return index;
    }
    index = readOption(argv, index, flags);
  }
}

/** Reads one option; returns the index of its last word. */
function readOption(argv: readonly string[], index: number, flags: Record<string, FlagValue>): number {
  const word = argv[index] ?? '';
  const equals = word.indexOf('=');
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const found = word.startsWith('--') ? findRunOption(name) : undefined;
  if (found === undefined) throw unknownOption(equals === -1 ? word : word.slice(0, equals));
  const { option, negated } = found;
  if (!takesValue(option)) {
    if (equals !== -1) throw usage(`--${name} takes no value`);
    flags[option.name] = !negated;
    return index;
  }
  const value = equals === -1 ? argv[index + 1] : word.slice(equals + 1);
  if (value === undefined || value === '') throw usage(`--${name} needs a value (${option.placeholder})`);
  flags[option.name] = value;
  return equals === -1 ? index + 1 : index;
}

function readCommand(
  agent: string,
  rest: readonly string[],
  flags: Record<string, FlagValue>,
  isExecutableFile: (path: string) => boolean,
): RunInvocation {
  const escaped = rest[0] === '--';
  let words = escaped ? rest.slice(1) : rest;
  const taken: string[] = [];
  if (!escaped) {
    const border = words.indexOf('--');
    const first = words[0] ?? '';
    if (isShellString(first, isExecutableFile) && everyOptionIsOurs(words)) {
      // A shell string is a complete command, so whatever follows it in option form is ours.
      readOptions(words, 1, flags);
      taken.push(...words.slice(1));
      words = words.slice(0, 1);
    } else if (border === -1) {
      words = takeTrailing(words, flags, taken);
    }
  }
  if (words.length === 0 || (words.length === 1 && words[0]?.trim() === '')) {
    throw usage(`no command given for the agent ${agent}`);
  }
  if (words[0] === '') throw usage('the name of the command is empty');
  const shell = words.length === 1 && isShellString(words[0] ?? '', isExecutableFile);
  return { agent, words, flags, taken, shell };
}

function isShellString(word: string, isExecutableFile: (path: string) => boolean): boolean {
  return SHELL_SYNTAX.test(word) && !isExecutableFile(word);
}

/** Whether the words behind a shell string are options and their values, and nothing else. */
function everyOptionIsOurs(words: readonly string[]): boolean {
  if (words.length === 1) return true;
  if (!(words[1] ?? '').startsWith('--') || words[1] === '--') return false;
  return readOptions(words, 1, {}) === words.length;
}

/** Takes the suffix of the line that consists of documented trailing flags. */
function takeTrailing(
  words: readonly string[],
  flags: Record<string, FlagValue>,
  taken: string[],
): readonly string[] {
  let end = words.length;
  const found: { name: string; value: FlagValue }[] = [];
  while (end > 1) {
    const trailing = findTrailingOption(words[end - 1] ?? '');
    if (trailing === undefined) break;
    found.unshift({ name: trailing.option.name, value: trailing.value });
    end--;
  }
  for (const { name, value } of found) {
    if (value === '') throw usage(`--${name}= needs a value`);
    flags[name] = value;
  }
  taken.push(...words.slice(end));
  return words.slice(0, end);
}

function unknownOption(flag: string): WrapperError {
  const near = nearestName(flag.replace(/^-+/, ''), runFlagNames());
  return new WrapperError('usage', `unknown option ${flag}`, {
    hint: near === undefined ? 'wrapper --help lists the options' : `did you mean --${near}?`,
  });
}

function usage(message: string): WrapperError {
  return new WrapperError('usage', message, {
    hint: 'usage: wrapper [options] <agent> [--] <command> [args…]   (wrapper --help shows examples)',
  });
}
