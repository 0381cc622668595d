// Asks the real QueryService on its own read-only connection, as the server does, with the parameters that vary from call
// to call chosen at random. Prints milliseconds for each kind of question.
//
//   node query.mjs BUNDLE DATABASE CALLS ABOUT.json [NAME;…]

import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { finished } from 'node:stream/promises';

const [bundle, path, calls, about, only] = process.argv.slice(2);
const require = createRequire(bundle);
const { QueryService, openDatabase } = require(bundle);
const { agents, end, largest, sessions } = JSON.parse(readFileSync(about, 'utf8'));
const DAY = 86_400_000;

/** The same choices in every run. */
let state = 7;
function random() {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) / 2 ** 24;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const agent = () => pick(agents);
const daysAgo = (days) => new Date(end - days * DAY).toISOString();
const TYPES = ['error', 'warning', 'command', 'test_result', 'code_block', 'url'];
const PATTERNS = ['ts_error', 'error_line', 'file_diff', 'jest_summary', 'url', 'risky_git', 'secret_key'];

// Warm means that nothing has to come from the disk: questions that are chosen at random do not read everything before.
await finished(createReadStream(path).resume());
const database = openDatabase(path, { readonly: true });
const ask = new QueryService(database);
/** What the machine takes for the rows alone: no cursor, no total, no document. */
const alone = new (require('better-sqlite3'))(path, { readonly: true });
alone.pragma('cache_size = -16384');
const rows = alone.prepare(
  'SELECT * FROM extraction_events WHERE agent_name = ? ORDER BY timestamp DESC, id DESC LIMIT ?',
);
/** A page far into the list, to start from its cursor. */
const cursors = agents.map((name) => ({
  agent: name,
  cursor: ask.queryEvents({ agent: name, offset: 500, total: false }).nextCursor ?? undefined,
}));

const QUESTIONS = {
  'latest 100': () => ask.queryEvents({}),
  'latest 100 of an agent': () => ask.queryEvents({ agent: agent() }),
  'latest 1000 of an agent': () => ask.queryEvents({ agent: agent(), limit: 1000 }),
  'latest 100 of an agent and type': () => ask.queryEvents({ agent: agent(), type: pick(TYPES) }),
  'latest 100 of a pattern': () => ask.queryEvents({ pattern: pick(PATTERNS) }),
  'latest 100 of a type': () => ask.queryEvents({ type: pick(TYPES) }),
  'latest 100 of high risk': () => ask.queryEvents({ minimumRisk: 'high' }),
  'latest 100 of an agent and pattern': () => ask.queryEvents({ agent: agent(), pattern: pick(PATTERNS) }),
  'latest 100 of an agent in a week': () => {
    const week = Math.floor(random() * 25);
    return ask.queryEvents({ agent: agent(), since: daysAgo(7 * week + 7), until: daysAgo(7 * week) });
  },
  'next 100 of an agent, by cursor': () => ask.queryEvents(pick(cursors)),
  'first 100 of a session': () => ask.queryEvents({ session: pick(sessions), order: 'oldest' }),
  '100 of the largest session, from the middle': () =>
    ask.queryEvents({ session: largest, order: 'oldest', afterSeq: Math.floor(random() * 10_000) }),
  'latest 100 sessions': () => ask.querySessions({}),
  'latest 100 sessions of an agent': () => ask.querySessions({ agent: agent() }),
  'latest 100 failed sessions': () => ask.querySessions({ state: 'failed' }),
  'a session with its counts': () => ask.sessionDetail(pick(sessions)),
  'the largest session with its counts': () => ask.sessionDetail(largest),
  'latest 100 code blocks of a language': () => ask.queryBlocks({ language: pick(['ts', 'python', 'go']) }),
  'latest 100 code blocks of an agent': () => ask.queryBlocks({ agent: agent() }),
  'timeline of an agent, 30 days by day': () =>
    ask.timeline({ agent: agent(), until: daysAgo(Math.floor(random() * 100)), days: 30, bucket: 'day' }),
  'timeline of an agent, 2 days by hour': () =>
    ask.timeline({ agent: agent(), until: daysAgo(Math.floor(random() * 100)), days: 2, bucket: 'hour' }),
  'statistics of an agent': () => ask.agentStats(agent()),
  'statistics of a pattern': () => ask.patternStats(pick(PATTERNS), { now: end }),
  'all agents': () => ask.agents(),
  'rows alone, by better-sqlite3: latest 100 of an agent': () => rows.all(agent(), 100),
  'rows alone, by better-sqlite3: latest 1000 of an agent': () => rows.all(agent(), 1000),
};

const times = {};
for (const [name, question] of Object.entries(QUESTIONS)) {
  if (only !== undefined && !only.split(';').includes(name)) continue;
  // A server has answered before: its code is compiled and its heap has found its size.
  for (let warm = 0; warm < 2 * Number(calls); warm++) question();
  times[name] = { wall: [], processor: [] };
  for (let call = 0; call < Number(calls); call++) {
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    const answer = question();
    times[name].wall.push(performance.now() - before);
    const { user, system } = process.cpuUsage(cpuBefore);
    times[name].processor.push((user + system) / 1000);
    if (answer === undefined) throw new Error(`${name}: nothing is stored that answers it`);
  }
}
database.close();
console.log(JSON.stringify(times));
