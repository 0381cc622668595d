// Reference for extraction: what one would write first. Each line of the files against each of the 25 patterns, with
// escape sequences removed when `--strip` is given. Prints how many lines and events there were.
//
//   node regexes-per-line.mjs patterns.json [--strip] FILE…

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const [patternFile, ...rest] = process.argv.slice(2);
const strip = rest[0] === '--strip';
const files = strip ? rest.slice(1) : rest;
const regexes = JSON.parse(readFileSync(patternFile, 'utf8')).map(({ regex }) => new RegExp(regex));
const ESCAPES = /\x1b\[[0-9;?]*[A-Za-z]/g;
const buffer = Buffer.alloc(64 * 1024);
let lines = 0;
let events = 0;

function scan(text) {
  lines++;
  const line = strip ? text.replace(ESCAPES, '') : text;
  for (const regex of regexes) if (regex.exec(line) !== null) events++;
}

for (const file of files) {
  const fd = openSync(file, 'r');
  const decoder = new StringDecoder('utf8');
  let held = '';
  for (let size = readSync(fd, buffer); size > 0; size = readSync(fd, buffer)) {
    const parts = (held + decoder.write(buffer.subarray(0, size))).split('\n');
    held = parts.pop();
    for (const line of parts) scan(line);
  }
  if (held !== '') scan(held);
  closeSync(fd);
}
console.log(JSON.stringify({ lines, events }));
