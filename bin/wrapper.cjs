#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const dist = join(__dirname, '..', 'dist');
if (existsSync(join(dist, 'loader.cjs'))) {
  require('../dist/loader.cjs').load('main');
} else {
  process.stderr.write('wrapper: not built yet\n  run: npm ci (or npm run build)\n');
  process.exitCode = 125;
}
