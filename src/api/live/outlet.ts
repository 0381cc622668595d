// How messages leave for one subscriber: as WebSocket messages or as server-sent events. A message is finished JSON and
// may be shared with other subscribers. All that is sent in one turn of the event loop goes to the system in one write,
// when it is this subscriber's turn: a crowd of subscribers costs system calls more than anything else.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { WriteTurns } from './write-turns.ts';

export interface Outlet {
  /** Sends a message soon; `place` tells where the subscriber stands after it. */
  send(json: Buffer, place: { cursor(): string }): void;
  /** Bytes that the reader has not taken yet. */
  readonly buffered: number;
  /** Sends what there is and ends. */
  close(): void;
}

const OPEN_BRACKET = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE_BRACKET = Buffer.from(']');
const TEXT = { binary: false } as const;

/** One WebSocket message for each; or, when the client has asked for it, one array for all that come at once. */
export class WebSocketOutlet implements Outlet {
  readonly #socket: WebSocket;
  readonly #connection: Socket;
  readonly #writes: WriteTurns;
  #batch: Buffer[] | undefined;
  #batchBytes = 0;
  #held = false;

  /** @param connection what the WebSocket was made of */
  constructor(socket: WebSocket, connection: Socket, writes: WriteTurns) {
    this.#socket = socket;
    this.#connection = connection;
    this.#writes = writes;
  }

  set batched(batched: boolean) {
    this.#release();
    this.#batch = batched ? [] : undefined;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount + this.#batchBytes;
  }

  send(json: Buffer): void {
    this.#hold();
    if (this.#batch === undefined) {
      this.#write(json);
    } else {
      this.#batch.push(json);
      this.#batchBytes += json.length;
    }
  }

  close(): void {
    this.#release();
    this.#socket.close(1001);
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#connection.cork();
    this.#writes.add(() => this.#release());
  }

  #release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#batch !== undefined && this.#batch.length > 0) {
      const parts = this.#batch.flatMap((json, index) => (index === 0 ? [json] : [COMMA, json]));
      this.#batch = [];
      this.#batchBytes = 0;
      this.#write(Buffer.concat([OPEN_BRACKET, ...parts, CLOSE_BRACKET]));
    }
    this.#connection.uncork();
  }

  #write(json: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(json, TEXT);
  }
}
