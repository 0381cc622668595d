// What a recorder tells the server, as a server hears it: numbers while nobody watches, and seldom; everything when somebody
// does.

import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { removeServerEntry, writeServerEntry } from '../../../src/data/server-registry.ts';
import type { ExtractionEvent } from '../../../src/model/event.ts';
import { type Line, linesOf } from '../../../src/session/live-frames.ts';
import type { LiveSource } from '../../../src/session/live-source.ts';
import { Publisher } from '../../../src/session/publisher.ts';
import { sharedFolder } from '../api/shared-folder.ts';
import { sampleEvent, sampleSession } from '../data/samples.ts';

const TELL_EVERY_MS = 100;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A server that only listens, and a publisher that has found it. */
async function published() {
  const dbPath = join(sharedFolder(), 'wrapper.db');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  endings.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const facts = { url, host: '127.0.0.1', port, session_id: null, version: '0.0.0', database_id: 'any' };
  const entry = writeServerEntry(dbPath, { ...facts, started_at: new Date().toISOString() });
  endings.push(() => removeServerEntry(dbPath, entry));

  const found: ExtractionEvent[] = [];
  const source: LiveSource = {
    session: sampleSession(),
    state: {
      stateSeq: 2,
      change: {
        sessionId: sampleSession().sessionId,
        timestamp: sampleSession().startedAt,
        state: 'running',
        exitCode: null,
        metadata: null,
      },
    },
    get lastSeq() {
      return found.length;
    },
    storedSeq: 0,
    get lastEventAt() {
      return found.at(-1)?.timestamp ?? null;
    },
    isBehind: false,
    unstored: (seq) => found.slice(seq),
    recordingPosition: () => ({ elapsedMs: 0, offset: null, cols: 80, rows: 24 }),
  };
  const host = { startServer: () => {}, control: () => Promise.reject(new Error('nobody asks')) };
  const publisher = new Publisher({ dbPath, mayServe: false, source, host });
  endings.push(() => publisher.close());

  const lines: Line[] = [];
  const connected = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  publisher.start();
  const socket = await connected;
  socket.on('message', (data) => lines.push(...linesOf(data as Buffer)));
  /** One piece of work of the recorder, in which it finds an event. */
  const work = (): void => {
    const event = sampleEvent(found.length + 1);
    found.push(event);
    publisher.event(event);
    publisher.flush();
  };
  await expect.poll(() => lines.map(({ kind }) => kind)).toEqual(['message']);
  lines.length = 0;
  return { publisher, work, lines, socket, found };
}

it('is told numbers while nobody watches, no more often than it is worth', async () => {
  const { publisher, work, lines, found } = await published();
  const began = performance.now();
  for (let count = 0; count < 1000; count++) work();
  const took = performance.now() - began;
  await expect
    .poll(() => {
      publisher.flush();
      return lines.at(-1);
    })
    .toEqual({ kind: 'stored', storedSeq: 0, lastSeq: 1000, lastEventAt: found.at(-1)!.timestamp });
  expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(['stored']));
  // The first, the last, and those between.
  expect(lines.length).toBeLessThanOrEqual(2 + took / TELL_EVERY_MS);
  const told = lines.length;
  await expect
    .poll(() => {
      publisher.flush();
      return performance.now() - began;
    })
    .toBeGreaterThan(took + 2 * TELL_EVERY_MS);
  expect(lines).toHaveLength(told);
});

it('is told every event when somebody watches, and numbers of none', async () => {
  const { work, lines, socket } = await published();
  for (let count = 0; count < 3; count++) work();
  socket.send(JSON.stringify({ type: 'want', events: true, output: false }));
  await expect.poll(() => lines.some(({ kind }) => kind === 'all_sent')).toBe(true);
  for (let count = 0; count < 3; count++) work();
  await expect.poll(() => lines.filter(({ kind }) => kind === 'event')).toHaveLength(6);
  const after = lines.slice(lines.findIndex(({ kind }) => kind === 'event'));
  expect(after.map((line) => (line.kind === 'event' ? line.seq : line.kind))).toEqual([
    1,
    2,
    3,
    'all_sent',
    4,
    5,
    6,
  ]);
});
