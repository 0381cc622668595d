// Where the reading commands write: data to stdout, everything else to stderr. Knows whether there is a terminal,
// how wide it is and whether to colour; waits for a slow reader, and ends quietly when the reader has gone.

import { Chalk, type ChalkInstance } from 'chalk';
import { WrapperError } from '../model/errors.ts';

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

export interface Output {
  /** Width of the terminal in columns; null when stdout is none, and values are then given in full. */
  readonly columns: number | null;
  /** Styles for stdout; they leave the text alone when colour is off. */
  readonly style: ChalkInstance;
  /** Writes data. Resolves when there is room for more, so that a loop over it keeps memory flat. */
  write(text: string): Promise<void>;
  /** Resolves when everything has been written; rejects when something could not be. */
  finish(): Promise<void>;
  /** A remark for the person, on stderr. */
  note(text: string): void;
}

export interface OutputStreams {
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Thrown into a command whose reader has closed stdout (`| head -1`): there is nothing left to do, and no error. */
export class OutputClosed extends Error {
  override name = 'OutputClosed';
}

/** An output on real or captured streams. */
export function createOutput(streams: OutputStreams, choice: ColourChoice): Output {
  const { stdout, stderr } = streams;
  const isTerminal = stdout.isTTY === true;
  let failure: Error | undefined;
  const fail = (error: NodeJS.ErrnoException): void => {
    failure ??= error.code === 'EPIPE' ? new OutputClosed() : cannotWrite(error);
  };
  stdout.on('error', fail);
  /** Settles when the stream has room, or has written all of it, or has failed. */
  const settled = (event: 'drain' | 'written'): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = () => {
        stdout.off('drain', settle);
        stdout.off('error', settle);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      stdout.on('error', settle);
      if (event === 'drain') stdout.on('drain', settle);
      else {
        stdout.write('', (error) => {
          // A stream tells the writer before it tells everybody.
          if (error) fail(error);
          settle();
        });
      }
    });
  return {
    columns: isTerminal ? (stdout.columns ?? 80) : null,
    style: new Chalk({ level: useColour(choice, isTerminal, streams.env) ? 1 : 0 }),
    write(text) {
      if (failure !== undefined) return Promise.reject(failure);
      return stdout.write(text) ? Promise.resolve() : settled('drain');
    },
    finish: () => (failure === undefined ? settled('written') : Promise.reject(failure)),
    note(text) {
      stderr.write(`${text}\n`);
    },
  };
}

function cannotWrite(error: NodeJS.ErrnoException): WrapperError {
  return new WrapperError('storage_unavailable', `cannot write to stdout: ${error.message}`, {
    cause: error,
  });
}

/** Colour by the flag, else by NO_COLOR (https://no-color.org), FORCE_COLOR, TERM and the stream. */
function useColour(choice: ColourChoice, isTerminal: boolean, env: OutputStreams['env']): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env['NO_COLOR']) return false;
  return isTerminal && env['TERM'] !== 'dumb';
}

/** An error as the person reads it: one line, and one with what to do. */
export function errorText(error: WrapperError): string {
  return error.hint === undefined
    ? `wrapper: ${error.message}`
    : `wrapper: ${error.message}\n  ${error.hint}`;
}

/** An error as a program reads it, for stderr of a command with --json or --jsonl. */
export function errorDocument(error: WrapperError): string {
  const { code, message, hint } = error;
  return JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } });
}
