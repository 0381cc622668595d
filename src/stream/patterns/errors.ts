// Errors that say so themselves: labels, log levels, exception names, phrases. Those that name a place in a file are in
// compilers.ts and linters.ts, those of shells and tools in tool-errors.ts; they take precedence over these.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const ERROR_PATTERNS: readonly Pattern[] = [
  {
    name: 'error_label',
    type: 'error',
    description:
      'A line that begins with "error:", "fatal:" or the like, after marks such as ❌ and ⎿ if any.',
    regex: R`^[ \t]*(?:(?:[>│⎿✗✘×✖❌●⏺■]|🛑|🚨|⚠️)[ \t]+){0,3}(?:(?:[Ff]atal|FATAL|[Ii]nternal|[Bb]uild|[Rr]untime|API|[Uu]nexpected|[Pp]arse) )?(?:[Ee]rror|ERROR|[Ff]atal|FATAL|[Cc]ritical|CRITICAL|panic)(?:\[[A-Za-z0-9_-]{1,20}\]|\([A-Za-z0-9_-]{1,20}\))?(?:: {0,4}| - )(?!test[a-z0-9_]* \(|'.*'$|\|-?$|.*[,;{(\[]$)(?<message>[^ \t:=].*)$`,
    value: 'message',
    samples: {
      match: [
        'ERROR: line 17',
        'Error: something 17',
        'fatal: not a git repository (or any of the parent directories): .git',
        '  ⎿  Error: Exit code 1',
        'error: item 17 failed',
        '> Unexpected error: litellm.APIConnectionError: refused',
        'Parse error: syntax error, unexpected token',
        'ERROR:  relation "users" does not exist',
        '🚨 Error: The command exited with status 1',
      ],
      noMatch: [
        'error handling improved',
        'fix: no error',
        'errors: 0',
        '    at Error: (native)',
        'error::Kind',
        "  error: '1 == 2'",
        'ERROR: test_err (test_a.A.test_err)',
        '  error: string;',
        '    error: error.message,',
      ],
    },
  },
  {
    name: 'error_phrase',
    type: 'error',
    description: 'A short line that is nothing but an error’s name, as "test error", or "error 17".',
    regex: R`^[ \t]{0,16}(?!(?:.{0,80} )?(?:npm|no|not|without|any|zero|0|the|an?|this|that|my|your|fix|fixed|fixes|handle|on|of|for|and|or|is|ignore|skip|add|if) (?:.{0,80} )?error)(?:[A-Za-z0-9_-]{1,24}:? ){0,3}error(?:(?: (?:line|number|no\.?|code|item|message|event))?[ #]{1,2}[0-9]{1,9}(?:[ ,;)-].{0,300})?)?[.!]?[ \t]{0,16}$`,
    flags: 'i',
    samples: {
      match: [
        'test error',
        'error 17',
        'test error 17',
        'Internal Server Error',
        'Segmentation error.',
        'test error 17 of worker 3',
      ],
      noMatch: [
        'no error',
        'fix: no error',
        'error handling improved',
        'errors.ts',
        'I fixed the error',
        '0 error',
        'npm error',
        'fixed error 17 in the parser',
      ],
    },
  },
  {
    name: 'program_error',
    type: 'error',
    description: 'A program’s name or a place, then "error:".',
    regex: R`^(?!fix: )[A-Za-z0-9_./@+-]{1,100}(?: [A-Za-z0-9_./@#+-]{1,40}){0,3}(?:\[[0-9]{1,9}\])?(?::[0-9]{1,9}){0,2}: (?:fatal |internal )?error: (?<message>\S.*)$`,
    flags: 'i',
    value: 'message',
    priority: 1,
    samples: {
      match: [
        'cc1: error: unrecognized command-line option',
        'clang: error: no such file or directory: x.c',
        'worker 3: Error: boom',
      ],
      noMatch: ['fix: error: handle it', 'the last error: none', 'main.c: In function ‘main’:'],
    },
  },
  {
    name: 'error_log_level',
    type: 'error',
    description: 'A log line of level ERROR, FATAL or CRITICAL.',
    regex: R`^(?:\[?(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[ T])?[0-9]{1,2}:[0-9:.,]{2,17}(?:Z|[+-][0-9:]{4,6})?\]?[ \t]+(?:[^ \t]{1,40}[ \t]+)?|\[[A-Za-z0-9_.:/ -]{1,60}\][ \t]+)?(?:\[ ?(?:ERROR|FATAL|CRITICAL|error|fatal|critical) ?\]|(?:ERROR|FATAL|CRITICAL)[ \t:|-]|ERRO\[[0-9]{4}\])[ \t:|-]{0,4}(?<message>(?![^ ]{1,300}\.py(?: |::|$)|Tests run: |To see the full stack|Re-run Maven|For more information about the errors|After correcting|> \[Help|\[Help|Failures: ?$|Errors: ?$|test[a-z0-9_]* \()[^ \t=].*)$`,
    value: 'message',
    priority: -1,
    samples: {
      match: [
        '[ERROR] line 17',
        '2026-11-21 00:57:23,421 ERROR root: boom',
        '2026-11-21T00:57:23.421Z [error] refused',
        'ERROR Could not load the file',
        'ERRO[0008] While applying layer',
        '[main] ERROR com.example.App - boom',
        '12:00:01.123 [main] ERROR c.e.App - boom',
      ],
      noMatch: [
        '0 ERRORS',
        'ERRORS found',
        'Errors are logged',
        'the [error] prefix is used here',
        'ERROR tests/test_a.py::test_x - RuntimeError: boom',
        '[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 0',
        '[ERROR] Re-run Maven using the -X switch to enable full debug logging.',
      ],
    },
  },
  {
    name: 'structured_log_error',
    type: 'error',
    description: 'A structured log record of level error or above: logfmt or JSON.',
    regex: R`(?:^|[ {,])(?:level=(?:error|fatal|panic|critical)\b|"(?:level|severity)": ?"(?:error|fatal|panic|critical)")`,
    flags: 'i',
    samples: {
      match: [
        'time="2026-11-21T00:57:23Z" level=error msg="dial tcp: refused"',
        '{"level":"error","msg":"boom"}',
      ],
      noMatch: ['level=info msg="no error"', '{"level":"info","msg":"error handling improved"}'],
    },
  },
  {
    name: 'exception_label',
    type: 'error',
    description: 'The name of an exception class, a colon and a message.',
    regex: R`^[ \t]*(?:> )?(?:Uncaught |Unhandled |Caused by: )?(?:exception )?(?<error_type>(?:[A-Za-z_][A-Za-z0-9_]{0,60}\.){0,8}[A-Z][A-Za-z0-9_]{0,60}(?:Error|Exception))(?: \[[A-Z_0-9]{1,40}\])?: (?<message>\S.*)$`,
    value: 0,
    priority: 1,
    samples: {
      match: [
        'TypeError: Cannot read config: unexpected token',
        'java.lang.IllegalStateException: closed',
        'subprocess.CalledProcessError: Command returned 1',
      ],
      noMatch: [
        'errorHandler: (e) => 1',
        'throw new TypeError("x: y")',
        'class AppError: pass',
        'interface ApiError: {',
      ],
    },
  },
  {
    name: 'pytest_location',
    type: 'error',
    description: 'pytest: where a test failed, and with which exception.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}\.pyx?):(?<line>[0-9]{1,7}): (?<rule>[A-Z][A-Za-z0-9_.]{0,80})$`,
    value: 'rule',
    priority: 12,
    samples: {
      match: ['pytests/test_calc.py:6: AssertionError', 'tests/test_x.py:52: FileNotFoundError'],
      noMatch: ['pytests/test_calc.py:10: ', 'bad_types.py: note: At top level:'],
    },
  },
  {
    name: 'perl_error',
    type: 'error',
    description: 'Perl: message at file line number.',
    regex: R`^(?<message>[^ ].{3,400}) at (?<file>[^ ]{1,300}) line (?<line>[0-9]{1,7})(?:, near .*|, <[A-Z]{1,12}> line [0-9]{1,7})?\.?$`,
    value: 'message',
    samples: {
      match: [
        'Global symbol "$y" requires explicit package name (did you forget to declare "my $y"?) at -e line 1.',
        "Can't locate Foo.pm in @INC at ./run.pl line 12.",
      ],
      noMatch: ['Look at the file in line 3', 'at app.pl line 3.'],
    },
  },
  {
    name: 'php_error',
    type: 'error',
    description: 'PHP: Fatal error or Parse error, message in file on line number.',
    regex: R`^(?:PHP )?(?:Fatal|Parse|Recoverable fatal|Catchable fatal) error: +(?<message>.{1,600}) in (?<file>[^ ]{1,300}) on line (?<line>[0-9]{1,7})$`,
    value: 'message',
    priority: 10,
    samples: {
      match: [
        'PHP Fatal error:  Uncaught TypeError: x in /srv/app/a.php on line 3',
        'Parse error: syntax error, unexpected end of file in /srv/app/b.php on line 12',
      ],
      noMatch: ['PHP Warning:  Undefined variable $x in /srv/app/a.php on line 3', 'Fatal error: disk'],
    },
  },
  {
    name: 'error_occurred',
    type: 'error',
    description: 'A sentence that begins with an error that happened.',
    regex: R`^[ \t]{0,16}(?:This is an error[.!]?$|(?:[Aa]n |AN )?(?:[Uu]nexpected |[Uu]nknown |[Ii]nternal |[Ff]atal )?(?:[Ee]rror|ERROR|[Ee]xception) (?:occurred|has occurred|was thrown|from server|while [a-z]|when [a-z]{2,20}ing |during [a-z]|(?:loading|reading|writing|parsing|connecting|opening|creating|fetching|running|executing|processing|sending|saving|compiling|installing|downloading) )|(?:Failed|FAILED|Unable) to [a-z]{2,20} |(?:Could not|Couldn't|Cannot|Can't) (?:access|apply|build|compile|connect|create|determine|execute|fetch|find|get|import|install|load|locate|open|parse|read|resolve|run|save|send|start|use|write) )`,
    priority: -2,
    samples: {
      match: [
        'Error while fetching the index',
        'An unexpected error occurred.',
        'Error from server (NotFound): pods "x" not found',
        'Failed to load config from /srv/app/x.js',
      ],
      noMatch: [
        'error handling improved',
        'errors while you wait',
        'I failed to see it',
        'Could not be better',
      ],
    },
  },
  {
    name: 'error_numbered',
    type: 'error',
    description: 'A short line with the word error and a number at its end, as scripts print in loops.',
    regex: R`^[ \t]{0,16}(?!(?:.{0,80} )?(?:npm|no|not|without|any|zero|0|the|an?|this|that|my|your|fix|fixed|fixes|handle|on|of|for|and|or|is|ignore|skip|add|if) (?:.{0,80} )?error)(?:\[[A-Za-z0-9_.:-]{1,40}\] ?)?(?:[A-Za-z0-9_.-]{1,24}:? ){0,3}error:?(?! (?:handling|handlers?|rate|counts?|total|messages|budget|correction|tolerance|bars?|margin|at|pages?))(?: (?:number|code|message|no\.?|[A-Za-z0-9_.-]{1,24}:?)){0,4} #?[0-9]{1,9}(?:(?: of |/)[0-9]{1,9}|: .{1,300})?[.!]?[ \t]{0,16}$`,
    flags: 'i',
    priority: -1,
    samples: {
      match: ['error in line 17', '[test-3] error 17', 'test error: 17', 'Error number 17: something'],
      noMatch: [
        'error handling in chapter 3',
        'error rate 5',
        'no error in 17',
        'fixed error in line 17',
        '3 errors in 17 files',
      ],
    },
  },
];
