// The questions of the API on databases of 1 and 5 million events (generate-database.mjs), through the real QueryService,
// warm. The reference of each is the same question at 1 million: a list must not cost more because there is more.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { AGENTS, END, generateDatabase, sessionIdOf } from '../generate-database.mjs';
import { BENCH, interleave, median, run } from '../harness.mjs';

/** Milliseconds that the 99th percentile may take at 5 million; questions without one are shown and not judged. */
const BUDGETS = {
  'latest 100 of an agent': 2,
  'latest 1000 of an agent': 5,
  'latest 100 of an agent and type': 2,
  'latest 100 of a pattern': 2,
  'first 100 of a session': 2,
  'next 100 of an agent, by cursor': 2,
  'latest 100': 2,
  'latest 100 of a type': 2,
  'latest 100 of high risk': 2,
  'latest 100 sessions': 2,
  'latest 100 sessions of an agent': 2,
  'latest 100 failed sessions': 2,
  'latest 100 code blocks of a language': 2,
  'latest 100 code blocks of an agent': 2,
  'a session with its counts': 2,
  'the largest session with its counts': 2,
  'timeline of an agent, 30 days by day': 2,
  'timeline of an agent, 2 days by hour': 2,
  'statistics of an agent': 5,
  'statistics of a pattern': 5,
};

export async function queries({ scratch, rounds, sized }) {
  const sizes = [sized(1_000_000, 100_000), sized(5_000_000, 500_000)];
  const code = await bundle('queries', ['src/data/database.ts', 'src/data/query-service.ts'], scratch);
  const cases = {};
  for (const [at, events] of sizes.entries()) {
    const folder = join(scratch, `events-${events}`);
    mkdirSync(folder);
    const file = join(folder, 'wrapper.db');
    const made = await generateDatabase({ events, file, say: (line) => process.stderr.write(`${line}\n`) });
    const about = join(folder, 'about.json');
    writeFileSync(about, JSON.stringify(describe(made)));
    cases[at === 0 ? 'small' : 'large'] = async () =>
      JSON.parse(
        (
          await run(
            [process.execPath, join(BENCH, 'programs', 'query.mjs'), code, file, `${sized(300, 100)}`, about],
            { scratch, stdout: 'text' },
          )
        ).text,
      );
  }
  const measured = await interleave(rounds(3, 2), cases);
  const millions = sizes.map((events) => `${events / 1e6} million`);
  return Object.keys(measured.small[0]).map((name) => {
    const at = (which, part, clock = 'wall') =>
      median(measured[which].map((times) => quantile(times[name][clock], part)));
    const ratio = at('large', 0.99) / at('small', 0.99);
    const most = BUDGETS[name];
    const text = (which) => `p50 ${at(which, 0.5).toFixed(2)} ms, p99 ${at(which, 0.99).toFixed(2)} ms`;
    return {
      what: `query, ${name}, ${millions[1]} events`,
      ours: text('large'),
      reference: `${text('small')} at ${millions[0]}`,
      ratio,
      judged: Math.max(ratio / 2, at('large', 0.99) / (most ?? 1)),
      // A busy machine changes the processor's time less.
      note: `processor p99 ${at('large', 0.99, 'processor').toFixed(2)} ms against ${at('small', 0.99, 'processor').toFixed(2)} ms`,
      budget: most === undefined ? undefined : { most: 1, text: `≤ 2 × and p99 ≤ ${most} ms` },
    };
  });
}

/** What the questions choose from: all agents, and sessions all over the time. */
export function describe({ sessions, largest }) {
  return {
    agents: Array.from({ length: AGENTS }, (_, rank) => `agent-${String(rank).padStart(2, '0')}`),
    end: END,
    largest,
    sessions: Array.from({ length: 200 }, (_, at) => sessionIdOf(Math.floor((at * sessions) / 200))),
  };
}

function quantile(times, part) {
  const sorted = [...times].sort((left, right) => left - right);
  return sorted[Math.ceil(part * sorted.length) - 1];
}
