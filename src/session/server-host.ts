// The main thread's side of a server that runs in a wrapped session: starts its thread when the recorder has won the
// right to serve, says how it goes, and ends it with the session. The agent notices nothing of it, whatever happens to it.

import type { Worker } from 'node:worker_threads';

/** What the thread is started with. */
export interface ServerThreadData {
  readonly dbPath: string;
  /** The port that was asked for; null for the usual one, or a free one when that is taken. */
  readonly port: number | null;
  readonly sessionId: string;
  /** The database of the campaigns, when they have one of their own. */
  readonly campaignsDb?: string | undefined;
}

/** Server thread → main thread. */
export type FromServer =
  | { readonly type: 'listening'; readonly url: string }
  /** A session is not shown any more and has not ended: its wrapper may have died. */
  | { readonly type: 'abandoned' }
  | { readonly type: 'failed'; readonly message: string };

/** Main thread → server thread: end everything politely, then the thread; or stand still, because the process ends now. */
export type ToServerThread = { readonly type: 'close' } | { readonly type: 'stand_still' };

export type StartServer = (data: ServerThreadData) => Worker;

/** What the end of the session grants the server to say good-bye to its clients, in ms. */
const CLOSE_WITHIN_MS = 200;

export class ServerHost {
  readonly #data: ServerThreadData;
  readonly #start: StartServer;
  readonly #onChange: (state: 'listening' | 'ended' | 'abandoned') => void;
  #thread: Worker | undefined;
  #url: string | undefined;
  #failure: string | undefined;

  /** @param onChange told when a server that was started is up, when it has ended, and when it misses a session */
  constructor(
    data: ServerThreadData,
    start: StartServer,
    onChange: (state: 'listening' | 'ended' | 'abandoned') => void,
  ) {
    this.#data = data;
    this.#start = start;
    this.#onChange = onChange;
  }

  /** Where this session serves; undefined when it does not. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Why the last server has ended or could not start. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Never throws: a session without a server is a session all the same. */
  start(): void {
    if (this.#thread !== undefined) return;
    try {
      const thread = this.#start(this.#data);
      this.#thread = thread;
      thread.unref();
      thread.on('message', (message: FromServer) => {
        if (message.type === 'listening') {
          this.#url = message.url;
          this.#onChange('listening');
        } else if (message.type === 'abandoned') {
          this.#onChange('abandoned');
        } else {
          this.#failure = message.message;
        }
      });
      thread.on('error', (error) => this.#ended(String(error)));
      thread.on('exit', () => this.#ended(undefined));
    } catch (error) {
      this.#ended(String(error));
    }
  }

  /** Lets the server end politely, but not for long. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WITHIN_MS);
    });
    thread.postMessage({ type: 'close' } satisfies ToServerThread);
    await Promise.race([gone, limit]);
    clearTimeout(timer);
  }

  #ended(reason: string | undefined): void {
    this.#failure = reason ?? this.#failure;
    if (this.#thread === undefined && this.#url === undefined && reason === undefined) return;
    this.#thread = undefined;
    this.#url = undefined;
    this.#onChange('ended');
  }
}
