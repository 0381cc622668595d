// Puts one object again and again, each time of another letter, and says so after each. Bundled by the test that kills it.

import { writeSync } from 'node:fs';
import { LocalObjectStore } from '../../../../src/data/objects/local-object-store.ts';

const store = new LocalObjectStore(process.argv[2]!);
for (let round = 0; ; round++) {
  await store.put('scans/a', Buffer.alloc(400_000, 97 + (round % 26)));
  writeSync(1, '.');
}
