// Latency: how much longer one chunk is under way from the agent's write to the reader, with the wrapper between. Quiet,
// and while twenty events per chunk go into batches and a client queries the database.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH, interleave, median, run, start, wrapper } from '../harness.mjs';
import { delays } from '../stamped-lines.mjs';

const INTERVAL_MS = 2;
const LINES_UNDER_LOAD = 20;

export async function latency({ scratch, rounds, sized }) {
  const chunks = sized(2000, 500);
  const quiet = await compare({ scratch, rounds: rounds(5, 2), chunks, lines: 0 });
  const database = join(mkdtempSync(join(scratch, 'latency-')), 'wrapper.db');
  await run(wrapper('--enable-db', '--db', database, 'bench', '--', 'echo', 'error: first'), { scratch });
  const client = [process.execPath, join(BENCH, 'programs', 'query-client.mjs'), 'better-sqlite3', database];
  const stop = start(client, scratch);
  const loaded = await compare({ scratch, rounds: rounds(5, 2), chunks, lines: LINES_UNDER_LOAD, database });
  await stop();
  return [row('nothing else going on', quiet), row('while batches are written and a client queries', loaded)];
}

async function compare({ scratch, rounds, chunks, lines, database = join(scratch, 'latency.db') }) {
  const agent = [
    process.execPath,
    join(BENCH, 'programs', 'stamps.mjs'),
    `${chunks}`,
    `${INTERVAL_MS}`,
    `${lines}`,
  ];
  return interleave(rounds, {
    bare: () => delays(agent, scratch),
    ours: () => delays(wrapper('--enable-db', '--db', database, 'bench', '--', ...agent), scratch),
  });
}

function row(what, { bare, ours }) {
  const middle = (rounds, part) => median(rounds.map((round) => round[part]));
  const added = (part) => median(ours.map((round, at) => round[part] - bare[at][part]));
  const text = (rounds) =>
    `p50 ${middle(rounds, 'p50').toFixed(2)} ms, p99 ${middle(rounds, 'p99').toFixed(2)} ms`;
  return {
    what: `latency of one chunk, ${what}`,
    ours: text(ours),
    reference: `${text(bare)}, the bare pipe`,
    judged: added('p99'),
    budget: { most: 2, text: 'p99 ≤ 2 ms more' },
    note: `added: p50 ${added('p50').toFixed(2)} ms, p99 ${added('p99').toFixed(2)} ms`,
  };
}
