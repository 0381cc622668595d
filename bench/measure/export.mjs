// Exports of a long session: peak resident memory in every format, against that of a session a tenth as long, and the time
// of the events as csv against the sqlite3 shell's.

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { installed, interleave, median, medianRatio, run, wrapper } from '../harness.mjs';

const FORMATS = ['json', 'jsonl', 'har', 'csv', 'md', 'cast', 'cast3', 'txt'];
const ID = 'sess_0123456789ab';
const LINE = 'building module 12345 of the project, which takes a while and says so in a line of some length';

export async function exports({ scratch, rounds, sized, skip }) {
  if (!installed('sqlite3')) return [skip('exports', 'the sqlite3 shell is not installed')];
  const events = sized(1_000_000, 100_000);
  const megabytes = sized(1000, 100);
  const large = await makeSession(scratch, 'large', events, megabytes);
  const small = await makeSession(scratch, 'small', events / 10, megabytes / 10);
  const rows = [];
  for (const format of FORMATS) {
    const peakOf = async (db) =>
      run(wrapper('export', ID, '--format', format, '--db', db), { scratch, stdout: 'sink', peak: true });
    const reference = await peakOf(small);
    const ours = await peakOf(large);
    rows.push({
      what: `peak memory, export of ${events} events and ${megabytes} MB as ${format}`,
      ours: `${ours.peakMiB.toFixed(0)} MiB in ${(ours.ms / 1000).toFixed(1)} s`,
      reference: `${reference.peakMiB.toFixed(0)} MiB, a tenth of it`,
      ratio: ours.peakMiB / reference.peakMiB,
      judged: ours.peakMiB,
      budget: { most: 200, text: '≤ 200 MB resident, flat' },
    });
  }
  const taken = join(scratch, 'taken.json');
  await run(wrapper('export', ID, '-o', taken, '--db', large, '--force'), { scratch });
  const back = await run(wrapper('import', taken, '--db', join(scratch, 'back', 'x.db')), {
    scratch,
    peak: true,
  });
  rows.push({
    what: `peak memory, import of that json`,
    ours: `${back.peakMiB.toFixed(0)} MiB in ${(back.ms / 1000).toFixed(1)} s`,
    reference: '–',
    judged: back.peakMiB,
    budget: { most: 200, text: '≤ 200 MB resident, flat' },
  });
  const query = `SELECT * FROM extraction_events WHERE session_id = '${ID}' ORDER BY seq`;
  const measured = await interleave(rounds(3, 2), {
    ours: () => run(wrapper('export', ID, '--format', 'csv', '--db', large), { scratch, stdout: 'sink' }),
    shell: () => run(['sqlite3', '-csv', large, query], { scratch, stdout: 'sink' }),
  });
  const seconds = (name) => measured[name].map(({ ms }) => ms / 1000);
  const ratio = medianRatio(seconds('ours'), seconds('shell'));
  rows.push({
    what: `export of ${events} events as csv`,
    ours: `${median(seconds('ours')).toFixed(2)} s`,
    reference: `${median(seconds('shell')).toFixed(2)} s, \`sqlite3 -csv\`, not redacted`,
    ratio,
    judged: ratio,
    budget: undefined,
  });
  return rows;
}

/** A session that has ended, with a recording and events, written as they would be. */
async function makeSession(scratch, name, events, megabytes) {
  const folder = join(scratch, name);
  const cast = join(folder, 'sessions', `${ID}.cast`);
  const db = join(folder, 'x.db');
  mkdirSync(join(folder, 'sessions'), { recursive: true });
  await run(wrapper('--enable-db', '--db', db, 'bench', 'true'), { scratch });
  await run(['sqlite3', db, sessionSql(events, cast)], { scratch });
  writeRecording(cast, megabytes);
  return db;
}

function sessionSql(events, cast) {
  return `PRAGMA synchronous = OFF;
    INSERT INTO process_sessions (agent_name, session_id, started_at, ended_at, exit_code, stdout_log_path)
    VALUES ('bench', '${ID}', '2026-02-10T10:30:00.000Z', '2026-02-10T11:30:00.000Z', 0, '${cast}');
    INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern, matched_value, original_line,
      line_number, metadata_json, risk_level, seq, stream, elapsed_ms)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${events})
    SELECT 'bench', '${ID}', '2026-02-10T10:30:00.000Z', CASE i % 3 WHEN 0 THEN 'error' WHEN 1 THEN 'warning' ELSE 'command' END,
      'pattern_' || i % 23, 'value ' || i, '${LINE} ' || i, i, '{"file":"src/module-' || i % 997 || '.ts","line":' || i % 500 || '}',
      'low', i, 'stdout', i FROM n;`;
}

function writeRecording(path, megabytes) {
  const file = openSync(path, 'w');
  const mark = { session_id: ID, agent: 'bench', version: '0.1.0', mode: 'pipe' };
  const header = {
    version: 2,
    width: 80,
    height: 24,
    timestamp: 1770719400,
    env: {},
    title: 'bench',
    wrapper: mark,
  };
  writeSync(file, `${JSON.stringify(header)}\n`);
  const text = JSON.stringify(`\x1b[32m${LINE}\x1b[0m\r\n`.repeat(40));
  for (let bytes = 0, number = 0; bytes < megabytes * 1e6; number++) {
    bytes += writeSync(file, `[${(number / 100).toFixed(6)},"o",${text}]\n`);
  }
  closeSync(file);
}
