// The conversation over `/ws/replay/:id`: what is answered.

import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../../../src/api/server.ts';
import { newSample, SESSION_ID } from './sample-session.ts';

/** A busy machine may take its time; nothing is decided by it. */
const PATIENTLY = { timeout: 20_000 };

interface Heard {
  readonly type: string;
  readonly offset_ms?: number;
  readonly request_id?: unknown;
  readonly ok?: boolean;
  readonly state?: { readonly position_ms: number };
  readonly error?: { readonly code: string; readonly message: string };
}

/** A replay of two hundred lines in four seconds. */
async function opened(): Promise<{ socket: WebSocket; heard: Heard[] }> {
  const sample = newSample();
  for (let line = 1; line <= 200; line++) {
    sample.recording!.append('pty', Buffer.from(`line ${line}\r\n`), line * 20.069);
    if (line % 10 === 0) sample.event(line / 10, line * 20.069, line);
  }
  sample.end(4100);
  const server = await startServer({ dbPath: sample.stores.dbPath, version: '0.0.0', port: 0 });
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws/replay/${SESSION_ID}`);
  onTestFinished(async () => {
    socket.terminate();
    await server.close();
  });
  const heard: Heard[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Heard));
  await expect.poll(() => heard.length, PATIENTLY).toBeGreaterThan(1);
  return { socket, heard };
}

describe('a message that is wrong', () => {
  it.each([
    [{ type: 'nope', request_id: 7 }, 7, /^type: /],
    [{ request_id: 'a' }, 'a', /^type: is missing/],
    [{ type: 'pause', foo: 1, request_id: 'b' }, 'b', /^unknown member foo$/],
    [{ type: 'state', foo: 1, request_id: 8 }, 8, /^unknown member foo$/],
    [{ type: 'seek', seq: 1, foo: 1, request_id: 'c' }, 'c', /^unknown member foo$/],
    [{ type: 'speed', speed: 1, foo: 1, request_id: 'd' }, 'd', /^unknown member foo$/],
    [{ type: 'pause', request_id: [1] }, undefined, /^request_id: /],
  ])('is refused under its id: %j', async (message, id, words) => {
    const { socket, heard } = await opened();
    socket.send(JSON.stringify(message));
    const response = () => heard.find(({ type }) => type === 'response');
    await expect.poll(response, PATIENTLY).toBeDefined();
    expect(response()).toMatchObject({ ok: false, error: { code: 'body_invalid' } });
    expect(response()?.request_id).toBe(id);
    expect(response()?.error?.message).toMatch(words);
    expect(heard.some(({ type }) => type === 'replay_state')).toBe(false);
  });
});
