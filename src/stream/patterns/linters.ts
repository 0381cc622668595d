// Findings of linters, type checkers and formatters, with file, line, column and rule where the line gives them.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const LINTER_PATTERNS: readonly Pattern[] = [
  {
    name: 'eslint_error',
    type: 'error',
    description: 'A row of ESLint’s stylish format; the file is on a line above.',
    regex: R`^ {1,8}(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}) +error +(?<message>[^ ]+(?: [^ ]+)*)(?: {2,}[^ ]+(?: [^ ]+)*)*?(?: {2,}(?<rule>[@a-zA-Z][@a-zA-Z0-9_/-]{1,80}))? *$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        "  2:10  error    'unusedf' is defined but never used             no-unused-vars",
        "   21:22  error    Unexpected 'debugger' statement              no-debugger",
      ],
      noMatch: ['✖ 7 problems (6 errors, 1 warning)', '  at 2:10  error'],
    },
  },
  {
    name: 'eslint_warning',
    type: 'warning',
    description: 'A warning row of ESLint’s stylish format; the file is on a line above.',
    regex: R`^ {1,8}(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}) +warning +(?<message>[^ ]+(?: [^ ]+)*)(?: {2,}[^ ]+(?: [^ ]+)*)*?(?: {2,}(?<rule>[@a-zA-Z][@a-zA-Z0-9_/-]{1,80}))? *$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        '  3:11  warning  Strings must use singlequote                    quotes',
        '   25:45  warning  Unexpected console statement                 no-console',
      ],
      noMatch: [
        '  0 errors and 1 warning potentially fixable with the `--fix` option.',
        '  2:10  error  x  y',
      ],
    },
  },
  {
    name: 'stylelint_error',
    type: 'error',
    description: 'A row of stylelint’s string format.',
    regex: R`^ {1,8}(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}) +[✖×] +(?<message>[^ ]+(?: [^ ]+)*)(?: {2,}[^ ]+(?: [^ ]+)*)*?(?: {2,}(?<rule>[@a-zA-Z][@a-zA-Z0-9_/-]{1,80}))? *$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        '  182:1   ✖  Expected empty line before non-nested rule                   rule-non-nested-empty-line-before',
        ' 12:3  ✖  Unexpected unit  unit-no-unknown',
      ],
      noMatch: ['✖ 7 problems (6 errors, 1 warning)', '    ✖ fails on strings'],
    },
  },
  {
    name: 'stylelint_warning',
    type: 'warning',
    description: 'A warning row of stylelint’s string format.',
    regex: R`^ {1,8}(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}) +⚠ +(?<message>[^ ]+(?: [^ ]+)*)(?: {2,}[^ ]+(?: [^ ]+)*)*?(?: {2,}(?<rule>[@a-zA-Z][@a-zA-Z0-9_/-]{1,80}))? *$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        '  46:12  ⚠  Unexpected unit                                                              length-zero-no-unit',
        ' 1:1  ⚠  Unexpected empty source  no-empty-source',
      ],
      noMatch: ['⚠ 3 warnings', '  182:1   ✖  Expected empty line  rule'],
    },
  },
  {
    name: 'python_lint_error',
    type: 'error',
    description: 'flake8, ruff and pylint, codes beginning with E or F: file:line:column: code message.',
    regex: R`^(?:> )?(?<file>[^ \t:>][^:]{0,400}):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}):? (?<rule>[EF][0-9]{3,4}):? (?:\[\*\] )?(?<message>\S.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        "./num_guess.py:4:1: F401 'sys' imported but unused",
        'app.py:3:0: E1101: Module has no member (no-member)',
      ],
      noMatch: ['./num_guess.py:43:63: W292 no newline at end of file', 'E401 is a code'],
    },
  },
  {
    name: 'python_lint_warning',
    type: 'warning',
    description: 'flake8, ruff and pylint, all other codes: file:line:column: code message.',
    regex: R`^(?:> )?(?<file>[^ \t:>][^:]{0,400}):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}):? (?<rule>[A-DG-Z][A-Z]{0,5}[0-9]{2,4}):? (?:\[\*\] )?(?<message>\S.*)$`,
    value: 'message',
    priority: 14,
    samples: {
      match: [
        './num_guess.py:43:63: W292 no newline at end of file',
        'app.py:1:0: C0114: Missing module docstring (missing-module-docstring)',
      ],
      noMatch: ["./num_guess.py:4:1: F401 'sys' imported but unused", '10:20:30: A1 ok'],
    },
  },
  {
    name: 'golangci_lint',
    type: 'warning',
    description: 'golangci-lint and staticcheck: file.go:line:column: message (linter).',
    regex: R`^(?<file>[^ \t:][^:]{0,400}\.go):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}): (?<message>\S.*) \((?<rule>[A-Za-z][A-Za-z0-9_-]{1,40})\)$`,
    value: 'message',
    priority: 14,
    samples: {
      match: [
        'fmts/fmt_test.go:42:21: Error return value of `bufout.WriteString` is not checked (errcheck)',
        'a/b.go:1:2: should omit nil check (S1009)',
      ],
      noMatch: ['./main.go:5:2: undefined: foo', 'a.go: formatted (gofmt)'],
    },
  },
  {
    name: 'hlint',
    type: 'warning',
    description: 'hlint: file:line:column: Suggestion or Warning: message.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}\.l?hs):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7})(?:-[0-9]{1,7})?: (?<severity>Suggestion|Warning): (?<message>\S.*)$`,
    value: 'message',
    priority: 16,
    samples: {
      match: [
        'src/Calc.hs:11:18: Suggestion: Redundant bracket',
        'src/Calc.hs:1:1-20: Warning: Use camelCase',
      ],
      noMatch: ['Perhaps:', 'src/Calc.hs:1:1: error: parse error'],
    },
  },
  {
    name: 'prettier_check',
    type: 'warning',
    description: 'prettier --check: a file whose style differs.',
    regex: R`^\[warn\] (?<file>[^ ]{1,400}\.[A-Za-z0-9]{1,8})$`,
    value: 'file',
    priority: 15,
    samples: {
      match: ['[warn] src/parser.ts', '[warn] test/mocha.cjs'],
      noMatch: [
        '[warn] Code style issues found in 5 files. Run Prettier with --write to fix.',
        'Checking formatting...',
      ],
    },
  },
  {
    name: 'black_check',
    type: 'warning',
    description: 'black: a file that would be reformatted.',
    regex: R`^would reformat (?<file>\S.*)$`,
    value: 'file',
    samples: {
      match: ['would reformat bad_types.py', 'would reformat src/a b.py'],
      noMatch: ['1 file would be reformatted.', 'All done!'],
    },
  },
  {
    name: 'biome_finding',
    type: 'error',
    description: 'Biome: file:line:column rule ━━━.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}) (?<rule>(?:lint|assist)/[A-Za-z]{1,40}/[A-Za-z]{1,60}|parse|format|suppressions/[a-z]{1,40})[ A-Z]{0,20} ?━`,
    value: 'rule',
    priority: 15,
    samples: {
      match: [
        'src/x.ts:1:1 lint/suspicious/noDoubleEquals  FIXABLE  ━━━━━━━━━━━━',
        'a.js:2:3 parse ━━━━━━━━━━━━━',
      ],
      noMatch: ['Checked 3 files in 5ms.', 'src/x.ts format ok'],
    },
  },
  {
    name: 'shellcheck_finding',
    type: 'warning',
    description: 'shellcheck’s explanation under a line of the script.',
    regex: R`^ *\^-{1,200}\^? (?<rule>SC[0-9]{4}) ?\((?<severity>warning|info|style)\): (?<message>\S.*)$`,
    value: 'message',
    samples: {
      match: [
        '     ^-- SC2086 (info): Double quote to prevent globbing and word splitting.',
        '^---^ SC2034 (warning): x appears unused.',
      ],
      noMatch: ['In a.sh line 3:', '    ^-- here'],
    },
  },
  {
    name: 'shellcheck_error',
    type: 'error',
    description: 'shellcheck’s explanation of an error.',
    regex: R`^ *\^-{1,200}\^? (?<rule>SC[0-9]{4}) ?\(error\): (?<message>\S.*)$`,
    value: 'message',
    priority: 5,
    samples: {
      match: [
        "     ^-- SC1073 (error): Couldn't parse this if expression.",
        "^---^ SC1046 (error): Couldn't find 'fi'.",
      ],
      noMatch: ['     ^-- SC2086 (info): Double quote.', '    ^-- here'],
    },
  },
  {
    name: 'mypy_error',
    type: 'error',
    description: 'mypy: file:line: error: message  [rule]; the rule is missing where the line was wrapped.',
    regex: R`^(?:> )?(?<file>[^ \t:][^:]{0,400}\.pyi?):(?<line>[0-9]{1,7}):(?:(?<column>[0-9]{1,7}):)? error: (?<message>\S.*?)(?:  \[(?<rule>[a-z-]{1,40})\])?$`,
    value: 'message',
    priority: 16,
    samples: {
      match: [
        'bad_types.py:8: error: Missing return statement  [return]',
        'bad_types.py:6: error: Incompatible return value type (got "int", expected',
      ],
      noMatch: [
        'bad_types.py: note: In function "total":',
        'Found 5 errors in 1 file (checked 1 source file)',
      ],
    },
  },
  {
    name: 'hlint_error',
    type: 'error',
    description: 'hlint: file:line:column: Error: message.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}\.l?hs):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7})(?:-[0-9]{1,7})?: Error: (?<message>\S.*)$`,
    value: 'message',
    priority: 16,
    samples: {
      match: ['src/LogAnalysis.hs:12:1: Error: Parse error', 'src/A.hs:3:1-9: Error: Use map'],
      noMatch: ['src/Calc.hs:11:18: Suggestion: Redundant bracket', 'Perhaps:'],
    },
  },
  {
    name: 'ruff_error',
    type: 'error',
    description: 'ruff’s full format, codes beginning with E or F; the place is on the next line.',
    regex: R`^(?<rule>[EF][0-9]{3}) (?:\[\*\] )?(?<message>[A-Z\x60].*)$`,
    value: 'message',
    samples: {
      match: ['F401 [*] \x60os\x60 imported but unused', 'E501 Line too long (100 > 88)'],
      noMatch: ['E501 is a code', 'F16 Fighting Falcon'],
    },
  },
  {
    name: 'ruff_warning',
    type: 'warning',
    description: 'ruff’s full format, other codes; the place is on the next line.',
    regex: R`^(?<rule>(?:[WNCDSBAIQT]|UP|SIM|PL[CERW]|RUF|ANN|ARG|PT|PTH|PERF|TRY|RET|TID|ERA|DTZ)[0-9]{3,4}) (?:\[\*\] )?(?<message>[A-Z\x60].*)$`,
    value: 'message',
    samples: {
      match: [
        'W291 [*] Trailing whitespace',
        'UP006 [*] Use \x60list\x60 instead of \x60List\x60 for type annotation',
      ],
      noMatch: ['A380 is a plane', 'HTTP404 Not Found'],
    },
  },
  {
    name: 'eslint_compact_error',
    type: 'error',
    description: 'ESLint’s compact format.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}): line (?<line>[0-9]{1,7}), col (?<column>[0-9]{1,7}), Error - (?<message>\S.*?)(?: \((?<rule>[@a-zA-Z][@a-zA-Z0-9_/-]{1,80})\))?$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        "src/a.ts: line 3, col 5, Error - 'x' is defined but never used. (no-unused-vars)",
        'b.js: line 1, col 1, Error - Parsing error: x',
      ],
      noMatch: ["src/a.ts: line 3, col 5, Warning - 'x' (no-console)", './a.sh: line 3: syntax error'],
    },
  },
  {
    name: 'eslint_compact_warning',
    type: 'warning',
    description: 'A warning in ESLint’s compact format.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}): line (?<line>[0-9]{1,7}), col (?<column>[0-9]{1,7}), Warning - (?<message>\S.*?)(?: \((?<rule>[@a-zA-Z][@a-zA-Z0-9_/-]{1,80})\))?$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        'src/a.ts: line 3, col 5, Warning - Unexpected console statement. (no-console)',
        'b.js: line 1, col 1, Warning - x',
      ],
      noMatch: ["src/a.ts: line 3, col 5, Error - 'x' (no-undef)", './a.sh: line 3: warning'],
    },
  },
];
