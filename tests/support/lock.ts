// A database that another process has locked for writing.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROGRAMS, until } from './wrapper.ts';

/** Resolves when the lock is held. */
export async function holdLock(path: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, [join(PROGRAMS, 'hold-lock.cjs'), path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  holder.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until('the lock is held', () => said === 'locked\n');
  return holder;
}

export function letGo(holder: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    holder.once('exit', () => resolve());
    holder.stdin?.end();
  });
}
