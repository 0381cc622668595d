// The subcommands as one program: parsing, help, settings, errors and exit statuses are here, what each command does
// is in commands/. Not on the path of a wrapped run.

import { Command, CommanderError, Option } from 'commander';
import { messageOf, WrapperError } from '../model/errors.ts';
import { nearestName } from '../model/nearest.ts';
import { WRAPPER_VERSION } from '../model/version.ts';
import type { Call, CommandContext, CommandDefinition, Format } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { loadConfiguration } from './configuration.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, exitStatusOf } from './exit-status.ts';
import { escapeControls, formatCount } from './format.ts';
import { helpText } from './help.ts';
import { type FlagValue, RUN_OPTIONS } from './options.ts';
import {
  COLOUR_CHOICES,
  type ColourChoice,
  createOutput,
  errorDocument,
  errorText,
  OutputClosed,
} from './output.ts';
import { openReader, type Reader } from './reader.ts';
import { recoverDeadSessions } from './recovering.ts';
import { isReserved, SUBCOMMANDS } from './reserved.ts';
import { bringUpToDate } from './upgrading.ts';

/** Run options that may stand before any subcommand. */
const SHARED_OPTIONS = ['db', 'campaigns-db', 'config'];

/**
 * Runs a subcommand, help or version (words without `node` and the script).
 *
 * @returns the exit status; nothing is thrown, errors are on stderr
 */
export async function runProgram(
  argv: readonly string[],
  context: CommandContext = processContext(),
): Promise<number> {
  // Whoever has closed the other end wants no more, help and errors included; data is watched by the output itself.
  for (const stream of [context.stdout, context.stderr]) stream.on('error', () => {});
  let status = EXIT_OK;
  const program = buildProgram(context, (result) => {
    status = result;
  });
  try {
    await program.parseAsync(helpAsFlag(argv), { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof OutputClosed) return EXIT_OK;
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_OK;
    return reportError(error, argv, context);
  }
}

/** The parser with every subcommand; `done` is told the exit status of the one that runs. */
export function buildProgram(context: CommandContext, done: (status: number) => void): Command {
  const program = new Command('wrapper');
  program
    .version(`wrapper ${WRAPPER_VERSION}`, '-V, --version', 'the version')
    .helpCommand(false)
    .enablePositionalOptions();
  // The help of the whole is a text of its own, led by examples and shared with the hot path.
  program.helpInformation = () => helpText();
  addRunOptions(program, SHARED_OPTIONS);
  settle(program, context);
  for (const definition of COMMANDS) addCommand(program, definition, context, done);
  refuseOtherWords(program, 'wrapper --help shows what there is.');
  return program;
}

/** How every parser of the tree behaves: it throws instead of exiting, and leaves its errors to `reportError`. */
function settle(command: Command, { stdout }: CommandContext): void {
  // An option behind the name of a subcommand is the subcommand's, also where its parent has one of that name.
  command.enablePositionalOptions();
  command.exitOverride().configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: () => {},
    getOutHelpWidth: () => 80,
    getErrHelpWidth: () => 80,
  });
}

function addRunOptions(command: Command, names: readonly string[]): void {
  for (const { name, placeholder, help } of RUN_OPTIONS) {
    if (names.includes(name))
      command.option(placeholder === null ? `--${name}` : `--${name} <${placeholder.toLowerCase()}>`, help);
  }
}

function addCommand(
  program: Command,
  definition: CommandDefinition,
  context: CommandContext,
  done: (status: number) => void,
): void {
  const words = definition.name.split(' ');
  const name = words.at(-1)!;
  const parent =
    words.length === 1 ? program : program.commands.find((command) => command.name() === words[0]);
  const command = (parent ?? addGroup(program, words[0]!, context)).command(name);
  command.description(definition.help);
  definition.define(command);
  if (definition.formats.includes('json')) command.option('--json', 'one JSON document');
  if (definition.formats.includes('jsonl')) command.option('--jsonl', 'one JSON object a line');
  addRunOptions(command, definition.runOptions);
  command.addOption(
    new Option('--color <when>', 'colour the text').choices([...COLOUR_CHOICES]).default('auto'),
  );
  command.addHelpText('after', exampleText(definition));
  settle(command, context);
  command.action(async () => {
    done(await runCommand(definition, command, context));
  });
}

/** The parent of `patterns list` and `patterns test`. */
function addGroup(program: Command, name: string, context: CommandContext): Command {
  const group = program
    .command(name)
    .description(SUBCOMMANDS.find((subcommand) => subcommand.name === name)?.help ?? '');
  group.helpCommand(false);
  settle(group, context);
  refuseOtherWords(group, `wrapper help ${name} shows what there is.`);
  return group;
}

/** `help x y` is `x y --help`, so that there is one way in which help is made. */
function helpAsFlag(argv: readonly string[]): string[] {
  if (argv[0] !== 'help') return [...argv];
  const words = argv.slice(1);
  return words[0] === undefined || isReserved(words[0]) ? [...words, '--help'] : words;
}

/** What a command that only has subcommands says when it is given none of them. */
function refuseOtherWords(command: Command, hint: string): void {
  command.argument('[command]').action((word?: string) => {
    const known = command.commands.map((child) => child.name());
    if (word === undefined) {
      throw new WrapperError('usage', `${command.name()} needs one of ${known.join(', ')}`, { hint });
    }
    const near = nearestName(word, known);
    throw new WrapperError('usage', `unknown command ${escapeControls(word)}`, {
      hint: near === undefined ? hint : `Did you mean ${near}?`,
    });
  });
}

async function runCommand(
  definition: CommandDefinition,
  command: Command,
  context: CommandContext,
): Promise<number> {
  const options = { ...command.optsWithGlobals(), ...command.opts() };
  const output = createOutput(context, options['color'] as ColourChoice);
  const flags: Record<string, FlagValue> = {};
  for (const { name, key } of RUN_OPTIONS) {
    const value: unknown = options[key ?? name];
    if (typeof value === 'string' || typeof value === 'boolean') flags[name] = value;
  }
  const configuration = await loadConfiguration({ flags, ...context });
  let nothingStored = false;
  let reader: Reader | undefined;
  const call: Call = {
    context,
    output,
    format: formatOf(options),
    arguments: command.args,
    options,
    configuration,
    async openReader() {
      const { db } = configuration.settings;
      await bringUpToDate(db, output);
      const report = await recoverDeadSessions(db, output);
      if (report.recovered.length > 0 && call.format === 'text') {
        const count = formatCount(report.recovered.length, 'session');
        output.note(`Completed ${count} whose end had not been stored.`);
        if (report.recovered.some((session) => session.state === 'lost')) {
          output.note('wrapper sessions --state lost lists those whose wrapper died.');
        }
      }
      reader = await openReader(db);
      // What keeps the database from being opened at all has been thrown by now.
      for (const { sessionId, reason } of report.failed) {
        const what = sessionId === '' ? 'dead sessions' : `session ${sessionId}`;
        output.note(`wrapper: ${what} could not be recovered: ${escapeControls(reason)}`);
      }
      nothingStored = reader === undefined;
      return reader;
    },
  };
  try {
    const status = await definition.run(call);
    // Afterwards, because a command that needed a certain session says so itself.
    if (nothingStored && call.format === 'text') {
      const { db } = configuration.settings;
      output.note(`Nothing is stored yet in ${db}.\nRecord a first session: wrapper codex "…" --enable-db`);
    }
    await output.finish();
    return status;
  } finally {
    reader?.close();
  }
}

function formatOf(options: Readonly<Record<string, unknown>>): Format {
  if (options['json'] === true && options['jsonl'] === true) {
    throw new WrapperError('usage', '--json and --jsonl exclude each other');
  }
  if (options['jsonl'] === true) return 'jsonl';
  return options['json'] === true ? 'json' : 'text';
}

function exampleText({ examples }: CommandDefinition): string {
  return `\nExamples:\n${examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join('\n')}`;
}

function reportError(error: unknown, argv: readonly string[], context: CommandContext): number {
  const known = toWrapperError(error);
  const asDocument = argv.includes('--json') || argv.includes('--jsonl');
  context.stderr.write(`${asDocument ? errorDocument(known) : errorText(known)}\n`);
  if (context.env['WRAPPER_DEBUG'] && error instanceof Error) context.stderr.write(`${error.stack}\n`);
  if (error instanceof CommanderError) return EXIT_USAGE;
  return known.code === 'internal' ? EXIT_FAILED : exitStatusOf(known.code, 'read');
}

function toWrapperError(error: unknown): WrapperError {
  if (error instanceof WrapperError) return error;
  if (error instanceof CommanderError) return parserError(error);
  return new WrapperError('internal', `internal error: ${messageOf(error)}`, { cause: error });
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` in our words. */
function parserError(error: CommanderError): WrapperError {
  const [first = '', second] = error.message.split('\n');
  const message = escapeControls(first.replace(/^error: /, '').replaceAll(/'(--?[^' ]+)[^']*'/g, '$1'));
  const suggestion = second === undefined ? undefined : /\((.*)\)/.exec(second)?.[1];
  return new WrapperError('usage', message, { hint: suggestion ?? 'wrapper help shows how it is used.' });
}

function processContext(): CommandContext {
  const { stdin, stdout, stderr, env } = process;
  return { stdin, stdout, stderr, env, cwd: process.cwd(), now: () => Date.now() };
}
