// Errors that say so themselves: labels, log levels, exception names, and what shells and the operating system say.
// Errors that name a place in a file are in compilers.ts and linters.ts and take precedence over these.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const ERROR_PATTERNS: readonly Pattern[] = [
  {
    name: 'error_label',
    type: 'error',
    description:
      'A line that begins with "error:", "fatal:" or the like, after marks such as ❌ and ⎿ if any.',
    regex: R`^[ \t]*(?:(?:[>│⎿✗✘×✖❌🛑🚨●⏺■]|⚠️)[ \t]+){0,3}(?:(?:[Ff]atal|FATAL|[Ii]nternal|[Bb]uild|[Rr]untime|API|[Uu]nexpected|[Pp]arse) )?(?:[Ee]rror|ERROR|[Ff]atal|FATAL|[Cc]ritical|CRITICAL)(?:\[[A-Za-z0-9_-]{1,20}\]|\([A-Za-z0-9_-]{1,20}\))?: ?(?!test[a-z0-9_]* \(|'.*'$|\|-?$|.*[,;{(\[]$)(?<message>[^ \t:=].*)$`,
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
    regex: R`^[ \t]{0,16}(?!(?:.{0,80} )?(?:npm|no|not|without|any|zero|0|the|an?|this|that|my|your|fix|fixed|fixes|handle|on|of|for|and|or|is|ignore|skip|add|if) )(?:[A-Za-z0-9_-]{1,24}:? ){0,3}error(?: (?:line|number|no\.?|code|item|message|event|#)?[ #]?[0-9]{1,9})?[.!]?[ \t]{0,16}$`,
    flags: 'i',
    samples: {
      match: ['test error', 'error 17', 'test error 17', 'Internal Server Error', 'Segmentation error.'],
      noMatch: [
        'no error',
        'fix: no error',
        'error handling improved',
        'errors.ts',
        'I fixed the error',
        '0 error',
        'npm error',
      ],
    },
  },
  {
    name: 'program_error',
    type: 'error',
    description: 'A program’s name or a place, then "error:".',
    regex: R`^(?!fix: )[A-Za-z0-9_./@+-]{1,200}(?:\[[0-9]{1,9}\])?(?::[0-9]{1,9}){0,2}: (?:fatal |internal )?error: (?<message>\S.*)$`,
    flags: 'i',
    value: 'message',
    priority: 1,
    samples: {
      match: ['cc1: error: unrecognized command-line option', 'clang: error: no such file or directory: x.c'],
      noMatch: ['fix: error: handle it', 'the last error: none', 'main.c: In function ‘main’:'],
    },
  },
  {
    name: 'error_log_level',
    type: 'error',
    description: 'A log line of level ERROR, FATAL or CRITICAL.',
    regex: R`^(?:\[?[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.,]{5,20}(?:Z|[+-][0-9:]{4,6})?\]?[ \t]+(?:[^ \t]{1,40}[ \t]+)?)?(?:\[ ?(?:ERROR|FATAL|CRITICAL|error|fatal|critical) ?\]|(?:ERROR|FATAL|CRITICAL)[ \t:|-]|ERRO\[[0-9]{4}\])[ \t:|-]{0,4}(?<message>(?![^ ]{1,300}\.py(?: |::|$)|Tests run: |To see the full stack|Re-run Maven|For more information about the errors|After correcting|> \[Help|\[Help|Failures: ?$|Errors: ?$|test[a-z0-9_]* \()[^ \t=].*)$`,
    value: 'message',
    priority: -1,
    samples: {
      match: [
        '[ERROR] line 17',
        '2026-11-21 00:57:23,421 ERROR root: boom',
        '2026-11-21T00:57:23.421Z [error] refused',
        'ERROR Could not load the file',
        'ERRO[0008] While applying layer',
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
    name: 'command_not_found',
    type: 'error',
    description: 'A shell does not know a command.',
    regex: R`^(?:(?:[a-z/]{0,30}sh|-bash): )?(?:line )?(?:[0-9]{1,6}: )?(?<command_name>[^ :]{1,200}): (?:command )?not found$`,
    value: 'command_name',
    priority: 3,
    samples: {
      match: ['bash: line 1: nosuchcmd: command not found', 'sh: 1: jest: not found'],
      noMatch: ['404: not found here', 'the command was not found'],
    },
  },
  {
    name: 'os_error',
    type: 'error',
    description: 'What the operating system says when a call fails, after a program’s name.',
    regex: R`^[^ :][^:]{0,100}: .{0,300}?(?:No such file or directory|Permission denied|Is a directory|Not a directory|File exists|No space left on device|Read-only file system|Connection refused|Operation not permitted|Address already in use|Device or resource busy|Broken pipe|Connection timed out|Cannot allocate memory)$`,
    samples: {
      match: [
        'cat: /srv/app/missing: No such file or directory',
        "ls: cannot access '/srv/nope': No such file or directory",
      ],
      noMatch: [
        'No such file or directory means that the path is wrong',
        'Handle "Permission denied" gracefully',
      ],
    },
  },
  {
    name: 'shell_error',
    type: 'error',
    description: 'A shell’s complaint about its script.',
    regex: R`^[^ :]{1,200}: (?:line )?[0-9]{1,7}: (?<message>(?:syntax error|(?:[^: ][^:]{0,100}: ){1,4}(?:integer expression expected|unbound variable|division by 0|bad substitution|ambiguous redirect|numeric argument required|unary operator expected|command not found|not a valid identifier)).*)$`,
    flags: 'i',
    value: 'message',
    priority: 2,
    samples: {
      match: [
        'bash: line 1: [: x: integer expression expected',
        '/dev/fd/63: line 2: syntax error: unexpected end of file',
        'bash: line 1: 1/0: division by 0 (error token is "0")',
      ],
      noMatch: ['line 2: all good', 'note: line 3: see above'],
    },
  },
  {
    name: 'curl_error',
    type: 'error',
    description: 'curl’s error number and message.',
    regex: R`^curl: \((?<code>[0-9]{1,3})\) (?<message>\S.*)$`,
    value: 'message',
    samples: {
      match: [
        "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server",
        'curl: (6) Could not resolve host: nowhere',
      ],
      noMatch: ['curl: try "curl --help"', 'curl (7.88)'],
    },
  },
  {
    name: 'npm_error',
    type: 'error',
    description: 'The line of npm’s error report that says what is wrong.',
    regex: R`^npm (?:error|ERR!) (?<message>code [A-Z0-9_]{1,40}|Missing script: .{1,200}|Test failed\..*|Lifecycle script .{1,200})$`,
    value: 'message',
    priority: 2,
    samples: {
      match: ['npm error Missing script: "nope"', 'npm error code EUSAGE', 'npm ERR! code ELIFECYCLE'],
      noMatch: [
        'npm error',
        'npm error   --omit',
        'npm error A complete log of this run can be found in: /tmp/x.log',
      ],
    },
  },
  {
    name: 'make_error',
    type: 'error',
    description: 'make or ninja stops.',
    regex: R`^(?:g?make(?:\[[0-9]{1,3}\])?: \*\*\* |ninja: (?:build stopped|error): )(?<message>\S.*)$`,
    value: 'message',
    priority: 2,
    samples: {
      match: ['make: *** [Makefile:2: all] Error 1', 'ninja: build stopped: subcommand failed.'],
      noMatch: ['make: Nothing to be done for `all`.', 'ninja: no work to do.'],
    },
  },
  {
    name: 'build_failed',
    type: 'error',
    description: 'A build tool says that the build failed.',
    regex: R`^[ \t]*(?:FAILURE: Build failed|BUILD FAILED|Build FAILED|\[ERROR\] BUILD FAILURE|Failed to compile|Build failed|ERROR in |Compilation failed)(?<message>.{0,400})$`,
    priority: 1,
    samples: {
      match: ['FAILURE: Build failed with an exception.', 'Build FAILED.', 'ERROR in ./src/index.js'],
      noMatch: ['Build succeeded.', 'the build failed yesterday', 'BUILD SUCCESSFUL'],
    },
  },
  {
    name: 'exit_code',
    type: 'error',
    description: 'A process is reported to have ended with a status other than 0.',
    regex: R`^(?:[ \t⎿│]*Exit code:? |.{0,200}(?:exited|failed|terminated|finished|returned|died|completed) with (?:a )?(?:non-zero )?(?:exit |return )?(?:code|status)[: ] ?|user command error: exit status )(?<exit_code>-?[1-9][0-9]{0,5})(?:[^0-9]|$)`,
    flags: 'i',
    value: 'exit_code',
    priority: -2,
    samples: {
      match: [
        'Process exited with code 1',
        'error Command failed with exit code 2.',
        '  ⎿  Exit code 1',
        'user command error: exit status 1',
      ],
      noMatch: ['Process exited with code 0', 'exit=1', 'returned code 0', '> - exit code: 1'],
    },
  },
  {
    name: 'crash',
    type: 'error',
    description: 'A process died of a signal or ran out of memory.',
    regex: R`^(?:[^ ].{0,120}[ :])?(?:Segmentation fault|Bus error|Aborted|Floating point exception|Illegal instruction|Out of memory: Killed process|JavaScript heap out of memory)(?: \(core dumped\)|: [0-9]{1,3}|, core not dumped)?[ .]*$`,
    samples: {
      match: ['Segmentation fault (core dumped)', 'bash: line 1: 4242 Segmentation fault'],
      noMatch: ['Aborted by the user, who had changed his mind about it', 'We saw a segmentation fault'],
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
    name: 'aider_edit_failed',
    type: 'error',
    description: 'aider could not apply what the model wrote.',
    regex: R`^(?:> )?(?:The LLM did not conform to the edit format\.|# [0-9]{1,4} SEARCH/REPLACE blocks? failed to match!)`,
    samples: {
      match: ['> The LLM did not conform to the edit format.  ', '# 1 SEARCH/REPLACE block failed to match!'],
      noMatch: ['# The other 3 SEARCH/REPLACE blocks were applied successfully.', 'the edit format'],
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
];
