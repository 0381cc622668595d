// A crowd of dashboards in one process: most stay, ten break off at random and come back with where they were, one never
// reads. `ready` when all are live; when every one has EVENTS events, one line of JSON with what was lost or came twice.
// They share the machine's cores with what is measured, so an event is looked at no further than its number.
//
//   node ws-crowd.mjs URL CLIENTS EVENTS

import { WebSocket } from 'ws';

const [url, count, expected] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const DROPPERS = 10;
const DROP_EVERY_MS = 150;
const SUBSCRIBE_TO_ALL = { type: 'subscribe', output: true, after: {} };

/** An event tells these first. */
const EVENT = /^\{"type":"event","agent_name":"[^"]*","session_id":"([^"]+)","seq":(\d+),/;
const HEAD_BYTES = 120;

let [live, complete, drops] = [0, 0, 0];
const sums = { lost: 0, twice: 0 };

class Client {
  positions = {};
  cursor;
  got = 0;
  isLive = false;

  connect() {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket.on('open', () =>
      this.socket.send(JSON.stringify({ type: 'subscribe', after: this.after() })),
    );
    this.socket.on('message', (data) => {
      const event = EVENT.exec(data.toString('latin1', 0, HEAD_BYTES));
      if (event === null) this.take(JSON.parse(String(data)));
      else this.count(event[1], Number(event[2]));
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => setTimeout(() => this.connect(), 5));
  }

  after() {
    return this.cursor === undefined ? this.positions : { cursor: this.cursor, sessions: this.positions };
  }

  take(message) {
    if (message.type === 'live') {
      this.cursor = message.cursor;
      if (!this.isLive && ++live === count - 1) process.stdout.write('ready\n');
      this.isLive = true;
    } else if (message.type === 'gap') {
      sums.lost += message.count;
    } else if (message.type === 'event') {
      throw new Error(`an event that begins otherwise: ${JSON.stringify(message).slice(0, HEAD_BYTES)}`);
    }
  }

  count(session, seq) {
    const last = this.positions[session] ?? 0;
    if (seq <= last) {
      sums.twice++;
      return;
    }
    sums.lost += seq - last - 1;
    this.positions[session] = seq;
    if (++this.got === expected && ++complete === count - 1) finish();
  }
}

function finish() {
  process.stdout.write(`${JSON.stringify({ ...sums, drops })}\n`);
}

const clients = Array.from({ length: count - 1 }, () => new Client());
for (const client of clients) client.connect();
const silent = new WebSocket(url, { perMessageDeflate: false });
silent.on('open', () => {
  silent.send(JSON.stringify(SUBSCRIBE_TO_ALL));
  silent.pause();
});
silent.on('error', () => {});
setInterval(() => {
  clients[Math.floor(Math.random() * DROPPERS)].socket.terminate();
  drops++;
}, DROP_EVERY_MS);
