// A folder for a whole test file.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder, removed when the file's tests are over. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-api-'));
  folders.push(folder);
  return folder;
}
