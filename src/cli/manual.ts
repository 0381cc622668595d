// docs/CLI.md, made from the same tables, grammar and parsers that the program runs on. `scripts/cli-docs.mjs` writes
// the file, and a test fails when it is stale.

import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { parseCommandLine } from './grammar.ts';
import { EXAMPLES, optionForms, trailingForms, USAGE } from './help.ts';
import { RUN_OPTIONS, type RunOption } from './options.ts';
import { buildProgram } from './program.ts';
import { commandLine } from './quoting.ts';

/** Command lines that show the rules; what they mean is asked of the grammar. */
const COMMAND_LINES: readonly (readonly string[])[] = [
  ['codex', 'codex exec "fix the tests" | tee log', '--enable-db', '--db', 'x.db'],
  ['codex', 'sleep', '1', '--enable-db'],
  ['codex', 'sleep', '1', '--enable-db', '--db=x.db'],
  ['--enable-db', 'codex', 'npm', 'test', '--verbose'],
  ['codex', '--enable-db', 'echo', 'a b', '$HOME'],
  ['codex', 'tool', '--enable-db', 'file'],
  ['codex', '--', 'tool', '--enable-db'],
  ['codex', 'make'],
  ['exec', 'show', 'make', 'all'],
];

/** The whole of docs/CLI.md. */
export function manual(): string {
  return [
    '# Command line',
    '',
    '<!-- Made by `node scripts/cli-docs.mjs` from src/cli; edit there. -->',
    '',
    'Two kinds of command line: a wrapped run, and a subcommand that reads what was stored.',
    '',
    '```',
    USAGE,
    'wrapper <subcommand> [options]',
    '```',
    '',
    '```sh',
    ...EXAMPLES.map(([line, meaning]) => `${line.padEnd(58)}# ${meaning}`),
    '```',
    '',
    grammarChapter(),
    optionChapter(),
    configurationChapter(),
    streamChapter(),
    subcommandChapter(),
  ].join('\n');
}

function grammarChapter(): string {
  const rows = COMMAND_LINES.map((words) => {
    const invocation = parseCommandLine(words, () => false);
    if (invocation.kind !== 'run') throw new Error(`${words.join(' ')} is no run`);
    const { agent, words: command, shell, flags } = invocation.run;
    const runs = shell
      ? `\`/bin/sh -c ${commandLine(command, false)}\``
      : `\`${commandLine(command, false)}\``;
    const ours = Object.keys(flags).map((name) => `\`--${name}\``);
    return [`\`wrapper ${commandLine(words, false)}\``, agent, runs, ours.join(', ') || '–'];
  });
  return [
    '## How a run is read',
    '',
    '1. Our options may stand before the agent, and between the agent and the command. The first word that is neither',
    '   one of them nor the value of one begins the command. An unknown option before it is an error (status 2).',
    '2. Everything after a first `--` belongs to the command as it is, further `--` included.',
    '3. One word with shell syntax (white space or one of `` | & ; < > ( ) $ ` \\ " \' * ? [ # ~ = ``) is a complete',
    '   shell command: it runs as `/bin/sh -c WORD`, whatever `$SHELL` is, and our options may follow it in any form. An',
    '   executable file of that very name is preferred.',
    '4. Several words are a program and its arguments. They are never joined and never seen by a shell.',
    `5. After such a command, a suffix of the line that consists only of ${trailingForms()
      .map((form) => `\`${form}\``)
      .join(', ')}`,
    '   is ours. The list is closed; values are joined with `=`. The same flag anywhere else belongs to the command. A',
    '   command that ends in such a flag of its own needs `--` before it. With `--verbose` the flags that were taken are',
    '   named on stderr.',
    '6. The name of a subcommand is no agent; `wrapper exec show …` wraps a command for an agent named `show`.',
    '7. `--help` after the command is the command’s own; `wrapper codex --help` alone is ours.',
    '',
    markdownTable(['command line', 'agent', 'what runs', 'taken as ours'], rows),
    '',
  ].join('\n');
}

function optionChapter(): string {
  const rows = RUN_OPTIONS.map((option) => [
    `\`${optionForms(option)}\``,
    option.env === null ? '–' : `\`${option.env}\``,
    option.key === null ? '–' : `\`${option.key}\``,
    option.default ?? '–',
    PROJECT_RULE[option.projectFile],
    option.help,
  ]);
  return [
    '## Options of a run',
    '',
    markdownTable(['flag', 'variable', 'key', 'default', 'project file', 'meaning'], rows),
    '',
    'Flags are also written `--name=value`; each flag without a value has a `--no-` form; the last one wins. Variables:',
    'empty means unset, `1 true yes on` and `0 false no off` are the booleans. Sizes are bytes or carry a unit of 1024:',
    '`K`, `M`, `G` and `T`, with or without `B` or `iB`.',
    '',
  ].join('\n');
}

const PROJECT_RULE: Readonly<Record<RunOption['projectFile'], string>> = {
  allowed: 'yes',
  inside_project: 'inside the project',
  refused: 'no',
};

function configurationChapter(): string {
  return [
    '## Configuration files',
    '',
    'Precedence: flag, variable, project file, user file, default. `wrapper config` shows each value and its origin.',
    '',
    '- The project file is `wrapper.config.yaml` (or `.yml`, `.json`) in the working directory or the nearest folder above',
    '  it, up to the root of the repository; outside a repository only the working directory counts. It may come from',
    '  someone else, so it cannot turn on the recording of input, nor name a database or pattern file outside its folder,',
    '  nor say how agents are run (`agents`).',
    '- The user file is `$XDG_CONFIG_HOME/wrapper/config.yaml` (or `.yml`, `.json`), by default in `~/.config`. A relative',
    '  `XDG_CONFIG_HOME` is ignored.',
    '- `--config FILE` or `WRAPPER_CONFIG` names one file that is read instead of both.',
    '',
    'Relative paths in a file count from its folder. A file with a mistake stops the start with status 2 and a sentence',
    'that names file, line and reason; it is never used in part.',
    '',
    '```yaml',
    'enableDb: true',
    'db: data/wrapper.db',
    'environment: ci',
    'maxRecording: 500M',
    'defaultAgent: mine            # for wrapper run without --agent; also WRAPPER_DEFAULT_AGENT',
    'agents:                       # in your own file only; see docs/RUNS.md',
    '  mine: [my-agent, --prompt, "{goal}"]',
    '```',
    '',
  ].join('\n');
}

function streamChapter(): string {
  const statuses = [
    ['the command’s own', 'a wrapped run, 128 + n when signal n ended it'],
    ['0', 'done; a list may be empty'],
    ['1', 'a subcommand failed; a step of a run did'],
    [
      '2',
      'wrong usage, variable, configuration, pattern file or plan; a file that is no database of ours; an id that is the start of several',
    ],
    ['3', 'the session, run, block or agent does not exist'],
    ['125', 'the wrapper failed before it started the command'],
    ['126', 'the command is not executable'],
    ['127', 'the command does not exist'],
    ['130', 'interrupted; a run by another signal 128 + n'],
  ];
  return [
    '## Output and exit status',
    '',
    'A run leaves stdout to the command; what the wrapper has to say is on stderr. Subcommands print data on stdout and',
    'remarks on stderr, and end quietly when the reader of stdout has gone (`| head -1`).',
    '',
    markdownTable(['status', 'meaning'], statuses),
    '',
    'Tables fit the width of the terminal; piped, every value is given in full, separated by two spaces. Control characters',
    'in text of agents are shown (`\\x1b`), not sent. Colour needs a terminal, no `NO_COLOR`, and a `TERM` other than',
    '`dumb`; `--color=always` and `--color=never` decide otherwise.',
    '',
    '`--json` gives one document with `schema_version`, `--jsonl` one object a line. Keys are snake_case and only ever',
    'added; times are ISO-8601 in UTC with milliseconds, durations milliseconds, sizes bytes, unknown is null. Errors are',
    'then `{"error": {"code", "message", "hint"}}` on stderr.',
    '',
    'Sessions are named by their id, the start of it (with or without `sess_`) as long as it is the only one, or `last`; runs',
    'likewise.',
    'Times for `--since` and `--until` are a date (`2026-11-21`), a time (`2026-11-21T10:00`, `…T10:00Z`) or an age (`30m`,',
    '`2h`, `7d`); without a zone they are local, and a date after `--until` includes that day.',
    '',
    'Every subcommand that reads the database first completes sessions whose wrapper died, as `wrapper recover` does.',
    '',
  ].join('\n');
}

function subcommandChapter(): string {
  const program = buildProgram(silentContext(), () => {});
  const leaves = program.commands.flatMap((command) => {
    // A parent may be a command of its own.
    const isCommand = COMMANDS.some(({ name }) => name === command.name());
    return [...(isCommand ? [command] : []), ...command.commands];
  });
  return ['## Subcommands', '', ...leaves.flatMap((command) => subcommandSection(command))].join('\n');
}

function subcommandSection(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const names = [command.name()];
  for (let parent = command.parent; parent?.parent; parent = parent.parent) names.unshift(parent.name());
  return [`### ${names.join(' ')}`, '', '```', help.trimEnd(), '```', ''];
}

function silentContext(): CommandContext {
  const stream = new PassThrough();
  return { stdin: stream, stdout: stream, stderr: stream, env: {}, cwd: '/', now: () => 0 };
}

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), `|${'---|'.repeat(titles.length)}`, ...rows.map(line)].join('\n');
}
