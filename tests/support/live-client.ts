// A dashboard as the documentation describes it: finds the server by the registry, subscribes, remembers where it was, and
// comes back with that to whoever serves then.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';

export interface LiveMessage {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Registry {
  readonly url: string;
  readonly pid: number;
  readonly session_id: string | null;
}

/** What the registry beside a database says; undefined when there is none. */
export function registryIn(cwd: string, database = 'data/wrapper.db'): Registry | undefined {
  try {
    return JSON.parse(readFileSync(join(cwd, `${database}.server.json`), 'utf8')) as Registry;
  } catch {
    return undefined;
  }
}

export function tokenIn(cwd: string, database = 'data/wrapper.db'): string {
  return readFileSync(join(cwd, `${database}.token`), 'utf8').trim();
}

function hasToken(cwd: string): boolean {
  return existsSync(join(cwd, 'data/wrapper.db.token'));
}

export class LiveClient {
  /** Every message of all connections, in order. */
  readonly messages: LiveMessage[] = [];
  /** How often each event came: `<session>:<seq>`. */
  readonly seen = new Map<string, number>();
  readonly positions = new Map<string, number>();
  connections = 0;
  readonly #cwd: string;
  readonly #subscription: Record<string, unknown>;
  #cursor: string | undefined;
  #socket: WebSocket | undefined;
  #closed = false;

  constructor(cwd: string, subscription: Record<string, unknown> = {}) {
    this.#cwd = cwd;
    this.#subscription = subscription;
  }

  /** Connects, and again whenever the connection breaks, until `close`. */
  start(): this {
    this.#connect();
    return this;
  }

  events(sessionId?: string): LiveMessage[] {
    return this.messages.filter(
      (message) =>
        message.type === 'event' && (sessionId === undefined || message['session_id'] === sessionId),
    );
  }

  states(sessionId: string): string[] {
    return this.messages
      .filter((message) => message.type === 'state' && message['session_id'] === sessionId)
      .map((message) => String(message['state']));
  }

  has(type: string): boolean {
    return this.messages.some((message) => message.type === type);
  }

  send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** Breaks the connection without a word; another follows. */
  drop(): void {
    this.#socket?.terminate();
  }

  close(): void {
    this.#closed = true;
    this.#socket?.terminate();
  }

  #connect(): void {
    if (this.#closed) return;
    const registry = registryIn(this.#cwd);
    if (registry === undefined) {
      setTimeout(() => this.#connect(), 20);
      return;
    }
    // Watching needs no token; before anything has been told there is none.
    const headers = hasToken(this.#cwd) ? { authorization: `Bearer ${tokenIn(this.#cwd)}` } : {};
    const socket = new WebSocket(`${registry.url.replace('http', 'ws')}/ws`, { headers });
    this.#socket = socket;
    socket.on('open', () => {
      this.connections++;
      // From the first event of whatever runs; once live, from there on.
      const sessions = Object.fromEntries(this.positions);
      const after = this.#cursor === undefined ? sessions : { cursor: this.#cursor, sessions };
      socket.send(JSON.stringify({ type: 'subscribe', ...this.#subscription, after }));
    });
    socket.on('message', (data) => {
      const value = JSON.parse(String(data)) as LiveMessage | LiveMessage[];
      for (const message of Array.isArray(value) ? value : [value]) this.#take(message);
    });
    socket.on('error', () => {
      // the one who served is gone: `close` follows
    });
    socket.on('close', () => {
      setTimeout(() => this.#connect(), 20);
    });
  }

  #take(message: LiveMessage): void {
    this.messages.push(message);
    if (message.type === 'live') this.#cursor = message['cursor'] as string;
    if (message.type !== 'event') return;
    const [sessionId, seq] = [message['session_id'] as string, message['seq'] as number];
    const key = `${sessionId}:${seq}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
    this.positions.set(sessionId, seq);
  }
}
