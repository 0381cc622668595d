// Who gets in: every endpoint against every combination of Host, Origin, Sec-Fetch-Site, method, content type and token.
// The list below is written by hand, and says of each endpoint what acts; an endpoint that is missing fails the test.

import { Agent, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningServer, startServer } from '../../../src/api/server.ts';
import { makeSampleDatabase } from '../cli/sample-database.ts';
import { sharedFolder } from './shared-folder.ts';

/** Whether a request with that method acts, by endpoint. */
const HTTP: Readonly<Record<string, Readonly<Partial<Record<'GET' | 'POST' | 'DELETE', 'reads' | 'acts'>>>>> =
  {
    '/': { GET: 'reads' },
    '/api/docs': { GET: 'reads' },
    '/api/docs/page.js': { GET: 'reads' },
    '/api/docs/page.css': { GET: 'reads' },
    '/api/openapi.json': { GET: 'reads' },
    '/api/health': { GET: 'reads' },
    '/api/query/extractions': { GET: 'reads' },
    '/api/query/code-blocks': { GET: 'reads' },
    '/api/query/sessions': { GET: 'reads' },
    '/api/query/session/{id}': { GET: 'reads' },
    '/api/query/stats/agent/{name}': { GET: 'reads' },
    '/api/query/stats/pattern/{pattern}': { GET: 'reads' },
    '/api/query/timeline': { GET: 'reads' },
    '/api/query/agents': { GET: 'reads' },
    '/api/query/advanced': { POST: 'reads' },
    '/api/live': { GET: 'reads' },
    '/api/sessions/{id}/state': { GET: 'reads' },
    '/api/sessions/{id}/pause': { POST: 'acts' },
    '/api/sessions/{id}/resume': { POST: 'acts' },
    '/api/sessions/{id}/kill': { POST: 'acts' },
    '/api/sessions/{id}/input': { POST: 'acts' },
    '/api/sessions/{id}/resize': { POST: 'acts' },
    '/api/v1/run': { POST: 'acts' },
    '/api/v1/runs': { GET: 'reads' },
    '/api/v1/runs/{run_id}': { GET: 'reads' },
    '/api/v1/runs/{run_id}/events': { GET: 'reads' },
    '/api/v1/campaigns': { GET: 'reads', POST: 'acts' },
    '/api/v1/campaigns/{campaign_id}': { GET: 'reads', DELETE: 'acts' },
    '/api/v1/campaigns/{campaign_id}/keys': { GET: 'reads' },
    '/api/v1/campaigns/{campaign_id}/report': { GET: 'reads' },
    '/api/v1/campaigns/{campaign_id}/stages/{stage}': { POST: 'acts' },
    '/api/v1/campaigns/{campaign_id}/fail': { POST: 'acts' },
    '/api/v1/campaigns/{campaign_id}/name': { POST: 'acts' },
    '/api/v1/campaigns/{campaign_id}/tags': { POST: 'acts' },
    '/api/v1/scans': { GET: 'reads' },
    '/api/v1/scans/{type}/{scan_id}': { GET: 'reads', POST: 'acts', DELETE: 'acts' },
    '/api/replay/session/{id}': { GET: 'reads' },
    '/api/replay/export/{id}': { GET: 'reads' },
    '/api/replay/control/{replay_id}': { GET: 'reads' },
    '/api/replay/control/{replay_id}/pause': { POST: 'reads' },
    '/api/replay/control/{replay_id}/resume': { POST: 'reads' },
    '/api/replay/control/{replay_id}/stop': { POST: 'reads' },
    '/api/replay/control/{replay_id}/seek': { POST: 'reads' },
    '/api/replay/control/{replay_id}/speed': { POST: 'reads' },
  };

/** Whether opening it is an act already. */
const WEB_SOCKETS: Readonly<Record<string, 'reads' | 'acts'>> = {
  '/ws': 'reads',
  '/ws/agents/:name': 'reads',
  '/ws/replay/:id': 'reads',
  '/ws/publish': 'acts',
};

/** What only the gate says; whatever else an endpoint answers, the request has got through. */
const GATE = [
  'host_missing',
  'host_refused',
  'origin_refused',
  'cross_site_refused',
  'content_type_unsupported',
  'token_required',
  'token_wrong',
];

let server: RunningServer;
let token: string;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

beforeAll(async () => {
  const dbPath = `${sharedFolder()}/wrapper.db`;
  makeSampleDatabase(dbPath);
  const rates = { actions: 1e9, wrongTokens: 1e9, connections: 1024 };
  server = await startServer({ dbPath, version: '0.0.0', port: 0, limits: rates });
  token = server.context.access.token();
});
afterAll(async () => {
  agent.destroy();
  await server.close();
});

const concrete = (path: string): string =>
  path.replace(/\{id\}|:id/, 'sess_000000000000').replace(/\{\w+\}|:\w+/g, 'nobody');

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Status, problem code and headers of the answer; a stream is left as soon as it begins. */
function send({
  method,
  path,
  headers,
}: Sent): Promise<{ status: number; code: string; headers: IncomingMessage['headers'] }> {
  return new Promise((resolve, reject) => {
    const body = method === 'POST' || method === 'DELETE' ? '{}' : '';
    const all = body === '' ? headers : { ...headers, 'content-length': String(body.length) };
    const sent = request(
      { host: '127.0.0.1', port: server.port, method, path, headers: all, agent },
      (response) => {
        const isProblem = response.headers['content-type'] === 'application/problem+json';
        const answer = (code: string): void =>
          resolve({ status: response.statusCode!, code, headers: response.headers });
        if (!isProblem) {
          answer('passed');
          // A stream would go on; everything else is read to its end, so that the connection is used again.
          if (response.headers['content-type']?.startsWith('text/event-stream')) response.destroy();
          else response.resume();
          return;
        }
        let answered = '';
        response.on('data', (chunk) => {
          answered += chunk;
        });
        response.on('end', () => {
          const { code } = JSON.parse(answered || '{"code":"(no body)"}') as { code: string };
          answer(GATE.includes(code) || code === 'method_not_allowed' ? code : 'passed');
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const hosts = () => [`127.0.0.1:${server.port}`, 'evil.test', `evil.test:${server.port}`];
const origins = () => [undefined, `http://localhost:${server.port}`, 'http://evil.test', 'null'];
const sites = [undefined, 'same-origin', 'cross-site'];
const methods = ['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS'];
const types = [undefined, 'application/json', 'text/plain'];
const tokens = () => [undefined, token, 'x'.repeat(43)];

/** What the gate must say, in the order in which it must look. */
function verdict(
  path: string,
  [host, origin, site, method, type, bearer]: readonly (string | undefined)[],
): string {
  if (host !== hosts()[0]) return 'host_refused';
  if (origin !== undefined && origin !== origins()[1]) return 'origin_refused';
  if (site === 'cross-site') return 'cross_site_refused';
  if (method === 'PUT') return 'method_not_allowed';
  const isOptions = method === 'OPTIONS';
  if (method !== 'GET' && !isOptions && type !== 'application/json') return 'content_type_unsupported';
  const kind = HTTP[path]![method as 'GET' | 'POST' | 'DELETE'];
  const acts = method === 'DELETE' || kind === 'acts' || (method === 'POST' && kind === undefined);
  if (bearer === undefined && acts) return 'token_required';
  if (bearer !== undefined && bearer !== token) return 'token_wrong';
  return kind === undefined && !isOptions ? 'method_not_allowed' : 'passed';
}

describe('the gate', () => {
  it('is tested at every endpoint', () => {
    const { all } = server.application.endpoints;
    const known = all.filter(({ webSocket }) => !webSocket);
    expect(Object.fromEntries(known.map(({ path, methods }) => [path, [...methods].sort()]))).toEqual(
      Object.fromEntries(Object.entries(HTTP).map(([path, ofPath]) => [path, Object.keys(ofPath).sort()])),
    );
    expect(
      all
        .filter(({ webSocket }) => webSocket)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(Object.keys(WEB_SOCKETS).sort());
  });

  it.each(Object.keys(HTTP))('decides at %s by all that a request says', async (path) => {
    const combinations = product(hosts(), origins(), sites, methods, types, tokens());
    const wrong: string[] = [];
    await inParallel(combinations, 8, async (combination) => {
      const [host, origin, site, method, type, bearer] = combination;
      const headers = present({
        host,
        origin,
        'sec-fetch-site': site,
        'content-type': type,
        authorization: bearer && `Bearer ${bearer}`,
      });
      const expected = verdict(path, combination);
      const { code, headers: answered } = await send({ method: method!, path: concrete(path), headers });
      if (code !== expected) wrong.push(`${combination.join(' ')}: ${code} instead of ${expected}`);
      const allowed = Object.keys(answered).filter((name) => name.startsWith('access-control-'));
      if (allowed.length > 0) wrong.push(`${combination.join(' ')}: ${allowed}`);
    });
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(WEB_SOCKETS))('decides at %s before there is a WebSocket', async (path) => {
    const carriers = ['header', 'subprotocol'];
    const wrong: string[] = [];
    await inParallel(product(hosts(), origins(), sites, carriers, tokens()), 8, async (combination) => {
      const [host, origin, site, carrier, bearer] = combination;
      const inHeader = carrier === 'header' && bearer !== undefined;
      const headers = present({
        host,
        origin,
        'sec-fetch-site': site,
        authorization: inHeader ? `Bearer ${bearer}` : undefined,
      });
      const protocols =
        carrier === 'subprotocol' && bearer !== undefined ? ['wrapper', `bearer.${bearer}`] : [];
      const expected = socketVerdict(path, combination);
      const got = await open(concrete(path), headers, protocols);
      if (got !== expected) wrong.push(`${combination.join(' ')}: ${got} instead of ${expected}`);
    });
    expect(wrong).toEqual([]);
  });
});

function socketVerdict(
  path: string,
  [host, origin, site, , bearer]: readonly (string | undefined)[],
): string {
  if (host !== hosts()[0]) return 'host_refused';
  if (origin !== undefined && origin !== origins()[1]) return 'origin_refused';
  if (site === 'cross-site') return 'cross_site_refused';
  if (bearer === undefined) return WEB_SOCKETS[path] === 'acts' ? 'token_required' : 'passed';
  return bearer === token ? 'passed' : 'token_wrong';
}

/** `passed` for an open WebSocket, or the code with which it was refused. */
function open(path: string, headers: Record<string, string>, protocols: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocols, { headers });
    socket.on('open', () => {
      // The token is not repeated to whoever reads the answer.
      resolve(socket.protocol === (protocols[0] ?? '') ? 'passed' : `protocol ${socket.protocol}`);
      socket.terminate();
    });
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve((JSON.parse(body) as { code: string }).code));
    });
    socket.on('error', reject);
  });
}

function present(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function product(...lists: readonly (readonly (string | undefined)[])[]): (string | undefined)[][] {
  return lists.reduce<(string | undefined)[][]>(
    (combinations, list) =>
      combinations.flatMap((combination) => list.map((value) => [...combination, value])),
    [[]],
  );
}

async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
