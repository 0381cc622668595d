// Which patterns can match which line, found in one pass over the raw bytes. A superset: it never loses a match,
// whatever the patterns are; most lines come out with no candidate and are never even decoded.

import { type Automaton, createAutomaton } from './byte-automaton.ts';
import { parseRegex } from './regex-syntax.ts';
import type { RegexNode } from './regex-tree.ts';
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

export function createPrefilter(sources: readonly PrefilterSource[]): Prefilter {
  const factors: RegexNode[] = [];
  const idOf: number[] = [];
  const always: number[] = [];
  sources.forEach((source, position) => {
    const factor = requiredFactor(parseRegex(source.regex, source.ignoreCase));
    if (factor === undefined) {
      always.push(position);
    } else {
      factors.push(factor);
      idOf.push(position);
    }
  });
  return { automaton: createAutomaton(factors), idOf: Int32Array.from(idOf), always };
}
