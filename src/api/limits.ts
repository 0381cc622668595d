// How much of anything a client may ask for. The server shares a machine with the agent that it shows: what is refused
// here politely would otherwise be taken from it.

export const LIMITS = {
  /** Open connections of all kinds; one more is answered 503 and closed. */
  connections: 1024,
  /** WebSockets of dashboards and scripts, so that plain requests always find a free connection. */
  webSockets: 640,
  /** Connections of recorders, counted apart: a crowd of dashboards must not keep events out. */
  publishers: 256,
  /** Server-sent event streams. */
  eventStreams: 128,
  /** Refused connections that wait for the other side to have read why. */
  refusals: 256,
  /** Bytes of a request body. */
  body: 1024 * 1024,
  /** Bytes of the result of a scan, which holds what was said to a model and what it answered. */
  scanBody: 32 * 1024 * 1024,
  /** Levels of a JSON body. */
  depth: 32,
  /** Characters of path and query. */
  url: 8192,
  /** Bytes of all header lines. */
  headers: 16_384,
  /** Characters of one query parameter. */
  parameter: 1024,
  /** Rows of one answer. */
  page: 1000,
  /** Bytes of one WebSocket message from a client. */
  message: 64 * 1024,
  /** Bytes of one message of a recorder, which carries many events. */
  publishedMessage: 16 * 1024 * 1024,
  /** Requests that act, and wrong tokens, a second; a crowd of twice as many may come at once. */
  actions: 100,
  wrongTokens: 10,
} as const;

/** Bytes that the body of a request to this path may have. */
export function bodyLimitOf(path: string): number {
  return /^\/api\/v1\/scans\/[^/]+\/[^/]+$/.test(path) ? LIMITS.scanBody : LIMITS.body;
}

/** What a server may be started with otherwise: tests send more than anybody. */
export interface RequestRates {
  readonly connections: number;
  readonly actions: number;
  readonly wrongTokens: number;
}

/** Milliseconds. */
export interface Timeouts {
  /** Until all headers of a request have arrived. */
  readonly headers: number;
  /** Until the whole request has arrived. */
  readonly request: number;
  /** How long an idle connection is kept for a next request. */
  readonly keepAlive: number;
  /** How long streams may take to end when the server ends. */
  readonly shutdown: number;
}

export const TIMEOUTS: Timeouts = { headers: 10_000, request: 30_000, keepAlive: 5000, shutdown: 2000 };

/** A bucket that refills: `perSecond` on average, twice as many at once. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  /** `now` gives milliseconds of a monotonic clock. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond * 2;
    this.#at = now();
  }

  /** Takes one; false when none is left. */
  take(): boolean {
    const now = this.#now();
    this.#left = Math.min(this.#perSecond * 2, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
