// docs/API.md names every endpoint and every code of a problem, with its status.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startServer } from '../../../src/api/server.ts';
import { PROBLEM_CODES, PROBLEMS } from '../../../src/model/problem.ts';
import { sharedFolder } from './shared-folder.ts';

const text = readFileSync(new URL('../../../docs/API.md', import.meta.url), 'utf8');

describe('docs/API.md', () => {
  it('names every endpoint', async () => {
    const server = await startServer({ dbPath: `${sharedFolder()}/wrapper.db`, version: '0.0.0', port: 0 });
    await server.close();
    const { all } = server.application.endpoints;
    expect(all.length).toBeGreaterThan(30);
    expect(all.map(({ path }) => path).filter((path) => !text.includes(path))).toEqual([]);
  });

  it('lists every code with its status and title, and no other', () => {
    const rows = [...text.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.+?) \|$/gm)];
    expect(rows.map(([, code, status, title]) => [code, Number(status), title]).sort()).toEqual(
      PROBLEM_CODES.map((code) => [code, PROBLEMS[code].status, PROBLEMS[code].title]).sort(),
    );
  });
});
