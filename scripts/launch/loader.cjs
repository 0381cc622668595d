// Loads a bundle through V8's code cache: parsing and compiling is most of what a short run would wait for. A cache that
// does not fit this Node or this bundle is ignored by V8, and the bundle loads without it.
'use strict';
const { readFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const loaded = new Map();

/** Runs `dist/<name>.cjs` once and returns its exports. */
function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.module.exports;
  const filename = join(__dirname, `${name}.cjs`);
  let cachedData;
  try {
    cachedData = readFileSync(`${filename}.cache`);
  } catch {
    cachedData = undefined; // not built, or removed: only slower
  }
  const script = new Script(wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
  const entry = { script, module: { exports: {} } };
  loaded.set(name, entry);
  const requireHere = createRequire(filename);
  const require = Object.assign(
    (id) => (id.startsWith('./') && id.endsWith('.cjs') ? load(id.slice(2, -4)) : requireHere(id)),
    requireHere,
  );
  script.runInThisContext()(entry.module.exports, require, entry.module, filename, __dirname);
  return entry.module.exports;
}

module.exports = { load, loaded };
