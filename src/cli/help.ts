// The help of `wrapper` itself, derived from the table of options and the list of subcommands. It is plain text
// without a parser behind it, so that `wrapper --help` is immediate. At most 80 columns.

import { RUN_OPTIONS, type RunOption } from './options.ts';
import { SUBCOMMANDS } from './reserved.ts';

const WIDTH = 80;

export const USAGE = 'wrapper [options] <agent> [options] [--] <command> [args…] [trailing flags]';

/** Examples that lead the help; each is a line that a person can type. */
export const EXAMPLES: readonly (readonly [line: string, meaning: string])[] = [
  [`wrapper codex "codex exec 'fix the tests'" --enable-db`, 'record a run of an agent'],
  ['wrapper --enable-db claude claude', 'an interactive agent, on a terminal of its own'],
  ['wrapper ci --enable-db -- npm test --silent', "after --, every word is the command's"],
  ['wrapper sessions', 'what has run'],
  ['wrapper events --risk high --since 2h', 'what deserves a look'],
  ['wrapper log last --follow', 'read along'],
];

/** How the words of a command are read; the full rules are in docs/CLI.md. */
const COMMAND_RULES: readonly string[] = [
  'One word with shell syntax (a space, a quote, |, $ …) is run by /bin/sh -c, and options may follow it.',
  'Several words are a program and its arguments; they are passed on exactly, without a shell.',
  'Options end at the first word of the command. After a command of several words only these flags, at the very ' +
    `end of the line, belong to wrapper: ${trailingForms().join(', ')}.`,
  'Everything after -- belongs to the command, whatever it looks like.',
];

/** The forms of all trailing flags, as help writes them. */
export function trailingForms(): string[] {
  return RUN_OPTIONS.flatMap((option) =>
    option.trailing.map((form) => (form.endsWith('=') ? `${form}${option.placeholder ?? ''}` : form)),
  );
}

/** The text of `wrapper --help`. */
export function helpText(): string {
  const commands = SUBCOMMANDS.map(
    (subcommand) => [`${subcommand.name} ${subcommand.arguments}`.trim(), subcommand.help] as const,
  );
  return [
    'Wraps any command, changes nothing, keeps everything.\n',
    section('Examples', EXAMPLES.map(([line, meaning]) => `  ${line}\n      ${meaning}\n`).join('')),
    section('Usage', `  ${USAGE}\n  wrapper <subcommand> [options]\n`),
    section(
      'Options of a run',
      columns(RUN_OPTIONS.map((option) => [optionForms(option), describeOption(option)])),
    ),
    section('How the command is read', COMMAND_RULES.map((rule) => `${wrap(rule, 2, '- ')}\n`).join('')),
    section('Subcommands', columns(commands)),
    section(
      'Also',
      columns([
        ['-h, --help', 'this text; wrapper help <command> for one command'],
        ['-V, --version', 'the version'],
      ]),
    ),
    wrap(
      'Each option has an environment variable (WRAPPER_DB for --db) and a key in a configuration file ' +
        '(wrapper.config.yaml); wrapper config shows what holds and why. ' +
        "The exit status is the command's own; before it runs: 2 wrong usage, 125 wrapper failed, " +
        '126 not executable, 127 not found.',
      0,
    ),
    '',
  ].join('\n');
}

/** `--pty, --no-pty`, `--db PATH`. */
export function optionForms(option: RunOption): string {
  if (option.placeholder !== null) return `--${option.name} ${option.placeholder}`;
  if (option.kind === 'auto') return `--${option.name}, --no-${option.name}`;
  return option.default === 'true' ? `--no-${option.name}` : `--${option.name}`;
}

/** The clause of an option with its default. */
function describeOption(option: RunOption): string {
  const shown = option.placeholder !== null && option.default !== null;
  return shown ? `${option.help} (default ${option.default})` : option.help;
}

function section(title: string, body: string): string {
  return `${title}:\n${body}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.map(([name, text]) => `${`  ${name}`.padEnd(left)}${wrap(text, left).trimStart()}\n`).join('');
}

/** Text in lines of at most 80 columns, all of them indented; `bullet` stands before the first. */
function wrap(text: string, indent: number, bullet = ''): string {
  const start = ' '.repeat(indent);
  const hanging = ' '.repeat(indent + bullet.length);
  const lines: string[] = [];
  let line = start + bullet;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = hanging;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(line);
  return lines.join('\n');
}
