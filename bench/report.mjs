// Turns rows into a table for the terminal, for docs/PERFORMANCE.md and into JSON.
//
// A row: `what` was measured, `ours`, `reference`, their `ratio` where there is one, the value that is `judged`, the
// `budget` ({ most | least, text }) where there is one, and a `note`.

import { readFileSync, writeFileSync } from 'node:fs';

const HEAD = ['measurement', 'ours', 'reference', 'ratio', 'budget', 'met'];
const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

/** Whether the budget is kept; undefined when there is none. */
export function met({ judged, budget }) {
  if (budget === undefined) return undefined;
  return budget.most !== undefined ? judged <= budget.most : judged >= budget.least;
}

function cells(row) {
  const kept = met(row);
  return [
    row.what,
    row.ours + (row.note === undefined ? '' : ` (${row.note})`),
    row.reference,
    row.ratio === undefined ? '–' : `${row.ratio.toFixed(2)} ×`,
    row.budget?.text ?? '–',
    kept === undefined ? '–' : kept ? 'yes' : '**no**',
  ];
}

export function textTable(rows) {
  const table = [HEAD, ...rows.map(cells)].map((line) => line.map((cell) => cell.replace(/[`*]/g, '')));
  const widths = HEAD.map((_, column) => Math.max(...table.map((line) => line[column].length)));
  return table
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Puts the table between the marks of the document. */
export function writeMarkdown(path, rows, about) {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cells)].map((line) => `| ${line.join(' | ')} |`);
  const document = readFileSync(path, 'utf8');
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${path} lacks the marks ${BEGIN} and ${END}`);
  const text = [BEGIN, '', ...about.map((line) => `${line}  `), '', ...lines, '', ''].join('\n');
  writeFileSync(path, document.slice(0, begin) + text + document.slice(end));
}

export function writeJson(path, rows, about) {
  writeFileSync(
    path,
    `${JSON.stringify({ about, rows: rows.map((row) => ({ ...row, met: met(row) })) }, null, 2)}\n`,
  );
}
