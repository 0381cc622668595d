// `wrapper log <id>`: the text of a session, from its recording. Read and written piece by piece: memory stays flat
// whatever the size of the recording.

import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { isAlive } from '../../data/process-identity.ts';
import type { RecordingEvent } from '../../data/recording-reader.ts';
import { sessionFiles } from '../../data/session-files.ts';
import { WrapperError } from '../../model/errors.ts';
import type { Session } from '../../model/session.ts';
import { type RecordedLine, RecordedLines } from '../../stream/recorded-lines.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { lineOf } from '../documents.ts';
import { textOption } from '../filters.ts';
import { escapeLine, formatElapsed, formatSize } from '../format.ts';
import { findSession, noSessionYet, type Reader } from '../reader.ts';

/** Characters that are gathered before they are written. */
const WRITE_AT = 64 * 1024;

/** Turns the output events of a recording into what is printed. */
interface Renderer {
  push(event: RecordingEvent): void;
  end(): void;
  /** What is ready to be printed; it is forgotten here. */
  take(): string;
  readonly size: number;
}

export const logCommand: CommandDefinition = {
  name: 'log',
  help: 'The text of a session, from its recording: one line as a reader saw it, without escape sequences.',
  formats: ['text', 'jsonl'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper log last --follow', 'read along while it runs'],
    ['wrapper log k3v9x2 --timestamps | grep -i error', 'when it went wrong'],
    ['wrapper log last --raw', 'with colours, as it was printed'],
  ],
  define(command) {
    command.argument('<id>', 'an id, the start of one, or last');
    command.option('-f, --follow', 'go on until the session ends');
    command.option('--timestamps', 'the time since the start before each line');
    command.option('--raw', 'as recorded, with escape sequences');
    command.addOption(
      new Option('--stream <name>', 'only one of the two streams').choices(['stdout', 'stderr']),
    );
  },
  async run(call) {
    const reference = call.arguments[0]!;
    const raw = call.options['raw'] === true;
    if (raw && (call.format === 'jsonl' || call.options['timestamps'] === true)) {
      throw new WrapperError('usage', '--raw excludes --timestamps and --jsonl', {
        hint: 'Raw text has no lines.',
      });
    }
    const reader = await call.openReader();
    if (reader === undefined) throw noSessionYet(reference);
    const session = findSession(reader, reference);
    const path = session.stdoutLogPath ?? sessionFiles(reader.dbPath, session.sessionId).cast;
    if (!existsSync(path)) {
      throw new WrapperError(
        'storage_unavailable',
        `session ${session.sessionId} has no recording at ${path}`,
        {
          hint: 'It was run with --no-record, or the file was removed; wrapper events shows what was found.',
        },
      );
    }
    const { followRecording, readRecording } = await import('../../data/recording-reader.ts');
    const renderer = raw ? rawRenderer() : lineRenderer(call);
    const wanted = textOption(call, 'stream');
    let joined = false;
    const take = async (event: RecordingEvent): Promise<void> => {
      if (event.code !== 'o') return;
      if (event.stream === 'pty' || event.stream === 'output') joined = true;
      if (wanted === undefined || event.stream === wanted) renderer.push(event);
      if (renderer.size >= WRITE_AT) await call.output.write(renderer.take());
    };
    if (call.options['follow'] === true && session.endedAt === null) {
      for await (const event of followRecording(path, { ended: () => hasEnded(reader, session) })) {
        await take(event);
        if (renderer.size > 0) await call.output.write(renderer.take());
      }
    } else {
      for (const event of readRecording(path)) await take(event);
    }
    renderer.end();
    await call.output.write(renderer.take());
    if (wanted !== undefined && joined) {
      call.output.note(
        'This session ran on a terminal, which joins stdout and stderr; leave out --stream to see its text.',
      );
    }
    return 0;
  },
};

/** Ended as the database says, or because nobody is left who could go on writing. */
function hasEnded(reader: Reader, { sessionId }: Session): boolean {
  const session = reader.sessions.getSession(sessionId);
  if (session === undefined || session.endedAt !== null) return true;
  return session.owner !== null && isAlive(session.owner) === 'dead';
}

function rawRenderer(): Renderer {
  let text = '';
  return {
    push: (event) => {
      text += event.data;
    },
    end: () => {},
    take: () => {
      const ready = text;
      text = '';
      return ready;
    },
    get size() {
      return text.length;
    },
  };
}

/** Lines with their numbers and times, as text or as documents. */
function lineRenderer(call: Call): Renderer {
  const withTime = call.options['timestamps'] === true;
  const asDocument = call.format === 'jsonl';
  const lines = new RecordedLines();
  let ready = '';
  const show = ({ number, elapsedMs, stream, text, overflowBytes }: RecordedLine): void => {
    const cut = overflowBytes > 0 ? ` … (${formatSize(overflowBytes)} more)` : '';
    if (asDocument) {
      ready += lineOf({ line_number: number, elapsed_ms: Math.round(elapsedMs), stream, text });
    } else {
      ready += `${withTime ? `${formatElapsed(elapsedMs)}  ` : ''}${escapeLine(text)}${cut}\n`;
    }
  };
  return {
    push: (event) => {
      for (const line of lines.push(event.stream ?? 'output', event.data, event.t)) show(line);
    },
    end: () => {
      for (const line of lines.end()) show(line);
    },
    take: () => {
      const text = ready;
      ready = '';
      return text;
    },
    get size() {
      return ready.length;
    },
  };
}
