// Runs the built binary, or a bare command, in a folder of its own, and collects what a user would see.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

export const BIN = fileURLToPath(new URL('../../bin/wrapper.cjs', import.meta.url));
export const PROGRAMS = fileURLToPath(new URL('../programs', import.meta.url));

export interface Outcome {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** As a shell reports it. */
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
}

export interface RunOptions {
  readonly cwd: string;
  /** Bytes for stdin; without it stdin is /dev/null. */
  readonly input?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly onStart?: (child: ChildProcess) => void;
}

const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) removeFolder(folder);
});

/** A process that was just killed may still add a file to a folder that is being removed. */
function removeFolder(folder: string): void {
  for (let attempts = 20; ; attempts--) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (attempts === 0 || (error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}

/** A new empty folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wrapper-test-')));
  folders.push(folder);
  return folder;
}

/** The environment of a test: the caller's without wrapper settings, with a home that is the test's own. */
export function testEnvironment(
  cwd: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith('WRAPPER_') && !name.startsWith('VITEST')) env[name] = value;
  }
  return { ...env, HOME: cwd, XDG_CONFIG_HOME: join(cwd, '.config'), ...extra };
}

export function wrapper(args: readonly string[], options: RunOptions): Promise<Outcome> {
  return bare([process.execPath, BIN, ...args], options);
}

/** Runs a command as it is. */
export function bare(argv: readonly string[], options: RunOptions): Promise<Outcome> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: testEnvironment(options.cwd, options.env),
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  options.onStart?.(child);
  if (child.stdin !== null) {
    child.stdin.on('error', () => {
      // EPIPE: a program that does not read all of its input is a case under test
    });
    child.stdin.end(options.input);
  }
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
        status: signal === null ? (code ?? 0) : 128 + constants.signals[signal],
        signal,
      });
    });
  });
}

/** Rows of a query, as the sqlite3 shell prints them. */
export function sqlite(cwd: string, sql: string, database = 'data/wrapper.db'): string[] {
  // More than the usual megabyte: all events of a large session.
  const shell = spawnSync('sqlite3', ['-cmd', '.timeout 5000', database, sql], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (shell.status !== 0) throw new Error(`sqlite3: ${shell.error?.message ?? shell.stderr}`);
  return shell.stdout === '' ? [] : shell.stdout.replace(/\n$/, '').split('\n');
}

/** Waits until a condition holds; fails loudly instead of waiting for ever. */
export async function until(what: string, condition: () => boolean, limitMs = 20_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
