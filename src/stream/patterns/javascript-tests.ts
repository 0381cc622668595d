// Results of JavaScript’s test runners: jest, vitest, mocha, node:test.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const JAVASCRIPT_TEST_PATTERNS: readonly Pattern[] = [
  {
    name: 'jest_summary',
    type: 'test_result',
    description: 'jest’s count of tests.',
    regex: R`^Tests: +(?:(?<failed>[0-9]{1,9}) failed, )?(?:(?<skipped>[0-9]{1,9}) skipped, )?(?:[0-9]{1,9} todo, )?(?:(?<passed>[0-9]{1,9}) passed, )?(?<total>[0-9]{1,9}) total$`,
    priority: 20,
    samples: {
      match: [
        'Tests:       4 failed, 1 skipped, 1 todo, 1 passed, 7 total',
        'Tests:       7 passed, 7 total',
      ],
      noMatch: ['Snapshots:   0 total', 'Tests: see below'],
    },
  },
  {
    name: 'test_suites_summary',
    type: 'test_result',
    description: 'The count of test files of jest or vitest.',
    regex: R`^ *(?:Test Suites:|Test Files) +(?<summary>[0-9]{1,9} (?:failed|passed|skipped)[0-9a-z, |()]{0,80})$`,
    value: 'summary',
    samples: {
      match: ['Test Suites: 1 failed, 1 total', ' Test Files  1 failed (1)'],
      noMatch: ['Test Suites', 'Test Files are in test/'],
    },
  },
  {
    name: 'vitest_summary',
    type: 'test_result',
    description: 'vitest’s count of tests.',
    regex: R`^ *Tests +(?:(?<failed>[0-9]{1,9}) failed(?: \| )?)?(?:(?<passed>[0-9]{1,9}) passed)?(?: \| (?<skipped>[0-9]{1,9}) skipped)?(?: \| [0-9]{1,9} todo)? \((?<total>[0-9]{1,9})\)$`,
    priority: 20,
    samples: {
      match: ['      Tests  2 failed | 1 passed (3)', '      Tests  41 passed | 2 skipped (43)'],
      noMatch: ['   Start at  00:58:03', 'Tests (3)x'],
    },
  },
  {
    name: 'file_result',
    type: 'test_result',
    description: 'jest and vitest: PASS or FAIL and a test file.',
    regex: R`^ *(?<outcome>PASS|FAIL) +(?<test>[^ ]{1,300}\.[A-Za-z]{1,8}(?: [>(].{1,300})?)(?: \([0-9.]{1,10} m?s\))?$`,
    value: 'test',
    samples: {
      match: [
        ' FAIL  test/sum.test.js',
        'PASS src/a.spec.ts (5.2 s)',
        ' FAIL  test/vi.spec.ts > vitest suite > fails on strings',
      ],
      noMatch: ['FAIL\texample.com/app\t0.004s', 'FAIL', 'PASS: everything'],
    },
  },
  {
    name: 'test_passed',
    type: 'test_result',
    description: 'One passed test of jest, vitest, mocha or node:test, with a tick.',
    regex: R`^(?: {2,}|▶ )[✓✔√] (?<test>\S.*?)(?: \(?(?<duration>[0-9.]{1,12} ?m?s)\)?)?$`,
    value: 'test',
    samples: {
      match: ['    ✓ reports 0 errors for an empty list', '      ✓ adds 2 + 3 (3 ms)'],
      noMatch: ['✓ built in 1.2s', 'all ✓ done'],
    },
  },
  {
    name: 'test_failed',
    type: 'test_result',
    description: 'One failed test of jest, vitest, mocha or node:test, with a cross.',
    regex: R`^(?: {2,}|▶ )[✕×✖✗] (?<test>\S.*?)(?: \(?(?<duration>[0-9.]{1,12} ?m?s)\)?)?$`,
    value: 'test',
    priority: 1,
    samples: {
      match: ['    ✕ adds 2 + 3 (3 ms)', '     × fails on strings'],
      noMatch: ['✖ 7 problems (5 errors, 2 warnings)', '  46:3   ✖  Unexpected longhand value'],
    },
  },
  {
    name: 'mocha_summary',
    type: 'test_result',
    description: 'mocha’s counts, one a line.',
    regex: R`^ {2,4}(?:(?<passed>[0-9]{1,9}) passing(?: \([0-9.]{1,10}m?s\))?|(?<failed>[0-9]{1,9}) failing|(?<skipped>[0-9]{1,9}) pending)$`,
    samples: {
      match: ['  3 passing (12ms)', '  1 failing', '  2 pending'],
      noMatch: ['3 passing', '  1 failing test was found'],
    },
  },
  {
    name: 'node_test_summary',
    type: 'test_result',
    description: 'node:test’s and TAP’s counts.',
    regex: R`^[ℹ#] (?:tests (?<total>[0-9]{1,9})|pass (?<passed>[0-9]{1,9})|fail (?<failed>[0-9]{1,9})|skipped (?<skipped>[0-9]{1,9}))$`,
    samples: {
      match: ['# tests 12', 'ℹ fail 1', '# pass 11'],
      noMatch: ['# tests are good', '# Subtest: adds'],
    },
  },
  {
    name: 'test_skipped',
    type: 'test_result',
    description: 'One test that jest, vitest or mocha skipped or has yet to be written.',
    regex: R`^ {2,}(?:○ |✎ |↓ |- )(?<outcome>skipped|todo) (?<test>\S.*)$|^ {2,}[↓□] (?<skipped_test>\S.*)$|^﹣ (?<skipped_node>.{1,300}) \([0-9.]{1,12}ms\)`,
    samples: {
      match: [
        '    ○ skipped handles errors later',
        '    ✎ todo negative numbers',
        '   ↓ not now',
        '﹣ later (0.152087ms) # SKIP',
      ],
      noMatch: ['  - Use arrow keys', '○ Search for files'],
    },
  },
  {
    name: 'node_spec_passed',
    type: 'test_result',
    description: 'One passed test of node:test’s spec reporter, at the left edge.',
    regex: R`^✔ (?<test>.{1,300}) \((?<duration>[0-9.]{1,14}ms)\)(?: # .{1,200})?$`,
    value: 'test',
    samples: {
      match: ['✔ adds (0.781786ms)', '✔ suite (0.473086ms)'],
      noMatch: ['✔ Downloaded kubectl', '    ✔ inner'],
    },
  },
  {
    name: 'node_spec_failed',
    type: 'test_result',
    description: 'One failed test of node:test’s spec reporter, at the left edge.',
    regex: R`^✖ (?<test>.{1,300}) \((?<duration>[0-9.]{1,14}ms)\)(?: # .{1,200})?$`,
    value: 'test',
    samples: {
      match: ['✖ fails with error (17.060359ms)', '✖ suite (1ms)'],
      noMatch: ['✖ failing tests:', '✖ 7 problems (5 errors, 2 warnings)'],
    },
  },
  {
    name: 'vitest_result',
    type: 'test_result',
    description: 'One file of vitest, or one test of its verbose reporter.',
    regex: R`^ (?<mark>[✓×↓❯]) (?:\|[^|]{1,60}\| )?(?<test>[^ ]{1,300}\.[a-z]{2,4})(?: > .{1,400}| \([0-9]{1,9} tests?(?: \|[^)]{1,100})?\).{0,40})$`,
    value: 'test',
    samples: {
      match: [
        ' ✓ a.test.mjs > d > ok 1ms',
        ' ❯ a.test.mjs (4 tests | 1 failed | 1 skipped | 1 todo) 6ms',
        ' ✓ src/a.test.ts (3 tests) 5ms',
      ],
      noMatch: [' ❯ test/vi.spec.ts (3)', ' ❯ a.test.mjs:1:144', '✓ built in 1.2s'],
    },
  },
];
