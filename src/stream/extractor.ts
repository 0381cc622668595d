// Lines → findings. The one interface behind which extraction stands: bytes of the session's streams go in, in
// their order, and findings come out, in an order that depends on nothing but the bytes: no clock, no chance, no
// chunk borders. Reading a recording again gives the same findings with the same line numbers.

import type { Finding, Metadata, StreamName } from '../model/event.ts';
import type { Pattern } from '../model/pattern.ts';
import type { Match } from './expression.ts';
import { LineReader, type LineSink, MAX_LINE_BYTES } from './line-reader.ts';
import { captureMetadata, matchedValue, PatternMatcher, rankPatterns } from './pattern-matcher.ts';
import type { PatternSet } from './pattern-set.ts';
import { createPrefilter, type Prefilter } from './prefilter.ts';

export interface Extractor {
  /**
   * One piece of one stream.
   *
   * @param piece whole UTF-8 characters (invalid bytes are possible), already redacted; read during the call only
   * @param elapsedMs milliseconds from the start of the session to the chunk
   */
  push(stream: StreamName, piece: Uint8Array, elapsedMs: number): void;
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

/** What the redactor leaves in place of a secret. */
const REDACTION = /\[REDACTED:([A-Za-z0-9_.-]{1,64})\]/g;
const MAX_REDACTIONS = 64;

export function createExtractor(options: ExtractorOptions): Extractor {
  return new LineExtractor(options);
}

interface Line {
  readonly text: string;
  readonly number: number;
  /** Length of the whole line in bytes when it was cut, else 0. */
  readonly cutFrom: number;
  readonly stream: StreamName;
  readonly elapsedMs: number;
}

class LineExtractor implements Extractor, LineSink {
  lines = 0;
  readonly #options: ExtractorOptions;
  readonly #matcher: PatternMatcher;
  readonly #always: readonly number[];
  readonly #prefilter: Prefilter;
  /** Position of the redaction mark among the candidates: after all patterns. */
  readonly #redaction: number;
  readonly #readers = new Map<StreamName, LineReader>();
  #stream: StreamName = 'stdout';
  #elapsedMs = 0;

  constructor(options: ExtractorOptions) {
    this.#options = options;
    this.#matcher = new PatternMatcher(rankPatterns(options.patterns, options.agent));
    const sources = this.#matcher.ranked.map(({ pattern }) => ({
      regex: pattern.regex,
      ignoreCase: pattern.flags === 'i',
    }));
    this.#redaction = sources.length;
    this.#prefilter = createPrefilter([...sources, { regex: '\\[REDACTED:', ignoreCase: false }]);
    this.#always = this.#prefilter.always;
  }

  push(stream: StreamName, piece: Uint8Array, elapsedMs: number): void {
    if (piece.length === 0) return;
    this.#stream = stream;
    this.#elapsedMs = elapsedMs;
    let reader = this.#readers.get(stream);
    if (reader === undefined) {
      reader = new LineReader(this.#prefilter, this);
      this.#readers.set(stream, reader);
    }
    reader.push(piece);
  }

  end(elapsedMs: number): void {
    this.#elapsedMs = elapsedMs;
    for (const stream of ['stdout', 'pty', 'output', 'stderr'] as const) {
      this.#stream = stream;
      this.#readers.get(stream)?.end();
    }
    this.#readers.clear();
  }

  wantsAll(): boolean {
    return this.#always.length > 0;
  }

  line(text: string, bytes: number, candidates: readonly number[]): void {
    const line: Line = {
      text,
      number: this.lines,
      cutFrom: bytes > MAX_LINE_BYTES ? bytes : 0,
      stream: this.#stream,
      elapsedMs: this.#elapsedMs,
    };
    const all =
      this.#always.length === 0 ? candidates : [...this.#always, ...candidates].sort((a, b) => a - b);
    this.#matcher.match(text, all, 0, undefined, (pattern, match) => this.#report(line, pattern, match));
    if (candidates.at(-1) === this.#redaction) this.#reportRedactions(line);
  }

  #report(line: Line, pattern: Pattern, match: Match): void {
    const metadata: Metadata = {};
    captureMetadata(match, metadata);
    this.#options.onFinding({
      eventType: pattern.type,
      pattern: pattern.name,
      matchedValue: matchedValue(pattern, match),
      ...placed(line, metadata),
      riskLevel: pattern.risk ?? 'none',
      autoConfirmable: pattern.autoConfirmable ?? false,
      block: null,
    });
  }

  #reportRedactions(line: Line): void {
    let count = 0;
    for (const mark of line.text.matchAll(REDACTION)) {
      if (++count > MAX_REDACTIONS) return;
      this.#options.onFinding({
        eventType: 'secret',
        pattern: mark[1]!,
        matchedValue: mark[0],
        ...placed(line, {}),
        riskLevel: 'high',
        autoConfirmable: false,
        block: null,
      });
    }
  }
}

/** Where a finding stands, and the mark of a line that was cut. */
function placed(line: Line, metadata: Metadata) {
  if (line.cutFrom > 0) {
    metadata['truncated'] = true;
    metadata['line_bytes'] = line.cutFrom;
  }
  return {
    originalLine: line.text,
    lineNumber: line.number,
    stream: line.stream,
    elapsedMs: line.elapsedMs,
    metadata: Object.keys(metadata).length > 0 ? metadata : null,
  };
}
