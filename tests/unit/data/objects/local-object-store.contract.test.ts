import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { LocalObjectStore } from '../../../../src/data/objects/local-object-store.ts';
import { objectStoreContract } from '../../../contract/object-store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'wrapper-objects-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
objectStoreContract('local folder', async () => {
  count += 1;
  return new LocalObjectStore(join(folder, String(count), 'objects'));
});
