// Asks one address over and over on 16 kept connections, and counts answers.
//
//   node http-load.mjs URL SECONDS [HEADER]        prints answers per second; the header is sent with each request

import { connect } from 'node:net';

const CONNECTIONS = 16;
const WARM_UP = 0.25;
const url = new URL(process.argv[2]);
const seconds = Number(process.argv[3]);
const headers = [`Host: ${url.host}`, ...process.argv.slice(4)].join('\r\n');
const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\n${headers}\r\n\r\n`;
const HEAD_END = Buffer.from('\r\n\r\n');

let answers = 0;
let counting = false;
for (let number = 0; number < CONNECTIONS; number++) ask(connect(Number(url.port), url.hostname));

setTimeout(
  () => {
    counting = true;
    const began = performance.now();
    setTimeout(() => {
      const rate = (answers / (performance.now() - began)) * 1000;
      process.stdout.write(`${rate.toFixed(1)}\n`, () => process.exit(0));
    }, seconds * 1000);
  },
  seconds * 1000 * WARM_UP,
);

/** One request after the other; only as much of an answer is looked at as tells where it ends. */
function ask(socket) {
  let missing = 0;
  let held = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('connect', () => socket.write(request));
  socket.on('error', fail);
  socket.on('data', (chunk) => {
    if (missing > 0) {
      missing -= chunk.length;
    } else {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = held.indexOf(HEAD_END);
      if (end === -1) return;
      const head = held.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200 ')) fail(new Error(head));
      const length = Number(/content-length: (\d+)/i.exec(head)[1]);
      missing = length - (held.length - end - HEAD_END.length);
      held = Buffer.alloc(0);
    }
    if (missing > 0) return;
    if (counting) answers++;
    socket.write(request);
  });
}

function fail(error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
