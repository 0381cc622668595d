// How many connections may be open. One more is told so and closed, instead of being reset or left to wait; what that
// costs does not grow with how many come.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from './limits.ts';
import { ApiProblem } from './problem.ts';
import { problemBytes } from './problem-answer.ts';

/** How long a refused connection may take to read the answer, in milliseconds. */
const LINGER_MS = 1000;

export class Connections {
  readonly #open = new Set<Socket>();
  readonly #most: number;
  /** Those that were refused and have not closed yet. */
  readonly #refused = new Set<Socket>();
  readonly #refusal: Buffer;

  constructor(most: number = LIMITS.connections) {
    this.#most = most;
    const problem = new ApiProblem('overloaded', `${most} connections are open already`, {
      headers: { 'Retry-After': '5' },
    });
    this.#refusal = problemBytes(problem, 'none');
  }

  get open(): number {
    return this.#open.size;
  }

  /** Stands before the server's own handling of new connections; call it before the server listens. */
  guard(server: Server): void {
    const accept = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (this.#open.size >= this.#most) {
        this.#refuse(socket);
        return;
      }
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      for (const listener of accept) listener.call(server, socket);
    });
  }

  destroyAll(): void {
    for (const socket of [...this.#open, ...this.#refused]) socket.destroy();
  }

  #refuse(socket: Socket): void {
    socket.on('error', () => {});
    // In a flood there is no waiting for anybody.
    if (this.#refused.size >= LIMITS.refusals) {
      socket.end(this.#refusal, () => socket.destroy());
      return;
    }
    this.#refused.add(socket);
    socket.once('close', () => this.#refused.delete(socket));
    // Closing a connection with unread bytes resets it, and the answer would be lost with it.
    socket.resume();
    socket.end(this.#refusal);
    socket.setTimeout(LINGER_MS, () => socket.destroy());
  }
}
