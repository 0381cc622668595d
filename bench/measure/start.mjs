// Start: a wrapped `true`, whole process, session stored, against the smallest Node process there is.

import { interleave, median, medianRatio, run, wrapper } from '../harness.mjs';

export async function start({ scratch, rounds }) {
  const measured = await interleave(rounds(25, 7), {
    reference: async () => (await run([process.execPath, '-e', '0'], { scratch })).ms,
    ours: async () => (await run(wrapper('bench', 'true', '--enable-db'), { scratch })).ms,
    plain: async () => (await run(wrapper('bench', 'true'), { scratch })).ms,
  });
  const row = (what, times, budget) => {
    const ratio = medianRatio(times, measured.reference);
    return {
      what,
      ours: `${median(times).toFixed(1)} ms`,
      reference: `${median(measured.reference).toFixed(1)} ms, \`node -e 0\``,
      ratio,
      judged: ratio,
      budget,
    };
  };
  return [
    row('start: `wrapper x true --enable-db`, whole process', measured.ours, { most: 1.6, text: '≤ 1.6 ×' }),
    row('start without `--enable-db`', measured.plain, undefined),
  ];
}
