// Questions that wait for an answer. `autoConfirmable` is given only where the answer can do no harm: nothing that runs
// a command, changes a file or opens a connection.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const CONFIRMATION_PATTERNS: readonly Pattern[] = [
  {
    name: 'yes_no_question',
    type: 'confirmation',
    description: 'A line that ends in a choice of yes and no.',
    regex: R`(?:\? ?(?:\[(?:y|n|yes|no)\]|\((?:y|n|yes|no)\))|(?:\[(?:y/n|yes/no)(?:/[^\]]{1,30})?\]|\((?:y/n|yes/no)(?:/[^)]{1,30})?\))[?:]|\? ?(?:\[(?:y/n|yes/no)(?:/[^\]]{1,30})?\]|\((?:y/n|yes/no)(?:/[^)]{1,30})?\))|\[y/n\]$|\(y/n\)$|\(\[y\]/n\)|\(Y\)es/\(N\)o)`,
    flags: 'i',
    value: 0,
    risk: 'medium',
    samples: {
      match: [
        'Continue? [y/N] ',
        "Add file to the chat? (Y)es/(N)o/(D)on't ask again [Yes]:",
        'Ok to proceed? (y) ',
        'Do you want to delete this cluster "x"? (y/N): y',
      ],
      noMatch: ['answers are y/n', 'yes or no?', 'for i in range(n):'],
    },
  },
  {
    name: 'agent_permission',
    type: 'confirmation',
    description: 'An agent asks for leave to run something or to change a file.',
    regex: R`^[ │]*(?:Do you want to (?:proceed|run this command|make this edit|create|allow|continue|overwrite|use|delete)|Would you like to (?:make the following edits|run the following command|proceed|apply)|Allow execution of|Allow (?:command|Codex|this)|Apply this change|Permission required|Do you trust|Approve (?:this )?(?:command|edit|plan|action)|Run this command|Run shell commands?|Waiting for user confirmation|[a-z0-9_.-]{1,40} needs your approval)(?:[^?]{0,200}\?|[^?]{0,100}$)`,
    risk: 'high',
    priority: 5,
    samples: {
      match: [
        ' │ Do you want to run this command?                         │',
        'Do you want to proceed?',
        "Allow execution of: 'node'?",
        'github needs your approval.',
      ],
      noMatch: ['"Do you want to proceed?" was asked', 'I asked: Do you want to run it?'],
    },
  },
  {
    name: 'are_you_sure',
    type: 'confirmation',
    description: 'A program asks before it does something that cannot be taken back.',
    regex: R`^[ │?]*(?:Are you sure |This (?:action )?(?:cannot be undone|will (?:delete|remove|overwrite|destroy))|Overwrite |Really (?:delete|remove|quit)|Delete |Remove |Replace )[^?]{0,200}\?`,
    risk: 'high',
    priority: 8,
    samples: {
      match: ['Are you sure you want to continue?', 'Overwrite existing file? (yes/no): '],
      noMatch: ['I am not sure', 'overwrite the file'],
    },
  },
  {
    name: 'password_prompt',
    type: 'confirmation',
    description: 'A password or passphrase is asked for.',
    regex: R`^(?:\[sudo\] )?(?:(?:Enter )?(?:[A-Za-z0-9_.@' -]{0,60} )?(?:password|passphrase|PIN)(?: for [^:]{1,120})?|(?:Username|Password) for '[^']{1,200}'): ?$`,
    flags: 'i',
    risk: 'high',
    priority: 6,
    samples: {
      match: ['[sudo] password for dev: ', "Enter passphrase for key '/home/dev/.ssh/id_ed25519': "],
      noMatch: ['password: hunter2', 'The password was wrong'],
    },
  },
  {
    name: 'host_key_prompt',
    type: 'confirmation',
    description: 'ssh asks whether an unknown host is the right one.',
    regex: R`^Are you sure you want to continue connecting \(yes/no`,
    risk: 'high',
    priority: 10,
    samples: {
      match: [
        'Are you sure you want to continue connecting (yes/no/[fingerprint])? ',
        'Are you sure you want to continue connecting (yes/no)? ',
      ],
      noMatch: ['Are you sure?', 'continue connecting'],
    },
  },
  {
    name: 'press_key',
    type: 'confirmation',
    description: 'A program waits for a key before it goes on.',
    regex: R`^[ │]*(?:[Pp]ress (?:any key|[Ee]nter|ENTER|[Rr]eturn|RETURN|\[ENTER\]|\[Enter\]) to continue|Press ENTER or type command to continue|[Hh]it (?:enter|return|ENTER|RETURN) to continue|PRESS ANY KEY TO CONTINUE|--More--(?:\([0-9]{1,3}%\))?)[ .…│]*$`,
    risk: 'none',
    autoConfirmable: true,
    samples: {
      match: ['Press any key to continue...', 'Press ENTER to continue'],
      noMatch: ['Press ctrl+c to exit', 'I pressed enter to continue'],
    },
  },
  {
    name: 'choice_prompt',
    type: 'confirmation',
    description: 'A program lets choose from a list or asks for a text (inquirer, prompts, gum).',
    regex: R`^\? [^ ].{1,200} (?:›|»|\(Use arrow keys\))`,
    risk: 'low',
    samples: {
      match: [
        '? Select a framework: › - Use arrow-keys. Return to submit.',
        '? Which package manager? (Use arrow keys)',
      ],
      noMatch: ['? for shortcuts', '›  Ask Codex to do anything'],
    },
  },
];
