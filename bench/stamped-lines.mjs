// Reads lines that say when they were written, as programs/stamps.mjs prints them.

import { quantile, run } from './harness.mjs';

/** Runs a command; how long its stamped lines were under way: p50 and p99 in ms. */
export async function delays(argv, scratch) {
  const found = [];
  let held = '';
  await run(argv, {
    scratch,
    stdout: (chunk) => {
      const now = process.hrtime.bigint();
      const lines = (held + chunk.toString('latin1')).split('\n');
      held = lines.pop();
      for (const line of lines) if (line[0] === '@') found.push(Number(now - BigInt(line.slice(1))) / 1e6);
    },
  });
  return { p50: quantile(found, 0.5), p99: quantile(found, 0.99) };
}
