// First byte: how much later the first byte of the agent's output is there, in units of `node -e 0`.

import { interleave, median, run, wrapper } from '../harness.mjs';

export async function firstByte({ scratch, rounds }) {
  const untilFirstByte = async (argv) => {
    let first;
    const started = performance.now();
    await run(argv, {
      scratch,
      stdout: () => {
        first ??= performance.now() - started;
      },
    });
    return first;
  };
  const { unit, bare, ours } = await interleave(rounds(25, 7), {
    unit: async () => (await run([process.execPath, '-e', '0'], { scratch })).ms,
    bare: () => untilFirstByte(['echo', 'hi']),
    ours: () => untilFirstByte(wrapper('bench', 'echo', 'hi', '--enable-db')),
  });
  const judged = median(ours.map((ms, round) => (ms - bare[round]) / unit[round]));
  return [
    {
      what: 'first byte of `wrapper x echo hi --enable-db`',
      ours: `${median(ours).toFixed(1)} ms`,
      reference: `${median(bare).toFixed(1)} ms, \`echo hi\`; \`node -e 0\` ${median(unit).toFixed(1)} ms`,
      ratio: judged,
      judged,
      budget: { most: 1, text: '≤ one `node -e 0` later' },
      note: 'ratio: what is added, in units of `node -e 0`',
    },
  ];
}
