// The patterns that one session runs with: the built-in ones, and a user's on top of them. Plain data, so that it
// can be handed to a worker; the version says what it holds and changes whenever the content does.

import { contentHash } from '../model/content-hash.ts';
import type { Pattern } from '../model/pattern.ts';
import { BUILTIN_PATTERNS, BUILTIN_VERSION } from './patterns/index.ts';

export interface PatternSet {
  /** Readable, with a hash of the content: `builtin-1+3f2a9c01`, `builtin-1+file+8d0c77e2`. */
  readonly version: string;
  readonly patterns: readonly Pattern[];
  /** Names of the patterns that came from the user. */
  readonly custom: readonly string[];
}

/** The built-in patterns alone. */
export function builtinPatternSet(): PatternSet {
  return patternSet(BUILTIN_PATTERNS, []);
}

/**
 * The built-in patterns and those of a user's file, of which each replaces the built-in one of its name.
 *
 * @param file path of a YAML or JSON file; undefined for the built-in patterns alone
 * @throws WrapperError `pattern_invalid` naming file, line, pattern and reason; nothing half-loads
 */
export async function loadPatternSet(file: string | undefined): Promise<PatternSet> {
  if (file === undefined) return builtinPatternSet();
  const { readPatternFile } = await import('./pattern-file.ts');
  const own = await readPatternFile(file);
  const names = new Set(own.map((pattern) => pattern.name));
  return patternSet([...BUILTIN_PATTERNS.filter((pattern) => !names.has(pattern.name)), ...own], [...names]);
}

function patternSet(patterns: readonly Pattern[], custom: readonly string[]): PatternSet {
  // Samples and descriptions do not change what is found.
  const content = patterns.map(({ samples: _samples, description: _description, ...rest }) => rest);
  const hash = contentHash(JSON.stringify([content, custom]));
  const version = `builtin-${BUILTIN_VERSION}${custom.length > 0 ? '+file' : ''}+${hash}`;
  return { version, patterns, custom };
}
