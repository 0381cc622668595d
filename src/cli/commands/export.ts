// `wrapper export <id>`: a session in one of the formats in which it can leave the wrapper, to stdout or into a file that is
// complete or absent.

import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Option } from 'commander';
import type { ExportFormat } from '../../api/export/export.ts';
import { messageOf, WrapperError } from '../../model/errors.ts';
import { nearestName } from '../../model/nearest.ts';
import { WRAPPER_VERSION } from '../../model/version.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { textOption } from '../filters.ts';
import { escapeControls, formatSize } from '../format.ts';
import { findSession, noSessionYet } from '../reader.ts';

/** An export that takes no longer needs no report of its progress, in ms. */
const SILENT_MS = 1000;
const REPORT_EVERY_MS = 200;

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ['har', 'HTTP archive'],
  ['cast', 'asciicast v2'],
  ['cast3', 'asciicast v3'],
  ['json', 'everything'],
  ['jsonl', 'everything, by lines'],
  ['csv', 'events'],
  ['md', 'report'],
  ['html', 'replay in a browser'],
  ['txt', 'output as lines'],
];

export const exportCommand: CommandDefinition = {
  name: 'export',
  help: 'A session as a file: to keep, to send, to read in another program. json, jsonl and cast can be imported again.',
  formats: ['text'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper export last -o report.md', 'a report to read'],
    ['wrapper export last --format html -o run.html', 'a page that replays in any browser, offline'],
    ['wrapper export k3v9x2 --format json | jq .events', 'for a program'],
  ],
  define(command) {
    command.argument('<id>', 'an id, the start of one, or last');
    command.addOption(
      new Option(
        '--format <name>',
        `${FORMATS.map(([name, meaning]) => `${name} (${meaning})`).join(', ')}; by default what the name of the file says`,
      ),
    );
    command.option('-o, --output <file>', 'where to; - is stdout', '-');
    command.option('--force', 'overwrite the file');
    command.option('--no-recording', 'without the recorded output (json, jsonl, html)');
  },
  async run(call) {
    const reference = call.arguments[0]!;
    const target = textOption(call, 'output') ?? '-';
    const format = formatOf(call, target);
    const { exportFileName, exportSession, FORMAT_DETAILS } = await import('../../api/export/export.ts');
    const withoutRecording = call.options['recording'] === false;
    if (withoutRecording && FORMAT_DETAILS[format].isRecording) throw nothingLeft(format);
    const reader = await call.openReader();
    if (reader === undefined) throw noSessionYet(reference);
    const { sessionId } = findSession(reader, reference);
    const { openDatabase } = await import('../../data/database.ts');
    const database = openDatabase(reader.dbPath, { readonly: true });
    try {
      const pieces = exportSession({
        database,
        dbPath: reader.dbPath,
        sessionId,
        format,
        withoutRecording,
        version: WRAPPER_VERSION,
      });
      if (target === '-') await toStdout(call, pieces);
      else
        await toFile(
          call,
          reader.dbPath,
          pieces,
          fileIn(resolve(call.context.cwd, target), exportFileName(sessionId, format)),
        );
      return 0;
    } finally {
      database.close();
    }
  },
};

/** @throws WrapperError `usage` naming the formats */
function formatOf(call: Call, target: string): ExportFormat {
  const names = FORMATS.map(([name]) => name);
  const given = textOption(call, 'format');
  const wanted = given ?? suffixOf(target);
  const format = names.find((name) => name === wanted);
  if (format !== undefined) return format;
  const known = `The formats are ${names.join(', ')}.`;
  if (given === undefined) throw new WrapperError('usage', 'which format? give --format', { hint: known });
  const near = nearestName(given, names);
  throw new WrapperError('usage', `--format: unknown format "${escapeControls(given)}"`, {
    hint: near === undefined ? known : `Did you mean ${near}? ${known}`,
  });
}

function nothingLeft(format: ExportFormat): WrapperError {
  return new WrapperError('usage', `--no-recording does not go with the format ${format}`, {
    hint: `There is nothing but the recording in ${format}; json, jsonl and html are made without it.`,
  });
}

function suffixOf(target: string): string | undefined {
  const suffix = /\.([a-z]+)$/i.exec(target)?.[1]?.toLowerCase();
  return suffix === 'markdown' ? 'md' : suffix === 'htm' ? 'html' : suffix;
}

/** In a folder the file has the name of the session. */
function fileIn(target: string, name: string): string {
  return statSync(target, { throwIfNoEntry: false })?.isDirectory() ? join(target, name) : target;
}

async function toStdout(call: Call, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) await call.output.write(piece);
}

async function toFile(
  call: Call,
  dbPath: string,
  pieces: AsyncIterable<string>,
  path: string,
): Promise<void> {
  const { FinishedFile } = await import('../../data/finished-file.ts');
  const { isOwnFile } = await import('../../data/own-files.ts');
  const force = call.options['force'] === true;
  const progress = new Progress(call);
  try {
    if (isOwnFile(dbPath, path)) throw ownFile(path);
    const file = new FinishedFile(path, { replace: force });
    const stopWatching = removeWhenKilled(() => file.abandon());
    try {
      for await (const piece of pieces) {
        file.write(piece);
        progress.report(file.bytes);
      }
      file.finish();
    } finally {
      file.abandon();
      stopWatching();
      progress.clear();
    }
    call.output.note(`Wrote ${formatSize(file.bytes)} to ${escapeControls(path)}`);
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function ownFile(path: string): WrapperError {
  return new WrapperError('usage', `${escapeControls(path)} belongs to the database`, {
    hint: 'Choose another name: an export never takes the place of a file of the database, whatever --force says.',
  });
}

function describeFileError(error: unknown, path: string): unknown {
  if (error instanceof WrapperError || !(error instanceof Error) || !('code' in error)) return error;
  const shown = escapeControls(path);
  if (error.code === 'EEXIST') {
    return new WrapperError('usage', `${shown} exists`, { hint: 'Give --force to overwrite it.' });
  }
  const folder = dirname(path);
  if (error.code === 'ENOENT' && !existsSync(folder)) {
    return new WrapperError(
      'usage',
      `${shown} cannot be written: there is no folder ${escapeControls(folder)}`,
      {
        hint: 'Make the folder, or choose another place.',
      },
    );
  }
  return new WrapperError('storage_unavailable', `${shown} cannot be written: ${messageOf(error)}`, {
    cause: error,
  });
}

/** A signal that ends the command leaves nothing half done, and ends it all the same. */
function removeWhenKilled(remove: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (signal: NodeJS.Signals): void => {
    remove();
    stop();
    process.kill(process.pid, signal);
  };
  const stop = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return stop;
}

/** How far it is, on stderr when that is a terminal, once it takes longer than a moment. */
class Progress {
  readonly #stream: NodeJS.WritableStream & { isTTY?: boolean };
  readonly #started = performance.now();
  #reported = Number.NEGATIVE_INFINITY;

  constructor(call: Call) {
    this.#stream = call.context.stderr;
  }

  report(bytes: number): void {
    const now = performance.now();
    if (this.#stream.isTTY !== true || now - this.#started < SILENT_MS) return;
    if (now - this.#reported < REPORT_EVERY_MS) return;
    this.#reported = now;
    this.#stream.write(`\r${formatSize(bytes)} …\x1b[K`);
  }

  clear(): void {
    if (this.#reported > 0) this.#stream.write('\r\x1b[K');
  }
}
