// Opens many connections to a server that takes only some of them, and says what became of them.
//
// Usage: connection-flood.mjs <port> <count> <limit>; ends when as many have been turned away as must be, and prints one
// JSON line: how many were refused in words, were reset, ended otherwise, are open.

import { connect } from 'node:net';

const [port, count, limit] = process.argv.slice(2).map(Number);
const outcome = { refused: 0, reset: 0, other: 0, open: 0 };
let begun = 0;
let ended = 0;

/** So many are on their way at once: more than the system queues would be held up there, before the server. */
const AT_ONCE = 1000;
for (let started = 0; started < AT_ONCE; started++) open();

function open() {
  if (begun === count) return;
  begun++;
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let settled = false;
  const settle = (what) => {
    if (settled) return;
    settled = true;
    outcome[what]++;
    ended++;
    socket.destroy();
    if (ended === count - limit) finish();
  };
  socket.setEncoding('latin1');
  socket.on('data', (data) => {
    text += data;
  });
  socket.on('end', () =>
    settle(text.startsWith('HTTP/1.1 503 ') && text.endsWith('}') ? 'refused' : 'other'),
  );
  socket.on('error', () => settle('reset'));
  socket.on('connect', () => setTimeout(open, 20));
}

function finish() {
  process.stdout.write(`${JSON.stringify({ ...outcome, open: count - ended })}\n`, () => process.exit(0));
}
