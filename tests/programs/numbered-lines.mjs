// Prints `error 1`, `error 2`, … for ever, ten at a time, and after each write notes in the file given as argument how
// far it has come and when: `<number> <epoch milliseconds>`. Ends when nobody reads any more.

import { openSync, writeSync } from 'node:fs';

const log = openSync(process.argv[2], 'a', 0o600);
let number = 0;

function burst() {
  let text = '';
  for (let i = 0; i < 10; i++) text += `error ${++number}\n`;
  try {
    writeSync(1, text);
  } catch (error) {
    if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(0);
    throw error;
  }
  writeSync(log, `${number} ${Date.now()}\n`);
}

writeSync(log, `pid ${process.pid}\n`);
process.on('SIGPIPE', () => process.exit(0));
setInterval(burst, 5);
