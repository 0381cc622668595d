// Where the reading commands write: data to stdout, everything else to stderr. Knows whether there is a terminal,
// how wide it is and whether to colour; waits for a slow reader, and ends quietly when the reader has gone.

import { Chalk, type ChalkInstance } from 'chalk';
import type { WrapperError } from '../model/errors.ts';

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

export interface Output {
  /** Width of the terminal in columns; null when stdout is none, and values are then given in full. */
  readonly columns: number | null;
  /** Styles for stdout; they leave the text alone when colour is off. */
  readonly style: ChalkInstance;
  /** Writes data. Resolves when there is room for more, so that a loop over it keeps memory flat. */
  write(text: string): Promise<void>;
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
  let closed = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  return {
    columns: isTerminal ? (stdout.columns ?? 80) : null,
    style: new Chalk({ level: useColour(choice, isTerminal, streams.env) ? 1 : 0 }),
    write(text) {
      if (closed) return Promise.reject(new OutputClosed());
      if (stdout.write(text)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const settle = () => {
          stdout.off('drain', settle);
          stdout.off('error', settle);
          if (closed) reject(new OutputClosed());
          else resolve();
        };
        stdout.on('drain', settle);
        stdout.on('error', settle);
      });
    },
    note(text) {
      stderr.write(`${text}\n`);
    },
  };
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
