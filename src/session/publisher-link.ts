// Finds the server of a database, keeps one connection to it, and finds another when it is gone; when there is none, tries
// to be the one who serves. Never gives up while the session runs, and costs next to nothing when nothing is to be found.

import { WebSocket } from 'ws';
import { readServerEntry } from '../data/server-registry.ts';
import { ensureServerToken } from '../data/server-token.ts';
import { messageOf } from '../model/errors.ts';
import { Election } from './election.ts';

/** Pause between two tries, in ms: with chance in it, so that ten sessions do not all try at once. */
const RETRY_MS = 40;
const RETRY_SPREAD_MS = 60;
/** After this long without success (ms) the pauses become as long as that. */
const PATIENT_AFTER_MS = 10_000;
const PATIENT_RETRY_MS = 1000;
const HANDSHAKE_TIMEOUT_MS = 2000;
/** A server of ours that has ended this often is not started again. */
const MOST_SERVERS = 3;
const LARGEST_MESSAGE = 1024 * 1024;

export interface ServerLinkOptions {
  readonly dbPath: string;
  readonly mayServe: boolean;
  /** A session that cannot keep up with its own output does not take on serving others. */
  isBusy(): boolean;
  startServer(): void;
  onOpen(socket: WebSocket): void;
  onClose(): void;
  /** May throw for what it does not understand: the connection is then given up. */
  onMessage(text: string): void;
}

export class ServerLink {
  readonly #options: ServerLinkOptions;
  readonly #election: Election;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #seekingSince = 0;
  #ours: 'none' | 'starting' | 'listening' = 'none';
  #serversEnded = 0;
  /** Why the last try failed. */
  #failure: string | undefined;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#election = new Election(options.dbPath);
  }

  /** Why there is no connection at the moment, if that is known. */
  get failure(): string | undefined {
    return this.#failure;
  }

  start(): void {
    this.#seekingSince = performance.now();
    this.#seek();
  }

  serverChanged(state: 'listening' | 'ended'): void {
    if (state === 'ended') {
      this.#serversEnded++;
      this.#ours = 'none';
      // Another may have more luck, and whoever waits for the right to serve must not wait for us.
      this.#election.resign();
    } else {
      this.#ours = 'listening';
    }
    if (this.#socket === undefined) this.#seekSoon(0);
  }

  /** Ends the connection. The right to serve stays with the process until it ends, because its server does. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#socket = undefined;
    if (this.#ours === 'none') this.#election.close();
  }

  #seek(): void {
    if (this.#closed || this.#socket !== undefined) return;
    try {
      const entry = readServerEntry(this.#options.dbPath);
      if (entry !== undefined) this.#connect(entry.url, ensureServerToken(this.#options.dbPath));
      else this.#stand();
    } catch (error) {
      this.#failure = messageOf(error);
      this.#seekSoon();
    }
  }

  /** Nobody serves. */
  #stand(): void {
    const candidate = this.#options.mayServe && this.#serversEnded < MOST_SERVERS;
    if (candidate && this.#ours === 'none' && !this.#options.isBusy() && this.#election.tryWin()) {
      this.#ours = 'starting';
      this.#options.startServer();
    }
    this.#seekSoon();
  }

  #connect(url: string, token: string): void {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/publish`, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      perMessageDeflate: false,
      maxPayload: LARGEST_MESSAGE,
      followRedirects: false,
    });
    this.#socket = socket;
    let open = false;
    socket.on('open', () => {
      open = true;
      this.#failure = undefined;
      this.#options.onOpen(socket);
    });
    socket.on('message', (data) => {
      try {
        this.#options.onMessage(String(data));
      } catch (error) {
        this.#failure = messageOf(error);
        socket.terminate();
      }
    });
    // A refused connection, a broken one, a wrong token: `close` follows, and the next try finds out what is true by then.
    socket.on('error', (error) => {
      this.#failure = messageOf(error);
    });
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (open) {
        this.#seekingSince = performance.now();
        this.#options.onClose();
      }
      this.#seekSoon();
    });
  }

  #seekSoon(delay = this.#pause()): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#seek(), delay);
    this.#timer.unref();
  }

  #pause(): number {
    const patient = performance.now() - this.#seekingSince > PATIENT_AFTER_MS;
    return patient ? PATIENT_RETRY_MS : RETRY_MS + Math.random() * RETRY_SPREAD_MS;
  }
}
