// Starts the built `wrapper serve` on a free port, and ends it with the test.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach } from 'vitest';
import { BIN, testEnvironment } from './wrapper.ts';

export interface ServingProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** What it has said on stderr so far. */
  stderr(): string;
  /** The bearer token of the database, as `wrapper token` prints it. */
  token(): string;
  /** Ends it by a signal and gives its exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Resolves when it serves. @param options more words for the command line */
export async function startServing(
  cwd: string,
  options: readonly string[] = ['--port', '0'],
): Promise<ServingProcess> {
  const { child, stderr } = spawnServe(cwd, [...options, '--json']);
  const started = await firstDocument(child, stderr);
  return {
    ...started,
    child,
    stderr,
    token: () => {
      const { stdout } = spawnSync(process.execPath, [BIN, 'token'], {
        cwd,
        env: testEnvironment(cwd),
        encoding: 'utf8',
      });
      return stdout.trim();
    },
    stop: (signal = 'SIGTERM') =>
      new Promise((resolve) => {
        child.once('exit', (code) => resolve(code));
        child.kill(signal);
      }),
  };
}

/** Starts `wrapper serve` without waiting for anything. */
export function spawnServe(
  cwd: string,
  options: readonly string[],
): { child: ChildProcess; stderr: () => string } {
  const child = spawn(process.execPath, [BIN, 'serve', ...options], {
    cwd,
    env: testEnvironment(cwd),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  child.stderr!.setEncoding('utf8').on('data', (data: string) => {
    text += data;
  });
  return { child, stderr: () => text };
}

function firstDocument(child: ChildProcess, stderr: () => string): Promise<{ url: string; port: number }> {
  return new Promise((resolve, reject) => {
    let text = '';
    createInterface({ input: child.stdout! }).on('line', (line) => {
      text += line;
      if (line === '}') resolve(JSON.parse(text) as { url: string; port: number });
    });
    child.once('exit', (code) => reject(new Error(`wrapper serve ended with ${code}: ${stderr()}`)));
  });
}
