// How messages leave for one subscriber: as WebSocket messages or as server-sent events. A message is finished JSON and
// may be shared with other subscribers.

import type { WebSocket } from 'ws';

export interface Outlet {
  /** Takes a message; `place` tells where the subscriber stands after it. */
  send(json: Buffer, place: { cursor(): string }): void;
  /** Sends what was taken. */
  flush(): void;
  /** Bytes that the reader has not taken yet. */
  readonly buffered: number;
  close(): void;
}

const OPEN_BRACKET = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE_BRACKET = Buffer.from(']');
const TEXT = { binary: false } as const;

/** One WebSocket message for each; or, when the client has asked for it, one array for all that come at once. */
export class WebSocketOutlet implements Outlet {
  readonly #socket: WebSocket;
  #batch: Buffer[] | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  set batched(batched: boolean) {
    this.flush();
    this.#batch = batched ? [] : undefined;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(json: Buffer): void {
    if (this.#batch === undefined) this.#write(json);
    else this.#batch.push(json);
  }

  flush(): void {
    if (this.#batch !== undefined && this.#batch.length > 0) {
      const parts = this.#batch.flatMap((json, index) => (index === 0 ? [json] : [COMMA, json]));
      this.#batch = [];
      this.#write(Buffer.concat([OPEN_BRACKET, ...parts, CLOSE_BRACKET]));
    }
  }

  close(): void {
    this.#socket.close(1001);
  }

  #write(json: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(json, TEXT);
  }
}
