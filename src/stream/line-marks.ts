// What the engine itself looks for in every line, beside the patterns: redaction marks, and the lines that its
// stateful recognisers must see. They go through the same prefilter, in places after those of the patterns.

import { FENCE_STARTS } from './code-blocks.ts';
import { LOCATION_LINES } from './locations.ts';
import type { PrefilterSource } from './prefilter.ts';
import { TRACE_STARTS } from './stack-traces.ts';

export const REDACTED = 1;
export const FENCE = 2;
export const TRACE = 4;
export const LOCATION = 8;

const MARKS: readonly (readonly [regex: string, mark: number])[] = [
  ['\\[REDACTED:', REDACTED],
  ...FENCE_STARTS.map((regex) => [regex, FENCE] as const),
  ...TRACE_STARTS.map((regex) => [regex, TRACE] as const),
  ...LOCATION_LINES.map((regex) => [regex, LOCATION] as const),
];

export const MARK_COUNT = MARKS.length;
export const MARK_SOURCES: readonly PrefilterSource[] = MARKS.map(([regex]) => ({
  regex,
  ignoreCase: false,
}));

/** The marks among the candidates of a line, as bits; `first` is the place of the first mark. */
export function marksOf(candidates: readonly number[], first: number): number {
  let marks = 0;
  for (let i = candidates.length - 1; i >= 0 && candidates[i]! >= first; i--) {
    marks |= MARKS[candidates[i]! - first]![1];
  }
  return marks;
}
