// Many subscribers in one process, which only count: `ready` when all are live, then the number of messages that the
// slowest of them has got, a line each time that it has grown by a hundred.
//
//   node ws-sink.mjs URL COUNT [SUBSCRIBE_MESSAGE]

import { WebSocket } from 'ws';

const [url, count, subscribe] = process.argv.slice(2);
const got = new Array(Number(count)).fill(0);
let live = 0;
let told = 0;

function ready() {
  if (++live === got.length) process.stdout.write('ready\n');
}

function tell() {
  const least = Math.min(...got);
  if (least < told + 100) return;
  told = least - (least % 100);
  process.stdout.write(`${told}\n`);
}

for (let number = 0; number < got.length; number++) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('open', () => {
    if (subscribe === undefined) ready();
    else socket.send(subscribe);
  });
  socket.on('message', (data) => {
    if (subscribe !== undefined && data.subarray(0, 15).toString() !== '{"type":"event"') {
      if (data.includes('"type":"live"')) ready();
      return;
    }
    got[number]++;
    if (got[number] % 100 === 0) tell();
  });
}
