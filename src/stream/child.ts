// What a started child is to the supervisor, whichever transport carries its bytes.

import { existsSync } from 'node:fs';
import type { StreamName } from '../model/event.ts';
import type { Command } from './resolve-command.ts';

/** How a child ended. Exactly one of the two is set. */
export interface ChildExit {
  readonly code: number | null;
  /** Signal number. */
  readonly signal: number | null;
}

interface ChildEvents {
  /** Bytes as they were read; the buffer may be kept until the call returns, not longer. */
  onChunk(stream: StreamName, chunk: Buffer): void;
  /** Called once, after the last chunk. */
  onExit(exit: ChildExit): void;
}

export interface ChildOptions extends ChildEvents {
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
}

export interface Child {
  readonly pid: number;
  /** Stops or goes on reading a stream: back-pressure. */
  setFlowing(stream: StreamName, flowing: boolean): void;
  /** Gives up reading a stream, so that the child gets SIGPIPE as it would in a plain pipeline. */
  closeOutput(stream: StreamName): void;
  /** Sends a signal; a child that is gone is no error. */
  kill(signal: NodeJS.Signals): void;
  /** Writes to the child's input; false when the caller should wait for `onDrain`. */
  write(bytes: Uint8Array, onDrain: () => void): boolean;
  /** Whether what is written can reach it. */
  takesInput(): boolean;
  /** Ends the child's input: closes the pipe, or types the end-of-file character. */
  endInput(): void;
}

/** A child as it can be acted on from outside while it runs. */
export interface RunningChild {
  readonly child: Child;
  readonly mode: 'pty' | 'pipe';
  /** Undefined for a child without a terminal of its own. */
  readonly resize: ((size: { cols: number; rows: number }) => void) | undefined;
}

/** kill(2) that takes "no such process" for an answer. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * The folder that a child is started in: ours. One that has been deleted has no path any more, but Linux still knows it
 * by this link.
 */
export function workingFolder(): string {
  const folder = process.cwd();
  return existsSync(folder) ? folder : '/proc/self/cwd';
}
