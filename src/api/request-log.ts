// What passes through the server: an id for each request, counters for /api/health, and at --verbose one line for each
// request. The line names the route and not the address, so that neither ids nor queries nor tokens get into a log.

import { randomBytes } from 'node:crypto';
import type { SlowQuery } from '../data/query-timings.ts';

export interface TrafficCounts {
  readonly total: number;
  readonly by_status: Readonly<Record<string, number>>;
  readonly in_flight: number;
}

export class Traffic {
  readonly #prefix = randomBytes(4).toString('hex');
  readonly #byStatus = new Map<number, number>();
  readonly #log: ((line: string) => void) | undefined;
  #total = 0;
  #inFlight = 0;

  /** @param log takes a line for each request; absent when nobody wants to read it */
  constructor(log?: (line: string) => void) {
    this.#log = log;
  }

  /** Begins a request and returns its id, which is unique among servers, too. */
  begin(): string {
    this.#total++;
    this.#inFlight++;
    return `${this.#prefix}-${this.#total.toString(36)}`;
  }

  /**
   * Ends it. `status` is 0 when the client went away before there was an answer.
   *
   * @param route names the endpoint; called only when a line is written
   */
  end(requestId: string, method: string, status: number, ms: number, route: () => string): void {
    this.#inFlight--;
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
    this.#log?.(`${method} ${route()} ${status === 0 ? 'aborted' : status} ${ms.toFixed(1)} ms ${requestId}`);
  }

  counts(): TrafficCounts {
    return {
      total: this.#total,
      by_status: Object.fromEntries(
        [...this.#byStatus]
          .sort(([left], [right]) => left - right)
          .map(([status, count]) => [status === 0 ? 'aborted' : status, count]),
      ),
      in_flight: this.#inFlight,
    };
  }
}

/** A slow query with the plan that SQLite made for it; the statement holds no values. */
export function slowQueryLine({ ms, rows, shape, plan }: SlowQuery): string {
  return `slow query: ${ms.toFixed(1)} ms, ${rows} rows: ${shape} [${plan.join('; ')}]`;
}
