// A user's pattern file (YAML or JSON): read, validated and tried on its own samples before a session starts.
// Every mistake is one sentence that names the file, the line, the pattern and the reason; nothing half-loads.

import { readFile } from 'node:fs/promises';
import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { messageOf, WrapperError } from '../model/errors.ts';
import type { Pattern } from '../model/pattern.ts';
import { compileExpression, type Expression } from './expression.ts';
import { compileLinear } from './linear-engine.ts';
import { parseFilePattern } from './pattern-schema.ts';
import { TIMED_OUT, withinTimeLimit } from './watchdog.ts';

/** More than this is no pattern file. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * The patterns of a file, in its order.
 *
 * @throws WrapperError `pattern_invalid`
 */
export async function readPatternFile(file: string): Promise<Pattern[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new WrapperError('pattern_invalid', `${file}: cannot be read: ${messageOf(cause)}`, {
      hint: 'Give the path of a readable YAML or JSON file.',
      cause,
    });
  }
  return parsePatternFile(text, file);
}

/**
 * The patterns of a file's text.
 *
 * @param file its name, for the messages
 * @throws WrapperError `pattern_invalid`
 */
export function parsePatternFile(text: string, file: string): Pattern[] {
  const fail = (line: number, reason: string, hint?: string, cause?: unknown): never => {
    throw new WrapperError('pattern_invalid', `${file}:${line}: ${reason}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  };
  if (text.length > MAX_FILE_BYTES) fail(1, 'the file is too large for a pattern file');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (node: unknown): number => {
    const range = (node as Node | null | undefined)?.range;
    return range == null ? 1 : lines.linePos(range[0]).line;
  };
  const broken = document.errors[0];
  if (broken !== undefined)
    fail(lines.linePos(broken.pos[0]).line, `not valid YAML or JSON: ${broken.message}`);

  let list: unknown = document.contents;
  if (isMap(list)) {
    for (const { key } of list.items) {
      if (String(key) !== 'patterns') fail(lineOf(key), `unknown key "${String(key)}", expected "patterns"`);
    }
    list = list.get('patterns', true);
  }
  if (!isSeq(list)) {
    return fail(
      lineOf(list),
      'expected a list of patterns, or "patterns:" with one',
      'See docs/PATTERNS.md.',
    );
  }

  const seen = new Map<string, number>();
  return list.items.map((item, index) => {
    const node = item as Node;
    const value: unknown = node.toJS(document);
    const parsed = parseFilePattern(value);
    const name = isMap(node) ? node.get('name') : undefined;
    const label = typeof name === 'string' ? `pattern "${name}"` : `pattern ${index + 1}`;
    if ('issue' in parsed) {
      const at = isMap(node) ? (node.getIn(parsed.issue.path, true) as Node | undefined) : undefined;
      return fail(lineOf(at?.range ? at : node), `${label}: ${parsed.issue.reason}`);
    }
    const { pattern } = parsed;
    const line = lineOf(node);
    const before = seen.get(pattern.name);
    if (before !== undefined) fail(line, `${label}: the name is already used in line ${before}`);
    seen.set(pattern.name, line);
    const problem = examine(pattern);
    if (problem !== undefined) {
      const at = (node as Node & { getIn(path: unknown[], keep: true): unknown }).getIn(problem.path, true);
      fail(lineOf(at ?? node), `${label}: ${problem.reason}`, problem.hint, problem.cause);
    }
    return pattern;
  });
}

interface Problem {
  readonly path: (string | number)[];
  readonly reason: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Compiles a pattern, checks its value and tries it on its samples. */
function examine(pattern: Pattern): Problem | undefined {
  const linear = pattern.engine !== 'js';
  let expression: Expression;
  let captures: { count: number; names: readonly string[] };
  try {
    expression = compileExpression(pattern, linear);
    captures = capturesOf(pattern, linear);
  } catch (cause) {
    return { path: ['regex'], cause, ...explain(pattern, linear, cause) };
  }
  const { value } = pattern;
  if (typeof value === 'number' && value > captures.count) {
    const has = captures.count === 1 ? '1 capture' : `${captures.count} captures`;
    return { path: ['value'], reason: `"value" is ${value}, but the regex has ${has}` };
  }
  if (typeof value === 'string' && !captures.names.includes(value)) {
    return { path: ['value'], reason: `"value" is "${value}", but the regex has no capture of that name` };
  }
  return trySamples(pattern, expression);
}

function trySamples(pattern: Pattern, expression: Expression): Problem | undefined {
  const check = (samples: readonly string[], key: 'match' | 'no_match'): Problem | undefined => {
    for (const [index, sample] of samples.entries()) {
      const path = ['samples', key, index];
      if (/[\n\r]/.test(sample))
        return { path, reason: `the sample ${quoted(sample)} is more than one line` };
      const matches = withinTimeLimit(() => expression(sample), 1000);
      if (matches === TIMED_OUT) {
        const hint = 'Rewrite the regex without nested repeats, or use the linear engine.';
        return { path, reason: `the regex runs away on the sample ${quoted(sample)}`, hint };
      }
      if (matches.length > 0 === (key === 'match')) continue;
      const verb = key === 'match' ? 'does not match' : 'matches';
      return { path, reason: `the regex ${verb} the sample ${quoted(sample)} of ${key}` };
    }
    return undefined;
  };
  return check(pattern.samples.match, 'match') ?? check(pattern.samples.noMatch, 'no_match');
}

function capturesOf(pattern: Pattern, linear: boolean): { count: number; names: readonly string[] } {
  if (linear) {
    const compiled = compileLinear(pattern.regex, false);
    return { count: compiled.groupCount(), names: Object.keys(compiled.namedGroups()) };
  }
  // With an empty branch added it matches anything, and shows its captures.
  const match = new RegExp(`${pattern.regex}|`).exec('')!;
  return { count: match.length - 1, names: Object.keys(match.groups ?? {}) };
}

/** A look-around or back-reference is no mistake, only too much for the linear engine. */
function explain(pattern: Pattern, linear: boolean, cause: unknown): { reason: string; hint?: string } {
  const reason = `the regex is invalid: ${messageOf(cause).replace(/^error parsing regexp: /, '')}`;
  if (!linear) return { reason };
  try {
    new RegExp(pattern.regex);
  } catch {
    // Not valid for the other engine either: changing the engine would not help.
    return { reason };
  }
  return {
    reason: `the linear engine cannot run the regex: ${messageOf(cause).replace(/^error parsing regexp: /, '')}`,
    hint: 'Set "engine: js" for look-around and back-references; such a pattern runs under a time limit.',
  };
}

const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
