// Warnings that say so themselves. Warnings that name a place in a file are in compilers.ts and linters.ts.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const WARNING_PATTERNS: readonly Pattern[] = [
  {
    name: 'warning_label',
    type: 'warning',
    description: 'A line that begins with "warning:" or "WARN".',
    regex: R`^[ \t]*(?:(?:[>│⎿●⏺!▲⚠]|⚠️)[ \t]{0,3}){0,3}(?:[Ww]arning|WARNING|[Ww]arn|WARN|[Dd]eprecated|DEPRECATED|[Dd]eprecation|DEPRECATION)(?:\[[A-Za-z0-9_-]{1,40}\]|\([A-Za-z0-9_-]{1,40}\))?: {0,4}(?!'.*'$|.*[,;{(\[]$)(?<message>[^ \t:=].*)$`,
    value: 'message',
    samples: {
      match: ['warning: unused variable: `x`', 'WARNING: Retrying (Retry(total=4))', '⚠️  Warning: no remote'],
      noMatch: [
        '0 warnings',
        'warnings: 3',
        'console.warn: function',
        'no warning',
        '\t\twarning: ColorValueSchema,',
      ],
    },
  },
  {
    name: 'program_warning',
    type: 'warning',
    description: 'A program’s name or a place, then "warning:".',
    regex: R`^[A-Za-z0-9_./@+-]{1,200}(?::[0-9]{1,9}){0,2}: (?:runtime )?warning: (?<message>\S.*)$`,
    flags: 'i',
    value: 'message',
    priority: 1,
    samples: {
      match: [
        'ld: warning: directory not found for option -L/opt',
        'install-info: warning: no info dir entry in x',
      ],
      noMatch: ['the last warning: none', 'fix warning: x'],
    },
  },
  {
    name: 'warning_log_level',
    type: 'warning',
    description: 'A log line of level WARN or WARNING.',
    regex: R`^(?:\[?(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[ T])?[0-9]{1,2}:[0-9:.,]{2,17}(?:Z|[+-][0-9:]{4,6})?\]?[ \t]+(?:[^ \t]{1,40}[ \t]+)?|\[[A-Za-z0-9_.:/ -]{1,60}\][ \t]+)?(?:\[ ?(?:WARN|WARNING|warn|warning) ?\]|(?:WARN|WARNING)[ \t|-]|WARN\[[0-9]{4}\])[ \t:|-]{0,4}(?<message>[^ \t=*].*)$`,
    value: 'message',
    priority: -1,
    samples: {
      match: [
        '[WARN] disk almost full',
        '2026-11-21 00:57:23,421 WARNING root: slow',
        'WARN  deprecated option',
        'WARN[0000] Found no UID ranges set aside for user',
        '[main] WARN com.example.App - slow',
      ],
      noMatch: [
        'WARNINGS summary',
        'the [warn] prefix is used here',
        'WARNED',
        '2024-07-12 17:57:41,517 WARNING **********',
      ],
    },
  },
  {
    name: 'structured_log_warning',
    type: 'warning',
    description: 'A structured log record of level warning: logfmt or JSON.',
    regex: R`(?:^|[ {,])(?:level=warn(?:ing)?\b|"(?:level|severity)": ?"warn(?:ing)?")`,
    flags: 'i',
    samples: {
      match: ['time="2026-11-21T00:57:23Z" level=warning msg="slow"', '{"level":"warn","msg":"slow"}'],
      noMatch: ['level=info msg="warned"', '{"level":"info"}'],
    },
  },
  {
    name: 'python_warning',
    type: 'warning',
    description: 'Python’s warnings module: file, line, category.',
    regex: R`^[ \t]*(?<file>[^ \t:][^:]{0,300}):(?<line>[0-9]{1,7}): (?<rule>[A-Z][A-Za-z]{0,60}Warning): (?<message>\S.*)$`,
    value: 'message',
    priority: 5,
    samples: {
      match: [
        '  /srv/app/pytests/test_calc.py:18: DeprecationWarning: deprecated API',
        'app.py:3: UserWarning: careful',
      ],
      noMatch: ['app.py:3: ValueError: x', 'DeprecationWarning: x'],
    },
  },
  {
    name: 'node_warning',
    type: 'warning',
    description: 'A warning of the Node.js process.',
    regex: R`^\(node:[0-9]{1,9}\) (?:\[(?<rule>[A-Z0-9]{1,20})\] )?(?<category>[A-Za-z]{0,40}Warning): (?<message>\S.*)$`,
    value: 'message',
    samples: {
      match: [
        '(node:1234) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.',
        '(node:9) ExperimentalWarning: SQLite is experimental',
      ],
      noMatch: ['(Use `node --trace-warnings ...` to show where the warning was created)', 'node: warned'],
    },
  },
  {
    name: 'npm_warning',
    type: 'warning',
    description: 'A warning of npm.',
    regex: R`^npm (?:warn|WARN)(?:ing)? (?<rule>[a-zA-Z.-]{1,30}) (?<message>\S.*)$`,
    value: 'message',
    samples: {
      match: [
        'npm warn deprecated glob@7.2.3: no longer supported',
        'npm WARN EBADENGINE Unsupported engine {',
        'npm WARN package.json coffee-trace@1.3.4 No repository field.',
      ],
      noMatch: ['npm warn', 'npm notice New major version'],
    },
  },
  {
    name: 'aider_model_warning',
    type: 'warning',
    description: 'aider does not know the model it is to use.',
    regex: R`^(?:> )?(?:Warning for |Warning: )?(?:Model )?(?<model>[A-Za-z0-9_./:@-]{1,120}): Unknown (?<message>context window|which environment variables).*$`,
    value: 'model',
    samples: {
      match: [
        '> Model gpt-4o-2024-08-06: Unknown context window size and costs, using sane defaults.',
        '> Model gpt-4o: Unknown which environment variables are required.',
      ],
      noMatch: ['> Model: gpt-4o-2024-08-06 with diff edit format', 'Unknown context window'],
    },
  },
  {
    name: 'php_warning',
    type: 'warning',
    description: 'PHP: Warning, Notice or Deprecated, message in file on line number.',
    regex: R`^(?:PHP )?(?:Warning|Notice|Deprecated): +(?<message>.{1,600}) in (?<file>[^ ]{1,300}) on line (?<line>[0-9]{1,7})$`,
    value: 'message',
    priority: 10,
    samples: {
      match: [
        'PHP Warning:  Undefined variable $x in /srv/app/a.php on line 3',
        'Deprecated: Function x() is deprecated in /srv/app/b.php on line 9',
      ],
      noMatch: ['Warning: in the file on line three', 'PHP Fatal error:  x in /a.php on line 3'],
    },
  },
  {
    name: 'apt_warning',
    type: 'warning',
    description: 'apt: W: message.',
    regex: R`^W: (?<message>[A-Z].{5,400})$`,
    value: 'message',
    samples: {
      match: [
        'W: Some index files failed to download. They have been ignored, or old ones used instead.',
        'W: GPG error: http://deb.example.com stable InRelease',
      ],
      noMatch: ['W: x', 'w: y is z'],
    },
  },
];
