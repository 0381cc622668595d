// Extraction alone: 100 MB through the extractor, whole process, against ripgrep (a fast program that only counts) and
// against 25 regexes per line in Node.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { BENCH, installed, interleave, median, medianRatio, run } from '../harness.mjs';

const PATTERNS = join(BENCH, 'patterns.json');

export async function extraction({ scratch, rounds, workload, skip }) {
  const plain = workload('plain');
  const ansi = workload('ansi');
  const unfenced = withoutFences(plain.file, join(scratch, 'unfenced.txt'));
  const extractor = await bundle(
    'extractor',
    ['src/stream/extractor.ts', 'src/stream/pattern-set.ts'],
    scratch,
  );
  const program = join(BENCH, 'programs', 'extract.mjs');
  const perLine = join(BENCH, 'references', 'regexes-per-line.mjs');
  const seconds = async (argv) => {
    const { ms, cpu } = await run(argv, { scratch });
    return { wall: ms / 1000, cpu };
  };
  const node = (...args) => seconds([process.execPath, ...args]);
  const ripgrep = installed('rg');
  const measured = await interleave(rounds(5, 2), {
    ours: () => node(program, extractor, PATTERNS, plain.file),
    ...(ripgrep && { ripgrep: () => seconds(['rg', '--no-config', '-j1', '-c', '-e', union(), plain.file]) }),
    unfenced: () => node(program, extractor, PATTERNS, unfenced),
    perLine: () => node(perLine, PATTERNS, plain.file),
    oursAnsi: () => node(program, extractor, PATTERNS, ansi.file),
    perLineAnsi: () => node(perLine, PATTERNS, '--strip', ansi.file),
    builtin: () => node(program, extractor, 'builtin', ansi.file),
  });
  const size = `${plain.megabytes} MB`;
  const walls = (name) => measured[name].map(({ wall }) => wall);
  const text = (name) => `${median(walls(name)).toFixed(2)} s`;
  const row = (what, name, reference, title, budget) => {
    const ratio = medianRatio(walls(name), walls(reference));
    const cpu = median(measured[name].map(({ cpu }) => cpu));
    return {
      what: `extraction alone, ${size} ${what}`,
      ours: text(name),
      reference: `${text(reference)}, ${title}`,
      ratio,
      judged: ratio,
      budget,
      note: `processor ${cpu.toFixed(2)} s against ${median(measured[reference].map((one) => one.cpu)).toFixed(2)} s`,
    };
  };
  return [
    ripgrep
      ? row('plain', 'ours', 'ripgrep', '`rg -j1 -c`, ASCII `\\b`', { most: 3, text: '≤ 3 × its time' })
      : skip('extraction against ripgrep', 'rg is not installed'),
    row('plain, code fences taken out', 'unfenced', 'ours', 'the text with its code blocks', undefined),
    row('in colours', 'oursAnsi', 'ours', 'the same text plain', { most: 1.2, text: '≤ 1.2 × plain' }),
    row('plain, in Node', 'ours', 'perLine', '25 regexes per line', undefined),
    row('in colours, in Node', 'oursAnsi', 'perLineAnsi', 'escapes removed, 25 regexes per line', undefined),
    row('in colours, built-in patterns', 'builtin', 'oursAnsi', 'the 25 patterns', undefined),
  ].flat();
}

/** The same text without code blocks: what is left is lines and patterns, all that the references look at. */
function withoutFences(from, to) {
  writeFileSync(to, readFileSync(from, 'latin1').replace(/^ *```.*\n/gm, ''), 'latin1');
  return to;
}

/** The 25 patterns as one for ripgrep; its own \b knows Unicode and is several times slower. */
function union() {
  const patterns = JSON.parse(readFileSync(PATTERNS, 'utf8'));
  return patterns.map(({ regex }) => `(?:${regex.replaceAll('\\b', '(?-u:\\b)')})`).join('|');
}
