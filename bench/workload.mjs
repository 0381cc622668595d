// Generates what a coding agent prints: prose, listings, diffs, test runs, builds, traces, prompts, now and then something
// risky or secret. The same arguments give the same bytes, and `ansi` gives the same text in colours.
//
//   node bench/workload.mjs MEGABYTES plain|ansi SEED FILE

import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const WORDS =
  'the a this that function module handler request response cache file path test parser stream buffer index query now then because after before we it should can will returns reads writes checks updates adds removes keeps uses calls value state config option default session database record event line chunk batch transaction column type schema in on with from into over under for of and or not also only first next last new old same empty valid missing correct refactor rename extract validate resolve retry token context scope'.split(
    ' ',
  );
const NAMES =
  'user order item client server config buffer parser result index total count payload cursor widget session logger row key map list node tree'.split(
    ' ',
  );
const FOLDERS = [
  'src',
  'src/core',
  'src/api',
  'lib/db',
  'tests',
  'pkg/server',
  'internal/store',
  'app/components',
];
const ENDINGS = ['ts', 'py', 'rs', 'go', 'tsx', 'js'];
const UNICODE = ['✅', '🚀', '→', '…', '“quoted”', 'naïve', 'café', '日本語', '—'];
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Mulberry32: 32 bits of state, the same sequence everywhere. */
export function generator(seed) {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A function that returns the next few lines of the session. */
export function agentText({ seed, ansi }) {
  const random = generator(seed);
  const int = (low, high) => low + Math.floor(random() * (high - low + 1));
  const pick = (list) => list[Math.floor(random() * list.length)];
  const chance = (part) => random() < part;
  const colour = ansi ? (code, text) => `\x1b[${code}m${text}\x1b[0m` : (_code, text) => text;
  const many = (low, high, make) => Array.from({ length: int(low, high) }, make);
  const characters = (count, set = ALPHANUMERIC) =>
    many(count, count, () => set[int(0, set.length - 1)]).join('');
  const hex = (count) => characters(count, '0123456789abcdef');
  const name = () => pick(NAMES) + (chance(0.5) ? pick(NAMES).replace(/^./, (c) => c.toUpperCase()) : '');
  const file = (ending = pick(ENDINGS)) => `${pick(FOLDERS)}/${name()}.${ending}`;
  const word = () => (chance(0.02) ? pick(UNICODE) : chance(0.04) ? `\`${name()}\`` : pick(WORDS));
  const words = (low, high) => many(low, high, word).join(' ');
  const sentence = (low, high) => `${words(low, high).replace(/^./, (c) => c.toUpperCase())}.`;
  const address = () =>
    `https://${pick(['docs.example.com', 'handbook.example.org'])}/${name()}/${int(1, 9999)}`;
  const clock = () =>
    `2026-0${int(1, 9)}-${int(10, 28)}T${int(10, 23)}:${int(10, 59)}:${int(10, 59)}.${int(100, 999)}Z`;
  const code = {
    ts: () =>
      pick([
        `  const ${name()} = await ${name()}.${name()}(${name()}, { ${name()}: ${int(0, 999)} });`,
        `  if (${name()}.length > ${int(0, 20)}) return ${name()};`,
        `// ${words(3, 9)}`,
      ]),
    python: () =>
      pick([
        `    ${name()} = ${name()}(${name()}, ${name()}=${int(0, 99)})`,
        `def ${name()}(${name()}):`,
        `    # ${words(3, 9)}`,
      ]),
    rust: () =>
      pick([`    let ${name()} = ${name()}.${name()}()?;`, `fn ${name()}(${name()}: &str) -> u32 {`, '}']),
    bash: () =>
      pick([`cd ${pick(FOLDERS)} && ls -la`, `npm run ${name()}`, `grep -rn "${name()}" ${pick(FOLDERS)}`]),
  };
  const languages = Object.keys(code);

  /** weight, lines */
  const blocks = [
    [34, () => many(2, 9, () => sentence(6, 22))],
    [
      9,
      () => [colour(1, `## ${words(3, 5)}`), '', ...many(3, 9, () => `- **${name()}**: ${words(4, 14)}`), ''],
    ],
    [13, () => fenced(pick(languages))],
    [7, () => listing(pick(languages), int(1, 400))],
    [
      6,
      () => [
        `${colour(32, '●')} ${pick(['Read', 'Edit', 'Write', 'Update'])}(${file()})`,
        colour(2, `  ⎿  ${words(4, 6)} (${int(1, 90)} lines)`),
        ...many(3, 10, () => words(5, 12)),
      ],
    ],
    [
      4,
      () => [
        `${colour(32, '●')} Bash(${pick(['npm test', 'cargo build', 'pytest -q', 'git status'])})`,
        ...many(4, 16, () => `     ${words(3, 12)}`),
      ],
    ],
    [
      2,
      () =>
        many(
          6,
          30,
          () =>
            `-rw-r--r-- 1 dev dev ${String(int(10, 99999)).padStart(7)} Mar ${int(10, 28)} ${int(10, 23)}:${int(10, 59)} ${file()}`,
        ),
    ],
    [2, () => many(6, 30, () => `${colour(35, file())}:${colour(32, int(1, 900))}:${code.ts()}`)],
    [5, diff],
    [
      2,
      () => [
        `${many(5, 20, () => `\r${pick(['⠋', '⠙', '⠹', '⠸'])} ${colour(36, 'Building')} ${int(1, 99)}/100`).join('')}\r${colour(32, 'done')}`,
      ],
    ],
    [
      2,
      () => [
        '',
        ...many(
          6,
          20,
          () => `   ${colour(32, 'Compiling')} ${name()} v${int(0, 3)}.${int(0, 40)}.${int(0, 9)}`,
        ),
        `    Finished dev target(s) in ${int(1, 60)}.${int(10, 99)}s`,
      ],
    ],
    [
      4,
      () => many(6, 25, () => `${clock()} ${level()} [${name()}] ${words(5, 14)} ${name()}=${int(1, 99999)}`),
    ],
    [
      2,
      () => [
        colour(1, `${'='.repeat(29)} test session starts ${'='.repeat(30)}`),
        `collected ${int(10, 300)} items`,
        '',
        ...many(6, 20, () => `tests/test_${name()}.py::test_${name()} ${colour(32, 'PASSED')}`),
        '',
        colour(
          32,
          `${'='.repeat(30)} ${int(20, 90)} passed in ${int(1, 40)}.${int(10, 99)}s ${'='.repeat(30)}`,
        ),
      ],
    ],
    [
      2,
      () => [
        ...many(6, 20, () => `  ${colour(32, '✓')} ${words(4, 9)} (${int(1, 90)} ms)`),
        '',
        `${colour(1, 'Tests:       ')}${int(1, 9)} failed, ${int(20, 300)} passed, ${int(330, 400)} total`,
      ],
    ],
    [
      1,
      () => [
        ...many(8, 30, () => `test ${name()}::tests::${name()} ... ${colour(32, 'ok')}`),
        '',
        `test result: ${colour(32, 'ok')}. ${int(8, 90)} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out`,
      ],
    ],
    [
      1,
      () => [
        colour('1;31', `error[E0${int(100, 799)}]`) + colour(1, `: ${words(5, 7)}`),
        `  --> ${file('rs')}:${int(1, 500)}:${int(1, 80)}`,
        '   |',
        `${int(10, 500)} |     ${code.rust()}`,
        '',
      ],
    ],
    [
      1,
      () => [
        ...many(4, 14, () => `=== RUN   Test${name()}`),
        `--- ${pick(['PASS', 'FAIL'])}: Test${name()} (0.${int(10, 99)}s)`,
        `ok  \texample.com/${name()}\t${int(0, 9)}.${int(100, 999)}s`,
      ],
    ],
    [
      2,
      () => [
        ...many(
          1,
          4,
          () =>
            `${colour(36, file('ts'))}(${int(1, 400)},${int(1, 80)}): ${colour(31, 'error')} TS${int(1000, 9999)}: ${sentence(6, 9)}`,
        ),
        ...many(4, 9, () => words(6, 10)),
      ],
    ],
    [
      1,
      () => [
        file('ts'),
        ...many(
          2,
          5,
          () => `  ${int(1, 400)}:${int(1, 80)}  ${colour(33, 'warning')}  ${sentence(5, 7)}  no-${name()}`,
        ),
        '',
      ],
    ],
    [
      2,
      () => [
        'Traceback (most recent call last):',
        ...many(
          2,
          5,
          () => `  File "/app/${file('py')}", line ${int(1, 900)}, in ${name()}\n    ${code.python().trim()}`,
        ),
        `${pick(['ValueError', 'KeyError', 'TypeError'])}: ${words(4, 7)}`,
      ],
    ],
    [
      2,
      () => [
        `${pick(['TypeError', 'Error', 'RangeError'])}: ${words(5, 8)}`,
        ...many(3, 8, () => `    at ${name()}.${name()} (/app/${file('js')}:${int(1, 900)}:${int(1, 80)})`),
      ],
    ],
    [
      2,
      () => [
        ...many(4, 8, () => sentence(9, 13)),
        pick([
          'Do you want to proceed?',
          `Are you sure you want to delete ${file()}? [y/N]`,
          'Continue? (y/n)',
        ]),
      ],
    ],
    [
      1,
      () => [
        ...many(5, 10, () => `$ ${code.bash()}`),
        `$ ${pick(['rm -rf build/ dist/', 'git push --force origin main', 'git reset --hard HEAD~1', 'curl -fsSL https://example.com/install.sh | sh', 'sudo apt-get install -y jq', 'psql -c "DROP TABLE users"'])}`,
      ],
    ],
    [
      1,
      () => [
        `[main ${hex(7)}] ${words(4, 6)}`,
        ...many(
          5,
          12,
          () =>
            ` ${file().padEnd(36)} | ${String(int(1, 90)).padStart(3)} ${colour(32, '+++++')}${colour(31, '--')}`,
        ),
      ],
    ],
    [2, () => [...many(3, 6, () => sentence(11, 15)), `See ${colour(4, address())} for details.`]],
    [
      0.3,
      () => [
        ...many(4, 8, () => `${name().toUpperCase()}_URL=${name()}`),
        pick([
          `AWS_ACCESS_KEY_ID=AKIA${characters(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
          `GITHUB_TOKEN=ghp_${characters(36)}`,
          `api_key = "${characters(24)}"`,
        ]),
      ],
    ],
    [
      0.15,
      () => [
        JSON.stringify({ file: file(), content: many(40, 400, code.ts).join('\n') }),
        characters(int(4000, 40000)),
      ],
    ],
  ];
  function fenced(language) {
    return [`\`\`\`${language}`, ...many(5, 28, code[language]), '```', ''];
  }
  function listing(language, first) {
    return [
      colour(2, `  ⎿  Read ${int(20, 80)} lines`),
      ...many(15, 60, code[language]).map((line, at) => `${String(first + at).padStart(6)}→${line}`),
    ];
  }
  function diff() {
    const changed = file();
    const sign = (part) =>
      part < 0.15 ? colour(31, `-${code.ts()}`) : part < 0.35 ? colour(32, `+${code.ts()}`) : ` ${code.ts()}`;
    return [
      colour(1, `diff --git a/${changed} b/${changed}`),
      colour(1, `--- a/${changed}`),
      colour(1, `+++ b/${changed}`),
      colour(36, `@@ -${int(1, 300)},8 +${int(1, 300)},9 @@`),
      ...many(6, 32, () => sign(random())),
    ];
  }
  function level() {
    return chance(0.03) ? colour(31, 'ERROR') : chance(0.04) ? colour(33, 'WARN ') : colour(34, 'INFO ');
  }

  const total = blocks.reduce((sum, [weight]) => sum + weight, 0);
  return () => {
    let rest = random() * total;
    const [, make] = blocks.find(([weight]) => {
      rest -= weight;
      return rest < 0;
    });
    return make().join('\n');
  };
}

/** Writes at least `megabytes` (10^6 bytes) of whole lines. */
export function writeWorkload({ file, megabytes, ansi, seed }) {
  const next = agentText({ seed, ansi });
  const fd = openSync(file, 'w');
  for (let written = 0; written < megabytes * 1e6; ) {
    let text = '';
    while (text.length < 1 << 18) text += `${next()}\n`;
    written += writeSync(fd, text);
  }
  closeSync(fd);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [megabytes, mode, seed, file] = process.argv.slice(2);
  writeWorkload({ file, megabytes: Number(megabytes), ansi: mode === 'ansi', seed: Number(seed) });
}
