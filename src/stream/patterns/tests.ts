// Results of test runners, but for JavaScript’s: summaries with counts, and single tests that passed, failed or
// were skipped.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const TEST_PATTERNS: readonly Pattern[] = [
  {
    name: 'pytest_summary',
    type: 'test_result',
    description: 'pytest’s last line.',
    regex: R`^(?:=+ )?(?<summary>(?:[0-9]{1,9} (?:failed|passed|skipped|xfailed|xpassed|deselected|warnings?|errors?)(?:, )?){1,9} in [0-9.]{1,12}s(?: \([0-9:]{1,12}\))?|no tests ran in [0-9.]{1,12}s)(?: =+)?$`,
    value: 'summary',
    priority: 20,
    samples: {
      match: [
        '==== 4 failed, 4 passed, 1 skipped, 1 xfailed, 1 warning, 1 error in 0.04s =====',
        '12 passed in 3.21s',
      ],
      noMatch: ['collected 11 items', '=========================== FAILURES ==========================='],
    },
  },
  {
    name: 'pytest_result',
    type: 'test_result',
    description: 'One test in pytest’s short summary or verbose output.',
    regex: R`^(?<outcome>FAILED|ERROR|PASSED|SKIPPED|XFAIL|XPASS) (?<test>[^ ]{1,300}\.py(?:::[^ ]{1,300})?)(?: - (?<message>.*))?$`,
    value: 'test',
    priority: 15,
    samples: {
      match: [
        'FAILED pytests/test_calc.py::test_add - assert -1 == 5',
        'ERROR pytests/test_calc.py::test_uses_broken - RuntimeError: fixture exploded',
      ],
      noMatch: ['FAILED (failures=1)', 'ERROR: could not find test.py'],
    },
  },
  {
    name: 'pytest_progress',
    type: 'test_result',
    description: 'One test file in pytest’s quiet form, or one test in its verbose form.',
    regex: R`^(?<test>[^ :]{1,300}\.py(?:::[^ ]{1,300})?) (?<outcomes>[.FEsxX]{1,200}|PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS) +\[ *[0-9]{1,3}%\]$`,
    value: 'test',
    samples: {
      match: [
        'pytests/test_calc.py F..F.FEsx.F                                         [100%]',
        'tests/test_a.py::test_x PASSED                      [ 50%]',
      ],
      noMatch: ['downloading foo.py [100%]', 'pytests/test_calc.py:6: AssertionError'],
    },
  },
  {
    name: 'go_test_result',
    type: 'test_result',
    description: 'One test of go test -v.',
    regex: R`^ *--- (?<outcome>PASS|FAIL|SKIP|BENCH): (?<test>[^ ]{1,300}) \((?<duration>[0-9.]{1,12}s)\)$`,
    value: 'test',
    samples: {
      match: ['--- FAIL: TestAdd (0.00s)', '    --- PASS: TestTable/zero (0.00s)'],
      noMatch: ['=== RUN   TestAdd', '--- a/errors.ts'],
    },
  },
  {
    name: 'go_test_package',
    type: 'test_result',
    description: 'One package of go test.',
    regex: R`^(?<outcome>ok|FAIL|\?)[ \t]+(?<package>[a-zA-Z0-9_.~/-]{1,300})[ \t]+(?:(?<duration>[0-9.]{1,12}s)|\(cached\)|\[no test files\]|\[build failed\]|\[setup failed\])`,
    value: 'package',
    samples: {
      match: [
        'FAIL\texample.com/app\t0.004s',
        'ok  \texample.com/app\t0.012s',
        '?   \texample.com/app/cmd\t[no test files]',
      ],
      noMatch: ['FAIL', 'ok then'],
    },
  },
  {
    name: 'cargo_test_summary',
    type: 'test_result',
    description: 'cargo test’s result line.',
    regex: R`^test result: (?<outcome>ok|FAILED)\. (?<passed>[0-9]{1,9}) passed; (?<failed>[0-9]{1,9}) failed; (?<skipped>[0-9]{1,9}) ignored`,
    samples: {
      match: [
        'test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s',
        'test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out',
      ],
      noMatch: ['running 4 tests', 'test result: unknown'],
    },
  },
  {
    name: 'cargo_test_result',
    type: 'test_result',
    description: 'One test of cargo test.',
    regex: R`^test (?<test>[A-Za-z0-9_:<> -]{1,300}) \.\.\. (?<outcome>ok|FAILED|ignored)`,
    value: 'test',
    samples: {
      match: ['test tests::it_works ... ok', 'test tests::fails ... FAILED'],
      noMatch: ['test error', 'testing ... ok'],
    },
  },
  {
    name: 'tap_result',
    type: 'test_result',
    description: 'One test point of TAP (node:test, tap, prove, bats).',
    regex: R`^ *(?<outcome>ok|not ok) (?<number>[0-9]{1,9})(?: -)?(?: (?<test>\S.*))?$`,
    value: 'test',
    samples: {
      match: ['ok 1 - adds numbers', 'not ok 2 - fails', '    ok 3 - nested # SKIP'],
      noMatch: ['ok', 'not ok at all', '1..3'],
    },
  },
  {
    name: 'unittest_summary',
    type: 'test_result',
    description: 'Python’s unittest.',
    regex: R`^(?:Ran (?<total>[0-9]{1,9}) tests? in [0-9.]{1,12}s|FAILED \((?<summary>(?:(?:failures|errors|skipped|expected failures|unexpected successes)=[0-9]{1,9}(?:, )?){1,5})\)|OK(?: \((?:skipped|expected failures)=[0-9]{1,9}[a-z ,=0-9]{0,60}\))?)$`,
    samples: {
      match: ['Ran 12 tests in 0.003s', 'FAILED (failures=1, errors=2)', 'OK (skipped=1)'],
      noMatch: ['Ran all test suites.', 'FAILED', 'OK then'],
    },
  },
  {
    name: 'unittest_result',
    type: 'test_result',
    description: 'One failed test of Python’s unittest, or one test in its verbose form.',
    regex: R`^(?:(?:FAIL|ERROR): )?(?<test>test[A-Za-z0-9_]{0,200} \([A-Za-z_][A-Za-z0-9_.]{0,300}\))(?: \.\.\. (?<outcome>ok|FAIL|ERROR|skipped.{0,100}))?$`,
    value: 'test',
    samples: {
      match: ['FAIL: test_add (tests.CalcTest.test_add)', 'test_add (tests.CalcTest) ... ok'],
      noMatch: ['FAIL: something else', 'test (3)'],
    },
  },
  {
    name: 'junit_summary',
    type: 'test_result',
    description: 'JUnit by Maven Surefire.',
    regex: R`^(?:\[[A-Z]{4,7}\] +)?Tests run: (?<total>[0-9]{1,9}), Failures: (?<failed>[0-9]{1,9}), Errors: (?<errors>[0-9]{1,9}), Skipped: (?<skipped>[0-9]{1,9})`,
    priority: 20,
    samples: {
      match: [
        'Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s',
        '[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 0',
      ],
      noMatch: ['Tests run fine', 'Failures: 1'],
    },
  },
  {
    name: 'gradle_test_summary',
    type: 'test_result',
    description: 'Gradle’s count of tests.',
    regex: R`^(?<total>[0-9]{1,9}) tests? completed(?:, (?<failed>[0-9]{1,9}) failed)?(?:, (?<skipped>[0-9]{1,9}) skipped)?$`,
    samples: {
      match: ['12 tests completed, 1 failed', '3 tests completed, 1 failed, 1 skipped'],
      noMatch: ['tests completed', '12 tests completed in time for lunch'],
    },
  },
  {
    name: 'gradle_test_result',
    type: 'test_result',
    description: 'One test of Gradle.',
    regex: R`^(?<test>[A-Za-z0-9_.$]{1,200} > .{1,300}) (?<outcome>PASSED|FAILED|SKIPPED)$`,
    value: 'test',
    samples: {
      match: ['CalcTest > adds() FAILED', 'com.example.CalcTest > adds two numbers PASSED'],
      noMatch: ['> Task :test FAILED', 'a > b'],
    },
  },
  {
    name: 'rspec_summary',
    type: 'test_result',
    description: 'RSpec’s and minitest’s counts.',
    regex: R`^(?:(?<total>[0-9]{1,9}) examples?, (?<failed>[0-9]{1,9}) failures?(?:, (?<skipped>[0-9]{1,9}) pending)?|[0-9]{1,9} runs, [0-9]{1,9} assertions, [0-9]{1,9} failures, [0-9]{1,9} errors, [0-9]{1,9} skips)$`,
    samples: {
      match: [
        '12 examples, 1 failure, 2 pending',
        '1 example, 0 failures',
        '3 runs, 5 assertions, 1 failures, 0 errors, 0 skips',
      ],
      noMatch: ['two examples, no failures', '12 examples'],
    },
  },
  {
    name: 'phpunit_summary',
    type: 'test_result',
    description: 'PHPUnit’s counts.',
    regex: R`^(?:OK \((?<passed>[0-9]{1,9}) tests?, [0-9]{1,9} assertions?\)|Tests: (?<total>[0-9]{1,9}), Assertions: [0-9]{1,9}(?:, Errors: (?<errors>[0-9]{1,9}))?(?:, Failures: (?<failed>[0-9]{1,9}))?[A-Za-z0-9 ,:]{0,80}\.)$`,
    samples: {
      match: ['OK (12 tests, 30 assertions)', 'Tests: 3, Assertions: 4, Failures: 1.'],
      noMatch: ['OK', 'Tests: many'],
    },
  },
  {
    name: 'dotnet_test_summary',
    type: 'test_result',
    description: 'dotnet test’s counts.',
    regex: R`^(?:(?<outcome>Passed|Failed)!  ?- |Test summary: total: )[ A-Za-z]{0,12}:? *(?<first>[0-9]{1,9}), .{0,200}$`,
    samples: {
      match: [
        'Failed!  - Failed:     1, Passed:     2, Skipped:     0, Total:     3, Duration: 12 ms - app.dll (net8.0)',
        'Passed!  - Failed:     0, Passed:     3, Skipped:     0, Total:     3',
      ],
      noMatch: ['Passed! Great', 'Failed to restore'],
    },
  },
  {
    name: 'precommit_hook',
    type: 'test_result',
    description: 'One hook of pre-commit.',
    regex: R`^(?:> )?(?<hook>[A-Za-z0-9_][A-Za-z0-9_ /()-]{0,70})\.{3,100}(?:\([a-z ]{1,40}\))?(?<outcome>Passed|Failed|Skipped)[ \t]*$`,
    value: 'hook',
    samples: {
      match: [
        'flake8...................................................................Failed',
        '> isort....................................................................Passed  ',
      ],
      noMatch: ['waiting...', 'the test Passed'],
    },
  },
];
