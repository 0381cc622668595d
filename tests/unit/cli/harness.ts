// Captured streams and a world of its own for the tests of the commands.

import { PassThrough, Writable } from 'node:stream';
import type { CommandContext } from '../../../src/cli/command.ts';
import type { OutputStreams } from '../../../src/cli/output.ts';

export interface Captured {
  readonly streams: OutputStreams;
  stdout(): string;
  stderr(): string;
}

/** Streams that remember; `columns` makes stdout a terminal of that width. */
export function captureStreams(columns: number | null = null, env: Record<string, string> = {}): Captured {
  const texts = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString();
        done();
      },
    });
  const stdout = Object.assign(collect('stdout'), columns === null ? {} : { isTTY: true, columns });
  return {
    streams: { stdout, stderr: collect('stderr'), env },
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
  };
}

/** A world for one call: no environment, a home that is the working directory, a clock that stands. */
export function contextOf(captured: Captured, cwd: string, now: number, input = ''): CommandContext {
  const stdin = new PassThrough();
  stdin.end(input);
  return { ...captured.streams, stdin, cwd, home: cwd, now: () => now };
}
