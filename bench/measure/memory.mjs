// Peak resident memory of the wrapper (VmHWM, read every 10 ms), for outputs of different sizes, everything stored.

import { passStored } from '../passage.mjs';

export async function memory({ scratch, memorySizes, workload }) {
  const { file, megabytes } = workload('ansi');
  const rows = [];
  for (const size of memorySizes) {
    const files = Array.from({ length: Math.max(1, Math.round(size / megabytes)) }, () => file);
    const { peakMiB } = await passStored(files, scratch);
    rows.push({
      what: `peak memory, ${files.length * megabytes} MB of output`,
      ours: `${peakMiB.toFixed(0)} MiB`,
      reference: rows.length === 0 ? '–' : `${rows[0].judged.toFixed(0)} MiB, the size above`,
      ratio: rows.length === 0 ? undefined : peakMiB / rows[0].judged,
      judged: peakMiB,
      budget: { most: 200, text: '≤ 200 MB resident, flat' },
    });
  }
  return rows;
}
