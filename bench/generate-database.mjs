// Makes a database as wrapped sessions would leave it after months: sessions of a few agents, most of them small, with
// events whose types, patterns and texts are distributed as in real output. The same arguments give the same rows.
//
//   node bench/generate-database.mjs EVENTS FILE [SEED]

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { generator } from './workload.mjs';

export const AGENTS = 20;
/** The database ends here; everything happens in the half year before. */
export const END = Date.parse('2026-11-20T00:00:00.000Z');
const DAYS = 180;
const DAY = 86_400_000;
const EVENTS_PER_SESSION = 1000;
const BATCH = 1000;

/** [type, pattern, risk, share]: shares of one thousand, as in sessions of coding agents. */
const KINDS = [
  ['file_change', 'file_diff', null, 180],
  ['command', 'shell_command', 'none', 120],
  ['code_block', 'code_block', 'none', 90],
  ['error', 'ts_error', 'medium', 70],
  ['error', 'error_line', 'medium', 60],
  ['error', 'python_exception', 'medium', 25],
  ['error', 'error_level', 'high', 12],
  ['warning', 'warning', 'low', 70],
  ['warning', 'deprecation', 'low', 20],
  ['stack_trace', 'js_stack', 'medium', 45],
  ['stack_trace', 'python_traceback', 'medium', 30],
  ['test_result', 'jest_summary', 'none', 50],
  ['test_result', 'pytest_summary', 'none', 40],
  ['test_result', 'go_test', 'none', 15],
  ['url', 'url', 'none', 60],
  ['git', 'git_commit', 'none', 30],
  ['git', 'git_push', 'medium', 6],
  ['progress', 'percent', 'none', 35],
  ['usage', 'tokens', 'none', 18],
  ['confirmation', 'confirm_ask', 'low', 10],
  ['rate_limit', 'rate_limited', 'low', 5],
  ['command', 'risky_git', 'high', 4],
  ['command', 'risky_rm', 'critical', 2],
  ['secret', 'secret_key', 'high', 2],
  ['state', 'waiting', 'none', 1],
];
const VERBS = ['reading', 'writing', 'updating', 'checking', 'running', 'building', 'testing', 'refactoring'];
const NOUNS = [
  'parser',
  'session',
  'buffer',
  'index',
  'query',
  'config',
  'widget',
  'cursor',
  'payload',
  'router',
];
const LANGUAGES = ['ts', 'python', 'bash', 'go', 'rust', 'json'];
const ENDS = [
  ['completed', 0, 85],
  ['failed', 1, 11],
  ['killed', 130, 3],
  ['lost', null, 1],
];

/** Picks by weight in constant time. */
function picker(weights) {
  const table = weights.flatMap((weight, at) => new Array(Math.round(weight)).fill(at));
  return (part) => table[Math.floor(part * table.length)];
}

/** A word that stands in about one of a hundred thousand lines. */
export const RARE_WORD = 'quokka';

/**
 * Fills a new database.
 *
 * @param options.say called with a line about the progress
 * @returns what is in it, for the measurements
 */
export async function generateDatabase({ events, file, seed = 1, say = () => {} }) {
  const scratch = mkdtempSync(join(tmpdir(), 'wrapper-generate-'));
  try {
    const code = await bundle(
      'stores',
      ['src/data/database.ts', 'src/data/extraction-store.ts', 'src/data/session-store.ts'],
      scratch,
    );
    return fill(createRequire(import.meta.url)(code), { events, file, seed, say });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function fill({ openDatabase, ExtractionStore, SessionStore }, { events, file, seed, say }) {
  const random = generator(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const database = openDatabase(file);
  database.prepare('PRAGMA synchronous = OFF').run();
  database.prepare('PRAGMA cache_size = -262144').run();
  const extractions = new ExtractionStore(database);
  const sessionStore = new SessionStore(database);
  const sessionCount = Math.max(AGENTS, Math.round(events / EVENTS_PER_SESSION));
  // Zipf: the first agent does a quarter of all work, the last a hundredth.
  const agentOf = picker(Array.from({ length: AGENTS }, (_, rank) => 1000 / (rank + 1)));
  const kindOf = picker(KINDS.map((kind) => kind[3]));
  const endOf = picker(ENDS.map((end) => end[2]));
  const starts = Array.from({ length: sessionCount }, () => END - random() * DAYS * DAY).sort(
    (a, b) => a - b,
  );
  // Sizes by Zipf as well, so that one session has a fiftieth of all events and most have a few hundred.
  const weights = starts.map((_, rank) => 1 / (rank + 10) ** 0.9);
  const scale = events / weights.reduce((sum, weight) => sum + weight, 0);
  const sizes = shuffle(
    weights.map((weight) => Math.max(1, Math.round(weight * scale))),
    random,
  );
  let written = 0;
  let largest = { sessionId: '', events: 0 };
  let batch = [];
  let blocks = [];
  const flush = () => {
    extractions.saveExtractionBatch(batch, blocks);
    batch = [];
    blocks = [];
  };
  let reported = 0;
  for (const [number, startedAtMs] of starts.entries()) {
    const isLast = number === starts.length - 1;
    const size = isLast ? Math.max(1, events - written) : Math.min(sizes[number], events - written);
    if (size <= 0) break;
    const sessionId = sessionIdOf(number);
    const agentName = `agent-${String(agentOf(random())).padStart(2, '0')}`;
    const startedAt = new Date(startedAtMs).toISOString();
    const command = `${agentName} exec '${pick(VERBS)} the ${pick(NOUNS)}'`;
    sessionStore.createSession({
      sessionId,
      agentName,
      environment: null,
      startedAt,
      stdoutLogPath: `data/sessions/${sessionId}.cast`,
      stderrLogPath: null,
      extractionConfigVersion: 'builtin-1',
      environmentConfigVersion: null,
      owner: null,
      cwd: '/home/dev/project',
      argv: ['/bin/sh', '-c', command],
      command,
      wrapperVersion: '0.1.0',
    });
    let elapsed = 0;
    let line = 0;
    for (let seq = 1; seq <= size; seq++) {
      elapsed += random() < 0.02 ? Math.floor(random() * 20_000) : Math.floor(random() * 120);
      line += 1 + Math.floor(random() * 12);
      const [eventType, pattern, riskLevel] = KINDS[kindOf(random())];
      const text = `${pick(VERBS)} src/${pick(NOUNS)}/${pick(NOUNS)}-${Math.floor(random() * 500)}.ts`;
      const rare = random() < 1e-5 ? ` ${RARE_WORD}` : '';
      const isBlock = eventType === 'code_block';
      const timestamp = new Date(startedAtMs + elapsed).toISOString();
      const digest = isBlock ? digestOf(Math.floor(random() * events * 0.05)) : undefined;
      const language = isBlock ? pick(LANGUAGES) : null;
      batch.push({
        agentName,
        sessionId,
        seq,
        timestamp,
        elapsedMs: elapsed,
        eventType,
        pattern,
        matchedValue: text.slice(0, 40),
        originalLine: `${text}: ${pick(VERBS)} ${pick(NOUNS)} ${pick(NOUNS)}${rare}`,
        lineNumber: line,
        stream: 'pty',
        metadata: isBlock ? { digest, lines: 3 } : null,
        codeBlockLanguage: language,
        riskLevel,
        autoConfirmable: false,
      });
      if (isBlock) {
        blocks.push({
          agentName,
          sessionId,
          timestamp,
          language,
          content: `${text}\n${digest}`,
          lineStart: line,
          lineEnd: line + 3,
          context: null,
          parseable: true,
          digest,
        });
      }
      if (batch.length >= BATCH) flush();
    }
    flush();
    written += size;
    if (size > largest.events) largest = { sessionId, events: size };
    const [state, exitCode] = ENDS[endOf(random())];
    sessionStore.recordStateChange({
      sessionId,
      timestamp: startedAt,
      state: 'running',
      exitCode: null,
      metadata: null,
    });
    sessionStore.completeSession(sessionId, {
      state,
      exitCode,
      endedAt: new Date(startedAtMs + elapsed + 500).toISOString(),
      stats: { totalLines: line, totalExtractions: size },
    });
    if (written - reported >= 250_000) {
      reported = written;
      say(`${written} of ${events} events, ${number + 1} of ${sessionCount} sessions`);
    }
  }
  database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  database.close();
  return { events: written, sessions: sessionCount, largest: largest.sessionId };
}

function shuffle(list, random) {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [list[at], list[other]] = [list[other], list[at]];
  }
  return list;
}

/** In the form of the real ones; the digits of Crockford's base 32. */
export function sessionIdOf(number) {
  const mixed = Math.imul(number + 1, 2654435761) >>> 0;
  const text = `${mixed.toString(2).padStart(32, '0')}${number.toString(2).padStart(28, '0')}`;
  const digits = Array.from(
    { length: 12 },
    (_, at) => '0123456789abcdefghjkmnpqrstvwxyz'[Number.parseInt(text.slice(at * 5, at * 5 + 5), 2)],
  );
  return `sess_${digits.join('')}`;
}

/** 64 hexadecimal digits that look like a hash and tell numbers apart. */
function digestOf(number) {
  let text = '';
  for (let part = 0; part < 8; part++) {
    const mixed = Math.imul(number ^ (part * 0x9e3779b9), 2654435761 + 2 * part) >>> 0;
    text += ((mixed ^ (mixed >>> 15)) >>> 0).toString(16).padStart(8, '0');
  }
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [events, file, seed] = process.argv.slice(2);
  if (!(Number(events) > 0) || file === undefined) {
    process.stderr.write('node bench/generate-database.mjs EVENTS FILE [SEED]\n');
    process.exit(2);
  }
  if (existsSync(file)) {
    process.stderr.write(`${file} is there already\n`);
    process.exit(1);
  }
  const started = performance.now();
  const say = (line) =>
    process.stderr.write(`${line}, ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  const made = await generateDatabase({
    events: Number(events),
    file: resolve(file),
    seed: Number(seed ?? 1),
    say,
  });
  say(`${made.events} events in ${made.sessions} sessions`);
}
