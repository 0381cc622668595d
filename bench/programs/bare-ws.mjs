// WebSockets with nothing behind them: what /ws and /ws/publish are compared with.
//
//   node bare-ws.mjs      prints its port; `/echo` sends back what it gets, `/publish` takes messages of many lines and
//                         sends each line as a shared buffer to everybody on `/`

import { WebSocketServer } from 'ws';

const watching = new Set();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => process.stdout.write(`${server.address().port}\n`));
server.on('connection', (socket, { url }) => {
  if (url === '/echo') socket.on('message', (data) => socket.send(data, { binary: false }));
  else if (url === '/publish') socket.on('message', fanOut);
  else {
    watching.add(socket);
    socket.on('close', () => watching.delete(socket));
  }
});

function fanOut(message) {
  for (let from = 0; from < message.length; ) {
    const newline = message.indexOf(10, from);
    const to = newline === -1 ? message.length : newline;
    const line = message.subarray(from, to);
    for (const socket of watching) socket.send(line, { binary: false });
    from = to + 1;
  }
}
