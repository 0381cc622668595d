// Dashboards as busy as people's: each asks for all of its panels, waits a moment, and asks again; and each watches live.
//
//   node dashboards.mjs URL COUNT PATH...

import { WebSocket } from 'ws';

const [url, count, ...panels] = process.argv.slice(2);
const EVERY_MS = 250;

async function refresh() {
  for (const panel of panels) {
    const answer = await fetch(`${url}${panel}`);
    if (!answer.ok) throw new Error(`${panel}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}

for (let number = 0; number < Number(count); number++) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  socket.on('open', () => socket.send('{"type":"subscribe"}'));
  socket.on('error', () => {});
  setTimeout(() => setInterval(() => void refresh(), EVERY_MS), (EVERY_MS / Number(count)) * number);
}
