// PTY mode, 200 MB in colours. The kernel's terminal is the limit; a C program that only copies shows where it lies.

import { compileReader } from '../c-reader.mjs';
import { interleave, median, medianRatio, wrapper } from '../harness.mjs';
import { pass, passStored } from '../passage.mjs';

export async function pty({ scratch, rounds, sized, workload, skip }) {
  const reader = compileReader(scratch);
  if (reader === undefined) return skip('pty', 'gcc is not installed');
  const { file, megabytes } = workload('ansi');
  const files = Array.from({ length: Math.round(sized(200, 20) / megabytes) }, () => file);
  const measured = await interleave(rounds(5, 3), {
    reference: () => pass((argv) => [reader, ...argv], files, scratch),
    plain: () => pass((argv) => wrapper('--pty', 'bench', '--', ...argv), files, scratch),
    stored: () => passStored(files, scratch, { options: ['--pty'] }),
  });
  const row = (what, name, until, budget) => {
    const times = measured[name].map((round) => round[until]);
    const references = measured.reference.map((round) => round[until]);
    const ratio = medianRatio(times, references);
    return {
      what: `PTY mode, ${files.length * megabytes} MB, ${what}`,
      ours: `${median(times).toFixed(2)} s`,
      reference: `${median(references).toFixed(2)} s, a C program reading a PTY`,
      ratio,
      judged: ratio,
      budget,
    };
  };
  const budget = { most: 1.15, text: '≤ 1.15 ×' };
  return [
    row('`--enable-db`, until the agent has exited', 'stored', 'agent', budget),
    row('`--enable-db`, until the wrapper has exited', 'stored', 'whole', undefined),
    row('without `--enable-db`, until the wrapper has exited', 'plain', 'whole', budget),
  ];
}
