// Prints chunks at leisure; each ends with the time at which it was written, in ns of the monotonic clock.
//
//   node stamps.mjs CHUNKS INTERVAL_MS LINES      LINES matching lines go before each stamp, in the same write

import { writeSync } from 'node:fs';

const [chunks, interval, lines] = process.argv.slice(2).map(Number);
const body = Array.from({ length: lines }, (_, at) => `error: item ${at} failed\n`).join('');
let written = 0;

function step() {
  writeSync(1, `${body}@${process.hrtime.bigint()}\n`);
  if (++written < chunks) setTimeout(step, interval);
}
step();
