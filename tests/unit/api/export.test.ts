// The export endpoint: a real server, over a real database.

import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EXPORT_FORMATS, FORMAT_DETAILS } from '../../../src/api/export/export.ts';
import { type RunningServer, startServer } from '../../../src/api/server.ts';
import {
  exported,
  ID,
  newDatabasePath,
  printedBlock,
  storeSession,
  withDatabase,
} from '../export/sessions.ts';

async function serve(dbPath: string): Promise<RunningServer> {
  const server = await startServer({ dbPath, version: '0.1.0', port: 0 });
  onTestFinished(() => server.close());
  return server;
}

function smallSession(): string {
  const dbPath = newDatabasePath();
  const { block, event } = printedBlock('const x = 1;', 2);
  storeSession(dbPath, {
    events: [{}, event],
    blocks: [block],
    pieces: [{ stream: 'stdout', text: 'one é\n', elapsedMs: 5 }],
  });
  return dbPath;
}

/** More than the buffers between a server and a client take. */
function largeSession(): string {
  const dbPath = newDatabasePath();
  const text = `${'x'.repeat(1000)}\n`.repeat(50);
  const pieces = Array.from({ length: 600 }, (_, index) => ({
    stream: 'stdout' as const,
    text,
    elapsedMs: index,
  }));
  storeSession(dbPath, { events: Array.from({ length: 2000 }, () => ({})), pieces });
  return dbPath;
}

/** Files in the folder of the database that this process has open. */
function openFiles(dbPath: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`);
      } catch {
        return ''; // closed since it was listed
      }
    })
    .filter((path) => path.startsWith(dirname(dbPath)) && path.includes('.cast'));
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error('gave up waiting');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('GET /api/replay/export/{id}', () => {
  it.each(EXPORT_FORMATS)('answers %s as the command line writes it', async (format) => {
    const dbPath = smallSession();
    const { url } = await serve(dbPath);
    const response = await fetch(`${url}/api/replay/export/${ID}?format=${format}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(FORMAT_DETAILS[format].mediaType);
    expect(response.headers.get('content-disposition')).toMatch(
      new RegExp(`^(inline|attachment); filename="${ID}[a-z0-9.]+"$`),
    );
    expect(await response.text()).toBe(await exported(dbPath, format));
  });

  it.each(EXPORT_FORMATS)('answers %s when a BLOB was put where text belongs', async (format) => {
    const dbPath = smallSession();
    withDatabase(dbPath, (database) =>
      database.write(() => {
        database
          .prepare("UPDATE extraction_events SET matched_value = x'70ff71', original_line = x'00ff'")
          .run();
        database.prepare("UPDATE process_sessions SET command = x'70ff71'").run();
        database.prepare("UPDATE code_blocks SET content = x'70ff71'").run();
      }),
    );
    const { url } = await serve(dbPath);
    const response = await fetch(`${url}/api/replay/export/${ID}?format=${format}`);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).not.toMatch(/"Buffer"|112,255,113/);
    if (format !== 'txt' && !format.startsWith('cast')) expect(text).toContain('p\ufffdq');
  });

  it('answers json when it is not told a format, and leaves the recording out when told', async () => {
    const dbPath = smallSession();
    const { url } = await serve(dbPath);
    const whole = (await (await fetch(`${url}/api/replay/export/${ID}`)).json()) as { recording: unknown };
    expect(whole.recording).not.toBeNull();
    const part = await (await fetch(`${url}/api/replay/export/${ID}?output=false`)).text();
    expect(part).toBe(await exported(dbPath, 'json', ID, true));
    expect((JSON.parse(part) as { recording: unknown }).recording).toBeNull();
  });

  it.each(['jsonl', 'csv', 'md', 'html', 'har'])('answers %s without the recording', async (format) => {
    const { url } = await serve(smallSession());
    const response = await fetch(`${url}/api/replay/export/${ID}?format=${format}&output=false`);
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain('one é');
  });

  it.each([
    ['?format=pdf', 400, 'parameter_invalid', /har, cast, cast3, json, jsonl, csv, md, html, txt/],
    ['?fromat=json', 400, 'parameter_unknown', /format/],
    ['?format=json&output=maybe', 400, 'parameter_invalid', /output/],
    [
      '?format=cast&output=false',
      400,
      'parameter_invalid',
      /^output: does not go with format=cast, cast3, txt/,
    ],
    ['?format=cast3&output=0', 400, 'parameter_invalid', /^output: does not go with/],
    ['?format=txt&output=false', 400, 'parameter_invalid', /^output: does not go with/],
  ])('refuses %s', async (query, status, code, detail) => {
    const { url } = await serve(smallSession());
    const response = await fetch(`${url}/api/replay/export/${ID}${query}`);
    expect(response.status).toBe(status);
    const problem = (await response.json()) as { code: string; detail: string };
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(detail);
  });

  it('does not know another session, nor a recording that is not there', async () => {
    const dbPath = smallSession();
    const { url } = await serve(dbPath);
    const unknown = await fetch(`${url}/api/replay/export/sess_zzzzzzzzzzzz`);
    expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([
      404,
      'session_unknown',
    ]);
    rmSync(`${dirname(dbPath)}/sessions`, { recursive: true });
    const absent = await fetch(`${url}/api/replay/export/${ID}?format=cast`);
    expect([absent.status, ((await absent.json()) as { code: string }).code]).toEqual([
      404,
      'recording_absent',
    ]);
    expect((await fetch(`${url}/api/replay/export/${ID}?format=md`)).status).toBe(200);
  });

  it('answers HEAD without making the file', async () => {
    const dbPath = largeSession();
    const { url } = await serve(dbPath);
    const response = await fetch(`${url}/api/replay/export/${ID}?format=cast`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-asciicast');
    await until(() => openFiles(dbPath).length === 0);
  });

  it('frees everything when the client goes away', async () => {
    const dbPath = largeSession();
    const { url } = await serve(dbPath);
    const leave = new AbortController();
    const response = await fetch(`${url}/api/replay/export/${ID}?format=cast`, { signal: leave.signal });
    const reader = response.body!.getReader();
    await reader.read();
    expect(openFiles(dbPath)).toHaveLength(1);
    leave.abort();
    await reader.read().catch(() => undefined);
    await until(() => openFiles(dbPath).length === 0);
  });

  it('waits for a client that does not read', async () => {
    const dbPath = largeSession();
    const { url } = await serve(dbPath);
    const response = await fetch(`${url}/api/replay/export/${ID}?format=cast`);
    const reader = response.body!.getReader();
    let bytes = (await reader.read()).value!.length;
    // Everything else goes on meanwhile, and the file stays open: it has not been read to its end into memory.
    for (let asked = 0; asked < 5; asked++) expect((await fetch(`${url}/api/health`)).status).toBe(200);
    expect(openFiles(dbPath)).toHaveLength(1);
    for (let step = await reader.read(); !step.done; step = await reader.read()) bytes += step.value.length;
    expect(bytes).toBe(Buffer.byteLength(await exported(dbPath, 'cast')));
  });

  it('breaks the connection off when something fails in the middle', async () => {
    const dbPath = largeSession();
    const server = await serve(dbPath);
    const { database } = server.context;
    const response = await fetch(`${server.url}/api/replay/export/${ID}?format=jsonl`);
    const reader = response.body!.getReader();
    await reader.read();
    database.close();
    const rest = (async () => {
      for (let step = await reader.read(); !step.done; step = await reader.read());
    })();
    await expect(rest).rejects.toThrow();
  });
});
