// Prints error lines at leisure; each says when it was written, in ns of the monotonic clock.
//
//   node stamped-errors.mjs LINES INTERVAL_MS

import { writeSync } from 'node:fs';

const [lines, interval] = process.argv.slice(2).map(Number);
let written = 0;

function step() {
  writeSync(1, `error: @${process.hrtime.bigint()}\n`);
  if (++written < lines) setTimeout(step, interval);
}
step();
