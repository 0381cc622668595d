// The regular expression engine whose time is linear in the line, whatever the pattern: RE2 in JavaScript. Loaded
// when the first pattern of a user asks for it; the built-in patterns are checked instead and run on V8's engine.

import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

let engine: typeof RE2JS | undefined;

/**
 * Compiles a regular expression for the linear engine, JavaScript's spelling included (`(?<name>…)`, `\u00e9`).
 *
 * @throws the engine's error, for a look-around, a back-reference or a mistake
 */
export function compileLinear(regex: string, ignoreCase: boolean): RE2JS {
  engine ??= (createRequire(import.meta.url)('re2js') as { RE2JS: typeof RE2JS }).RE2JS;
  return engine.compile(engine.translateRegExp(regex), ignoreCase ? engine.CASE_INSENSITIVE : 0);
}
