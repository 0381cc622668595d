// Progress of package managers and builds, and what state an agent or a tool says it is in.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const PROGRESS_AND_STATE_PATTERNS: readonly Pattern[] = [
  {
    name: 'npm_done',
    type: 'progress',
    description: 'npm, pnpm and yarn: what was installed.',
    regex: R`^(?:added|removed|changed|up to date,|updated) ?(?<count>[0-9]{0,9})(?: packages?)?(?:, (?:and )?(?:added|removed|changed|audited) [0-9]{1,9} packages?){0,3}(?:, and audited [0-9]{1,9} packages?)? in [0-9.]{1,10}m?s$`,
    samples: {
      match: ['added 184 packages, and audited 185 packages in 3s', 'removed 2 packages in 812ms'],
      noMatch: ['added packages', 'added 5 tests in total'],
    },
  },
  {
    name: 'cargo_progress',
    type: 'progress',
    description: 'cargo works on a crate.',
    regex: R`^ {2,12}(?<action>Compiling|Checking|Downloading|Downloaded|Updating|Building|Fresh|Documenting|Running|Installing|Adding|Locking|Finished) (?<what>\S.*)$`,
    value: 'what',
    samples: {
      match: [
        '   Compiling app v0.1.0 (/srv/app/rs)',
        '    Finished \x60dev\x60 profile [unoptimized + debuginfo] target(s) in 0.06s',
      ],
      noMatch: ['Compiling the code', 'Finished!'],
    },
  },
  {
    name: 'pip_progress',
    type: 'progress',
    description: 'pip collects and installs.',
    regex: R`^(?:Collecting|Downloading|Installing collected packages:|Successfully installed|Requirement already satisfied:|Building wheels? for|Using cached|Successfully uninstalled) (?<what>[A-Za-z0-9_.\[\]=<>~!,+-]{1,200})`,
    value: 'what',
    samples: {
      match: ['Collecting requests==2.31.0', 'Successfully installed requests-2.31.0'],
      noMatch: ['collecting data', 'Downloading…'],
    },
  },
  {
    name: 'docker_progress',
    type: 'progress',
    description: 'docker build and pull.',
    regex: R`^(?:Step [0-9]{1,4}/[0-9]{1,4} ?: |(?:\[[0-9]{1,3}/[0-9]{1,3}\] )?STEP [0-9]{1,4}(?:/[0-9]{1,4})?: |#[0-9]{1,4} (?:\[[^\]]{1,60}\] |DONE |CACHED$)| ?=> (?:CACHED )?\[|[0-9a-f]{12}: (?:Pull complete|Already exists|Download complete|Downloading|Extracting|Pulling fs layer|Waiting|Pushed|Preparing|Layer already exists|Verifying Checksum)|Copying (?:blob|config) [0-9a-f]{12}|Trying to pull [^ ]|Successfully (?:built|tagged) |Status: Downloaded newer image)(?<what>.{0,300})`,
    samples: {
      match: [
        'Step 3/7 : RUN npm ci',
        'a1b2c3d4e5f6: Pull complete',
        '#5 [2/4] RUN npm ci',
        '[1/2] STEP 1/4: FROM docker.io/library/golang:1.23',
        'Copying blob f14586a49dad done',
      ],
      noMatch: ['Step 3: think', '#5 is open'],
    },
  },
  {
    name: 'lint_summary',
    type: 'state',
    description: 'A compiler’s or linter’s count of what it found.',
    regex: R`^(?:[✖✗⚠] (?<total>[0-9]{1,9}) problems? \((?<errors>[0-9]{1,9}) errors?, (?<warnings>[0-9]{1,9}) warnings?\)|Found (?<found>[0-9]{1,9}) errors?(?: in .{1,200}|\.)?|Success: no issues found.{0,60}|All checks passed!|[0-9]{1,9} (?:error|warning)s? generated\.|(?:[0-9]{1,9} files? (?:would be |)(?:reformatted|left unchanged)(?:, )?){1,2}\.)$`,
    samples: {
      match: [
        '✖ 7 problems (5 errors, 2 warnings)',
        'Found 9 errors in the same file, starting at: src/parser.ts:1',
        'Found 5 errors in 1 file (checked 1 source file)',
        '1 file would be reformatted.',
      ],
      noMatch: ['Found it', '7 problems'],
    },
  },
  {
    name: 'agent_working',
    type: 'state',
    description: 'An agent says that it is at work.',
    regex: R`(?:esc to interrupt|esc to cancel|ctrl\+c to (?:interrupt|stop))`,
    flags: 'i',
    samples: {
      match: ['✻ Thinking… (12s · ↑ 1.2k tokens · esc to interrupt)', '⠏ Working (esc to cancel, 3s)'],
      noMatch: ['press esc', 'interrupted by the user'],
    },
  },
  {
    name: 'agent_mode',
    type: 'state',
    description: 'Claude Code’s mode line.',
    regex: R`(?:⏵⏵|⏸) (?<mode>auto-accept edits|bypass permissions|plan mode|accept edits) on`,
    value: 'mode',
    samples: {
      match: ['  ⏵⏵ auto-accept edits on (shift+tab to', '  ⏸ plan mode on (shift+tab to cycle)'],
      noMatch: ['auto-accept edits on', 'plan mode'],
    },
  },
  {
    name: 'step_done',
    type: 'progress',
    description: 'A step that a tool ticks off.',
    regex: R`^[✓✔] (?<what>(?!.{1,300}\([0-9.]{1,14}ms\))[^ ].*)$`,
    value: 'what',
    samples: {
      match: ['✓ Downloaded kubectl', '✓ built in 1.2s'],
      noMatch: ['    ✓ adds 2 + 3 (3 ms)', 'all ✓ done', '✔ adds (0.781786ms)'],
    },
  },
  {
    name: 'curl_progress',
    type: 'progress',
    description: 'curl’s progress meter.',
    regex: R`^ *(?<percent>[0-9]{1,3}) +[0-9.]{1,6}[kMG]? +[0-9]{1,3} +[0-9.]{1,6}[kMG]? +[0-9]{1,3} +[0-9.]{1,6}[kMG]? +[0-9.]{1,6}[kMG]? +[0-9.]{1,6}[kMG]? +[0-9:-]{7,9}`,
    value: 'percent',
    samples: {
      match: [
        '100   170  100   170    0     0    105      0  0:00:01  0:00:01 --:--:--   105',
        ' 12 1024k   12  128k    0     0  64000      0  0:00:16  0:00:02  0:00:14 64000',
      ],
      noMatch: ['  % Total    % Received % Xferd  Average Speed', '1 2 3 4 5 6 7 8'],
    },
  },
  {
    name: 'git_transfer',
    type: 'progress',
    description: 'git sends or receives objects.',
    regex: R`^(?:remote: )?(?<what>Enumerating objects|Counting objects|Compressing objects|Receiving objects|Resolving deltas|Writing objects|Updating files|Unpacking objects): +(?<percent>[0-9]{1,9})`,
    value: 'what',
    samples: {
      match: [
        'Receiving objects: 100% (5191/5191), 4.67 MiB | 12.27 MiB/s, done.',
        'remote: Counting objects: 100% (1011/1011), done.',
      ],
      noMatch: ['Counting objects in the room', 'remote: done'],
    },
  },
  {
    name: 'percent_bar',
    type: 'progress',
    description: 'A progress bar with its percentage.',
    regex: R`^.{0,120}?(?<percent>[0-9]{1,3})%[ ]?(?:\||\[)[ =#>█▏▎▍▌▋▊▉░▒-]{3,120}[|\]]`,
    value: 'percent',
    priority: -1,
    samples: {
      match: [' 45%|████▌     | 45/100 [00:10<00:12,  4.5it/s]', 'Downloading 12% [===>          ]'],
      noMatch: ['45% of users', '[100%] Built target x'],
    },
  },
  {
    name: 'agent_thinking',
    type: 'state',
    description: 'An agent’s spinner with what it is doing.',
    regex: R`^ ?(?:✻|✽|✢|✳|✶|·|\*) (?<activity>[A-Z][A-Za-z-]{2,24})…`,
    value: 'activity',
    priority: -1,
    samples: {
      match: ['✻ Thinking…', '✽ Pondering… (3s)'],
      noMatch: ['✻ Welcome to Claude Code', '* Note that'],
    },
  },
  {
    name: 'agent_interrupted',
    type: 'state',
    description: 'A person has stopped an agent.',
    regex: R`^[ ⎿│■]*(?:Interrupted(?: by user)?(?: ·.{0,80})?$|Conversation interrupted|\[Request interrupted by user|Request (?:cancelled|interrupted))`,
    samples: {
      match: [
        '  ⎿  Interrupted by user',
        '[Request interrupted by user for tool use]',
        '■ Conversation interrupted - tell the model what to do differently',
      ],
      noMatch: ['The run was Interrupted', 'Interrupted by a phone call'],
    },
  },
];
