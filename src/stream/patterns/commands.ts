// Shell commands that an agent ran or is about to run, as the agents and shells show them. What is dangerous about a
// command is decided in risky-commands.ts and risky-access-commands.ts, which take precedence over these.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;
/** What a command begins with, where the line alone does not say that it is one: a path or a well-known program. */
const PROGRAM = R`(?:\.{0,2}/[A-Za-z0-9_.+-]{1,60}[A-Za-z0-9_.+/-]{0,300}|(?:apt(?:-get)?|aws|az|bash|brew|bun|bundle|cargo|cat|cd|chmod|chown|cmake|composer|cp|curl|deno|docker|dotnet|echo|env|eslint|export|find|flake8|gcloud|gh|git|go|gradle|grep|helm|jest|kubectl|ls|make|mkdir|mv|mvn|mypy|node|npm|npx|pip3?|pnpm|podman|poetry|psql|pytest|python3?|rails|rake|rm|rsync|ruby|ruff|scp|sed|set|sh|source|ssh|sudo|tar|terraform|touch|tox|tsc|uv|vitest|wget|yarn))`;

export const COMMAND_PATTERNS: readonly Pattern[] = [
  {
    name: 'dollar_command',
    type: 'command',
    description: 'A command after a "$ " prompt.',
    regex: R`^(?:[ \t│]*|> )\$ (?<command>[^ \t0-9$](?:.*[^ \t│])?)[ \t│]*$`,
    value: 'command',
    risk: 'low',
    samples: {
      match: [
        '$ npm test',
        '   $ find . -type f -name "*.ts"',
        '$ /srv/app/node_modules/.bin/tsc --noEmit',
        '> $ aider index.html assets/css/style.css  ',
      ],
      noMatch: ['$ 5.00', 'costs $ 3', '$PATH'],
    },
  },
  {
    name: 'prompt_command',
    type: 'command',
    description: 'A command after a user@host prompt.',
    regex: R`^(?:\([^)]{1,40}\) )?\[?[A-Za-z0-9_.-]{1,40}@[A-Za-z0-9_.-]{1,80}[: ][^$#]{0,200}[$#] (?<command>[^ \t].*)$`,
    value: 'command',
    risk: 'low',
    samples: {
      match: ['dev@host:~/app$ npm test', '[root@box app]# ls -l'],
      noMatch: ['write to me@example.com for $ 5', 'app@0.1.0 test'],
    },
  },
  {
    name: 'claude_bash',
    type: 'command',
    description: 'Claude Code’s shell tool.',
    regex: R`^[ │]*[●⏺] Bash\((?<command>[^ ].*?)(?:\)[ │]*)?$`,
    value: 'command',
    risk: 'low',
    samples: {
      match: ['● Bash(npm test)', '⏺ Bash(git status --short)'],
      noMatch: ['● Bash', '● Write(snake-game.html)'],
    },
  },
  {
    name: 'ran_command',
    type: 'command',
    description: 'codex and others: Ran, Running or Ran command, then the command.',
    regex: R`^ *(?:⚡ Ran command|[•●⏺] (?:Ran|Running|Shell|Execute(?:d)?)) (?<command>[^ ].*)$`,
    value: 'command',
    risk: 'low',
    samples: {
      match: ['⚡ Ran command git status --porcelain', '• Ran npm test'],
      noMatch: ['I ran git status', '• The run was late'],
    },
  },
  {
    name: 'codex_exec',
    type: 'command',
    description: 'codex exec: the command, " in " and the folder.',
    regex: R`^(?:\[[0-9T:. -]{8,30}Z?\] )?(?:exec )?(?<command>(?:/[a-z/]{1,20}/)?(?:ba|z|da)?sh -l?c .+) in (?<cwd>/[^ ]{0,300})(?: (?:succeeded|exited (?<exit_code>[0-9]{1,3})) in [0-9.]{1,12}m?s:?)?$`,
    value: 'command',
    risk: 'low',
    priority: 2,
    samples: {
      match: [
        "bash -lc 'npm test' in /srv/app",
        '[2026-05-01T10:00:00] exec bash -lc "ls -la" in /srv/app',
        "/bin/bash -lc 'cat x' in /srv/app succeeded in 12ms:",
      ],
      noMatch: ['bash -lc is used', 'exec in /srv'],
    },
  },
  {
    name: 'gemini_shell',
    type: 'command',
    description: 'Gemini CLI’s and Qwen Code’s shell tool.',
    regex: R`^[ │]*[✔✓⊷✗x?o] {1,4}Shell(?:Command)? (?<command>[^ ](?:.*[^ │])?)[ │]*$`,
    value: 'command',
    risk: 'low',
    samples: {
      match: [' │ ✔  Shell npm test (run the tests)                  │', '✓  Shell ls -la'],
      noMatch: ["│ ✔  SearchText 'x' in **/*.tsx", 'Shell scripts'],
    },
  },
  {
    name: 'aider_running',
    type: 'command',
    description: 'aider runs a command.',
    regex: R`^(?:> )?(?:## )?Running:? (?<command>${PROGRAM}(?: [^ ].*)?)$`,
    value: 'command',
    risk: 'low',
    priority: -1,
    samples: {
      match: [
        '> Running npm test',
        'Running ./scripts/test.sh --all',
        '> ## Running: /srv/app/tmp.lint.sh tests/basic/test_sendchat.py  ',
      ],
      noMatch: ['Running 4 tests', 'Running', 'Running: tests', 'Running the tests'],
    },
  },
  {
    name: 'npm_script',
    type: 'command',
    description: 'npm, pnpm: the package and the script that is run.',
    regex: R`^> (?<package>@?[a-zA-Z0-9_./-]{1,120}@[0-9][^ ]{0,40}) (?<command>[a-zA-Z0-9_:.-]{1,60})(?: /.{1,300})?$`,
    value: 'command',
    risk: 'low',
    samples: {
      match: ['> app@0.1.0 test', '> @acme/site@2.0.0-rc.1 build:prod'],
      noMatch: ['> jest --color --ci', '> quoted mail@example.com text here and there'],
    },
  },
  {
    name: 'ci_command',
    type: 'command',
    description: 'GitHub Actions and Azure Pipelines: a command in the log.',
    regex: R`^(?:[0-9T:.-]{10,30}Z )?(?:##)?\[command\](?<command>.+)$`,
    value: 'command',
    risk: 'low',
    samples: {
      match: ['[command]/usr/bin/git version', '##[command]docker build .'],
      noMatch: ['##[group]Run tests', 'the [command] tag'],
    },
  },
  {
    name: 'xtrace_command',
    type: 'command',
    description: 'A command as "sh -x" shows it.',
    regex: R`^\+{1,4} (?<command>${PROGRAM}(?: [^ ].*)?)$`,
    value: 'command',
    risk: 'low',
    priority: -1,
    samples: {
      match: ['+ docker push registry.example.com/app:1', '++ git rev-parse HEAD'],
      noMatch: ['+ Received  + 1', '+    const x = 1;', '+git status'],
    },
  },
];
