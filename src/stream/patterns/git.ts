// What git says about commits, branches, merges, pushes and pulls.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const GIT_PATTERNS: readonly Pattern[] = [
  {
    name: 'git_commit',
    type: 'git',
    description: 'A commit was made.',
    regex: R`^\[(?<branch>[^ \]]{1,200}|detached HEAD)(?: \(root-commit\))? (?<commit>[0-9a-f]{7,40})\] (?<subject>.*)$`,
    value: 'commit',
    priority: 5,
    samples: {
      match: [
        '[main (root-commit) 0e0b7e9] add errors.ts',
        '[fix/error-handling 6c98fed] error handling improved',
      ],
      noMatch: ['[main] text', '[12:00:01 abc] x'],
    },
  },
  {
    name: 'git_diffstat',
    type: 'git',
    description: 'git’s count of changed files and lines.',
    regex: R`^ ?(?<files>[0-9]{1,9}) files? changed(?:, (?<insertions>[0-9]{1,9}) insertions?\(\+\))?(?:, (?<deletions>[0-9]{1,9}) deletions?\(-\))?$`,
    samples: {
      match: [' 1 file changed, 3 insertions(+)', ' 12 files changed, 40 insertions(+), 2 deletions(-)'],
      noMatch: ['1 file would be reformatted.', '3 files changed hands'],
    },
  },
  {
    name: 'git_branch_switch',
    type: 'git',
    description: 'Another branch was checked out.',
    regex: R`^(?:Switched to (?:a new )?branch|Already on|HEAD is now at|Note: switching to|Deleted branch|Reset branch) '?(?<branch>[^ ']{1,200})'?`,
    value: 'branch',
    samples: {
      match: ["Switched to a new branch 'fix/error-handling'", 'HEAD is now at 8bb1405 fix: no error'],
      noMatch: ['switch to branch main', 'On branch main'],
    },
  },
  {
    name: 'git_conflict',
    type: 'git',
    description: 'A merge conflict.',
    regex: R`^(?:CONFLICT \((?<kind>[^)]{1,60})\): (?<message>.*)|Automatic merge failed; fix conflicts.*|You have unmerged paths\.)$`,
    risk: 'medium',
    priority: 10,
    samples: {
      match: [
        'CONFLICT (content): Merge conflict in errors.ts',
        'Automatic merge failed; fix conflicts and then commit the result.',
      ],
      noMatch: ['Auto-merging errors.ts', 'a conflict of interests'],
    },
  },
  {
    name: 'git_push_result',
    type: 'git',
    description: 'What a push or fetch did to a branch or tag.',
    regex: R`^ (?<flag>[ +*!=t-]) (?<range>\[[a-z ]{3,20}\]|[0-9a-f]{7,40}\.{2,3}[0-9a-f]{7,40}|branch|tag) +(?<from>[^ ]{1,200}) +-> (?<to>[^ ]{1,200})`,
    value: 'to',
    samples: {
      match: [
        '   8bb1405..6c98fed  main -> main',
        ' ! [rejected]        main -> main (fetch first)',
        ' * [new branch]      fix -> fix',
        ' * branch            72cd6c0 -> FETCH_HEAD',
      ],
      noMatch: ['main -> main', ' - a -> b'],
    },
  },
  {
    name: 'git_merge',
    type: 'git',
    description: 'A merge, rebase or pull was done.',
    regex: R`^(?:Merge made by the '[a-z]{1,20}' strategy\.|Fast-forward$|Updating [0-9a-f]{7,40}\.\.[0-9a-f]{7,40}$|Already up to date\.$|Successfully rebased and updated .{1,200}|Auto-merging .{1,400}|Merging .{1,200} with .{1,200})`,
    samples: {
      match: [
        "Merge made by the 'ort' strategy.",
        'Successfully rebased and updated refs/heads/fix.',
        'Auto-merging errors.ts',
      ],
      noMatch: ['Merge the branches', 'Already up to the task'],
    },
  },
  {
    name: 'git_repository',
    type: 'git',
    description: 'A repository was made or cloned.',
    regex: R`^(?:Initialized empty|Reinitialized existing|Cloning into) (?:(?:shared )?Git repository in )?'?(?<path>[^']{1,400}?)'?(?:\.\.\.)?$`,
    value: 'path',
    samples: {
      match: ['Initialized empty Git repository in /srv/gitdemo/.git/', "Cloning into 'app'..."],
      noMatch: ['Cloning is fun', 'initialized empty list'],
    },
  },
  {
    name: 'git_status',
    type: 'git',
    description: 'Lines of git status that say where one is and what is changed.',
    regex: R`^(?:On branch (?<branch>[^ ]{1,200})$|Your branch is (?<relation>ahead|behind|up to date|based).{0,200}|nothing to commit.{0,80}|\t(?:both )?(?<state>modified|added|deleted|new file|renamed|deleted by us|deleted by them): +(?<file>\S.*)$)`,
    samples: {
      match: ['On branch main', '\tboth modified:   errors.ts', 'nothing to commit, working tree clean'],
      noMatch: ['no changes added to commit', 'modified: yesterday'],
    },
  },
  {
    name: 'aider_commit',
    type: 'git',
    description: 'aider made a commit.',
    regex: R`^(?:> )?Commit (?<commit>[0-9a-f]{7,40}) (?<subject>\S.*)$`,
    value: 'commit',
    samples: {
      match: [
        'Commit 24baf2d refactor: Update polling intervals and remove useEffect',
        '> Commit 4aa1c0d feat: add x',
      ],
      noMatch: ['Commit your changes', 'commit 24baf2d'],
    },
  },
  {
    name: 'git_log_commit',
    type: 'git',
    description: 'The head of a commit in git log or git show.',
    regex: R`^commit (?<commit>[0-9a-f]{40})(?: \([^)]{1,200}\))?$`,
    value: 'commit',
    samples: {
      match: [
        'commit 3ea751c087f32b16e039a2233dd6eefecef325d5',
        'commit 3ea751c087f32b16e039a2233dd6eefecef325d5 (HEAD -> main)',
      ],
      noMatch: ['commit 3ea751c', 'commits'],
    },
  },
  {
    name: 'aider_undo',
    type: 'git',
    description: 'aider took back a commit.',
    regex: R`^(?:> )?(?<action>Removed|HEAD is|Now at): +(?<commit>[0-9a-f]{7,40}) (?<subject>\S.*)$`,
    value: 'commit',
    samples: {
      match: ['> HEAD is: 4d0934f fix subtree logic for windows  ', 'Removed: 5fe64cb refactor: Skip lines'],
      noMatch: ['Removed: a file', 'HEAD is at 4d0934f'],
    },
  },
];
