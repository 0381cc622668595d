// Every format is in the documentation and in the help, under its own name.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS, exportFileName, FORMAT_DETAILS } from '../../../src/api/export/export.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

describe.each(EXPORT_FORMATS)('%s', (format) => {
  it('stands in docs/EXPORT.md with its media type, and in the help of the command', () => {
    const row = read('docs/EXPORT.md')
      .split('\n')
      .find((line) => line.startsWith(`| \`${format}\` |`));
    expect(row).toContain(`\`${FORMAT_DETAILS[format].mediaType.split(';')[0]}\``);
    expect(read('docs/CLI.md').replace(/\s+/g, ' ')).toContain(`${format} (`);
  });

  it('gives a file a name that is safe anywhere', () => {
    expect(exportFileName('sess_0123456789ab', format)).toBe(
      `sess_0123456789ab${FORMAT_DETAILS[format].suffix}`,
    );
    expect(exportFileName('../..\\x"\r\n', format)).toMatch(/^[A-Za-z0-9_-]+\.[a-z0-9.]+$/);
  });
});
