// How long statements take: counted by shape (the text of the statement, which has no values in it), with the slow ones
// kept together with the plan that SQLite makes for them. The memory is bounded, whatever is asked.

/** One statement that was run. */
export interface TimedQuery {
  /** The statement with its parameters as question marks, on one line, cut when it is very long. */
  readonly shape: string;
  readonly ms: number;
  /** Rows that it gave. */
  readonly rows: number;
}

export interface SlowQuery extends TimedQuery {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `EXPLAIN QUERY PLAN`, a line for each step; empty where there is none. */
  readonly plan: readonly string[];
}

export interface ShapeTimings {
  readonly shape: string;
  readonly calls: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly maxMs: number;
  /** Upper bounds of the histogram's bucket in which they are; never more than `maxMs`. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface QueryTimingsSummary {
  readonly calls: number;
  readonly slow: number;
  readonly slowAfterMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface QueryTimingsOptions {
  /** Slower than this is slow, in ms; 100 by default. */
  readonly slowAfterMs?: number | undefined;
  /** Called with each slow query, for a line in the log. */
  readonly onSlow?: ((query: SlowQuery) => void) | undefined;
  /** The plan of a statement; asked once for each slow shape. Must not throw. */
  readonly explain?: ((sql: string) => readonly string[]) | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

const SLOW_AFTER_MS = 100;
/** Shapes that are told apart; what comes later is counted as one. */
const MOST_SHAPES = 200;
const MOST_SLOW = 50;
const LONGEST_SHAPE = 2000;
const OTHERS = '(other statements)';
/** Bounds of the histogram in ms: each half as much again as the one before, from 10 µs to about a minute. */
const BOUNDS = Array.from({ length: 40 }, (_, at) => 0.01 * 1.5 ** at);

class Histogram {
  readonly #counts = new Uint32Array(BOUNDS.length + 1);
  calls = 0;
  rows = 0;
  totalMs = 0;
  maxMs = 0;

  add(ms: number, rows: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && ms > BOUNDS[bucket]!) bucket++;
    this.#counts[bucket]! += 1;
    this.calls += 1;
    this.rows += rows;
    this.totalMs += ms;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  quantile(part: number): number {
    let left = Math.ceil(part * this.calls);
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(BOUNDS[bucket] ?? this.maxMs, this.maxMs);
    }
    return this.maxMs;
  }
}

/** Give `observe` to `openDatabase` as `onQuery`. */
export class QueryTimings {
  readonly slowAfterMs: number;
  readonly #options: QueryTimingsOptions;
  readonly #all = new Histogram();
  readonly #shapes = new Map<string, Histogram>();
  /** The same by the statements themselves, most of which come again: to make a shape costs more than to count. */
  readonly #statements = new Map<string, Histogram>();
  readonly #plans = new Map<string, readonly string[]>();
  readonly #slow: SlowQuery[] = [];
  #slowCalls = 0;

  constructor(options: QueryTimingsOptions = {}) {
    this.#options = options;
    this.slowAfterMs = options.slowAfterMs ?? SLOW_AFTER_MS;
  }

  readonly observe = (sql: string, ms: number, rows: number): void => {
    this.#all.add(ms, rows);
    let histogram = this.#statements.get(sql);
    if (histogram === undefined) {
      histogram = this.#histogram(shapeOf(sql));
      if (this.#statements.size < MOST_SHAPES) this.#statements.set(sql, histogram);
    }
    histogram.add(ms, rows);
    if (ms > this.slowAfterMs) this.#noteSlow(sql, { shape: shapeOf(sql), ms, rows });
  };

  summary(): QueryTimingsSummary {
    const { calls, maxMs } = this.#all;
    const [p50Ms, p99Ms] = [this.#all.quantile(0.5), this.#all.quantile(0.99)];
    return { calls, slow: this.#slowCalls, slowAfterMs: this.slowAfterMs, p50Ms, p99Ms, maxMs };
  }

  /** What took most time in all first. */
  shapes(): ShapeTimings[] {
    return [...this.#shapes]
      .map(([shape, timings]) => ({
        shape,
        calls: timings.calls,
        rows: timings.rows,
        totalMs: timings.totalMs,
        maxMs: timings.maxMs,
        p50Ms: timings.quantile(0.5),
        p99Ms: timings.quantile(0.99),
      }))
      .sort((left, right) => right.totalMs - left.totalMs);
  }

  /** The latest slow queries, the latest last. */
  slow(): readonly SlowQuery[] {
    return [...this.#slow];
  }

  #histogram(shape: string): Histogram {
    const known = this.#shapes.get(shape);
    if (known !== undefined) return known;
    const name = this.#shapes.size < MOST_SHAPES ? shape : OTHERS;
    const histogram = this.#shapes.get(name) ?? new Histogram();
    this.#shapes.set(name, histogram);
    return histogram;
  }

  #noteSlow(sql: string, timed: TimedQuery): void {
    this.#slowCalls += 1;
    const { explain, now = Date.now, onSlow } = this.#options;
    let plan = this.#plans.get(timed.shape);
    if (plan === undefined) {
      plan = explain?.(sql) ?? [];
      if (this.#plans.size < MOST_SHAPES) this.#plans.set(timed.shape, plan);
    }
    const query = { ...timed, at: now(), plan };
    this.#slow.push(query);
    if (this.#slow.length > MOST_SLOW) this.#slow.shift();
    onSlow?.(query);
  }
}

function shapeOf(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST_SHAPE ? line : `${line.slice(0, LONGEST_SHAPE)}…`;
}
