// The live stream as server-sent events: the same messages as over a WebSocket, each with the cursor at which a client
// goes on after it. What the reader has not taken waits here, and its size is what tells a slow reader.

import type { Outlet } from './outlet.ts';
import type { WriteTurns } from './write-turns.ts';

const HEARTBEAT_EVERY_MS = 15_000;
/** Asked of the reader in one go, in bytes; the rest of the accounting is the subscriber's. */
const HIGH_WATER = 64 * 1024;
const HEARTBEAT = Buffer.from(': still here\n\n');
/** A message tells its type first, and is told by it whether it moves the cursor. */
const TYPE = /^\{"type":"([a-z_]+)"/;
const WITHOUT_CURSOR = new Set(['output', 'screen']);

export class EventStreamOutlet implements Outlet {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #writes: WriteTurns;
  #parts: Buffer[] = [];
  #partBytes = 0;

  /** @param onGone called when the reader has gone away */
  constructor(writes: WriteTurns, onGone: () => void) {
    this.#writes = writes;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => {
          this.#end();
          onGone();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER }),
    );
    this.#heartbeat = setInterval(() => {
      if (this.buffered === 0) this.#controller?.enqueue(HEARTBEAT);
    }, HEARTBEAT_EVERY_MS).unref();
  }

  get buffered(): number {
    return HIGH_WATER - (this.#controller?.desiredSize ?? HIGH_WATER) + this.#partBytes;
  }

  send(json: Buffer, place: { cursor(): string }): void {
    const type = TYPE.exec(json.toString('latin1', 0, 32))?.[1] ?? 'message';
    const id = WITHOUT_CURSOR.has(type) ? '' : `id: ${place.cursor()}\n`;
    if (this.#parts.length === 0) this.#writes.add(() => this.#flush());
    const head = Buffer.from(`${id}event: ${type}\ndata: `);
    this.#parts.push(head, json, END_OF_EVENT);
    this.#partBytes += head.length + json.length + END_OF_EVENT.length;
  }

  close(): void {
    this.#flush();
    const controller = this.#controller;
    this.#end();
    controller?.close();
  }

  #flush(): void {
    if (this.#parts.length === 0) return;
    this.#controller?.enqueue(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#partBytes = 0;
  }

  #end(): void {
    clearInterval(this.#heartbeat);
    this.#controller = undefined;
    this.#parts = [];
    this.#partBytes = 0;
  }
}

const END_OF_EVENT = Buffer.from('\n\n');
