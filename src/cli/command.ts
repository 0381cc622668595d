// What a subcommand is, and what it is given when it runs. program.ts turns these definitions into a parser.

import type { Command } from 'commander';
import type { Configuration } from './configuration.ts';
import type { Output, OutputStreams } from './output.ts';
import type { Reader } from './reader.ts';

/** The world around a command; a parameter, so that tests bring their own. */
export interface CommandContext extends OutputStreams {
  readonly stdin: NodeJS.ReadableStream;
  readonly cwd: string;
  /** Home folder, for tests; by default found as configuration.ts says. */
  readonly home?: string;
  /** Wall-clock time in epoch milliseconds. */
  now(): number;
}

/** `text` for people, `json` one document, `jsonl` one object a line. */
export type Format = 'text' | 'json' | 'jsonl';

/** One call of a subcommand. */
export interface Call {
  readonly context: CommandContext;
  readonly output: Output;
  readonly format: Format;
  readonly arguments: readonly string[];
  /** The command's own options by camel-case name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly configuration: Configuration;
  /**
   * Opens the database after dead sessions were recovered; undefined, and a sentence on stderr, when there is none
   * yet. The program closes it.
   */
  openReader(): Promise<Reader | undefined>;
}

export interface CommandDefinition {
  /** As in the list of subcommands, or `parent child`. */
  readonly name: string;
  readonly help: string;
  readonly formats: readonly Format[];
  /** Options of a run that mean something here, too. */
  readonly runOptions: readonly string[];
  /** Lines that a person can type, with what they do. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Adds arguments and options. */
  define(command: Command): void;
  /** Does it and returns the exit status. */
  run(call: Call): Promise<number>;
}
