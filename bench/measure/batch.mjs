// Storing: batches of 100 and of 1000 events through the real store, shipped schema and indexes, new file each time.
// References on the documented schema: Python's executemany, and the sqlite3 shell's .import in one transaction.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { BENCH, installed, interleave, median, medianRatio, run } from '../harness.mjs';
import { writeRows } from '../rows.mjs';

const SCHEMA = join(BENCH, 'references', 'documented-schema.sql');

export async function batch({ scratch, rounds, sized, skip }) {
  const count = sized(200_000, 20_000);
  const jsonl = join(scratch, 'rows.jsonl');
  const csv = join(scratch, 'rows.csv');
  writeRows({ count, jsonl, csv });
  const store = await bundle('store', ['src/data/database.ts', 'src/data/extraction-store.ts'], scratch);
  const printed = async (...argv) => JSON.parse((await run(argv, { scratch, stdout: 'text' })).text);
  const ours = (size) => (path) =>
    printed(process.execPath, join(BENCH, 'programs', 'store.mjs'), store, jsonl, path, `${size}`);
  const python = (size) => (path) =>
    printed('python3', join(BENCH, 'references', 'executemany.py'), jsonl, path, SCHEMA, `${size}`);
  const shell = async (path) => {
    const script = join(scratch, 'import.sql');
    const commands = [`.read ${SCHEMA}`, '.mode csv', `.import ${csv} extraction_events`];
    writeFileSync(
      script,
      `PRAGMA journal_mode = WAL;\nPRAGMA synchronous = NORMAL;\n${commands.join('\n')}\n`,
    );
    const { ms, cpu } = await run(['sqlite3', path, `.read ${script}`], { scratch });
    return { seconds: ms / 1000, cpu };
  };
  const hasPython = installed('python3');
  const hasShell = installed('sqlite3');
  const cases = {
    ours100: ours(100),
    ...(hasPython && { python100: python(100) }),
    ours1000: ours(1000),
    ...(hasPython && { python1000: python(1000) }),
    ...(hasShell && { shell }),
  };
  const measured = await interleave(
    rounds(5, 2),
    Object.fromEntries(
      Object.entries(cases).map(([name, measure]) => [name, () => inNewFile(scratch, measure)]),
    ),
  );
  const micros = (results) => results.map(({ seconds }) => (seconds / count) * 1e6);
  const row = (what, name, reference, title, budget) => {
    const ratio = medianRatio(micros(measured[name]), micros(measured[reference]));
    const text = (results) => `${median(micros(results)).toFixed(2)} µs/event`;
    const cpu = (results) => `${median(results.map((one) => (one.cpu / count) * 1e6)).toFixed(1)} µs`;
    const part = (quantile) => median(measured[name].map((result) => result[quantile])).toFixed(2);
    return {
      what: `storing, ${what}`,
      ours: text(measured[name]),
      reference: `${text(measured[reference])}, ${title}`,
      ratio,
      judged: ratio,
      budget,
      note: `processor ${cpu(measured[name])} against ${cpu(measured[reference])}; a batch: p50 ${part('p50')} ms, p99 ${part('p99')} ms`,
    };
  };
  return [
    hasPython
      ? row('batches of 100', 'ours100', 'python100', 'Python `executemany` of 100', {
          most: 1.75,
          text: '≤ 1.75 ×',
        })
      : skip('batches against Python', 'python3 is not installed'),
    hasPython
      ? row('batches of 1000', 'ours1000', 'python1000', 'Python `executemany` of 1000', undefined)
      : [],
    hasShell
      ? row('1000 per transaction', 'ours1000', 'shell', 'the `sqlite3` shell’s `.import`', {
          most: 2,
          text: '≤ 2 ×',
        })
      : skip('batches against .import', 'the sqlite3 shell is not installed'),
  ].flat();
}

async function inNewFile(scratch, measure) {
  const folder = mkdtempSync(join(scratch, 'batch-'));
  try {
    return await measure(join(folder, 'wrapper.db'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
