// The built-in patterns as the Markdown table of docs/PATTERNS.md; a test holds the document to it.

import { riskOf } from '../../model/pattern.ts';
import { BUILTIN_PATTERNS } from './index.ts';

/** One table row for each built-in pattern: name, type, risk, what it finds. */
export function listPatterns(): string {
  const rows = BUILTIN_PATTERNS.map(
    ({ name, type, risk, autoConfirmable, description }) =>
      `| \`${name}\` | ${type} | ${riskOf({ type, ...(risk && { risk }) })}${autoConfirmable ? ', may be auto-confirmed' : ''} | ${(description ?? '').replaceAll('|', '\\|')} |`,
  );
  return ['| name | type | risk | what it finds |', '|---|---|---|---|', ...rows].join('\n');
}
