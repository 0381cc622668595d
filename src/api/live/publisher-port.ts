// The server's end of a recorder's connection: takes what happens in one session, and brings it commands.

import type { WebSocket } from 'ws';
import type { ControlOutcome, ControlRequest } from '../../model/control.ts';
import {
  type Hello,
  linesOf,
  type OutputStart,
  PUBLISH_PROTOCOL,
  type ToPublisher,
  type ToServer,
} from '../../session/live-frames.ts';
import type { Entry } from './feed.ts';

/** A command that the session's process does not answer within this time, in ms, is not waited for. */
const ANSWER_WITHIN_MS = 10_000;

export interface OutputPiece {
  readonly elapsedMs: number;
  readonly json: Buffer;
}

/** What one message has brought, in the order within each kind. */
export interface Delivery {
  readonly entries: readonly Entry[];
  readonly states: readonly { readonly stateSeq: number; readonly json: Buffer }[];
  readonly outputs: readonly (OutputPiece | OutputStart)[];
  /** Everything that is not stored yet has been sent. */
  readonly allSent: boolean;
  /** Up to where the database has the events, and the last event there is. */
  readonly stored:
    | { readonly storedSeq: number; readonly lastSeq: number; readonly lastEventAt: string | null }
    | undefined;
}

export interface PortEvents {
  onHello(hello: Hello): void;
  onDelivery(delivery: Delivery): void;
  onClose(): void;
  /** The other side does not speak as it should. */
  onFault(error: unknown): void;
}

export class PublisherPort {
  readonly #socket: WebSocket;
  readonly #events: PortEvents;
  readonly #waiting = new Map<number, (outcome: ControlOutcome) => void>();
  readonly #untilSynced: (() => void)[] = [];
  #greeted = false;
  #lastId = 0;
  #wants = { events: false, output: false };
  #synced = false;

  constructor(socket: WebSocket, events: PortEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('message', (data) => {
      try {
        this.#take(data as Buffer);
      } catch (error) {
        this.refuse(error);
      }
    });
    socket.on('close', () => {
      for (const settle of [...this.#waiting.values()]) settle(unreachable);
      for (const resolve of this.#untilSynced.splice(0)) resolve();
      if (this.#greeted) events.onClose();
    });
  }

  /** Says what is of interest from now on. */
  want(events: boolean, output: boolean): void {
    if (this.#wants.events === events && this.#wants.output === output) return;
    if (!events) this.#synced = false;
    this.#wants = { events, output };
    this.#send({ type: 'want', events, output });
  }

  /** Resolves when the recorder has sent everything that is not stored yet, or is gone. */
  synced(): Promise<void> {
    if (this.#synced || !this.#wants.events || this.#socket.readyState !== this.#socket.OPEN)
      return Promise.resolve();
    return new Promise((resolve) => this.#untilSynced.push(resolve));
  }

  /** Never rejects. */
  command(request: ControlRequest): Promise<ControlOutcome> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const settle = (outcome: ControlOutcome): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      const timer = setTimeout(() => settle(unreachable), ANSWER_WITHIN_MS);
      timer.unref();
      this.#waiting.set(id, settle);
      this.#send({ type: 'command', id, request });
    });
  }

  close(): void {
    this.#socket.close(1001);
  }

  /** Ends the connection, because what has come over it could not be taken. */
  refuse(error: unknown): void {
    this.#events.onFault(error);
    this.#socket.close(1008, 'this is not what a recorder says');
  }

  #take(message: Buffer): void {
    const entries: Entry[] = [];
    const states: { stateSeq: number; json: Buffer }[] = [];
    const outputs: (OutputPiece | OutputStart)[] = [];
    let stored: Delivery['stored'];
    let allSent = false;
    for (const line of linesOf(message)) {
      if (!this.#greeted && line.kind !== 'message') throw new Error('it begins without hello');
      if (line.kind === 'event') entries.push(line);
      else if (line.kind === 'state') states.push(line);
      else if (line.kind === 'output') outputs.push(line);
      else if (line.kind === 'stored') stored = line;
      else if (line.kind === 'all_sent') allSent = true;
      else this.#message(line.message, outputs);
    }
    this.#events.onDelivery({ entries, states, outputs, allSent, stored });
    if (!allSent) return;
    this.#synced = true;
    for (const resolve of this.#untilSynced.splice(0)) resolve();
  }

  #message(message: ToServer, outputs: (OutputPiece | OutputStart)[]): void {
    if (message.type === 'hello') {
      if (this.#greeted || message.protocol !== PUBLISH_PROTOCOL) throw new Error('an unknown protocol');
      this.#events.onHello(message);
      this.#greeted = true;
    } else if (!this.#greeted) {
      throw new Error('it begins without hello');
    } else if (message.type === 'output_start') {
      outputs.push(message);
    } else {
      this.#waiting.get(message.id)?.(message.outcome);
    }
  }

  #send(message: ToPublisher): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

const unreachable: ControlOutcome = {
  ok: false,
  code: 'session_not_reachable',
  message: 'the process of the session does not answer',
};
