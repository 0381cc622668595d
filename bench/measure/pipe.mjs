// Pipe mode, 1 GB in colours: the agent must not be held up, whatever is done with what it prints.

import { join } from 'node:path';
import { BENCH, interleave, median, medianRatio, wrapper } from '../harness.mjs';
import { pass, passStored } from '../passage.mjs';

export async function pipe({ scratch, rounds, sized, workload }) {
  const { file, megabytes } = workload('ansi');
  const files = Array.from({ length: Math.round(sized(1000, 100) / megabytes) }, () => file);
  const reference = join(BENCH, 'references', 'node-pipe.mjs');
  const measured = await interleave(rounds(5, 3), {
    reference: () => pass((argv) => [process.execPath, reference, ...argv], files, scratch),
    plain: () => pass((argv) => wrapper('bench', '--', ...argv), files, scratch),
    stored: () => passStored(files, scratch),
  });
  const size = `${files.length * megabytes} MB`;
  const row = (what, name, until, budget) => {
    const times = measured[name].map((round) => round[until]);
    const references = measured.reference.map((round) => round[until]);
    const ratio = medianRatio(times, references);
    return {
      what: `pipe mode, ${size}, ${what}`,
      ours: `${median(times).toFixed(2)} s`,
      reference: `${median(references).toFixed(2)} s, \`child.stdout.pipe(process.stdout)\``,
      ratio,
      judged: ratio,
      budget,
    };
  };
  return [
    row('`--enable-db`, until the agent has exited', 'stored', 'agent', { most: 2, text: '≤ 2 ×' }),
    row('`--enable-db`, until the wrapper has exited', 'stored', 'whole', undefined),
    row('without `--enable-db`, until the agent has exited', 'plain', 'agent', {
      most: 1.3,
      text: '≤ 1.3 ×',
    }),
    row('without `--enable-db`, until the wrapper has exited', 'plain', 'whole', {
      most: 1.3,
      text: '≤ 1.3 ×',
    }),
  ];
}
