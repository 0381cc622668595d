// Pipe mode, 200 MB of different text, until the wrapper has exited with every line looked at and every event stored.
// The reference only looks: 25 regexes per line, nothing recorded, nothing stored.

import { join } from 'node:path';
import { BENCH, interleave, median, run } from '../harness.mjs';
import { passStored } from '../passage.mjs';

export async function pipeStored({ scratch, rounds, workload }) {
  const parts = [workload('plain'), workload('plain', 2)];
  const files = parts.map(({ file }) => file);
  const megabytes = parts.reduce((sum, part) => sum + part.megabytes, 0);
  const reference = [
    join(BENCH, 'references', 'regexes-per-line.mjs'),
    join(BENCH, 'patterns.json'),
    ...files,
  ];
  const counted = JSON.parse((await run([process.execPath, ...reference], { scratch, stdout: 'text' })).text);
  const measured = await interleave(
    rounds(3, 2),
    {
      reference: async () => (await run([process.execPath, ...reference], { scratch })).ms / 1000,
      ours: async () => (await passStored(files, scratch, { lines: counted.lines })).whole,
    },
    { warmUp: false },
  );
  const judged = median(measured.ours.map((seconds, round) => measured.reference[round] / seconds));
  return [
    {
      what: `pipe mode, ${megabytes} MB, until everything is stored`,
      ours: `${(megabytes / median(measured.ours)).toFixed(0)} MB/s`,
      reference: `${(megabytes / median(measured.reference)).toFixed(0)} MB/s, 25 regexes per line in Node`,
      ratio: judged,
      judged,
      budget: { least: 2, text: '≥ 2 × its throughput' },
    },
  ];
}
