// Which patterns can match which line, found in one pass over the raw bytes. A superset: it never loses a match,
// whatever the patterns are; most lines come out with no candidate and are never even decoded.

import { type Automaton, AutomatonBuilder } from './byte-automaton.ts';
import { parseRegex } from './regex-syntax.ts';
import { requiredFactor } from './required-factor.ts';

export interface PrefilterSource {
  readonly regex: string;
  readonly ignoreCase: boolean;
}

export interface Prefilter {
  readonly automaton: Automaton;
  /** Position in the given sources of each id that the automaton accepts. */
  readonly idOf: Int32Array;
  /** Positions of the sources that any line may match, for all that can be told from their syntax. */
  readonly always: readonly number[];
}

/**
 * Builds a prefilter in steps of well below a millisecond each, one for each source and one at the end, so that whoever
 * has to be quick meanwhile can do something else in between.
 */
export function* prefilterSteps(sources: readonly PrefilterSource[]): Generator<undefined, Prefilter> {
  const builder = new AutomatonBuilder();
  const idOf: number[] = [];
  const always: number[] = [];
  for (const [position, source] of sources.entries()) {
    const factor = requiredFactor(parseRegex(source.regex, source.ignoreCase));
    if (factor === undefined) {
      always.push(position);
    } else {
      builder.add(factor);
      idOf.push(position);
    }
    yield;
  }
  return { automaton: builder.build(), idOf: Int32Array.from(idOf), always };
}
