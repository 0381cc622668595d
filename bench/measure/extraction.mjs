// Extraction alone: 100 MB through the extractor, whole process, against ripgrep (a fast program that only counts) and
// against 25 regexes per line in Node.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { BENCH, installed, interleave, median, medianRatio, run } from '../harness.mjs';

const PATTERNS = join(BENCH, 'patterns.json');

export async function extraction({ scratch, rounds, workload, skip }) {
  const plain = workload('plain');
  const ansi = workload('ansi');
  const extractor = await bundle(
    'extractor',
    ['src/stream/extractor.ts', 'src/stream/pattern-set.ts'],
    scratch,
  );
  const program = join(BENCH, 'programs', 'extract.mjs');
  const perLine = join(BENCH, 'references', 'regexes-per-line.mjs');
  const seconds = async (argv) => (await run(argv, { scratch })).ms / 1000;
  const node = (...args) => seconds([process.execPath, ...args]);
  const ripgrep = installed('rg');
  const measured = await interleave(rounds(5, 2), {
    ours: () => node(program, extractor, PATTERNS, plain.file),
    ...(ripgrep && { ripgrep: () => seconds(['rg', '--no-config', '-j1', '-c', '-e', union(), plain.file]) }),
    perLine: () => node(perLine, PATTERNS, plain.file),
    oursAnsi: () => node(program, extractor, PATTERNS, ansi.file),
    perLineAnsi: () => node(perLine, PATTERNS, '--strip', ansi.file),
    builtin: () => node(program, extractor, 'builtin', ansi.file),
  });
  const size = `${plain.megabytes} MB`;
  const row = (what, name, referenceName, referenceTitle, budget, throughput = false) => {
    const ratio = throughput
      ? medianRatio(measured[referenceName], measured[name])
      : medianRatio(measured[name], measured[referenceName]);
    const text = (times) => `${median(times).toFixed(2)} s`;
    return {
      what: `extraction alone, ${size} ${what}`,
      ours: text(measured[name]),
      reference: `${text(measured[referenceName])}, ${referenceTitle}`,
      ratio,
      judged: ratio,
      budget,
      ...(throughput && { note: 'ratio: times faster' }),
    };
  };
  return [
    ripgrep
      ? row('plain', 'ours', 'ripgrep', '`rg -j1 -c`, ASCII `\\b`', { most: 3, text: '≤ 3 × its time' })
      : skip('extraction against ripgrep', 'rg is not installed'),
    row('in colours', 'oursAnsi', 'ours', 'the same text plain', { most: 1.2, text: '≤ 1.2 × plain' }),
    row('plain, in Node', 'ours', 'perLine', '25 regexes per line', undefined, true),
    row(
      'in colours, in Node',
      'oursAnsi',
      'perLineAnsi',
      'escapes removed, 25 regexes per line',
      undefined,
      true,
    ),
    row('in colours, built-in patterns', 'builtin', 'oursAnsi', 'the 25 patterns', undefined),
  ].flat();
}

/** The 25 patterns as one for ripgrep; its own \b knows Unicode and is several times slower. */
function union() {
  const patterns = JSON.parse(readFileSync(PATTERNS, 'utf8'));
  return patterns.map(({ regex }) => `(?:${regex.replaceAll('\\b', '(?-u:\\b)')})`).join('|');
}
