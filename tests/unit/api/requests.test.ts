// Requests as nobody should send them: malformed, oversized, slow, hostile. Every refusal is a problem document with a
// code of the closed list and the security headers.

import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/api/limits.ts';
import { type RunningServer, startServer } from '../../../src/api/server.ts';
import { problemSchema } from '../../../src/model/wire-problem.ts';
import { IDS, makeSampleDatabase } from '../cli/sample-database.ts';
import { head, parseAnswer, type RawAnswer, readAll, sendRaw } from './raw-client.ts';
import { sharedFolder } from './shared-folder.ts';

let server: RunningServer;
let port: number;
const lines: string[] = [];

beforeAll(async () => {
  const dbPath = `${sharedFolder()}/wrapper.db`;
  makeSampleDatabase(dbPath);
  server = await startServer({
    dbPath,
    version: '0.0.0',
    port: 0,
    verbose: true,
    log: (line) => void lines.push(line),
  });
  port = server.port;
});
afterAll(() => server.close());

/** The code of an answer that must be a proper problem document. */
function problemCode(answer: RawAnswer): string {
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  const problem = problemSchema.strict().parse(JSON.parse(answer.body));
  expect(problem.status).toBe(answer.status);
  expect(problem.request_id).toBe(answer.headers['x-request-id']);
  return problem.code;
}

const get = (path: string, headers: readonly string[] = []) =>
  sendRaw(port, head(port, `GET ${path}`, headers));
const post = (path: string, body: string, headers: readonly string[] = []) =>
  sendRaw(
    port,
    head(port, `POST ${path}`, [
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      ...headers,
    ]) + body,
  );

describe('Host', () => {
  it.each([
    ['127.0.0.1:PORT', 200],
    ['localhost:PORT', 200],
    ['[::1]:PORT', 200],
    ['LOCALHOST:PORT', 200],
    ['localhost.:PORT', 200],
    ['127.0.0.1', 403],
    ['localhost', 403],
    ['127.0.0.1:1', 403],
    ['evil.test:PORT', 403],
    ['127.0.0.1.nip.test:PORT', 403],
    ['localhost.evil.test:PORT', 403],
    ['evil.localhost:PORT', 403],
    ['localhost:PORT@evil.test', 403],
    ['0.0.0.0:PORT', 403],
    ['[::]:PORT', 403],
    ['[::1].:PORT', 403],
    ['2130706433:PORT', 403],
    ['', 400],
  ])('%j is answered %i', async (host, status) => {
    const line = `Host: ${host.replace('PORT', String(port))}`;
    const answer = await sendRaw(port, `GET /api/health HTTP/1.1\r\n${line}\r\nConnection: close\r\n\r\n`);
    expect(answer.status).toBe(status);
    if (status !== 200) expect(problemCode(answer)).toBe(status === 400 ? 'host_missing' : 'host_refused');
  });

  it('is wanted once, not twice and not never', async () => {
    const own = `Host: 127.0.0.1:${port}`;
    for (const hosts of [[own, 'Host: evil.test'], ['Host: evil.test', own], [own, own], []]) {
      const answer = await sendRaw(
        port,
        ['GET /api/health HTTP/1.1', ...hosts, 'Connection: close', '', ''].join('\r\n'),
      );
      expect([answer.status, problemCode(answer)]).toEqual([400, 'host_missing']);
    }
  });
});

describe('a link from elsewhere', () => {
  const link = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'];
  it('may lead to the page, which holds no data', async () => {
    expect((await get('/api/docs', link)).status).toBe(200);
  });
  it('may not lead to data', async () => {
    expect(problemCode(await get('/api/query/sessions', link))).toBe('cross_site_refused');
  });
});

describe('sizes', () => {
  it('of the address', async () => {
    expect(problemCode(await get(`/api/query/session/${'x'.repeat(LIMITS.url)}`))).toBe('url_too_long');
  });
  it('of a parameter', async () => {
    expect(problemCode(await get(`/api/query/extractions?q=${'x'.repeat(LIMITS.parameter + 1)}`))).toBe(
      'parameter_invalid',
    );
  });
  it('of the headers', async () => {
    const answer = await get('/api/health', [`X-Large: ${'x'.repeat(1024 * 1024)}`]);
    expect([answer.status, problemCode(answer)]).toEqual([431, 'headers_too_large']);
  });
  it('of the headers, and not by their number: a second Host behind many is seen', async () => {
    const many = Array.from({ length: 2500 }, () => 'a:');
    expect((await get('/api/health', many)).status).toBe(200);
    const answer = await get('/api/health', [...many, 'Host: evil.example']);
    expect(problemCode(answer)).toBe('host_missing');
  });
  it('of a body that says how large it is', async () => {
    const answer = await sendRaw(
      port,
      head(port, 'POST /api/query/advanced', ['Content-Type: application/json', 'Content-Length: 1048577']),
    );
    expect([answer.status, problemCode(answer)]).toEqual([413, 'body_too_large']);
  });
  it('of a body that does not', async () => {
    const piece = `8000\r\n${' '.repeat(0x8000)}\r\n`;
    const answer = await sendRaw(
      port,
      head(port, 'POST /api/query/advanced', [
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ]) +
        piece.repeat(33) +
        '0\r\n\r\n',
    );
    expect([answer.status, problemCode(answer)]).toEqual([413, 'body_too_large']);
  });
  it('of nested JSON', async () => {
    for (const body of ['{"where":'.repeat(60_000), `{"where":${'['.repeat(33)}${']'.repeat(33)}}`]) {
      expect(problemCode(await post('/api/query/advanced', body))).toBe('body_invalid');
    }
  });
});

describe('requests that do not come to their end', () => {
  it.each([
    ['headers', 'GET /api/health HTTP/1.1\r\nHost: '],
    [
      'body',
      'POST /api/query/advanced HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"source"',
    ],
  ])('are answered and closed when the %s take too long', async (_what, start) => {
    const impatient = await startServer({
      dbPath: `${sharedFolder()}/wrapper.db`,
      version: '0.0.0',
      port: 0,
      timeouts: { headers: 100, request: 100 },
    });
    const socket = connect(impatient.port, '127.0.0.1');
    const text = await readAll(socket, () => socket.write(start.replace('PORT', String(impatient.port))));
    const answer = parseAnswer(text);
    expect([answer.status, problemCode(answer)]).toEqual([408, 'request_timeout']);
    await impatient.close();
  });
  it('are answered when they are no HTTP', async () => {
    expect(problemCode(await sendRaw(port, '\x16\x03\x01 hello\r\n\r\n'))).toBe('request_malformed');
  });
  it('are no proxy requests', async () => {
    const answer = await get('http://evil.test/api/health');
    expect(problemCode(answer)).toBe('request_malformed');
  });
  it.each(['*', '*?x', '*x', '?x', 'http:', 'http://', '@', 'api/health'])(
    'have a path, which %s is not',
    async (target) => {
      for (const answer of [await get(target), await post(target, '{}')]) {
        expect([answer.status, problemCode(answer)]).toEqual([400, 'request_malformed']);
      }
      expect((await sendRaw(port, head(port, `HEAD ${target}`))).headers['content-type']).toBe(
        'application/problem+json',
      );
    },
  );
  it('may have a path that begins with several slashes, at which there is nothing', async () => {
    for (const target of ['//', '//api/health', '//user@evil.test/', '//['])
      expect(problemCode(await get(target))).toBe('not_found');
  });
});

describe('ids and names from outside', () => {
  it.each([
    '../x',
    '..%2fx',
    '%2e%2e%2fx',
    '%2e%2e',
    '..%5cx',
    'sess_aaaaaa000001%00',
    'sess_aaaaaa000001/../../x',
    '%00',
    '%ff',
    '%zz',
    'sess_ääääää000001',
    'sess_AAAAAA000001',
    '%F0%9F%92%A9',
    'x'.repeat(7000),
  ])('%.40s finds no session', async (id) => {
    for (const path of [
      '/api/query/session/ID',
      '/api/replay/session/ID',
      '/api/replay/export/ID?format=json',
      '/api/sessions/ID/state',
    ]) {
      const answer = await get(path.replace('ID', Buffer.from(id).toString('latin1')));
      expect([400, 404]).toContain(answer.status);
      expect(['parameter_invalid', 'not_found', 'session_unknown', 'request_malformed']).toContain(
        problemCode(answer),
      );
    }
  });

  it('lead to no other path than the one that was judged', async () => {
    const kill = 'api/sessions/sess_000000000000/kill';
    for (const path of [
      `/api/replay/control/../../../${kill}`,
      `/api/replay/control/..\\..\\..\\${kill.replaceAll('/', '\\').replace('\\kill', '/kill')}`,
      `/api/replay/control/%2e%2e/%2E./.%2e/${kill}`,
      `/./${kill}`,
      `/${kill}#/pause`,
      `/api/replay/control/\tx/pause`,
    ]) {
      const answer = await post(path, '{}');
      expect([path, answer.status]).toEqual([path, 400]);
      expect(problemCode(answer)).toBe('request_malformed');
    }
    // Encoded letters are another matter: the route finds them, and so must the rule about the token.
    expect(problemCode(await post(`/${kill.replace('kill', '%6bill')}`, '{}'))).toBe('token_required');
    expect(problemCode(await post('/%61pi/sessions/sess_000000000000/kill', '{}'))).toBe('token_required');
  });

  it('of any shape are answered properly', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '%2e',
        '%2f',
        '%5c',
        '%00',
        '%',
        '\\',
        '#',
        '@',
        ':',
        ';',
        '?',
        '&',
        '=',
        '[',
      ),
      fc.constantFrom(
        'api',
        'query',
        'sessions',
        'replay',
        'control',
        'session',
        'ws',
        'kill',
        'http:',
        IDS.failed,
      ),
      fc.string({
        minLength: 1,
        maxLength: 4,
        unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
      }),
    );
    const path = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('GET', 'POST'), path, async (method, target) => {
        const answer = method === 'GET' ? await get(target) : await post(target, '{}');
        if (answer.status >= 400) problemCode(answer);
        else expect([200, 302]).toContain(answer.status);
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
  });

  it('of agents and patterns may be anything, and find what is stored under it', async () => {
    for (const name of ['../x', '%', "'; DROP TABLE x; --", '💩', '\u0000', 'codex ']) {
      const answer = await get(`/api/query/stats/agent/${encodeURIComponent(name)}`);
      expect(problemCode(answer)).toBe('agent_unknown');
    }
    expect((await get('/api/query/stats/agent/codex')).status).toBe(200);
  });
});

describe('parameters', () => {
  it.each([
    ['/api/query/extractions?agnet=codex', 'parameter_unknown', 'did you mean agent?'],
    ['/api/query/extractions?type=erorr', 'parameter_invalid', 'Did you mean error?'],
    ['/api/query/extractions?limit=0', 'parameter_invalid', 'is less than 1'],
    ['/api/query/extractions?limit=1001', 'parameter_invalid', 'is more than 1000'],
    ['/api/query/extractions?limit=-1', 'parameter_invalid', 'limit: is not a whole number from 1 to 1000'],
    ['/api/query/extractions?limit=1&limit=2', 'parameter_invalid', 'limit: is given twice'],
    ['/api/query/extractions?limit=ten', 'parameter_invalid', 'is not a whole number'],
    ['/api/query/extractions?from=soon', 'parameter_invalid', 'is not a time'],
    ['/api/query/extractions?from=1763712000', 'parameter_invalid', '1763712000000 if that was seconds'],
    ['/api/query/extractions?from=30m&to=2h', 'query_invalid', 'ends before it begins'],
    ['/api/query/code-blocks?from=30m&to=2h', 'query_invalid', 'ends before it begins'],
    ['/api/query/sessions?from=30m&to=2h', 'query_invalid', 'ends before it begins'],
    ['/api/query/sessions?days=1&to=2d', 'query_invalid', 'ends before it begins'],
    ['/api/query/timeline?from=30m&to=2h', 'query_invalid', 'ends before it begins'],
    ['/api/query/timeline?days=1&from=5d', 'parameter_invalid', 'days: does not go with `from`'],
    ['/api/query/sessions?days=1&from=5d', 'parameter_invalid', 'days: does not go with `from`'],
    ['/api/query/extractions?after_seq=3', 'parameter_invalid', 'after_seq: goes with `session` only'],
    [`/api/replay/session/${IDS.completed}?from=9:99`, 'parameter_invalid', 'from: is no place'],
    [`/api/replay/session/${IDS.completed}?speed=1000`, 'parameter_invalid', 'speed: is more than 100'],
    [`/api/replay/session/${IDS.completed}?speed=1e999`, 'parameter_invalid', 'speed: is more than 100'],
    [`/api/replay/session/${IDS.completed}?speed=-1`, 'parameter_invalid', 'speed: is less than 0.1'],
    [`/api/replay/session/${IDS.completed}?speed=.05`, 'parameter_invalid', 'speed: is less than 0.1'],
    [`/api/replay/session/${IDS.completed}?speed=0x10`, 'parameter_invalid', 'speed: is not a number'],
    [`/api/replay/session/${IDS.completed}?speed=`, 'parameter_invalid', 'speed: is not a number'],
    [
      `/api/replay/session/${IDS.completed}?format=json&follow=1`,
      'parameter_invalid',
      'follow: does not go with',
    ],
    ['/api/query/extractions?agent=', 'parameter_invalid', 'is empty'],
    ['/api/query/extractions?cursor=bm9uc2Vuc2U', 'cursor_invalid', 'cursor'],
    ['/api/query/extractions?offset=10001', 'query_too_large', 'offset'],
    ['/api/query/extractions?offset=x', 'parameter_invalid', 'offset: is not a whole number from 0 on'],
    ['/api/query/code-blocks?digest=xyz', 'parameter_invalid', 'is no digest'],
    ['/api/query/sessions?state=runing', 'parameter_invalid', 'Did you mean running?'],
    ['/api/query/timeline?bucket=month', 'parameter_invalid', 'is not one of'],
    ['/api/query/agents?x=1', 'parameter_unknown', 'unknown parameter x'],
    ['/api/health?x=1', 'parameter_unknown', 'unknown parameter x'],
  ])('%s is %s', async (path, code, words) => {
    const answer = await get(path);
    expect(problemCode(answer)).toBe(code);
    expect((JSON.parse(answer.body) as { detail: string }).detail).toContain(words);
  });

  it.each([
    [`/api/query/session/${IDS.completed.slice(5, 11)}`],
    ['/api/query/session/last'],
    ['/api/replay/session/last'],
    ['/api/replay/export/aaa?format=json'],
    ['/api/query/extractions?session=last'],
    ['/api/live?sessions=last'],
  ])('%s is told that only full ids go', async (path) => {
    const answer = await get(path);
    expect(problemCode(answer)).toBe('parameter_invalid');
    const { detail, hint } = JSON.parse(answer.body) as { detail: string; hint?: string };
    expect(detail).toContain('is no session id (sess_ and more)');
    expect(hint).toMatch(/in full, not its start.*\/api\/query\/sessions.*wrapper sessions --json/);
  });

  it('that name a session that does not exist say where sessions are listed', async () => {
    const answer = await get('/api/query/session/sess_zzzzzz000009');
    expect(problemCode(answer)).toBe('session_unknown');
    expect(JSON.parse(answer.body)).toMatchObject({ hint: '/api/query/sessions lists the sessions.' });
  });

  it('are numbers and flags in the OpenAPI document, within the range that they are taken in', async () => {
    interface Parameter {
      readonly name: string;
      readonly in: string;
      readonly schema: { readonly type: string; readonly minimum?: number; readonly maximum?: number };
    }
    const { paths } = JSON.parse((await get('/api/openapi.json')).body) as {
      paths: Record<string, { get?: { parameters?: Parameter[] } }>;
    };
    const ofPath = (path: string) =>
      Object.fromEntries(
        (paths[path]?.get?.parameters ?? [])
          .filter(({ schema }) => schema.type !== 'string')
          .map(({ name, schema: { type, minimum, maximum } }) => [name, [type, minimum, maximum]]),
      );
    expect(ofPath('/api/query/extractions')).toEqual({
      after_seq: ['integer', 0, undefined],
      limit: ['integer', 1, 1000],
      offset: ['integer', 0, 10_000],
      total: ['boolean', undefined, undefined],
    });
    expect(ofPath('/api/replay/session/{id}')).toEqual({
      speed: ['number', 0.1, 100],
      output: ['boolean', undefined, undefined],
      follow: ['boolean', undefined, undefined],
    });
    expect(ofPath('/api/live')).toEqual({ output: ['boolean', undefined, undefined] });
    for (const query of ['offset=10000', 'limit=1000', 'total=true', 'total=false']) {
      expect([query, (await get(`/api/query/extractions?${query}`)).status]).toEqual([query, 200]);
    }
  });

  it('take a speed in any form of a number', async () => {
    for (const speed of ['1e1', '.5', '0.1234567', '100.0', '0.1', '2.']) {
      const answer = await get(`/api/replay/session/${IDS.completed}?format=json&speed=${speed}`);
      expect([speed, answer.status]).toEqual([speed, 200]);
    }
  });

  it('that are like none are not taken for another', async () => {
    const { detail } = JSON.parse((await get('/api/query/extractions?foo=1')).body) as { detail: string };
    expect(detail).toBe('unknown parameter foo');
  });

  it('take times as people write them', async () => {
    for (const from of [
      '2026-11-20',
      '2026-11-20T10:00Z',
      '2026-11-20T10:00:00%2b01:00',
      '365d',
      '-365d',
      '1700000000000',
    ]) {
      const answer = await get(`/api/query/sessions?from=${from}`);
      expect([from, answer.status]).toEqual([from, 200]);
    }
  });
});

describe('bodies', () => {
  const tooMany = { column: 'id', op: 'in', value: Array(5000).fill(1) };
  const comparison = { column: 'id', op: 'eq', value: 1 };
  const SEEK = `/api/replay/control/rpl_${'0'.repeat(32)}/seek`;
  const ADVANCED = '/api/query/advanced';
  it.each([
    [ADVANCED, { source: 'events', foo: 1 }, 'unknown member foo'],
    [ADVANCED, { source: 'events', page: { size: 1 } }, 'page: unknown member size'],
    [ADVANCED, { source: 'events', where: tooMany }, 'where.value: has more than 1000 values'],
    [
      ADVANCED,
      { source: 'events', where: { and: [comparison, tooMany] } },
      'where.and.1.value: has more than',
    ],
    [ADVANCED, { source: 'events', where: { ...comparison, op: 'is' } }, 'where.op: '],
    [ADVANCED, { source: 'events', where: { ...comparison, not: comparison } }, 'where: unknown member not'],
    [
      ADVANCED,
      { source: 'events', where: { ...comparison, value: {} } },
      'where.value: is neither a value nor',
    ],
    [ADVANCED, { source: 'events', where: {} }, 'where: is no condition'],
    [ADVANCED, { source: 'events', where: 1 }, 'where: is no condition'],
    [ADVANCED, {}, 'source: is missing'],
    [ADVANCED, [], 'The body is no object'],
    [ADVANCED, { source: 'session' }, 'is not one of events, sessions, code_blocks. Did you mean sessions?'],
    [ADVANCED, { source: 7 }, 'source: "7" is not one of events'],
    [ADVANCED, { source: 'events', page: { limit: 0 } }, 'page.limit: is less than 1'],
    [ADVANCED, { source: 'events', page: { limit: 1e9 } }, 'page.limit: is more than '],
    [ADVANCED, { source: 'events', aggregations: {} }, 'aggregations: is no list'],
    [ADVANCED, { source: 'events', group_by: [1] }, 'group_by.0: '],
    [ADVANCED, { source: 'events', page: { limit: '5' } }, 'page.limit: is no '],
    [ADVANCED, { source: 'events', page: { limit: 1.5 } }, 'page.limit: is no whole number'],
    [SEEK, {}, 'is not exactly one of position_ms'],
    [SEEK, { seq: 1, line: 1 }, 'is not exactly one of position_ms'],
    [SEEK, { seq: 0 }, 'seq: '],
  ])('of %s, %j, are refused with what is wrong', async (path, body, words) => {
    const answer = await post(path, JSON.stringify(body));
    expect(problemCode(answer)).toBe('body_invalid');
    const { detail, issues } = problemSchema.parse(JSON.parse(answer.body));
    expect(detail).toContain(words);
    expect(detail).not.toContain('Invalid input');
    expect(issues![0]!.message).not.toBe('');
  });
});

describe('methods', () => {
  it('that an endpoint does not take are told which it takes', async () => {
    const answer = await post('/api/health', '{}', [
      `Authorization: Bearer ${server.context.access.token()}`,
    ]);
    expect([problemCode(answer), answer.headers['allow']]).toEqual([
      'method_not_allowed',
      'GET, HEAD, OPTIONS',
    ]);
    expect(problemCode(await sendRaw(port, head(port, 'TRACE /api/health')))).toBe('method_not_allowed');
  });
  it('OPTIONS allows nobody anything', async () => {
    const answer = await sendRaw(port, head(port, 'OPTIONS /api/query/advanced'));
    expect([answer.status, answer.headers['allow']]).toEqual([204, 'POST, OPTIONS']);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
  it('OPTIONS may be asked of the server as a whole, and of nothing else that is no path', async () => {
    expect((await sendRaw(port, head(port, 'OPTIONS *'))).status).toBe(204);
    for (const target of ['*?x', '*x', '?x', 'http:'])
      expect(problemCode(await sendRaw(port, head(port, `OPTIONS ${target}`)))).toBe('request_malformed');
  });
  it('CONNECT is told that this is no proxy', async () => {
    expect(problemCode(await sendRaw(port, head(port, 'CONNECT example.com:443')))).toBe('request_malformed');
  });
  it('HEAD answers as GET does, without a body, and leaves no stream open', async () => {
    for (const path of [
      '/api/query/agents',
      `/api/replay/session/${IDS.completed}`,
      '/api/live',
      '/nowhere',
    ]) {
      const answer = await sendRaw(port, head(port, `HEAD ${path}`));
      expect([path, answer.status, answer.body]).toEqual([path, path === '/nowhere' ? 404 : 200, '']);
    }
  });
  it('a plain request where a WebSocket is expected', async () => {
    const answer = await get('/ws');
    expect([answer.status, problemCode(answer), answer.headers['upgrade']]).toEqual([
      426,
      'upgrade_required',
      'websocket',
    ]);
  });
  it('an upgrade to something else, or to nothing', async () => {
    const h2c = await sendRaw(port, head(port, 'GET /api/health', ['Connection: Upgrade', 'Upgrade: h2c']));
    expect([h2c.status, JSON.parse(h2c.body).status]).toEqual([200, 'ok']);
    const foreign = await sendRaw(
      port,
      head(port, 'GET /api/health', ['Connection: Upgrade', 'Upgrade: h2c', 'Origin: https://evil.example']),
    );
    expect(problemCode(foreign)).toBe('origin_refused');
    const keyless = await sendRaw(
      port,
      head(port, 'GET /ws', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']),
    );
    expect([keyless.status, problemCode(keyless)]).toEqual([400, 'request_malformed']);
    const expecting = await sendRaw(port, head(port, 'GET /api/health', ['Expect: foo']));
    expect(expecting.status).toBe(200);
    const nowhere = await sendRaw(
      port,
      head(port, 'GET /nowhere', ['Connection: Upgrade', 'Upgrade: websocket']),
    );
    expect(problemCode(nowhere)).toBe('not_found');
  });
});

describe('the log', () => {
  it('names routes, and neither ids nor queries nor tokens', async () => {
    lines.length = 0;
    const token = server.context.access.token();
    await get(`/api/query/session/${IDS.failed}`);
    await get('/api/query/extractions?q=needle', [`Authorization: Bearer ${token}`]);
    await get(`/api/query/agents?token=${token}`);
    expect(lines.map((line) => line.replace(/[\d.]+ ms \S+$/, 'TIME'))).toEqual([
      'GET /api/query/session/{id} 200 TIME',
      'GET /api/query/extractions 200 TIME',
      'GET /api/query/agents 400 TIME',
    ]);
  });
});
