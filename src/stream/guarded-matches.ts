// Matches of the users' patterns that run on V8's engine, which can run away. They are found batch by batch under
// the watchdog; when a batch is stopped, the pattern that hangs is found, and not used again in the session.

import type { Match } from './expression.ts';
import type { PatternMatcher } from './pattern-matcher.ts';
import { TIME_LIMIT_MS, TIMED_OUT, withinTimeLimit } from './watchdog.ts';

/** What one pattern may cost in a batch that had to be tried line by line, in all. */
const SLOW_LIMIT_MS = 5 * TIME_LIMIT_MS;

/** A line with its candidates, and room for what the guarded ones among them match. */
export interface GuardedLine {
  readonly text: string;
  readonly candidates: readonly number[];
  guarded?: Map<number, readonly Match[]>;
}

interface Task {
  readonly line: GuardedLine;
  readonly position: number;
}

export class GuardedMatches {
  readonly #matcher: PatternMatcher;
  readonly #onDisabled: (pattern: string, reason: string) => void;
  /** Positions of the guarded patterns that are still used. */
  readonly #positions: Set<number>;

  constructor(matcher: PatternMatcher, onDisabled: (pattern: string, reason: string) => void) {
    this.#matcher = matcher;
    this.#onDisabled = onDisabled;
    this.#positions = new Set(matcher.ranked.flatMap(({ guarded }, position) => (guarded ? [position] : [])));
  }

  /** Whether there is anything to guard. */
  get needed(): boolean {
    return this.#positions.size > 0;
  }

  /** Fills in `guarded` of every line of a batch. */
  find(lines: readonly GuardedLine[]): void {
    const tasks: Task[] = [];
    for (const line of lines) {
      for (const position of line.candidates)
        if (this.#positions.has(position)) tasks.push({ line, position });
    }
    if (tasks.length === 0 || this.#run(tasks)) return;
    for (const position of this.#positions) {
      const own = tasks.filter((task) => task.position === position);
      if (own.length > 0 && !this.#run(own)) this.#runLineByLine(own);
    }
  }

  /** All tasks under one time limit; false, and nothing filled in, when it was exceeded. */
  #run(tasks: readonly Task[]): boolean {
    const found = withinTimeLimit(() =>
      tasks.map(({ line, position }) => this.#matcher.matches(position, line.text)),
    );
    if (found === TIMED_OUT) return false;
    for (const [index, { line, position }] of tasks.entries()) {
      line.guarded ??= new Map();
      line.guarded.set(position, found[index]!);
    }
    return true;
  }

  /** Tasks of one pattern: what it matches before the line on which it hangs still counts. */
  #runLineByLine(tasks: readonly Task[]): void {
    const start = performance.now();
    for (const task of tasks) {
      const hangs = !this.#run([task]);
      if (!hangs && performance.now() - start < SLOW_LIMIT_MS) continue;
      this.#positions.delete(task.position);
      const { pattern } = this.#matcher.ranked[task.position]!;
      const reason = hangs
        ? `it took more than ${TIME_LIMIT_MS} ms on a line of ${task.line.text.length} characters`
        : `it took more than ${SLOW_LIMIT_MS} ms on ${tasks.length} lines`;
      this.#onDisabled(pattern.name, reason);
      return;
    }
  }
}
