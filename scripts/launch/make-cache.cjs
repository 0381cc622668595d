// Writes the code caches: runs real commands through the fresh bundles in a temporary folder and keeps what V8 has
// compiled by then. Usage: node make-cache.cjs <dist>
'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const [dist, ...argv] = process.argv.slice(2);

if (argv.length === 0) {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-build-'));
  const env = { ...process.env, WRAPPER_DB: join(folder, 'wrapper.db'), HOME: folder };
  for (const name of Object.keys(env)) {
    if (name.startsWith('WRAPPER_') && name !== 'WRAPPER_DB') delete env[name];
  }
  try {
    for (const command of [
      ['serve', '--port', '0'],
      ['sessions', '--json'],
      ['build', "printf 'error: one\\nsee https://example.org/ ok\\n'", '--enable-db'],
    ]) {
      const run = spawnSync(process.execPath, [__filename, dist, ...command], {
        cwd: folder,
        env,
        encoding: 'utf8',
      });
      if (run.status !== 0)
        throw new Error(`wrapper ${command.join(' ')} failed while building:\n${run.stderr}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else {
  const { load, loaded } = require(join(dist, 'loader.cjs'));
  process.on('exit', () => {
    for (const [name, { script }] of loaded) {
      writeFileSync(join(dist, `${name}.cjs.cache`), script.createCachedData());
    }
  });
  process.argv = [process.argv[0], join(dist, '..', 'bin', 'wrapper.cjs'), ...argv];
  load('main');
  if (argv[0] === 'serve') void useServer();
}

/** Asks the server of this process a few things, then ends it as Ctrl-C would. */
async function useServer() {
  const registry = `${process.env.WRAPPER_DB}.server.json`;
  const deadline = Date.now() + 10_000;
  while (!existsSync(registry) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const { url } = JSON.parse(readFileSync(registry, 'utf8'));
  for (const path of ['/api/health', '/api/query/extractions', '/api/query/sessions', '/api/query/agents']) {
    const response = await fetch(url + path);
    await response.arrayBuffer();
  }
  process.kill(process.pid, 'SIGTERM');
}
