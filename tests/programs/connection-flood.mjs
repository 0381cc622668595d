// Opens many connections to a server at once and says what became of them.
// Usage: connection-flood.mjs <port> <count>; prints one JSON line: how many were answered 503, are open, were reset.

import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const outcome = { refused: 0, open: 0, reset: 0, other: 0 };
let pending = count;
let begun = 0;

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
    pending--;
    if (pending === 0) finish();
  };
  socket.setEncoding('latin1');
  socket.on('data', (data) => {
    text += data;
  });
  socket.on('end', () => {
    settle(text.startsWith('HTTP/1.1 503 ') && text.endsWith('}') ? 'refused' : 'other');
    socket.destroy();
  });
  socket.on('error', () => settle('reset'));
  // Whoever is let in is not told anything until it asks.
  socket.on('connect', () => {
    setTimeout(() => settle('open'), 5000);
    setTimeout(open, 20);
  });
}

function finish() {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  process.exit(0);
}
