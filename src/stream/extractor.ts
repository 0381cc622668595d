// Lines → findings. The one interface behind which extraction stands: bytes of the session's streams go in, in
// their order, and findings come out, in an order that depends on nothing but the bytes and their recorded times: no
// clock, no chance, no chunk borders. Reading a recording again gives the same findings with the same line numbers. (The
// one exception is a user's pattern that runs away: when it is stopped depends on the machine.)
//
// A line that may begin a stack trace waits for the next ones, but not for ever: when its stream completes no line for
// a quarter of a second, it is decided. In recorded time, so that it makes no difference whether `settle` was called in
// the silence or the next piece, which is later than it, comes first.

import type { Finding, StreamName } from '../model/event.ts';
import { GuardedMatches } from './guarded-matches.ts';
import { MARK_COUNT, MARK_SOURCES } from './line-marks.ts';
import { LineReader, type LineSink, MAX_LINE_BYTES } from './line-reader.ts';
import { PatternMatcher, rankPatterns } from './pattern-matcher.ts';
import type { PatternSet } from './pattern-set.ts';
import { type Prefilter, prefilterSteps } from './prefilter.ts';
import { type Line, recordedUs, StreamFindings } from './stream-findings.ts';

export interface Extractor {
  /**
   * One piece of one stream.
   *
   * @param piece whole UTF-8 characters (invalid bytes are possible), already redacted; read during the call only
   * @param elapsedMs milliseconds from the start of the session to the chunk
   */
  push(stream: StreamName, piece: Uint8Array, elapsedMs: number): void;
  /**
   * Decides what has waited for long enough. Every later piece must be of this time or later.
   *
   * @param elapsedMs milliseconds from the start of the session to now
   */
  settle(elapsedMs: number): void;
  /** From which time on (ms) `settle` has something to do, should nothing more come; Infinity while nothing waits. */
  readonly settlesAt: number;
  /** Completes unterminated last lines (stderr after the others) and open code blocks and traces. */
  end(elapsedMs: number): void;
  /** Lines completed so far over all streams. */
  readonly lines: number;
}

export interface ExtractorOptions {
  /** Name of the agent, for patterns that are limited to some. */
  readonly agent: string;
  readonly patterns: PatternSet;
  onFinding(finding: Finding): void;
  /** A user's pattern was stopped because it ran away; it is not used again in this session. */
  onDisabled?(pattern: string, reason: string): void;
}

/**
 * So much is tried with every pattern before the prefilter is begun, which costs as much as twice this does: most commands
 * print little. It is built a step a line, because whoever watches a session would see it stop for as long as all of them take.
 */
const UNFILTERED_LINES = 250;
const UNFILTERED_BYTES = 24 * 1024;
/** Lines that are matched under one time limit, when there are patterns that need one. */
const BATCH_LINES = 256;

const STREAM_ORDER: readonly StreamName[] = ['stdout', 'pty', 'output', 'stderr'];

export function createExtractor(options: ExtractorOptions): Extractor {
  return new LineExtractor(options);
}

interface Stream {
  readonly reader: LineReader;
  readonly findings: StreamFindings;
}

class LineExtractor implements Extractor, LineSink {
  lines = 0;
  readonly everything: readonly number[];
  readonly #options: ExtractorOptions;
  readonly #matcher: PatternMatcher;
  readonly #guarded: GuardedMatches;
  readonly #streams = new Map<StreamName, Stream>();
  /** The stream and time of the piece that is being read. */
  #findings!: StreamFindings;
  #elapsedMs = 0;
  #bytes = 0;
  /** Of building the prefilter, while it is being built. */
  #steps: Iterator<undefined, Prefilter> | undefined;
  #prefilter: Prefilter | undefined;
  #always: readonly number[] = [];
  /** Lines of the piece that wait for the guarded patterns, when there are any. */
  #batch: Line[] = [];

  constructor(options: ExtractorOptions) {
    this.#options = options;
    this.#matcher = new PatternMatcher(rankPatterns(options.patterns, options.agent));
    this.#guarded = new GuardedMatches(this.#matcher, (pattern, reason) =>
      options.onDisabled?.(pattern, reason),
    );
    const count = this.#matcher.ranked.length + MARK_COUNT;
    this.everything = Array.from({ length: count }, (_, position) => position);
  }

  push(stream: StreamName, piece: Uint8Array, elapsedMs: number): void {
    if (piece.length === 0) return;
    this.settle(elapsedMs);
    const { reader, findings } = this.#stream(stream);
    this.#findings = findings;
    this.#elapsedMs = elapsedMs;
    this.#bytes += piece.length;
    reader.push(piece);
    this.#matchBatch();
  }

  get settlesAt(): number {
    return (this.#nextDue()?.dueUs ?? Number.POSITIVE_INFINITY) / 1000;
  }

  settle(elapsedMs: number): void {
    const now = recordedUs(elapsedMs);
    for (let next = this.#nextDue(); next !== undefined && next.dueUs <= now; next = this.#nextDue()) {
      next.release();
    }
  }

  end(elapsedMs: number): void {
    this.settle(elapsedMs);
    this.#elapsedMs = elapsedMs;
    for (const name of STREAM_ORDER) {
      const stream = this.#streams.get(name);
      if (stream === undefined) continue;
      this.#findings = stream.findings;
      stream.reader.end();
      this.#matchBatch();
      stream.findings.end();
    }
    this.#streams.clear();
  }

  prefilter(): Prefilter | undefined {
    const begun = this.lines >= UNFILTERED_LINES || this.#bytes >= UNFILTERED_BYTES;
    if (this.#prefilter === undefined && begun) {
      this.#steps ??= prefilterSteps([
        ...this.#matcher.ranked.map(({ pattern: { regex, flags } }) => ({
          regex,
          ignoreCase: flags === 'i',
        })),
        ...MARK_SOURCES,
      ]);
      const step = this.#steps.next();
      if (step.done !== true) return undefined;
      this.#steps = undefined;
      this.#prefilter = step.value;
      this.#always = step.value.always;
    }
    return this.#prefilter;
  }

  wantsAll(): boolean {
    return this.#findings.attentive || this.#always.length > 0 || this.#guarded.needed;
  }

  line(text: string, bytes: number, candidates: readonly number[]): void {
    const line: Line = {
      text,
      number: this.lines,
      elapsedMs: this.#elapsedMs,
      cutFrom: bytes > MAX_LINE_BYTES ? bytes : 0,
      candidates: this.#withAlways(candidates),
    };
    if (this.#batch.length === 0 && !this.#guarded.needed) {
      this.#findings.feed(line);
      return;
    }
    // Every line has to wait, because whether a later one is inside a block depends on the earlier ones.
    this.#batch.push(line);
    if (this.#batch.length >= BATCH_LINES) this.#matchBatch();
  }

  /** The stream whose lines are due first; undefined while none waits. */
  #nextDue(): StreamFindings | undefined {
    let next: StreamFindings | undefined;
    let dueUs = Number.POSITIVE_INFINITY;
    for (const { findings } of this.#streams.values()) {
      if (findings.dueUs >= dueUs) continue;
      next = findings;
      dueUs = findings.dueUs;
    }
    return next;
  }

  #stream(name: StreamName): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const findings = new StreamFindings(name, this.#matcher, (finding) => this.#options.onFinding(finding));
      stream = { reader: new LineReader(this), findings };
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** A copy of the candidates with those that every line is one for, in their order. */
  #withAlways(candidates: readonly number[]): readonly number[] {
    if (this.#always.length === 0 || candidates === this.everything) return candidates.slice();
    return [...new Set([...this.#always, ...candidates])].sort((a, b) => a - b);
  }

  #matchBatch(): void {
    if (this.#batch.length === 0) return;
    const lines = this.#batch;
    this.#batch = [];
    this.#guarded.find(lines);
    for (const line of lines) this.#findings.feed(line);
  }
}
