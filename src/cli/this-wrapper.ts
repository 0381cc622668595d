// How the built program starts itself.

import { join } from 'node:path';

declare const __dirname: string;

/** The interpreter and the script. */
export function thisWrapper(): readonly [string, string] {
  return [process.execPath, join(__dirname, '..', 'bin', 'wrapper.cjs')];
}
