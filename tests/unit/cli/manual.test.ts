// docs/CLI.md says what the program does.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manual } from '../../../src/cli/manual.ts';
import { RUN_OPTIONS } from '../../../src/cli/options.ts';
import { SUBCOMMANDS } from '../../../src/cli/reserved.ts';

const DOCUMENT = join(import.meta.dirname, '../../../docs/CLI.md');

describe('docs/CLI.md', () => {
  it('is what the code gives (else: node scripts/cli-docs.mjs)', () => {
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(manual());
  });

  it('names every option, variable, key and subcommand', () => {
    const text = readFileSync(DOCUMENT, 'utf8');
    for (const { name, env, key } of RUN_OPTIONS) {
      expect(text).toContain(`--${name}`);
      expect(text).toContain(env);
      if (key !== null) expect(text).toContain(`\`${key}\``);
    }
    for (const { name } of SUBCOMMANDS) {
      if (!['exec', 'help'].includes(name)) expect(text).toMatch(new RegExp(`^### ${name}`, 'm'));
    }
  });
});
