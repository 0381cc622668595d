// Files that were made, changed or removed, as agents, patches and git show it.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const FILE_PATTERNS: readonly Pattern[] = [
  {
    name: 'claude_edit',
    type: 'file_change',
    description: 'Claude Code’s and others’ edit tools.',
    regex: R`^[ │]*[●⏺•] (?<action>Edit|MultiEdit|Write|Update|Create|Delete|NotebookEdit)\((?<file>[^)]{1,400})\)?[ │]*$`,
    value: 'file',
    risk: 'low',
    samples: {
      match: ['● Write(snake-game.html)', '⏺ Update(src/app.ts)'],
      noMatch: ['● Bash(npm test)', '● Read(src/app.ts)'],
    },
  },
  {
    name: 'aider_applied_edit',
    type: 'file_change',
    description: 'aider applied an edit.',
    regex: R`^(?:> )?(?<action>Applied edit to|Creating empty file|Did not apply edit to) (?<file>[^ ](?:.*[^ \t])?)[ \t]*$`,
    value: 'file',
    risk: 'low',
    samples: {
      match: ['Applied edit to chat/src/components/ChatInterface.tsx', '> Applied edit to index.html'],
      noMatch: ['Applied edits are committed', 'I applied edit to x'],
    },
  },
  {
    name: 'codex_patch',
    type: 'file_change',
    description: 'A file header of codex’s patch format.',
    regex: R`^\*\*\* (?<action>Update|Add|Delete) File: (?<file>\S.*)$`,
    value: 'file',
    risk: 'low',
    samples: {
      match: ['*** Update File: src/app.ts', '*** Add File: docs/new.md'],
      noMatch: ['*** Begin Patch', '*** Update: x'],
    },
  },
  {
    name: 'git_diff_header',
    type: 'file_change',
    description: 'The first line of a file’s part in a git diff.',
    regex: R`^diff --(?:git a/(?<file>[^ ]{1,400}) b/.{1,400}|(?:cc|combined) (?<merged>.{1,400}))$`,
    risk: 'none',
    samples: {
      match: ['diff --git a/src/x.ts b/src/x.ts', 'diff --cc errors.ts'],
      noMatch: ['--- a/errors.ts', 'diff -u a b'],
    },
  },
  {
    name: 'patch_header',
    type: 'file_change',
    description: 'The new file’s header in a plain unified diff (with its time).',
    regex: R`^\+\+\+ (?<file>[^\t]{1,400})\t[0-9]{4}-[0-9]{2}-[0-9]{2}`,
    value: 'file',
    samples: {
      match: ['+++ bad_types.py\t2026-11-21 00:58:09.259258+00:00', '+++ b/x.c\t2026-01-01 10:00:00'],
      noMatch: ['+++ b/errors.ts', '+++ x'],
    },
  },
  {
    name: 'git_create_mode',
    type: 'file_change',
    description: 'git: a file was created, deleted, renamed or changed its mode.',
    regex: R`^ (?:(?<action>create|delete) mode [0-9]{6} (?<file>\S.*)|(?<moved>rename|copy) (?<paths>\S.*) \([0-9]{1,3}%\)|mode change [0-9]{6} => [0-9]{6} (?<changed>\S.*))$`,
    samples: {
      match: [
        ' create mode 100644 errors.ts',
        ' delete mode 100644 old.txt',
        ' rename src/{a.ts => b.ts} (95%)',
      ],
      noMatch: ['create mode 100644', ' creates a mode'],
    },
  },
  {
    name: 'patching_file',
    type: 'file_change',
    description: 'patch applies a diff.',
    regex: R`^patching file (?<file>\S.*)$`,
    value: 'file',
    samples: {
      match: ['patching file src/x.c', "patching file 'a b.txt'"],
      noMatch: ['patching files', 'Hunk #1 FAILED at 3.'],
    },
  },
  {
    name: 'claude_edit_result',
    type: 'file_change',
    description: 'Claude Code reports that a file was written or updated.',
    regex: R`^[ \t]*⎿ +(?<action>Wrote|Updated|Created) (?:(?<lines>[0-9]{1,9}) lines? to )?(?<file>[^ ]{1,400})(?: with (?<message>.*)|[ \t]*)$`,
    value: 'file',
    risk: 'low',
    samples: {
      match: [
        '  ⎿  Wrote 344 lines to snake-game.html',
        '  ⎿  Updated src/app.ts with 3 additions and 1 removal',
      ],
      noMatch: ['  ⎿  {', '  ⎿  Error: Exit code 1', 'Wrote 3 lines to x'],
    },
  },
  {
    name: 'gemini_edit',
    type: 'file_change',
    description: 'Gemini CLI’s and Qwen Code’s tools that write files.',
    regex: R`^[ │]*[✔✓] +(?<action>WriteFile|Edit|Replace)(?: Writing to)? (?<file>[^ :│]{1,400})(?:[ :].*)?$`,
    value: 'file',
    risk: 'low',
    samples: {
      match: [
        ' │ ✔  WriteFile Writing to src/app.ts                 │',
        '✓  Edit calc.js: return a - b => return a + b',
      ],
      noMatch: ["│ ✔  SearchText 'x' in **/*.tsx", '✓  ReadFile src/app.ts'],
    },
  },
  {
    name: 'copilot_edit',
    type: 'file_change',
    description: 'Copilot CLI and codex report an edit with its size.',
    regex: R`^[ │]*[●•✓] (?<action>Edit(?:ed)?|Create|Add(?:ed)?|Delete[d]?) (?<file>[^ ]{1,400}\.[A-Za-z0-9]{1,10})(?: \(\+(?<insertions>[0-9]{1,9})(?: [-−](?<deletions>[0-9]{1,9}))?\))?[ │]*$`,
    value: 'file',
    risk: 'low',
    samples: {
      match: ['● Edit src/app.ts (+3 -1)', '• Edited calc.js (+1 -1)'],
      noMatch: ['● Edit(src/app.ts)', '• Added support for files'],
    },
  },
  {
    name: 'swe_agent_edit',
    type: 'file_change',
    description: 'SWE-agent’s editor took an edit.',
    regex: R`^File updated\. Please review the changes`,
    risk: 'low',
    samples: {
      match: [
        'File updated. Please review the changes and make sure they are correct',
        'File updated. Please review the changes',
      ],
      noMatch: ['File updated yesterday', '"File updated. Please review the changes'],
    },
  },
];
