// The OpenAPI document of the built server: valid, and true. A client generated from it type-checks against what every
// endpoint really answers.

import { type ChildProcess, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { describe, expect, it } from 'vitest';
import { startServing } from '../support/serving.ts';
import { sqlite, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

const SCHEMA = fileURLToPath(new URL('../fixtures/openapi-schema/openapi-3.1.json', import.meta.url));
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, object> };
}

/** A real answer, with the place in the document that describes it. */
interface Answer {
  readonly path: string;
  readonly method: string;
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

describe('the OpenAPI document', () => {
  it('is valid, and so is every schema in it', async () => {
    const { document, stop } = await served();
    const ajv = new Ajv2020({ strict: false, formats: { 'media-range': true } });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect([name, ajv.validateSchema(schema), ajv.errors]).toEqual([name, true, null]);
    }
    const ids = operations(document).map(
      ({ operation }) => (operation as { operationId?: string }).operationId,
    );
    expect(new Set(ids).size).toBe(ids.length);
    // What a validator of ours refuses, to know that it looks.
    expect(validate({ ...document, paths: { x: {} } })).toBe(false);
    await stop();
  });

  it('describes what every endpoint really answers', async () => {
    const { folder, url, document, running, token, stop } = await served();
    const answers = await ask(document, url, token, folder, running);
    await stop();
    const asked = new Set(answers.map(({ method, path }) => `${method} ${path}`));
    const described = operations(document).filter(({ operation }) => hasJson(operation));
    expect(
      described.map(({ method, path }) => `${method} ${path}`).filter((name) => !asked.has(name)),
    ).toEqual([]);

    // Of the session that runs nothing can be asked for that needs a terminal or a stdin of ours.
    const refused = ['/api/sessions/{id}/input', '/api/sessions/{id}/resize'];
    for (const { method, path } of described) {
      const ok = answers.some(
        (answer) => answer.path === path && answer.method === method && answer.status === 200,
      );
      expect([path, ok]).toEqual([path, !refused.includes(path)]);
    }

    const types = astToString(await openapiTS(document as unknown as OpenAPI3));
    writeFileSync(join(folder, 'api.ts'), types);
    writeFileSync(join(folder, 'client.ts'), clientOf(answers));
    expect(typeErrors(folder, 'client.ts')).toBe('');
    // A client that expects something else does not type-check.
    writeFileSync(
      join(folder, 'wrong.ts'),
      clientOf(answers.map((answer) => ({ ...answer, body: { wrong: 1 } }))),
    );
    expect(typeErrors(folder, 'wrong.ts')).toContain('error TS');
  });
});

/** A built server over a database with one finished and one running session. */
async function served() {
  const folder = temporaryFolder();
  const program = 'printf "error: no such file\\n\\`\\`\\`python\\nprint(1)\\n\\`\\`\\`\\n"';
  await wrapper(['codex', program, '--enable-db'], { cwd: folder });
  let child: ChildProcess | undefined;
  const ended = wrapper(['--no-serve', 'claude', 'sleep', '60', '--enable-db'], {
    cwd: folder,
    onStart: (started) => {
      child = started;
    },
  });
  const server = await startServing(folder, ['--port', '0', '--allow-run']);
  const sql = "SELECT session_id FROM process_sessions WHERE agent_name = 'claude' AND state = 'running'";
  await until('the session runs', () => sqlite(folder, sql).length === 1);
  const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as Document;
  const [running = ''] = sqlite(folder, sql);
  const stop = async (): Promise<void> => {
    child?.kill('SIGTERM');
    await ended;
  };
  return { folder, url: server.url, document, running, token: server.token(), stop };
}

function operations(document: Document): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
}

function hasJson({ responses }: Operation): boolean {
  return responses['200']?.content?.['application/json'] !== undefined;
}

/** Asks every operation that answers JSON for its answer, and for the one to a wrong request. */
async function ask(
  document: Document,
  url: string,
  token: string,
  folder: string,
  running: string,
): Promise<Answer[]> {
  const [finished = ''] = sqlite(
    folder,
    "SELECT session_id FROM process_sessions WHERE agent_name = 'codex'",
  );
  const player = new AbortController();
  const replay = await fetch(`${url}/api/replay/session/${running}?follow=true`, { signal: player.signal });
  const replayId = replay.headers.get('x-replay-id') ?? '';
  expect(replayId).not.toBe('');
  const answers: Answer[] = [];
  const inOrder = operations(document).sort((left, right) => rank(left) - rank(right));
  for (const { path, method, operation } of inOrder) {
    if (!hasJson(operation)) continue;
    const onRunning = path.startsWith('/api/sessions/');
    const address = path
      .replace('{id}', onRunning ? running : finished)
      .replace('{name}', 'codex')
      .replace('{pattern}', 'code_block')
      .replace('{replay_id}', replayId)
      .replace(
        '{run_id}',
        path.includes('{run_id}') ? (sqlite(folder, 'SELECT run_id FROM runs')[0] ?? '') : '',
      )
      .replace('{campaign_id}', 'made')
      .replace('{stage}', 'recon')
      .replace('{type}', 'recon')
      .replace('{scan_id}', 'scan-1');
    const query =
      path.startsWith('/api/replay/session/') || path.startsWith('/api/replay/export/') ? '?format=json' : '';
    const asHar = path.startsWith('/api/replay/export/') ? ['?format=har'] : [];
    for (const suffix of [query, ...asHar, `${query === '' ? '?' : `${query}&`}no_such_parameter=1`]) {
      const init = {
        method: method.toUpperCase(),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(method === 'post' || method === 'delete' ? { body: JSON.stringify(bodyFor(path, method)) } : {}),
      };
      const response = await fetch(`${url}${address}${suffix}`, init);
      const type = response.headers.get('content-type')?.replace(/;.*/, '') ?? '';
      expect([path, type]).toEqual([path, response.ok ? 'application/json' : 'application/problem+json']);
      answers.push({ path, method, status: response.status, type, body: await response.json() });
    }
  }
  player.abort();
  return answers;
}

/** What ends a session or a replay comes last, and what makes a run first. */
function rank({ path, method }: { path: string; method: string }): number {
  if (path.endsWith('/kill') || path.endsWith('/stop')) return 2;
  // What removes a campaign or a scan, after what asks for it.
  if (method === 'delete') return 3;
  if (path.startsWith('/api/v1/')) return method === 'post' ? (path.includes('/scans/') ? -2 : -1) : 0;
  return path.endsWith('/resume') ? 1 : 0;
}

function bodyFor(path: string, method: string): unknown {
  if (method === 'delete') return {};
  if (path === '/api/v1/run') {
    return { plan: { objective: 'x', steps: [{ agent: 'ci', command: ['true'], env: { A: 'b' } }] } };
  }
  if (path === '/api/v1/campaigns') return { name: 'Audit', target_url: 'http://t', campaign_id: 'made' };
  if (path.startsWith('/api/v1/scans/')) {
    return {
      audit_id: 'a',
      timestamp: '2026-02-10T10:30:00Z',
      intelligence: { system_prompt_leak: [], detected_tools: [], infrastructure: {} },
    };
  }
  if (path.endsWith('/stages/{stage}')) return { state: 'complete', scan_id: 'scan-1' };
  if (path.endsWith('/name')) return { name: 'Renamed' };
  if (path.endsWith('/tags')) return { add: ['x'] };
  if (path.endsWith('/advanced')) {
    return { source: 'events', group_by: ['event_type'], aggregations: [{ name: 'n', type: 'count' }] };
  }
  if (path.endsWith('/seek')) return { position_ms: 0 };
  if (path.endsWith('/speed')) return { speed: 2 };
  if (path.endsWith('/input')) return { text: 'y', enter: true };
  if (path.endsWith('/resize')) return { cols: 100, rows: 30 };
  return {};
}

/** A program in which each answer must be of the type that the document gives it. */
function clientOf(answers: readonly Answer[]): string {
  const lines = answers.map(({ path, method, status, type, body }, index) => {
    const response = type === 'application/json' ? String(status) : "'default'";
    const name = `paths[${JSON.stringify(path)}]['${method}']['responses'][${response}]['content']['${type}']`;
    return `const answer${index}: ${name} = ${JSON.stringify(body)};\nvoid answer${index};`;
  });
  return `import type { paths } from './api.ts';\n${lines.join('\n')}\n`;
}

function typeErrors(folder: string, file: string): string {
  try {
    const options = ['--noEmit', '--strict', '--allowImportingTsExtensions', '--module', 'esnext'];
    execFileSync(process.execPath, [TSC, ...options, '--moduleResolution', 'bundler', file], {
      cwd: folder,
      encoding: 'utf8',
    });
    return '';
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}
