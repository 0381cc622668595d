// Stack traces in a stream of lines: one finding for each, with its extent, however many frames it has. What a trace
// looks like is the dialects' business (traces/); this file holds the lines that may turn out to belong to one.
// Promises: every line that is fed is either part of a reported trace or given back to be matched, once and in order;
// at most a dozen lines are held, whatever comes.

import type { Metadata } from '../model/event.ts';
import type { LineInput } from './code-blocks.ts';
import { atFrames } from './traces/at-frames.ts';
import type { TraceDialect, TraceDraft } from './traces/dialect.ts';
import { go } from './traces/go.ts';
import { php, ruby, rust } from './traces/other.ts';
import { python } from './traces/python.ts';

/** A whole trace. Its event type is `stack_trace`, its risk `medium`. */
export interface StackTrace<L extends LineInput> {
  /** `python_traceback`, `javascript_stack`, `java_stack`, `dotnet_stack`, `go_panic`, `rust_panic`, … */
  readonly pattern: string;
  /** The line that says what went wrong, or the first frame when none was printed with the trace. */
  readonly value: string;
  readonly first: L;
  /** line_end, frames, error_type, message, caused_by, file, line; absent where not known. */
  readonly metadata: Metadata;
}

/** What a line has settled: traces that are complete, and lines that are none and may be matched now; in order. */
export type TraceStep<L extends LineInput> =
  | { readonly kind: 'trace'; readonly trace: StackTrace<L> }
  | { readonly kind: 'line'; readonly line: L };

/** Sources of expressions of which one matches every line that can begin a trace. */
export const TRACE_STARTS: readonly string[] = [python, atFrames, go, rust, ruby, php].flatMap(
  (dialect) => dialect.starts,
);

const DIALECTS: readonly TraceDialect[] = [python, go, rust, ruby, php, atFrames];
const MAX_HELD = 12;
const MAX_MESSAGE = 1024;

interface OpenTrace<L> {
  readonly dialect: TraceDialect;
  readonly draft: TraceDraft;
  readonly first: L;
  /** Whether it is a trace whatever follows. */
  sure: boolean;
  lineEnd: number;
  /** Lines after `lineEnd` that belong to it only if a later one does; the first line too, while it is not sure. */
  held: L[];
}

/** Follows one stream. Needs every line while `open`, else only those that TRACE_STARTS match. */
export class StackTraceTracker<L extends LineInput = LineInput> {
  #trace: OpenTrace<L> | undefined;

  get open(): boolean {
    return this.#trace !== undefined;
  }

  /** Takes a line; what it has settled, oldest first: often nothing. */
  feed(line: L): readonly TraceStep<L>[] {
    const steps: TraceStep<L>[] = [];
    // What a trace gives back may begin another.
    const queue = [line];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      queue.unshift(...this.#take(next, steps));
    }
    return steps;
  }

  /** What is still open when the stream ends. */
  end(): readonly TraceStep<L>[] {
    const steps: TraceStep<L>[] = [];
    while (this.#trace !== undefined) {
      for (const line of this.#close(steps)) steps.push(...this.feed(line));
    }
    return steps;
  }

  /** Returns the lines that must be looked at again, because they are no part of the trace. */
  #take(line: L, steps: TraceStep<L>[]): readonly L[] {
    const trace = this.#trace;
    if (trace === undefined) {
      this.#trace = beginTrace(line);
      if (this.#trace === undefined) steps.push({ kind: 'line', line });
      return [];
    }
    const verdict = trace.dialect.next(trace.draft, line.text);
    if (verdict === 'stop' || (verdict === 'wait' && trace.held.length >= MAX_HELD)) {
      return [...this.#close(steps), line];
    }
    if (verdict === 'wait') {
      trace.held.push(line);
      return [];
    }
    trace.sure = true;
    trace.held = [];
    trace.lineEnd = line.number;
    if (verdict === 'last') this.#close(steps);
    return [];
  }

  /** Ends the open trace; returns the lines that it held and that are not of it. */
  #close(steps: TraceStep<L>[]): readonly L[] {
    const trace = this.#trace!;
    this.#trace = undefined;
    if (trace.sure) {
      steps.push({ kind: 'trace', trace: report(trace) });
      return trace.held;
    }
    const [first, ...rest] = trace.held;
    steps.push({ kind: 'line', line: first! });
    return rest;
  }
}

function beginTrace<L extends LineInput>(line: L): OpenTrace<L> | undefined {
  for (const dialect of DIALECTS) {
    const begun = dialect.begin(line.text);
    if (begun === undefined) continue;
    const { draft, sure } = begun;
    return { dialect, draft, first: line, sure, lineEnd: line.number, held: sure ? [] : [line] };
  }
  return undefined;
}

function report<L extends LineInput>({ draft, first, lineEnd }: OpenTrace<L>): StackTrace<L> {
  const metadata: Metadata = { line_end: lineEnd, frames: draft.frames };
  if (draft.errorType !== undefined) metadata['error_type'] = draft.errorType;
  if (draft.message !== undefined) metadata['message'] = cut(draft.message);
  if (draft.causedBy !== undefined) metadata['caused_by'] = cut(draft.causedBy);
  if (draft.place !== undefined) {
    metadata['file'] = draft.place.file;
    metadata['line'] = draft.place.line;
  }
  const value = draft.errorLine === '' ? first.text.trim() : draft.errorLine;
  return { pattern: draft.name, value: cut(value), first, metadata };
}

/** The beginning of a text, without half a surrogate pair. */
function cut(text: string): string {
  return text.length <= MAX_MESSAGE ? text : text.slice(0, MAX_MESSAGE).replace(/[\ud800-\udbff]$/, '');
}
