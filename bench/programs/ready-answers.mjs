// A server that has every answer ready: what dashboards cost by being there, whoever answers them. Prints its port.
//
//   node ready-answers.mjs ORIGIN PATH...      the answers are taken from ORIGIN at the start

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const [origin, ...paths] = process.argv.slice(2);
const answers = new Map();
for (const path of paths) {
  const answer = await fetch(`${origin}${path}`);
  answers.set(path, Buffer.from(await answer.arrayBuffer()));
}
const server = createServer(({ url }, response) => {
  const body = answers.get(url);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
});
new WebSocketServer({ server });
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
