// Shell scripts as a user would type them, with `wrapper` on the PATH, and what they need to be judged by.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BIN, bare, type Outcome, temporaryFolder } from './wrapper.ts';

export interface ScriptOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs a bash script that may call `wrapper`, in `cwd`. */
export function shell(script: string, options: ScriptOptions): Promise<Outcome> {
  return bare(['bash', '-c', script], { ...options, env: { PATH: pathWithWrapper(), ...options.env } });
}

/**
 * The same in a mount namespace of its own: what the script mounts is seen by nobody else and gone at its end. Needs
 * root, or a kernel that lets users have namespaces.
 */
export function shellWithMounts(script: string, options: ScriptOptions): Promise<Outcome> {
  return bare([...mountNamespace(), 'bash', '-c', script], {
    ...options,
    env: { PATH: pathWithWrapper(), ...options.env },
  });
}

/** A PATH on which `wrapper` is the built one, by a link, as npm makes it. */
export function pathWithWrapper(): string {
  const folder = join(temporaryFolder(), 'bin');
  mkdirSync(folder);
  symlinkSync(BIN, join(folder, 'wrapper'));
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

let namespace: readonly string[] | undefined;

function mountNamespace(): readonly string[] {
  namespace ??= [
    ['unshare', '--mount'],
    ['unshare', '--user', '--map-root-user', '--mount'],
  ].find(([file = '', ...args]) => {
    const probe = spawnSync(file, [...args, 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' });
    return probe.status === 0;
  });
  if (namespace === undefined) throw new Error('these tests need a mount namespace: run them as root');
  return namespace;
}

/** Every file below a folder with its content's hash, to show that nothing was touched or left behind. */
export function fingerprint(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    found[name] = statSync(path).isFile()
      ? createHash('sha256').update(readFileSync(path)).digest('hex')
      : 'folder';
  }
  return found;
}

/**
 * What the wrapper says when something is missing: sentences that begin with its name, each once, and what to do about
 * it on indented lines.
 */
export function expectNote(text: string, says: RegExp): void {
  const lines = text.replace(/\n$/, '').split('\n');
  const sentences = lines.filter((line) => line.startsWith('wrapper: '));
  const hints = lines.filter((line) => line.startsWith('  '));
  expect(sentences.length + hints.length, text).toBe(lines.length);
  expect(sentences.length, text).toBeGreaterThanOrEqual(1);
  expect(sentences.length, text).toBeLessThanOrEqual(2);
  expect(new Set(sentences).size, text).toBe(sentences.length);
  expect(hints.length, text).toBeGreaterThanOrEqual(1);
  expect(text).toMatch(says);
  expect(text).not.toMatch(/undefined|\[object|\bat .*:\d+:\d+/);
}

/** One sentence and a hint, as for every refusal before the start. */
export function expectRefusal(found: Outcome, status: number, says: RegExp): void {
  expect(found.stderr.toString()).toMatch(says);
  expect(found.stderr.toString()).toMatch(/^wrapper: [^\n]+\n( {2}[^\n]+\n)?$/);
  expect(found.status).toBe(status);
  expect(found.stdout.toString()).toBe('');
}

/** Whether a process exists and is no zombie. */
export function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false; // it ended meanwhile
  }
}
