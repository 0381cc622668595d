// Bundles src into dist: one CommonJS file for the command line, one for each thread, each with a V8 code cache, because
// start-up is most of what a user feels of us. Native modules and large parsers stay outside and load when needed.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
// Made aside and moved into place when complete, so that a failed build leaves the last good one.
const unfinished = join(root, `dist.${process.pid}.tmp`);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

process.on('exit', () => rmSync(unfinished, { recursive: true, force: true }));
mkdirSync(unfinished);

/** Modules that a plain run does without: an `import()` of one of them loads its bundle. */
const SEPARATE = /\/(configuration-file|stage-run|pattern-set|pty-child|child-control|publisher)\.ts$/;
const ownBundles = {
  name: 'own-bundles',
  setup({ onResolve }) {
    onResolve({ filter: SEPARATE }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import' || importer.includes('/commands/')) return undefined;
      return { path: `./${SEPARATE.exec(path)[1]}.cjs`, external: true };
    });
    // The server's bundle is for its thread and for `wrapper serve`.
    onResolve({ filter: /\/api\/server-thread\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './server.cjs', external: true } : undefined,
    );
  },
};

/** execa loads a package of colours for a report that we never ask for; loading it makes Node warn about NO_COLOR. */
const withoutColours = {
  name: 'without-colours',
  setup({ onLoad }) {
    onLoad({ filter: /\/yoctocolors\/index\.js$/ }, () => ({
      contents:
        'const plain = (text) => text; export { plain as bold, plain as gray, plain as redBright, plain as yellowBright };',
    }));
  },
};

await build({
  absWorkingDir: root,
  entryPoints: {
    main: 'src/cli/entry.ts',
    'configuration-file': 'src/cli/configuration-file.ts',
    'pattern-set': 'src/stream/pattern-set.ts',
    'pty-child': 'src/stream/pty-child.ts',
    'child-control': 'src/stream/child-control.ts',
    publisher: 'src/session/publisher.ts',
    'stage-run': 'src/campaigns/stage-run.ts',
    recorder: 'src/session/recorder-thread.ts',
    recovery: 'src/session/recovery-thread.ts',
    program: 'src/cli/program.ts',
    server: 'src/api/server-thread.ts',
  },
  outdir: unfinished,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  supported: { 'dynamic-import': false },
  plugins: [ownBundles, withoutColours],
  external: [
    'better-sqlite3',
    '@lydell/node-pty',
    '@babel/parser',
    '@aws-sdk/client-s3',
    're2js',
    './program.cjs',
    './recorder.cjs',
    './recovery.cjs',
    './server.cjs',
  ],
  define: { __WRAPPER_VERSION__: JSON.stringify(version), 'import.meta.url': '__wrapper_module_url' },
  banner: { js: "const __wrapper_module_url = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});

// The library, for programs of others: an ordinary module.
await build({
  absWorkingDir: root,
  entryPoints: { campaigns: 'src/campaigns/index.ts' },
  outdir: unfinished,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  legalComments: 'none',
  external: ['better-sqlite3', '@aws-sdk/client-s3'],
  define: { __WRAPPER_VERSION__: JSON.stringify(version) },
  logLevel: 'warning',
});

for (const name of ['loader.cjs', 'recorder-worker.cjs', 'recovery-worker.cjs', 'server-worker.cjs']) {
  writeFileSync(join(unfinished, name), readFileSync(join(root, 'scripts', 'launch', name)));
}
cpSync(join(root, 'src/api/docs-page'), join(unfinished, 'docs-page'), { recursive: true });
// What an exported page is made of. The player comes with its licence, as that asks for.
const page = join(unfinished, 'replay-page');
const player = join(root, 'node_modules', 'asciinema-player');
mkdirSync(page);
for (const name of ['asciinema-player.min.js', 'asciinema-player.css']) {
  writeFileSync(join(page, name), readFileSync(join(player, 'dist', 'bundle', name)));
}
writeFileSync(join(page, 'asciinema-player.LICENSE'), readFileSync(join(player, 'LICENSE')));
for (const [name, loader] of [
  ['page.js', 'js'],
  ['page.css', 'css'],
]) {
  const source = readFileSync(join(root, 'src', 'api', 'export', 'page', name), 'utf8');
  const { code } = await transform(source, {
    loader,
    minifyWhitespace: true,
    minifySyntax: true,
    target: 'es2022',
  });
  writeFileSync(join(page, name), code);
}
// The cache holds what a run has compiled, so each bundle writes its own after doing what it is for.
execFileSync(process.execPath, [join(root, 'scripts', 'launch', 'make-cache.cjs'), unfinished], {
  stdio: 'inherit',
});
rmSync(dist, { recursive: true, force: true });
renameSync(unfinished, dist);
