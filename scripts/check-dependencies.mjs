// Checks the floors (.dependency-cruiser.cjs), and that the check has really looked: with an unsuitable TypeScript the
// tool finds no modules and reports success.

import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FEWEST_MODULES = 60;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const output = execFileSync(
  process.execPath,
  [
    join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    'src',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
  ],
  { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
);
const { modules, summary } = JSON.parse(output);
const ours = modules.filter((module) => module.source.startsWith('src/'));
for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
if (ours.length < FEWEST_MODULES) {
  console.error(`only ${ours.length} modules were looked at; at least ${FEWEST_MODULES} are expected`);
  process.exitCode = 1;
}
if (summary.error > 0) process.exitCode = 1;
else console.log(`dependencies: ${ours.length} modules, no violation`);
