// Errors as shells, the operating system, package managers, build tools and agents’ editors word them.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const TOOL_ERROR_PATTERNS: readonly Pattern[] = [
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
    regex: R`^[^ :][^:]{0,100}: .{0,300}?(?:No such file or directory|Permission denied|Is a directory|Not a directory|File exists|No space left on device|Read-only file system|Connection refused|Operation not permitted|Address already in use|Device or resource busy|Broken pipe|Connection timed out|Cannot allocate memory)(?: \([a-z,-]{1,60}\)\.?)?$`,
    samples: {
      match: [
        'cat: /srv/app/missing: No such file or directory',
        "ls: cannot access '/srv/nope': No such file or directory",
        'git@github.com: Permission denied (publickey).',
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
    regex: R`^[ \t]*(?:FAILURE: Build failed|BUILD FAILED|Build FAILED|\[(?:ERROR|INFO)\] BUILD FAILURE|Failed to compile|Build failed|ERROR in |Compilation failed|> Task [^ ]{1,200} FAILED$)(?<message>.{0,400})$`,
    priority: 1,
    samples: {
      match: [
        'FAILURE: Build failed with an exception.',
        'Build FAILED.',
        'ERROR in ./src/index.js',
        '> Task :test FAILED',
      ],
      noMatch: ['Build succeeded.', 'the build failed yesterday', 'BUILD SUCCESSFUL'],
    },
  },
  {
    name: 'exit_code',
    type: 'error',
    description: 'A process is reported to have ended with a status other than 0.',
    regex: R`^(?:[ \t⎿│]*Exit code:? |.{0,200}(?:exited|failed|terminated|finished|returned|died|completed) with (?:a )?(?:non-zero )?(?:exit |return )?(?:code|status)[: ] ?|user command error: exit status )(?<exit_code>-1|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:[^0-9.]|\.?$|\. )`,
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
      noMatch: [
        'Process exited with code 0',
        'exit=1',
        'returned code 0',
        '> - exit code: 1',
        'Attempt 1 failed with status 429. Retrying with backoff...',
      ],
    },
  },
  {
    name: 'crash',
    type: 'error',
    description: 'A process died of a signal or ran out of memory.',
    regex: R`^(?:(?:[^ ].{0,120}[ :])?(?:Segmentation fault|Bus error|Aborted|Floating point exception|Illegal instruction|Out of memory: Killed process|JavaScript heap out of memory)(?: \(core dumped\)|: [0-9]{1,3}|, core not dumped)?[ .]*|Killed)$`,
    samples: {
      match: ['Segmentation fault (core dumped)', 'bash: line 1: 4242 Segmentation fault', 'Killed'],
      noMatch: ['Aborted by the user, who had changed his mind about it', 'We saw a segmentation fault'],
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
    name: 'apt_error',
    type: 'error',
    description: 'apt: E: message.',
    regex: R`^E: (?<message>[A-Z].{5,400})$`,
    value: 'message',
    samples: {
      match: [
        'E: Unable to locate package foo',
        'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)',
      ],
      noMatch: ['E: x', 'E   AssertionError: x', 'e: y'],
    },
  },
  {
    name: 'shell_unknown_command',
    type: 'error',
    description: 'zsh and fish do not know a command.',
    regex: R`^(?:zsh: command not found: |fish: Unknown command: )(?<command_name>[^ ]{1,200})`,
    value: 'command_name',
    priority: 3,
    samples: {
      match: ['zsh: command not found: foo', 'fish: Unknown command: foo'],
      noMatch: ['command not found: see above', 'zsh: job table full'],
    },
  },
  {
    name: 'timed_out',
    type: 'error',
    description: 'A command, a request or a process took too long.',
    regex: R`^[ \t⎿│]*(?:[Tt]he )?(?:[Cc]ommand|[Rr]equest|[Oo]peration|[Pp]rocess|[Cc]onnection|[Tt]ool call|[Tt]est) (?:has )?timed out(?: (?:after|in) (?<duration>[0-9.]{1,10} ?(?:ms|s|m|seconds|minutes)))?`,
    priority: -1,
    samples: {
      match: ['Command timed out after 120s', '  ⎿  Request timed out'],
      noMatch: ['when the command times out', 'I saw that the command timed out'],
    },
  },
  {
    name: 'swe_agent_edit_refused',
    type: 'error',
    description: 'SWE-agent’s editor refuses an edit.',
    regex: R`^Your proposed edit has introduced new syntax error`,
    samples: {
      match: [
        'Your proposed edit has introduced new syntax error(s). Please read this error message carefully',
        'Your proposed edit has introduced new syntax error(s).',
      ],
      noMatch: ['"Your proposed edit has introduced new syntax error(s)."', 'Your proposed edit was applied'],
    },
  },
];
