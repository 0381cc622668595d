// `npm run bench`: measures the built wrapper against its references, in the same run, and shows the ratios next to
// their budgets. docs/PERFORMANCE.md says how each figure is got. Exit status 1 when a budget is not met.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openScratch, ROOT } from './harness.mjs';
import { busyness, describeMachine } from './machine.mjs';
import { batch } from './measure/batch.mjs';
import { campaigns } from './measure/campaigns.mjs';
import { exports } from './measure/export.mjs';
import { extraction } from './measure/extraction.mjs';
import { firstByte } from './measure/first-byte.mjs';
import { http } from './measure/http.mjs';
import { latency } from './measure/latency.mjs';
import { live } from './measure/live.mjs';
import { liveCrowd } from './measure/live-crowd.mjs';
import { memory } from './measure/memory.mjs';
import { pipe } from './measure/pipe.mjs';
import { pipeStored } from './measure/pipe-stored.mjs';
import { pty } from './measure/pty.mjs';
import { ptyTail } from './measure/pty-tail.mjs';
import { queries } from './measure/queries.mjs';
import { replay } from './measure/replay.mjs';
import { start } from './measure/start.mjs';
import { met, textTable, writeJson, writeMarkdown } from './report.mjs';
import { writeWorkload } from './workload.mjs';

const MEASUREMENTS = {
  start,
  'first-byte': firstByte,
  pipe,
  'pipe-stored': pipeStored,
  pty,
  'pty-tail': ptyTail,
  latency,
  live,
  'live-crowd': liveCrowd,
  memory,
  extraction,
  batch,
  campaigns,
  queries,
  http,
  replay,
  exports,
};

/** A measurement that could not be made keeps no budget. */
const FAILED = { most: 0, text: 'to be measured at all' };

const HELP = `npm run bench -- [options]
  --only NAME[,NAME]   ${Object.keys(MEASUREMENTS).join(', ')}
  --quick              a tenth of the sizes, few rounds
  --rounds N           rounds of everything that is repeated
  --tail-runs N        runs of pty-tail (1000; 20 with --quick)
  --memory-mb N[,N]    outputs of memory (1000,3500; 100,350 with --quick)
  --scratch DIR        where the temporary folder goes (needs about 12 GB; 1 GB with --quick)
  --json FILE          write the rows as JSON
  --markdown           write the table into docs/PERFORMANCE.md
`;

/** Text of the session: one file per kind, made when first asked for. */
function workloads(scratch, megabytes) {
  return (mode, seed = 1) => {
    const file = join(scratch, `${mode}-${seed}.txt`);
    if (!existsSync(file)) writeWorkload({ file, megabytes, ansi: mode === 'ansi', seed });
    return { file, megabytes };
  };
}

function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: {
      only: text,
      quick: flag,
      rounds: text,
      'tail-runs': text,
      'memory-mb': text,
      scratch: text,
      json: text,
      markdown: flag,
      help: flag,
    },
  });
  const names = values.only?.split(',') ?? Object.keys(MEASUREMENTS);
  const unknown = names.filter((name) => !(name in MEASUREMENTS));
  if (unknown.length > 0) throw new Error(`no measurement is called ${unknown.join(', ')}`);
  if (values.markdown && values.only !== undefined)
    throw new Error('--markdown needs a whole run, without --only');
  return { ...values, names };
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!existsSync(join(ROOT, 'dist', 'loader.cjs')))
    throw new Error('the wrapper is not built: npm run build');
  const { quick } = options;
  const scratch = openScratch(options.scratch);
  const say = (line) => process.stderr.write(`${line}\n`);
  const { load, processors } = busyness();
  if (load > processors / 2)
    say(`the machine is busy (load ${load.toFixed(1)} on ${processors}): ratios will be noisy`);
  const context = {
    scratch,
    rounds: (usual, few) => Number(options.rounds ?? (quick ? few : usual)),
    sized: (whole, small) => (quick ? small : whole),
    tailRuns: Number(options['tail-runs'] ?? (quick ? 20 : 1000)),
    memorySizes: (options['memory-mb'] ?? (quick ? '100,350' : '1000,3500')).split(',').map(Number),
    workload: workloads(scratch, quick ? 10 : 100),
    skip: (what, why) => {
      say(`skipped: ${what}, because ${why}`);
      return [];
    },
  };
  const rows = [];
  for (const name of options.names) {
    say(`measuring ${name} …`);
    try {
      rows.push(...(await MEASUREMENTS[name](context)));
    } catch (error) {
      rows.push({
        what: name,
        ours: `failed: ${error.message}`,
        reference: '–',
        judged: Number.NaN,
        budget: FAILED,
      });
      say(`failed: ${name}: ${error.message}`);
    }
  }
  const sizes = quick ? 'a tenth of the sizes (`--quick`), ' : '';
  const about = [
    ...describeMachine(),
    `${sizes}load ${load.toFixed(1)} at the start and ${busyness().load.toFixed(1)} at the end`,
  ];
  process.stdout.write(`${textTable(rows)}\n\n${about.join('\n')}\n`);
  if (options.json !== undefined) writeJson(options.json, rows, about);
  if (options.markdown) writeMarkdown(join(ROOT, 'docs', 'PERFORMANCE.md'), rows, about);
  return rows.some((row) => met(row) === false) ? 1 : 0;
}

// A measurement that failed may have left programs behind; they end with this one, which must not wait for them.
main().then(
  (status) => process.exit(status),
  (error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(2);
  },
);
