// Whether the content of a code block is whole and correct in its language. Answers only where a real parser can tell:
// JSON by JSON.parse, JavaScript and TypeScript by Babel's. `null` for every other language, and for excerpts, which
// no parser can judge: blocks with an ellipsis for what was left out, and diffs.

import { createRequire } from 'node:module';
import type { ParserPlugin } from '@babel/parser';

type Parse = typeof import('@babel/parser').parse;

const JSON_NAMES = new Set(['json', 'geojson', 'webmanifest']);
const JSON_LINES = new Set(['jsonl', 'ndjson', 'jsonlines']);
const SCRIPTS: ReadonlyMap<string, readonly ParserPlugin[]> = new Map(
  Object.entries({
    js: ['jsx'],
    javascript: ['jsx'],
    mjs: ['jsx'],
    cjs: ['jsx'],
    node: ['jsx'],
    jsx: ['jsx'],
    ts: ['typescript', 'decorators'],
    typescript: ['typescript', 'decorators'],
    mts: ['typescript', 'decorators'],
    cts: ['typescript', 'decorators'],
    tsx: ['typescript', 'jsx', 'decorators'],
    typescriptreact: ['typescript', 'jsx', 'decorators'],
    javascriptreact: ['jsx'],
  } satisfies Record<string, ParserPlugin[]>),
);

/** A line that stands for what was left out: dots alone, or before and after brackets and commas. */
const ELLIPSIS = /^[ \t{[(,]*(?:\.{3}|…)[ \t)\]},;]*$/m;
const DIFF = /^(?:@@ |--- |\+\+\+ |diff --git )/m;

/** @param language lower-case name from the fence, or null */
export function isParseable(language: string | null, content: string): boolean | null {
  if (language === null || content.trim() === '') return null;
  const plugins = SCRIPTS.get(language);
  if (plugins !== undefined) return isExcerpt(content) ? null : parsesAsScript(content, plugins);
  if (JSON_NAMES.has(language)) return parsesAsJson(content) || (isExcerpt(content) ? null : false);
  if (!JSON_LINES.has(language)) return null;
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  return lines.every(parsesAsJson) || (isExcerpt(content) ? null : false);
}

function isExcerpt(content: string): boolean {
  return ELLIPSIS.test(content) || DIFF.test(content);
}

function parsesAsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // A syntax error is the answer.
    return false;
  }
}

let parse: Parse | undefined;

function parsesAsScript(content: string, plugins: readonly ParserPlugin[]): boolean | null {
  // Loaded when the first such block comes: most sessions need no parser, and loading takes tens of milliseconds.
  parse ??= (createRequire(import.meta.url)('@babel/parser') as { parse: Parse }).parse;
  try {
    parse(content, {
      sourceType: 'unambiguous',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowUndeclaredExports: true,
      plugins: [...plugins],
    });
    return true;
  } catch (problem) {
    // Nesting too deep for the parser's stack says nothing about the code.
    return problem instanceof RangeError ? null : false;
  }
}
