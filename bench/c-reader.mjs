// Compiles the C program that is the reference for PTY mode.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { BENCH, installed } from './harness.mjs';

/** Path of the compiled reader; undefined without gcc. */
export function compileReader(scratch) {
  if (!installed('gcc')) return undefined;
  const path = join(scratch, 'pty-reader');
  execFileSync('gcc', ['-O2', '-o', path, join(BENCH, 'references', 'pty-reader.c'), '-lutil']);
  return path;
}
