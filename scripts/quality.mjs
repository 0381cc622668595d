// Measures the built-in patterns against the hand-labelled lines in tests/fixtures/quality: what a careful reader
// expects, what the real extractor finds. Prints a table per file and fails when precision or recall is below 0.95.
//
//   node scripts/quality.mjs             the table
//   node scripts/quality.mjs --verbose   and every label that was missed or falsely found
//   node scripts/quality.mjs --markdown  writes the table and the list of patterns into docs/PATTERNS.md

import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const THRESHOLD = 0.95;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const quality = join(root, 'tests', 'fixtures', 'quality');

const { createExtractor, builtinPatternSet, listPatterns } = await loadExtractor();
const results = judgeAll(readLabels());
const total = sum(results);

console.log(table([...results, { source: 'total', ...total }]));
console.log(
  `precision ${total.precision.toFixed(3)}, recall ${total.recall.toFixed(3)}, labelled lines ${total.lines}`,
);
if (process.argv.includes('--verbose')) printDifferences(results);
if (process.argv.includes('--markdown')) writeDocument();
process.exitCode = total.precision >= THRESHOLD && total.recall >= THRESHOLD ? 0 : 1;

/** The extractor as the product runs it, bundled on the fly: Node 20 cannot load TypeScript. */
async function loadExtractor() {
  const folder = mkdtempSync(join(tmpdir(), 'wrapper-quality-'));
  // Until the end: the parser for code blocks is loaded when the first one is seen.
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'extractor.mjs');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  await build({
    stdin: {
      contents: [
        "export { createExtractor } from './src/stream/extractor.ts';",
        "export { builtinPatternSet } from './src/stream/pattern-set.ts';",
        "export { listPatterns } from './src/stream/patterns/listing.ts';",
      ].join('\n'),
      resolveDir: root,
      loader: 'ts',
    },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  return import(pathToFileURL(bundle).href);
}

/** Labels by source file, in the order of labels.jsonl. */
function readLabels() {
  const bySource = new Map();
  for (const row of readFileSync(join(quality, 'labels.jsonl'), 'utf8').split('\n')) {
    if (row === '') continue;
    const label = JSON.parse(row);
    if (!bySource.has(label.source)) bySource.set(label.source, []);
    bySource.get(label.source).push(label);
  }
  return bySource;
}

function judgeAll(labels) {
  return [...labels].map(([source, rows]) => ({ source, ...judge(rows, findingsOf(source)) }));
}

function findingsOf(source) {
  const found = [];
  const extractor = createExtractor({
    agent: 'quality',
    patterns: builtinPatternSet(),
    onFinding: (finding) => found.push(finding),
  });
  extractor.push('output', readFileSync(join(quality, source)), 0);
  extractor.end(0);
  return found;
}

/**
 * Compares one file's labels with its findings, as pairs of line and type. A finding on a line without a label does not
 * count. A trace counts as found when it overlaps the labelled one; lines within it expect nothing else. Where the label
 * names a file, line, column or rule, the finding must name the same.
 */
function judge(labels, findings) {
  const labelled = new Map(labels.map((label) => [label.line, true]));
  for (const { line, to } of labels) for (let n = line; n <= (to ?? line); n++) labelled.set(n, true);
  const open = new Set(findings.filter((finding) => labelled.has(finding.lineNumber)));
  const missed = [];
  let hits = 0;
  const expected = labels.filter((label) => label.type !== null);
  for (const label of expected) {
    const hit = [...open].find((finding) => matches(label, finding));
    if (hit === undefined) {
      missed.push(label);
      continue;
    }
    hits++;
    for (const finding of open) {
      // Several addresses on one line are one label.
      if (finding === hit || (finding.eventType === 'url' && matches(label, finding))) open.delete(finding);
    }
  }
  const falsely = [...open];
  return {
    lines: labelled.size,
    expected: expected.length,
    found: hits + falsely.length,
    hits,
    missed,
    falsely,
  };
}

function matches(label, finding) {
  if (label.type !== finding.eventType) return false;
  if (label.to === undefined) {
    if (label.line !== finding.lineNumber) return false;
  } else {
    const last = finding.metadata?.line_end ?? finding.lineNumber;
    if (finding.lineNumber > label.to || last < label.line) return false;
  }
  return Object.entries(label.at ?? {}).every(([key, value]) => finding.metadata?.[key] === value);
}

function sum(results) {
  const add = (key) => results.reduce((total, result) => total + result[key], 0);
  const missed = results.flatMap((result) => result.missed);
  const falsely = results.flatMap((result) => result.falsely);
  const hits = add('hits');
  const expected = add('expected');
  const found = add('found');
  const precision = found === 0 ? 0 : hits / found;
  const recall = expected === 0 ? 0 : hits / expected;
  return { lines: add('lines'), expected, found, hits, missed, falsely, precision, recall };
}

function rowsOf(results) {
  return [
    ['file', 'lines', 'expected', 'found', 'missed', 'false'],
    ...results.map((r) =>
      [r.source, r.lines, r.expected, r.found, r.missed.length, r.falsely.length].map(String),
    ),
  ];
}

function table(results) {
  const rows = rowsOf(results);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  return rows.map((row) => row.map(pad).join('  ')).join('\n');
}

function printDifferences(results) {
  for (const { source, missed, falsely } of results) {
    for (const label of missed)
      console.log(`missed ${source}:${label.line} ${label.type} ${JSON.stringify(label.at ?? {})}`);
    for (const finding of falsely) {
      const { lineNumber, eventType, pattern, originalLine, metadata } = finding;
      console.log(
        `false  ${source}:${lineNumber} ${eventType}/${pattern} ${JSON.stringify(metadata)} | ${originalLine.slice(0, 120)}`,
      );
    }
  }
}

/** Puts the table and the list of patterns between their marks in docs/PATTERNS.md. */
function writeDocument() {
  const file = join(root, 'docs', 'PATTERNS.md');
  const [head, ...body] = rowsOf([...results, { source: '**total**', ...total }]);
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  const lines = [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`);
  const verdict = `Precision ${total.precision.toFixed(3)}, recall ${total.recall.toFixed(3)}.`;
  let text = readFileSync(file, 'utf8');
  text = between(text, 'quality', `${verdict}\n\n${lines.join('\n')}`);
  text = between(text, 'patterns', listPatterns());
  writeFileSync(file, text);
}

function between(text, name, content) {
  const [open, close] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`docs/PATTERNS.md has no marks for ${name}`);
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`;
}
