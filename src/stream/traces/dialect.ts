// How a language prints a stack trace: a small machine that says of each line whether it belongs. The tracker in
// stack-traces.ts holds the lines; a dialect only reads them, and gathers what there is to say about the trace.

/** What is gathered about a trace while its lines come. */
export interface TraceDraft {
  /** Name of the pattern that reports it, such as `python_traceback`. */
  name: string;
  /** The line that says what went wrong; empty while there is none. */
  errorLine: string;
  errorType: string | undefined;
  message: string | undefined;
  /** The innermost cause, where one exception was caused by another. */
  causedBy: string | undefined;
  frames: number;
  /** Lines between the error and its first frame. */
  messageLines: number;
  /** The frame to look at first: the innermost one in the user's own code, else the innermost one. */
  place: TracePlace | undefined;
  /** Where the machine is. */
  step: string;
  /** The dialect's own notes: an indentation, a flag. */
  note: string;
}

interface TracePlace {
  readonly file: string;
  readonly line: number;
  readonly own: boolean;
}

/**
 * `take`: the line belongs to the trace, and so do those that waited before it. `wait`: it does if a later one does.
 * `last`: it belongs, and the trace ends with it. `stop`: it does not belong.
 */
export type TraceVerdict = 'take' | 'wait' | 'last' | 'stop';

export interface TraceDialect {
  /** Sources of expressions of which one matches every line that can begin a trace. */
  readonly starts: readonly string[];
  /** A draft when the line can begin a trace. `sure` when it is one whatever follows. */
  begin(text: string): { readonly draft: TraceDraft; readonly sure: boolean } | undefined;
  next(draft: TraceDraft, text: string): TraceVerdict;
}

export function newDraft(name: string, step: string): TraceDraft {
  return {
    name,
    errorLine: '',
    errorType: undefined,
    message: undefined,
    causedBy: undefined,
    frames: 0,
    messageLines: 0,
    place: undefined,
    step,
    note: '',
  };
}

/** Notes the line that says what went wrong. */
export function noteError(
  draft: TraceDraft,
  line: string,
  type: string | undefined,
  message: string | undefined,
): void {
  draft.errorLine = line.trim();
  draft.errorType = type;
  draft.message = message === undefined || message === '' ? undefined : message;
}

/** Counts a frame and notes its place, of traces that print the innermost frame first. */
export function noteFrame(draft: TraceDraft, file: string | undefined, line: number, own: boolean): void {
  draft.frames++;
  if (file === undefined || (draft.place !== undefined && (draft.place.own || !own))) return;
  draft.place = { file, line, own };
}
