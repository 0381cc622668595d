// Runs the extractor alone over a file, in chunks as a pipe would bring them. Prints lines and findings.
//
//   node extract.mjs BUNDLE PATTERNS.json|builtin FILE

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

const [bundle, patternFile, file] = process.argv.slice(2);
const { builtinPatternSet, createExtractor } = createRequire(import.meta.url)(bundle);

function patternSet() {
  if (patternFile === 'builtin') return builtinPatternSet();
  const patterns = JSON.parse(readFileSync(patternFile, 'utf8')).map(({ samples, ...pattern }) => ({
    ...pattern,
    samples: { match: samples.match, noMatch: samples.no_match },
  }));
  return { version: 'bench', patterns, custom: [] };
}

let findings = 0;
const extractor = createExtractor({ agent: 'bench', patterns: patternSet(), onFinding: () => findings++ });
const buffer = Buffer.alloc(64 * 1024);
const fd = openSync(file, 'r');
// The last byte of a chunk may be inside a character; the recorder cuts at borders, and so does this.
let held = 0;
for (let size = readSync(fd, buffer, held, buffer.length - held, null); size > 0; ) {
  const end = held + size;
  let cut = end;
  while (cut > 0 && end - cut < 3 && (buffer[cut - 1] & 0xc0) === 0x80) cut--;
  cut = cut > 0 && buffer[cut - 1] >= 0xc0 ? cut - 1 : end;
  extractor.push('stdout', buffer.subarray(0, cut), 0);
  buffer.copyWithin(0, cut, end);
  held = end - cut;
  size = readSync(fd, buffer, held, buffer.length - held, null);
}
extractor.end(0);
closeSync(fd);
console.log(JSON.stringify({ lines: extractor.lines, findings }));
