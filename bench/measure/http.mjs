// Requests a second of the built server, next to a bare node:http server that makes the same answer from the same query.
// With `Cache-Control: no-cache` the server asks its database each time; without it, it keeps the answer for a moment.

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { generateDatabase } from '../generate-database.mjs';
import { BENCH, interleave, median, run } from '../harness.mjs';
import { served } from '../served.mjs';

const MODULES = [
  'src/data/database.ts',
  'src/data/query-service.ts',
  'src/model/documents.ts',
  'src/api/query-documents.ts',
];

export async function http({ scratch, rounds, sized }) {
  const folder = join(scratch, 'http');
  mkdirSync(folder);
  const file = join(folder, 'wrapper.db');
  await generateDatabase({ events: sized(200_000, 20_000), file, say: () => {} });
  const code = await bundle('http', MODULES, scratch);
  const reference = await referenceServer(code, file);
  const ours = await served(file, scratch);
  try {
    const rows = [];
    for (const { limit, kept } of [{ limit: 100 }, { limit: 1 }, { limit: 100, kept: true }]) {
      const rate = (url) => async () => {
        const address = `${url}/api/query/extractions?agent=agent-00&limit=${limit}`;
        const load = [
          process.execPath,
          join(BENCH, 'programs', 'http-load.mjs'),
          address,
          String(sized(2, 0.5)),
          ...(kept ? [] : ['Cache-Control: no-cache']),
        ];
        return Number((await run(load, { scratch, stdout: 'text' })).text);
      };
      const found = await interleave(rounds(5, 3), { ours: rate(ours.url), reference: rate(reference.url) });
      const [own, bare] = [median(found.ours), median(found.reference)];
      rows.push({
        what: `HTTP, ${limit === 1 ? '1 event' : `${limit} events`} a request, 16 connections${kept ? ', the answer kept' : ''}`,
        ours: `${Math.round(own)} requests/s`,
        reference: `${Math.round(bare)} requests/s, node:http with the same query`,
        ratio: own / bare,
        judged: own / bare,
        ...(limit === 100 && !kept ? { budget: { least: 0.8, text: '≥ 0.8 ×' } } : {}),
      });
    }
    return rows;
  } finally {
    await ours.stop();
    reference.stop();
  }
}

function referenceServer(code, file) {
  const server = spawn(process.execPath, [join(BENCH, 'programs', 'http-reference.mjs'), code, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    server.once('exit', (status) => reject(new Error(`the reference server ended with ${status}`)));
    server.stdout.once('data', (port) =>
      resolve({ url: `http://127.0.0.1:${String(port).trim()}`, stop: () => server.kill() }),
    );
  });
}
