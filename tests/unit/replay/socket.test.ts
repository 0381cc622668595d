// The conversation over `/ws/replay/:id`: what is answered, and what comes in which order.

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

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
}

describe('commands that come quickly after each other', () => {
  it('take the offsets back to the place of a seek only, in whatever order', async () => {
    const { socket, heard } = await opened();
    const commands = [
      { type: 'pause' },
      { type: 'seek', line: 20 },
      { type: 'speed', speed: 2 },
      { type: 'resume' },
    ];
    const orders = permutations(commands);
    const count = (type: string): number => heard.filter((message) => message.type === type).length;
    for (const [index, order] of orders.entries()) {
      for (const command of order) socket.send(JSON.stringify({ ...command, request_id: command.type }));
      await expect.poll(() => count('screen'), PATIENTLY).toBe(index + 1);
      await expect.poll(() => count('response'), PATIENTLY).toBe(4 * (index + 1));
    }
    let floor = 0;
    for (const [index, { type, request_id, ok, offset_ms, state }] of heard.entries()) {
      if (type === 'response') expect(ok).toBe(true);
      const offset = offset_ms ?? state!.position_ms;
      if (request_id === 'seek') expect(offset).toBe(20 * 20.069);
      else expect(offset, JSON.stringify(heard.slice(index - 6, index + 1))).toBeGreaterThanOrEqual(floor);
      floor = offset;
    }
  });
});

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
