// Replay: how far each message of a replay at 1 × is from its recorded time, while a second client replays the same
// session ten times as fast over and over; and how long a seek takes in a large recording and in a small one, from the
// request to the screen.

import { closeSync, mkdtempSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH, median, quantile, run, wrapper } from '../harness.mjs';
import { served } from '../served.mjs';

const INTERVAL_MS = 10;

export async function replay(context) {
  return [...(await timing(context)), ...(await seeking(context))];
}

async function timing({ scratch, rounds, sized }) {
  const cwd = mkdtempSync(join(scratch, 'replay-'));
  const database = join(cwd, 'wrapper.db');
  const chunks = sized(1000, 200);
  const agent = [process.execPath, join(BENCH, 'programs', 'stamps.mjs'), `${chunks}`, `${INTERVAL_MS}`, '1'];
  await run(wrapper('--enable-db', '--no-serve', '--db', database, 'bench', '--', ...agent), { scratch });
  const { url, stop } = await served(database, scratch);
  const errors = [];
  const halves = [];
  try {
    const [session] = (await (await fetch(`${url}/api/query/sessions`)).json()).sessions;
    const address = `${url}/api/replay/session/${session.session_id}`;
    for (let round = 0; round < rounds(3, 1); round++) {
      const other = new AbortController();
      const noise = (async () => {
        while (!other.signal.aborted) await listen(`${address}?speed=10`, () => {}, other.signal);
      })().catch(() => {});
      errors.push(await lateness(address));
      other.abort();
      await noise;
      halves.push(await part(`${address}?speed=2.0`));
    }
  } finally {
    await stop();
  }
  const all = errors.flat();
  const p99 = median(errors.map((round) => quantile(round, 0.99)));
  const half = median(halves);
  const atTwice = {
    what: 'replay at speed=2.0, the whole of it',
    ours: `${half.toFixed(3)} of its time`,
    reference: 'half its time',
    judged: half,
    budget: { most: 0.52, text: 'half its time' },
  };
  const atOnce = {
    what: 'replay at 1 ×, a message from its recorded time, while another plays at 10 ×',
    ours: `p50 ${quantile(all, 0.5).toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, worst ${Math.max(...all).toFixed(1)} ms`,
    reference: 'the recorded times',
    judged: p99,
    budget: { most: 5, text: 'p99 ≤ 5 ms' },
    note: `${all.length} messages`,
  };
  return [atOnce, atTwice];
}

/** How long a whole replay takes, as a part of the session's time. */
async function part(address) {
  const begun = performance.now();
  let duration = 0;
  await listen(address, (message) => {
    if (message.type === 'session_start') duration = message.duration_ms;
  });
  return (performance.now() - begun) / duration;
}

/** By how many milliseconds each message came too late or too early, counted from the message that begins the replay. */
async function lateness(address) {
  let begin;
  const found = [];
  await listen(`${address}?speed=1`, (message) => {
    const now = performance.now();
    if (message.type === 'session_start') begin = now;
    else if (message.type === 'output' || message.type === 'extraction')
      found.push(Math.abs(now - begin - message.offset_ms));
  });
  return found;
}

async function seeking({ scratch, rounds, sized }) {
  const [large, small] = [sized(1000, 100), 10];
  const times = {};
  for (const megabytes of [large, small]) {
    const { url, stop } = await served(await recordingOf(megabytes, scratch), scratch);
    try {
      const [session] = (await (await fetch(`${url}/api/query/sessions`)).json()).sessions;
      times[megabytes] = await seeks(url, session.session_id, rounds(40, 10));
    } finally {
      await stop();
    }
  }
  const [ours, reference] = [median(times[large]), median(times[small])];
  return [
    {
      what: `seek in a recording of ${large} MB, until the screen is there`,
      ours: `${ours.toFixed(0)} ms, worst ${Math.max(...times[large]).toFixed(0)} ms`,
      reference: `${reference.toFixed(0)} ms, the same in ${small} MB`,
      ratio: ours / reference,
      judged: ours,
      budget: { most: 500, text: 'immediate: ≤ 500 ms' },
    },
  ];
}

/** Times from a request to move a replay until its screen has come, forward and back. */
async function seeks(url, session, count) {
  const found = [];
  const closing = new AbortController();
  let begun;
  let id;
  let duration;
  let seed = 7;
  const next = async () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    begun = performance.now();
    await fetch(`${url}/api/replay/control/${id}/seek`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ position_ms: (seed / 2 ** 31) * duration }),
    });
  };
  const pause = () =>
    fetch(`${url}/api/replay/control/${id}/pause`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
  await listen(
    `${url}/api/replay/session/${session}?speed=0.1`,
    (message) => {
      if (message.type === 'session_start') {
        id = message.replay_id;
        duration = message.duration_ms;
        pause().then(next);
      }
      if (message.type !== 'screen') return;
      found.push(performance.now() - begun);
      if (found.length <= count) next();
      else closing.abort();
    },
    closing.signal,
  ).catch((error) => {
    if (!closing.signal.aborted) throw error;
  });
  return found.slice(1);
}

/** A stored session whose recording has that size: colours, redrawn lines, now and then a cleared screen. */
async function recordingOf(megabytes, scratch) {
  const cwd = mkdtempSync(join(scratch, 'seek-'));
  const database = join(cwd, 'wrapper.db');
  await run(wrapper('--enable-db', '--no-serve', '--db', database, 'bench', '--', 'echo', 'start'), {
    scratch,
  });
  const [cast] = readdirSync(join(cwd, 'sessions')).filter((name) => name.endsWith('.cast'));
  const path = join(cwd, 'sessions', cast);
  const header = { version: 2, width: 120, height: 40, timestamp: 1780000000, wrapper: { mode: 'pty' } };
  const file = openSync(path, 'w');
  const index = openSync(path.replace(/\.cast$/, '.index.jsonl'), 'w');
  let offset = writeSync(file, `${JSON.stringify(header)}\n`);
  let [line, ms, noted] = [0, 0, 0];
  while (offset < megabytes * 1e6) {
    let text = '';
    for (let count = 0; count < 2000; count++) {
      line++;
      ms += 5;
      const data =
        line % 5000 === 0
          ? '\x1b[2J\x1b[H'
          : `\x1b[32m${line}\x1b[0m working on part ${line % 97} of it ${'#'.repeat(line % 60)}\r\n`;
      text += `[${(ms / 1000).toFixed(6)},"o",${JSON.stringify(data)}]\n`;
    }
    offset += writeSync(file, text);
    if (offset - noted < 1024 * 1024) continue;
    noted = offset;
    writeSync(index, `${JSON.stringify({ t_ms: ms, offset, line, seq: 0, cols: 120, rows: 40 })}\n`);
  }
  closeSync(file);
  closeSync(index);
  return database;
}

/** Reads server-sent events to the end of the stream. */
async function listen(url, each, signal = undefined) {
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of response.body) {
    const blocks = (held + decoder.decode(chunk, { stream: true })).split('\n\n');
    held = blocks.pop();
    for (const block of blocks) {
      const data = block.split('\n').find((field) => field.startsWith('data: '));
      if (data !== undefined) each(JSON.parse(data.slice(6)));
    }
  }
}
