// The server in a real browser: the documentation page works without any other host, and a page of another origin gets
// nothing, whatever it tries.

import { createServer } from 'node:http';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServing } from '../support/serving.ts';
import { temporaryFolder } from '../support/wrapper.ts';

const CHROMIUM = '/usr/bin/chromium';

let browser: Browser;
beforeAll(async () => {
  // Absent is an error and not a reason to skip: apt-get install chromium.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}, 60_000);
afterAll(() => browser.close());

/** A page that remembers what it asked for and what went wrong. */
async function openPage(): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
  const page = await browser.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, requests, complaints };
}

describe('/api/docs', () => {
  it('shows every endpoint, searches and tries them, and loads nothing from elsewhere', async () => {
    const { url } = await startServing(temporaryFolder());
    const { page, requests, complaints } = await openPage();
    await page.goto(`${url}/`);
    await page.waitForSelector('#endpoints details');
    const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as {
      paths: Record<string, object>;
      'x-websockets': object[];
    };
    const operations = Object.values(document.paths).reduce((sum, item) => sum + Object.keys(item).length, 0);
    expect(await page.locator('#endpoints details').count()).toBe(
      operations + document['x-websockets'].length,
    );
    await page.fill('#search', 'code blocks');
    expect(await page.locator('#endpoints details:visible').count()).toBe(1);
    await page.fill('#search', 'health');
    await page.click('#getHealth summary');
    await page.click('#getHealth button');
    await page.waitForSelector('#getHealth .answer:has-text(\'"status": "ok"\')');
    expect(requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe('a page of another origin', () => {
  it('can neither read, nor connect, nor act', async () => {
    const server = await startServing(temporaryFolder(), ['--port', '0', '--verbose']);
    const foreign = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>foreign</title>');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    const { port } = foreign.address() as { port: number };
    const { page } = await openPage();
    // The same site, another port: what SameSite cookies would not stop.
    await page.goto(`http://localhost:${port}/`);
    const target = server.url.replace('127.0.0.1', 'localhost');
    const outcomes = await page.evaluate(tryEverything, target);
    expect(outcomes).toEqual({
      read: 'refused',
      readWithoutCors: 'refused',
      post: 'refused',
      postAsText: 'refused',
      webSocket: 'refused',
      eventSource: 'refused',
      image: 'refused',
      script: 'refused',
    });
    // What the browser hides from the page, the server has refused as well.
    const { requests } = (await (await fetch(`${server.url}/api/health`)).json()) as {
      requests: { by_status: Record<string, number> };
    };
    expect(Object.keys(requests.by_status)).toEqual(['403']);
    expect(requests.by_status['403']).toBeGreaterThanOrEqual(8);
    foreign.close();
  });
});

/** Runs in the page. */
async function tryEverything(target: string): Promise<Record<string, string>> {
  const asked = (path: string, init?: RequestInit): Promise<string> =>
    fetch(target + path, init).then(
      (response) => `${response.type} ${response.status}`,
      () => 'refused',
    );
  const settled = (begin: (done: (outcome: string) => void) => void): Promise<string> => new Promise(begin);
  const { document, EventSource } = globalThis as unknown as {
    document: { createElement(name: string): Loading; head: { append(element: Loading): void } };
    EventSource: new (url: string) => { onopen: () => void; onerror: () => void; close(): void };
  };
  interface Loading {
    src: string;
    onload: () => void;
    onerror: () => void;
  }
  const loaded = (name: string, path: string): Promise<string> =>
    settled((done) => {
      const element = document.createElement(name);
      element.onload = () => done('loaded');
      element.onerror = () => done('refused');
      element.src = target + path;
      document.head.append(element);
    });
  return {
    read: await asked('/api/query/sessions'),
    readWithoutCors: await asked('/api/query/sessions', { mode: 'no-cors' }),
    post: await asked('/api/query/advanced', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"source":"events"}',
    }),
    postAsText: await asked('/api/query/advanced', {
      method: 'POST',
      mode: 'no-cors',
      headers: { 'content-type': 'text/plain' },
      body: '{"source":"events"}',
    }),
    webSocket: await settled((done) => {
      const socket = new WebSocket(`${target.replace('http', 'ws')}/ws`);
      socket.onopen = () => done('open');
      socket.onerror = () => done('refused');
    }),
    eventSource: await settled((done) => {
      const source = new EventSource(`${target}/api/live`);
      source.onopen = () => done('open');
      source.onerror = () => {
        source.close();
        done('refused');
      };
    }),
    image: await loaded('img', '/api/health'),
    script: await loaded('script', '/api/docs/page.js'),
  };
}
