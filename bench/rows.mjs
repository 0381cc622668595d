// Rows for the batch measurements: what the 25 patterns find in the generated text, as arrays in the order of the
// documented columns (JSON lines), and as CSV for the sqlite3 shell.

import { readFileSync, writeFileSync } from 'node:fs';
import { BENCH } from './harness.mjs';
import { agentText } from './workload.mjs';

const START = Date.parse('2026-02-10T10:30:00.000Z');

export function writeRows({ count, jsonl, csv }) {
  const patterns = JSON.parse(readFileSync(`${BENCH}/patterns.json`, 'utf8')).map((pattern) => ({
    ...pattern,
    matcher: new RegExp(pattern.regex),
  }));
  const next = agentText({ seed: 3, ansi: false });
  const rows = [];
  for (let number = 1; rows.length < count; ) {
    for (const line of next().split('\n')) {
      for (const { matcher, type, name, risk } of patterns) {
        const match = matcher.exec(line);
        if (match !== null) rows.push(toRow({ line, number, type, name, risk, value: match[0] }));
      }
      number++;
    }
  }
  rows.length = count;
  writeFileSync(jsonl, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeFileSync(csv, rows.map((row, at) => `${[at + 1, ...row].map(field).join(',')}\n`).join(''));
}

function toRow({ line, number, type, name, risk, value }) {
  const time = new Date(START + number).toISOString();
  const metadata = type === 'stack_trace' ? JSON.stringify({ frames: 1 }) : null;
  return [
    'bench',
    'sess_0123456789ab',
    time,
    type,
    name,
    value,
    line.slice(0, 8192),
    number,
    metadata,
    null,
    risk ?? null,
    0,
  ];
}

function field(value) {
  return value === null ? '' : `"${String(value).replaceAll('"', '""')}"`;
}
