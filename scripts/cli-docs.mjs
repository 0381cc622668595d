// Writes docs/CLI.md from the program itself; with --check it only says whether the file is current.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs', 'CLI.md');
// Inside the project, so that the packages that stay outside the bundle are found.
const folder = mkdtempSync(join(root, 'node_modules', '.cli-docs-'));
try {
  const outfile = join(folder, 'manual.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/manual.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const { manual } = await import(pathToFileURL(outfile).href);
  const text = manual();
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error('docs/CLI.md is stale: run node scripts/cli-docs.mjs');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
