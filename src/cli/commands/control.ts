// `wrapper pause|resume|kill|send`: what can be done to a running session from another terminal.

import type { Command } from 'commander';
import { WrapperError } from '../../model/errors.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { EXIT_OK } from '../exit-status.ts';
import { textOption } from '../filters.ts';
import { formatCount } from '../format.ts';
import { findSession, noSessionYet } from '../reader.ts';
import { post } from '../server-client.ts';
import { shortIds } from '../session-id.ts';

const MOST_INPUT = 48 * 1024;

interface Deed {
  /** Last part of the endpoint's path. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What to say of the result: one sentence. */
  sentence(session: string, result: Readonly<Record<string, unknown>>): string;
}

export const pauseCommand = definition({
  name: 'pause',
  help: 'Stop every process of a running session, until it is resumed.',
  examples: [
    ['wrapper pause last', 'freeze it where it is'],
    ['wrapper pause k3v9x2 --reason "look at the diff first"', 'with a reason, kept with the state change'],
  ],
  deed: async () => ({
    path: 'pause',
    body: {},
    sentence: (session, { processes }) => `Paused session ${session} (${processesOf(processes)}).`,
  }),
});

export const resumeCommand = definition({
  name: 'resume',
  help: 'Let a paused session go on.',
  examples: [['wrapper resume last', 'let it go on']],
  deed: async () => ({
    path: 'resume',
    body: {},
    sentence: (session) => `Session ${session} goes on.`,
  }),
});

export const killCommand = definition({
  name: 'kill',
  help: 'End a running session: every process is asked to end (SIGTERM), and after a grace is made to (SIGKILL).',
  examples: [
    ['wrapper kill last', 'give it five seconds'],
    ['wrapper kill k3v9x2 --grace 0', 'at once'],
  ],
  define: (command) => {
    command.option('--grace <seconds>', 'how long it may take to end by itself', '5');
  },
  deed: async (call) => {
    const grace = graceOption(call);
    return {
      path: 'kill',
      body: { grace_ms: Math.round(grace * 1000) },
      sentence: (session, { processes }) =>
        `Session ${session} was asked to end (${processesOf(processes)}); what is left after ${grace} s is killed.`,
    };
  },
});

export const sendCommand = definition({
  name: 'send',
  help: 'Type into a running session: a text and Enter, or, without a text, what stands on stdin.',
  examples: [
    ['wrapper send last yes', 'answer its question'],
    ["printf '\\003' | wrapper send last", 'press Ctrl-C there'],
  ],
  define: (command) => {
    command.argument('[text]', 'what to type');
    command.option('--raw', 'without Enter after the text');
  },
  deed: async (call) => {
    const given = call.arguments[1];
    const text = given ?? (await readInput(call));
    if (Buffer.byteLength(text) > MOST_INPUT)
      throw new WrapperError('usage', `more than ${MOST_INPUT / 1024} KiB cannot be typed at once`);
    return {
      path: 'input',
      body: { text, enter: given !== undefined && call.options['raw'] !== true },
      sentence: (session, { bytes }) =>
        `Typed ${formatCount(Number(bytes), 'byte')} into session ${session}.`,
    };
  },
});

function definition(
  kind: Pick<CommandDefinition, 'name' | 'help' | 'examples'> & {
    define?: (command: Command) => void;
    deed(call: Call): Promise<Deed>;
  },
): CommandDefinition {
  return {
    name: kind.name,
    help: kind.help,
    formats: ['text', 'json'],
    runOptions: ['db', 'config'],
    examples: kind.examples,
    define(command) {
      command.argument('<id>', 'an id, the start of one, or last');
      kind.define?.(command);
      command.option('--reason <text>', 'why; kept with the state change');
    },
    async run(call) {
      const reference = call.arguments[0]!;
      const reader = await call.openReader();
      if (reader === undefined) throw noSessionYet(reference);
      const { sessionId, endedAt } = findSession(reader, reference);
      const name = shortIds([sessionId])(sessionId);
      if (endedAt !== null) throw new WrapperError('session_ended', `session ${name} has ended`);
      const deed = await kind.deed(call);
      const reason = textOption(call, 'reason') ?? null;
      const answer = await post(reader.dbPath, `/api/sessions/${sessionId}/${deed.path}`, {
        ...deed.body,
        reason,
        by: 'cli',
      });
      const result = answer['result'] as Record<string, unknown>;
      const { output } = call;
      await output.write(call.format === 'json' ? documentOf(answer) : `${deed.sentence(name, result)}\n`);
      return EXIT_OK;
    },
  };
}

function processesOf(count: unknown): string {
  return Number(count) === 1 ? '1 process' : `${Number(count)} processes`;
}

function graceOption(call: Call): number {
  const text = String(call.options['grace']);
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 600))
    throw new WrapperError('usage', `--grace: "${text}" is not a number of seconds from 0 to 600`);
  return seconds;
}

async function readInput(call: Call): Promise<string> {
  const stdin = call.context.stdin as NodeJS.ReadableStream & { isTTY?: boolean };
  if (stdin.isTTY === true) {
    throw new WrapperError('usage', 'nothing to type', { hint: 'Give a text, or pipe one in.' });
  }
  let text = '';
  stdin.setEncoding('utf8');
  for await (const chunk of stdin) text += String(chunk);
  return text;
}
