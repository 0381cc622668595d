// Bundles one module of src for a measurement that needs it without the rest, the way the build does.

import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './harness.mjs';

/** @returns path of a CommonJS file that exports everything the modules export */
export async function bundle(name, modules, scratch) {
  const outfile = join(scratch, `${name}.cjs`);
  const packages = join(scratch, 'node_modules');
  if (!existsSync(packages)) symlinkSync(join(ROOT, 'node_modules'), packages);
  await build({
    stdin: { contents: modules.map((module) => `export * from './${module}';`).join('\n'), resolveDir: ROOT },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['better-sqlite3', '@babel/parser', 're2js', '@aws-sdk/client-s3'],
    define: { 'import.meta.url': '__module_url' },
    banner: { js: "const __module_url = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  return outfile;
}
