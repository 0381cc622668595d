// Live: how long an error line is under way from the agent's write to a subscriber's `event`, against a message that a
// bare WebSocket server sends back; and how many deliveries a second reach 100 subscribers, against a bare loop that sends
// the same lines as shared buffers.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH, interleave, median, medianRatio, quantile, run, wrapper } from '../harness.mjs';
import { bareServer, lineProcess, openSocket, ourServer, pause } from '../live.mjs';
import { ensureToken, liveEvent } from '../live-events.mjs';

const INTERVAL_MS = 5;
const SUBSCRIBERS = 100;
const LINES_AT_ONCE = 20;
/** Lines that may be under way: far less than makes a subscriber count as slow. */
const WINDOW = 1000;

export async function live({ scratch, rounds, sized }) {
  return [
    ...(await delays({ scratch, rounds: rounds(5, 2), lines: sized(1000, 300) })),
    await fanOut({ scratch, rounds: rounds(5, 2), lines: sized(20_000, 5000) }),
  ];
}

async function delays({ scratch, rounds, lines }) {
  const { bare, ours } = await interleave(rounds, {
    bare: () => echo(scratch, lines),
    ours: () => underWay(scratch, lines),
  });
  const text = (results) =>
    `p50 ${median(results.map(({ p50 }) => p50)).toFixed(2)} ms, p99 ${median(results.map(({ p99 }) => p99)).toFixed(2)} ms`;
  const row = (part, most) => ({
    what: `live: child's write → subscriber's event, ${part}`,
    ours: text(ours),
    reference: `${text(bare)}, a bare ws echo`,
    judged: median(ours.map((result, at) => result[part] - bare[at][part])),
    budget: { most, text: `${part} ≤ ${most} ms more` },
  });
  return [row('p50', 5), row('p99', 20)];
}

async function echo(scratch, lines) {
  const server = await bareServer(scratch);
  const socket = await openSocket(`${server.ws}/echo`);
  const found = [];
  socket.on('message', (data) => found.push(since(String(data))));
  for (let line = 0; line < lines; line++) {
    socket.send(`error: @${process.hrtime.bigint()}`);
    await pause(INTERVAL_MS);
  }
  socket.terminate();
  await server.stop();
  return { p50: quantile(found, 0.5), p99: quantile(found, 0.99) };
}

async function underWay(scratch, lines) {
  const database = join(mkdtempSync(join(scratch, 'live-')), 'wrapper.db');
  const server = await ourServer(database, scratch);
  const socket = await openSocket(`${server.ws}/ws`);
  const found = [];
  socket.on('message', (data) => {
    const now = process.hrtime.bigint();
    const { type, original_line } = JSON.parse(String(data));
    if (type === 'event') found.push(Number(now - BigInt(original_line.split('@')[1])) / 1e6);
  });
  socket.send('{"type":"subscribe"}');
  const agent = [
    process.execPath,
    join(BENCH, 'programs', 'stamped-errors.mjs'),
    `${lines}`,
    `${INTERVAL_MS}`,
  ];
  await run(wrapper('--enable-db', '--db', database, 'bench', '--', ...agent), { scratch });
  socket.terminate();
  await server.stop();
  // What was printed before the session was shown live came late for that reason.
  const shown = found.slice(Math.ceil(found.length / 4));
  return { p50: quantile(shown, 0.5), p99: quantile(shown, 0.99) };
}

function since(text) {
  return Number(process.hrtime.bigint() - BigInt(text.split('@')[1])) / 1e6;
}

async function fanOut({ scratch, rounds, lines }) {
  const { bare, ours } = await interleave(rounds, {
    bare: () => bareFanOut(scratch, lines),
    ours: () => ourFanOut(scratch, lines),
  });
  const rate = (values) => `${Math.round(median(values)).toLocaleString('en')} deliveries/s`;
  return {
    what: `live: fan-out to ${SUBSCRIBERS} subscribers`,
    ours: rate(ours),
    reference: `${rate(bare)}, a bare ws loop of shared buffers`,
    judged: medianRatio(ours, bare),
    budget: { least: 0.8, text: '≥ 0.8 ×' },
  };
}

async function bareFanOut(scratch, lines) {
  const server = await bareServer(scratch);
  const publisher = await openSocket(`${server.ws}/publish`);
  const sink = await openSink(scratch, `${server.ws}/`);
  const rate = await publish(publisher, sink, lines, (seq) => liveEvent(seq));
  publisher.terminate();
  await Promise.all([sink.stop(), server.stop()]);
  return rate;
}

async function ourFanOut(scratch, lines) {
  const database = join(mkdtempSync(join(scratch, 'fan-')), 'wrapper.db');
  const server = await ourServer(database, scratch);
  const headers = { authorization: `Bearer ${await ensureToken(database, scratch)}` };
  const publisher = await openSocket(`${server.ws}/ws/publish`, { headers });
  publisher.send(JSON.stringify(liveEvent.hello()));
  const sink = await openSink(scratch, `${server.ws}/ws`, '{"type":"subscribe"}');
  const rate = await publish(publisher, sink, lines, (seq) => `E ${seq} error ${liveEvent(seq)}`);
  publisher.terminate();
  await Promise.all([sink.stop(), server.stop()]);
  return rate;
}

async function openSink(scratch, url, ...subscribe) {
  const program = join(BENCH, 'programs', 'ws-sink.mjs');
  const sink = lineProcess([process.execPath, program, url, `${SUBSCRIBERS}`, ...subscribe], scratch);
  await sink.line((line) => line === 'ready');
  return sink;
}

/** Deliveries a second, with never more than WINDOW lines under way. */
async function publish(socket, sink, lines, makeLine) {
  let arrived = 0;
  let onArrival = () => {};
  sink.onLine((line) => {
    arrived = Number(line);
    onArrival();
  });
  const started = performance.now();
  for (let seq = 1; seq <= lines; ) {
    while (seq - arrived > WINDOW) await new Promise((resolve) => (onArrival = resolve));
    const message = [];
    for (let line = 0; line < LINES_AT_ONCE; line++) message.push(makeLine(seq++));
    socket.send(message.join('\n'));
  }
  while (arrived < lines) await new Promise((resolve) => (onArrival = resolve));
  return (lines * SUBSCRIBERS) / ((performance.now() - started) / 1000);
}
