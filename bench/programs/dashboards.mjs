// Dashboards as busy as people's: each asks for all of its panels, waits a moment, and asks again; and each watches live.
// They share the machine's cores with what is measured, so they ask by the cheapest client that Node has.
//
//   node dashboards.mjs URL COUNT PATH...

import { Agent, get } from 'node:http';
import { WebSocket } from 'ws';

const [url, count, ...panels] = process.argv.slice(2);
const EVERY_MS = 250;
const agent = new Agent({ keepAlive: true });

async function refresh() {
  for (const panel of panels) await ask(panel);
}

function ask(panel) {
  return new Promise((resolve, reject) => {
    get(`${url}${panel}`, { agent }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${panel}: ${answer.statusCode}`));
      answer.on('end', resolve).resume();
    }).on('error', reject);
  });
}

for (let number = 0; number < Number(count); number++) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  socket.on('open', () => socket.send('{"type":"subscribe"}'));
  socket.on('error', () => {});
  setTimeout(() => setInterval(() => void refresh(), EVERY_MS), (EVERY_MS / Number(count)) * number);
}
