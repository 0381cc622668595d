// The built-in patterns, topic by topic. What is first in the list wins between equal priorities.

import type { Pattern } from '../../model/pattern.ts';
import { COMMAND_PATTERNS } from './commands.ts';
import { COMPILER_PATTERNS } from './compilers.ts';
import { CONFIRMATION_PATTERNS } from './confirmations.ts';
import { ERROR_PATTERNS } from './errors.ts';
import { FILE_PATTERNS } from './files.ts';
import { GIT_PATTERNS } from './git.ts';
import { JAVASCRIPT_TEST_PATTERNS } from './javascript-tests.ts';
import { LIMIT_AND_USAGE_PATTERNS } from './limits-and-usage.ts';
import { LINTER_PATTERNS } from './linters.ts';
import { PROGRESS_AND_STATE_PATTERNS } from './progress-and-state.ts';
import { RISKY_ACCESS_PATTERNS } from './risky-access-commands.ts';
import { RISKY_COMMAND_PATTERNS } from './risky-commands.ts';
import { TEST_PATTERNS } from './tests.ts';
import { TOOL_ERROR_PATTERNS } from './tool-errors.ts';
import { URL_PATTERNS } from './urls.ts';
import { WARNING_PATTERNS } from './warnings.ts';

/** Raised whenever the patterns change what they report. */
export const BUILTIN_VERSION = 1;

/** The patterns that every session starts from; a user's pattern of the same name replaces one. */
export const BUILTIN_PATTERNS: readonly Pattern[] = [
  ...COMPILER_PATTERNS,
  ...LINTER_PATTERNS,
  ...ERROR_PATTERNS,
  ...TOOL_ERROR_PATTERNS,
  ...WARNING_PATTERNS,
  ...TEST_PATTERNS,
  ...JAVASCRIPT_TEST_PATTERNS,
  ...RISKY_COMMAND_PATTERNS,
  ...RISKY_ACCESS_PATTERNS,
  ...COMMAND_PATTERNS,
  ...FILE_PATTERNS,
  ...GIT_PATTERNS,
  ...CONFIRMATION_PATTERNS,
  ...URL_PATTERNS,
  ...LIMIT_AND_USAGE_PATTERNS,
  ...PROGRESS_AND_STATE_PATTERNS,
];
