// The lines of one stream → findings: through the stateful recognisers (code blocks, stack traces, places on other
// lines), each of which may take a line or hold it back, then the patterns. A line inside a block or a trace
// reports nothing but redactions.

import type { Finding, Metadata, StreamName } from '../model/event.ts';
import { type Pattern, riskOf } from '../model/pattern.ts';
import { CodeBlockTracker, type FencedBlock, type LineInput } from './code-blocks.ts';
import type { Match } from './expression.ts';
import type { GuardedLine } from './guarded-matches.ts';
import { FENCE, LOCATION, marksOf, REDACTED, TRACE } from './line-marks.ts';
import { type Location, LocationTracker } from './locations.ts';
import {
  captureMetadata,
  cutBytes,
  MAX_VALUE_BYTES,
  matchedValue,
  type PatternMatcher,
} from './pattern-matcher.ts';
import { type StackTrace, StackTraceTracker, type TraceStep } from './stack-traces.ts';

/** A line on its way to the patterns. */
export interface Line extends LineInput, GuardedLine {
  /** Length of the whole line in bytes when it was cut, else 0. */
  readonly cutFrom: number;
}

/** What the redactor leaves in place of a secret. */
const REDACTION = /\[REDACTED:([A-Za-z0-9_.-]{1,64})\]/g;
const MAX_REDACTIONS = 64;

const NO_MATCHES: readonly Match[] = [];

/** What waits for lines to come is decided when none has come for so long, in µs of recorded time. */
const QUIET_US = 250_000;
const MICROSECONDS_PER_MS = 1000;

/** A time in ms as a recording keeps it: whole microseconds, so that what is read again compares as it did. */
export function recordedUs(elapsedMs: number): number {
  return Math.round(elapsedMs * MICROSECONDS_PER_MS);
}

export class StreamFindings {
  readonly #stream: StreamName;
  readonly #matcher: PatternMatcher;
  readonly #emit: (finding: Finding) => void;
  readonly #blocks = new CodeBlockTracker<Line>();
  readonly #traces = new StackTraceTracker<Line>();
  readonly #locations = new LocationTracker<Line>();
  /** Time of the last line that came while something waited. */
  #lastLineUs = 0;

  constructor(stream: StreamName, matcher: PatternMatcher, emit: (finding: Finding) => void) {
    this.#stream = stream;
    this.#matcher = matcher;
    this.#emit = emit;
  }

  /** Whether it needs every line now, and not only candidates. */
  get attentive(): boolean {
    return this.#blocks.open || this.#traces.open || this.#locations.open;
  }

  /** When what waits is decided if no line comes, in µs as `recordedUs` gives them; Infinity while nothing waits. */
  get dueUs(): number {
    return this.#traces.open || this.#locations.open ? this.#lastLineUs + QUIET_US : Number.POSITIVE_INFINITY;
  }

  feed(line: Line): void {
    this.#lastLineUs = recordedUs(line.elapsedMs);
    const marks = this.#marks(line);
    if ((marks & REDACTED) !== 0) this.#reportRedactions(line);
    if ((this.#blocks.open || (marks & FENCE) !== 0) && this.#takenByBlock(line)) return;
    if (this.#traces.open || (marks & TRACE) !== 0) this.#follow(this.#traces.feed(line));
    else this.#locate(line);
  }

  /** The end of the stream: what still waits is reported. */
  end(): void {
    this.release();
    const open = this.#blocks.end();
    if (open !== undefined) this.#reportBlock(open);
  }

  #marks(line: Line): number {
    return marksOf(line.candidates, this.#matcher.ranked.length);
  }

  /** Whether a line belongs to a code block, fences included. */
  #takenByBlock(line: Line): boolean {
    const inside = this.#blocks.quiet;
    const closed = this.#blocks.feed(line);
    if (!inside && this.#blocks.quiet) this.release();
    if (closed !== undefined) this.#reportBlock(closed);
    return inside || this.#blocks.quiet;
  }

  /** What was held back for lines to come is held no longer. */
  release(): void {
    this.#follow(this.#traces.end());
    for (const located of this.#locations.end()) this.#match(located.line, located.location);
  }

  #follow(steps: readonly TraceStep<Line>[]): void {
    for (const step of steps) {
      if (step.kind === 'trace') this.#reportTrace(step.trace);
      else this.#locate(step.line);
    }
  }

  #locate(line: Line): void {
    if (this.#locations.open || (this.#marks(line) & LOCATION) !== 0) {
      for (const located of this.#locations.feed(line)) this.#match(located.line, located.location);
    } else {
      this.#match(line, undefined);
    }
  }

  #match(line: Line, location: Location | undefined): void {
    const { candidates } = line;
    if (candidates.length === 0) return;
    const guarded = (position: number): readonly Match[] => line.guarded?.get(position) ?? NO_MATCHES;
    this.#matcher.match(line.text, candidates, guarded, (pattern, match) =>
      this.#report(line, pattern, match, location),
    );
  }

  #report(line: Line, pattern: Pattern, match: Match, location: Location | undefined): void {
    const metadata: Metadata = {};
    captureMetadata(match, metadata);
    if (location !== undefined && (pattern.type === 'error' || pattern.type === 'warning')) {
      for (const [key, value] of Object.entries(location)) metadata[key] ??= value;
    }
    this.#emit({
      eventType: pattern.type,
      pattern: pattern.name,
      matchedValue: matchedValue(pattern, match),
      ...this.#place(line, metadata),
      riskLevel: riskOf(pattern),
      autoConfirmable: pattern.autoConfirmable ?? false,
      block: null,
    });
  }

  #reportBlock({ opening, block }: FencedBlock<Line>): void {
    this.#emit({
      eventType: 'code_block',
      pattern: 'code_block',
      matchedValue: block.language,
      ...this.#place(opening, { line_end: block.lineEnd }),
      riskLevel: 'none',
      autoConfirmable: false,
      block,
    });
  }

  #reportTrace({ pattern, value, first, metadata }: StackTrace<Line>): void {
    this.#emit({
      eventType: 'stack_trace',
      pattern,
      matchedValue: cutBytes(value, MAX_VALUE_BYTES),
      ...this.#place(first, { ...metadata }),
      riskLevel: 'medium',
      autoConfirmable: false,
      block: null,
    });
  }

  #reportRedactions(line: Line): void {
    let count = 0;
    for (const mark of line.text.matchAll(REDACTION)) {
      if (++count > MAX_REDACTIONS) return;
      this.#emit({
        eventType: 'secret',
        pattern: mark[1]!,
        matchedValue: mark[0],
        ...this.#place(line, {}),
        riskLevel: 'high',
        autoConfirmable: false,
        block: null,
      });
    }
  }

  /** Where a finding stands, and the mark of a line that was cut. */
  #place(line: Line, metadata: Metadata) {
    if (line.cutFrom > 0) {
      metadata['truncated'] = true;
      metadata['line_bytes'] = line.cutFrom;
    }
    return {
      originalLine: line.text,
      lineNumber: line.number,
      stream: this.#stream,
      elapsedMs: line.elapsedMs,
      metadata: Object.keys(metadata).length > 0 ? metadata : null,
    };
  }
}
