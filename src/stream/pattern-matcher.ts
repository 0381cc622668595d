// Which patterns report a candidate line, and what they say about it: the competition between built-in patterns
// of one type, the value and the metadata of a match. Knows lines, not streams.

import { EVENT_TYPES, type Metadata } from '../model/event.ts';
import type { Pattern } from '../model/pattern.ts';
import { compileExpression, type Expression, type Match } from './expression.ts';
import type { PatternSet } from './pattern-set.ts';

/** A matched value is kept up to this many bytes of UTF-8. */
export const MAX_VALUE_BYTES = 1024;

/** A pattern in the order in which it gets to see a line. */
export interface RankedPattern {
  readonly pattern: Pattern;
  /** Whether it came from the user: such a pattern always reports and takes nobody's place. */
  readonly custom: boolean;
  /** Whether it must run under the watchdog. */
  readonly guarded: boolean;
  /** Bit of the type for which it competes; 0 when it does not. */
  readonly competes: number;
}

/** The patterns of a set that apply to an agent, best first. */
export function rankPatterns(set: PatternSet, agent: string): RankedPattern[] {
  const custom = new Set(set.custom);
  return set.patterns
    .filter((pattern) => appliesTo(pattern, agent))
    .map((pattern): RankedPattern => {
      const own = custom.has(pattern.name);
      const competes = own || pattern.every ? 0 : 1 << EVENT_TYPES.indexOf(pattern.type);
      return { pattern, custom: own, guarded: own && pattern.engine === 'js', competes };
    })
    .sort((a, b) => (b.pattern.priority ?? 0) - (a.pattern.priority ?? 0));
}

function appliesTo(pattern: Pattern, agent: string): boolean {
  if (pattern.agents === undefined) return true;
  return pattern.agents.some((name) => {
    const parts = name.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(agent);
  });
}

/** The expressions of ranked patterns, compiled one by one as lines need them. */
export class PatternMatcher {
  readonly ranked: readonly RankedPattern[];
  readonly #expressions: (Expression | undefined)[] = [];

  constructor(ranked: readonly RankedPattern[]) {
    this.ranked = ranked;
  }

  /** The matches of one pattern in a line. */
  matches(position: number, text: string): readonly Match[] {
    let expression = this.#expressions[position];
    if (expression === undefined) {
      const { pattern, custom } = this.ranked[position]!;
      // Built-in patterns are proven to be harmless by their tests; they keep the faster engine.
      expression = compileExpression(pattern, custom && pattern.engine !== 'js');
      this.#expressions[position] = expression;
    }
    return expression(text);
  }

  /**
   * Runs the candidates, in their order, over a line.
   *
   * @param matchesOf the matches of a guarded pattern, found before under the watchdog
   */
  match(
    text: string,
    candidates: readonly number[],
    matchesOf: ((position: number) => readonly Match[]) | undefined,
    report: (pattern: Pattern, match: Match) => void,
  ): void {
    let taken = 0;
    for (const position of candidates) {
      const ranked = this.ranked[position];
      if (ranked === undefined || (ranked.competes & taken) !== 0) continue;
      const matches =
        ranked.guarded && matchesOf !== undefined ? matchesOf(position) : this.matches(position, text);
      if (matches.length === 0) continue;
      taken |= ranked.competes;
      for (const match of matches) report(ranked.pattern, match);
    }
  }
}

/** The value of a match: the capture that the pattern names, or the whole match, cut to 1 KiB. */
export function matchedValue(pattern: Pattern, match: Match): string {
  const { value } = pattern;
  const capture =
    value === undefined ? match[0] : typeof value === 'number' ? match[value] : match.groups?.[value];
  return cutBytes(capture ?? match[0], MAX_VALUE_BYTES);
}

const COUNTS =
  /^(?:line|column|count|passed|failed|skipped|total|errors|warnings|insertions|deletions|files|exit_code|tokens\w*|cost\w*)$/;
const WHOLE = /^(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})$/;
const AMOUNT = /^\d{1,12}(?:\.\d{1,9})?$/;

const countNames = new Map<string, boolean>();

/** Whether a capture of this name is a number; there are few names, and many matches. */
function isCount(name: string): boolean {
  let known = countNames.get(name);
  if (known === undefined) {
    known = COUNTS.test(name);
    countNames.set(name, known);
  }
  return known;
}

/** The named captures of a match that took part in it; counts as numbers. Adds to `metadata`. */
export function captureMetadata(match: Match, metadata: Metadata): void {
  if (match.groups === undefined) return;
  for (const name of Object.keys(match.groups)) {
    const text = match.groups[name];
    if (text === undefined || text === null) continue;
    const count = isCount(name);
    if (count && WHOLE.test(text)) metadata[name] = Number(text.replaceAll(',', ''));
    else if (count && name.startsWith('cost') && AMOUNT.test(text)) metadata[name] = Number(text);
    else metadata[name] = cutBytes(text, MAX_VALUE_BYTES);
  }
}

/** The longest beginning of a text that has at most `limit` bytes of UTF-8, cut between characters. */
export function cutBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text;
  const bytes = Buffer.from(text);
  let end = limit;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
