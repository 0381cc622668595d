// Start: a wrapped `true`, whole process, session stored, against the smallest Node process there is.

import { interleave, median, medianRatio, run, wrapper } from '../harness.mjs';

export async function start({ scratch, rounds }) {
  const measured = await interleave(rounds(25, 7), {
    reference: () => run([process.execPath, '-e', '0'], { scratch }),
    ours: () => run(wrapper('bench', 'true', '--enable-db'), { scratch }),
    plain: () => run(wrapper('bench', 'true'), { scratch }),
  });
  const walls = (name) => measured[name].map(({ ms }) => ms);
  // The processor time of one run is counted in steps of 10 ms; the mean of many is finer.
  const processor = (name) =>
    ((measured[name].reduce((sum, { cpu }) => sum + cpu, 0) / measured[name].length) * 1000).toFixed(0);
  const row = (what, name, budget) => {
    const ratio = medianRatio(walls(name), walls('reference'));
    return {
      what,
      ours: `${median(walls(name)).toFixed(1)} ms`,
      reference: `${median(walls('reference')).toFixed(1)} ms, \`node -e 0\``,
      ratio,
      judged: ratio,
      budget,
      note: `processor ${processor(name)} ms against ${processor('reference')} ms`,
    };
  };
  return [
    row('start: `wrapper x true --enable-db`, whole process', 'ours', { most: 1.6, text: '≤ 1.6 ×' }),
    row('start without `--enable-db`', 'plain', undefined),
  ];
}
