// Writes the rows through the real ExtractionStore into a new database. Prints the seconds that the batches took, and
// the processor seconds of them.
//
//   node store.mjs BUNDLE ROWS.jsonl DATABASE BATCH

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [bundle, rowsPath, path, size] = process.argv.slice(2);
const { ExtractionStore, openDatabase } = createRequire(import.meta.url)(bundle);
const batch = Number(size);
const events = readFileSync(rowsPath, 'utf8').trimEnd().split('\n').map(toEvent);

/** What the recorder adds to the documented columns: seq, stream, elapsed_ms. */
function toEvent(line, at) {
  const [
    agent,
    session,
    timestamp,
    type,
    pattern,
    value,
    text,
    number,
    metadata,
    language,
    risk,
    confirmable,
  ] = JSON.parse(line);
  return {
    agentName: agent,
    sessionId: session,
    seq: at + 1,
    timestamp,
    elapsedMs: at,
    eventType: type,
    pattern,
    matchedValue: value,
    originalLine: text,
    lineNumber: number,
    stream: 'stdout',
    metadata: metadata === null ? null : JSON.parse(metadata),
    codeBlockLanguage: language,
    riskLevel: risk,
    autoConfirmable: confirmable === 1,
  };
}

const database = openDatabase(path);
const store = new ExtractionStore(database);
const times = [];
const cpuBefore = process.cpuUsage();
const started = performance.now();
for (let first = 0; first < events.length; first += batch) {
  const before = performance.now();
  store.saveExtractionBatch(events.slice(first, first + batch));
  times.push(performance.now() - before);
}
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const { sqlite } = database.prepare('SELECT sqlite_version() AS sqlite').get();
database.close();
times.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    seconds,
    cpu: (user + system) / 1e6,
    sqlite,
    p50: times[times.length >> 1],
    p99: times[Math.floor(times.length * 0.99)],
  }),
);
