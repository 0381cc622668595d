// A pattern's regular expression, compiled when it is first needed, on whichever engine the pattern asks for.

import type { Pattern } from '../model/pattern.ts';
import { compileLinear } from './linear-engine.ts';

/** Matches of one `every` pattern on one line that are reported: enough for a reader, bounded for the store. */
const MAX_MATCHES = 64;

/** One match: the captures by number and by name. */
export interface Match {
  readonly [capture: number]: string | undefined;
  readonly 0: string;
  readonly groups?: Record<string, string | undefined> | undefined;
}

/** Finds the matches of one pattern in a line: the first, or every one. */
export type Expression = (text: string) => readonly Match[];

const NONE: readonly Match[] = [];

/**
 * @param linear whether the expression runs on the linear-time engine
 * @throws the error of the engine when the expression is invalid
 */
export function compileExpression(pattern: Pattern, linear: boolean): Expression {
  const ignoreCase = pattern.flags === 'i';
  if (linear) {
    const compiled = compileLinear(pattern.regex, ignoreCase);
    return (text) => {
      if (pattern.every) return take(compiled.matchAll(text) as Iterable<Match>);
      const match = compiled.exec(text) as Match | null;
      return match === null ? NONE : [match];
    };
  }
  const compiled = new RegExp(pattern.regex, `${ignoreCase ? 'i' : ''}${pattern.every ? 'g' : ''}`);
  return (text) => {
    if (pattern.every) return take(text.matchAll(compiled) as Iterable<Match>);
    const match = compiled.exec(text) as Match | null;
    return match === null ? NONE : [match];
  };
}

/** Matches of the empty string say nothing and are left out. */
function take(matches: Iterable<Match>): Match[] {
  const taken: Match[] = [];
  for (const match of matches) {
    if (match[0] !== '') taken.push(match);
    if (taken.length === MAX_MATCHES) break;
  }
  return taken;
}
