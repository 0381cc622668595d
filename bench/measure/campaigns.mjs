// Campaigns at size: 100,000 scans listed and 10,000 campaigns searched through the real stores, in a file of their own. The
// data are the same in every run.

import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { BENCH, median, run } from '../harness.mjs';

/** Milliseconds that a question may take. */
const MOST = 100;

export async function campaigns({ scratch, sized }) {
  const code = await bundle(
    'campaigns',
    ['src/data/database.ts', 'src/data/campaign-repository.ts', 'src/data/scan-index.ts'],
    scratch,
  );
  const scans = sized(100_000, 100_000);
  const program = join(BENCH, 'programs', 'campaigns.mjs');
  const argv = [process.execPath, program, code, join(scratch, 'campaigns.db'), `${scans}`, '10000'];
  const { text } = await run(argv, { scratch, stdout: 'text' });
  return Object.entries(JSON.parse(text)).map(([what, times]) => {
    const ms = median(times);
    return {
      what: `campaigns, ${what}`,
      ours: `${ms.toFixed(2)} ms`,
      reference: `${MOST} ms`,
      ratio: ms / MOST,
      judged: ms / MOST,
      budget: { most: 1, text: `≤ ${MOST} ms` },
    };
  });
}
