// Commands that destroy; those that expose or escalate are in risky-access-commands.ts. They are looked for anywhere in a
// line, because a dangerous command is as dangerous behind "&&" or inside "bash -c" as alone; of several on a line, the
// most dangerous one is reported.

import type { Pattern } from '../../model/pattern.ts';
import { BEFORE, SHOWN } from './command-line.ts';

const R = String.raw;
/** What is gone with everything in it. */
const ROOT = R`(?:/|~|\$HOME|\$\{HOME\}|/(?:home|etc|usr|var|bin|lib|boot|root|srv|opt|Users)|\*)/?\*?`;
/**
 * The rest of a command: up to what separates it from the next, or closes the quotes or brackets that it stands in. A
 * quote opens only after a space.
 */
const ARGUMENTS = R`(?: *[^ ;&|)"'\x60]| +"[^"]*"| +'[^']*')*`;

export const RISKY_COMMAND_PATTERNS: readonly Pattern[] = [
  {
    name: 'rm_rf_root',
    type: 'command',
    description: 'Recursive deletion of the root, a home directory or everything.',
    regex: R`${BEFORE}(?<command>rm(?: +-{1,2}[A-Za-z-]{1,30}){1,4} +(?:-- +)?(?:${ROOT}|"${ROOT}"|'${ROOT}')(?: +(?:[^ ;&|)"'\x60]|"[^"]*"|'[^']*')${ARGUMENTS})?) *(?:[;&|)"'\x60]|$)`,
    value: 'command',
    risk: 'critical',
    priority: 100,
    samples: {
      match: ['$ rm -rf /', 'sudo rm -rf --no-preserve-root /', '● Bash(rm -rf ~/*)', 'rm -fr $HOME'],
      noMatch: ['rm -rf /tmp/build', 'rm x', 'alarm -rf /'],
    },
  },
  {
    name: 'rm_rf',
    type: 'command',
    description: 'Recursive deletion.',
    regex: R`${BEFORE}(?<command>rm {1,3}-(?:[A-Za-z-]{1,20} {1,3}-){0,4}(?:[a-zA-Z]{0,8}[rR][a-zA-Z]{0,8}|-recursive) +(?:[^ "']|"[^"]*"?|'[^']*'?)${ARGUMENTS})`,
    value: 'command',
    risk: 'high',
    priority: 60,
    samples: {
      match: ['$ ls && rm -rf x', "env X=1 bash -lc 'rm -r build'", '● Bash(rm -rf node_modules)'],
      noMatch: ['rm x.txt', 'the farm -rf x', 'rm --help', 'rm -f x.txt'],
    },
  },
  {
    name: 'fork_bomb',
    type: 'command',
    description: 'A shell fork bomb.',
    regex: R`:\(\) ?\{ ?: ?\| ?:&? ?\} ?;? ?:`,
    risk: 'critical',
    priority: 100,
    samples: { match: [':(){ :|:& };:', '$ :() { :|:& } ; :'], noMatch: [': ok', 'f() { g | h; }'] },
  },
  {
    name: 'disk_overwrite',
    type: 'command',
    description: 'Writing to a block device, or making a file system.',
    regex: R`${BEFORE}(?:dd +(?:[^ ]{1,200} +){0,6}of=/dev/(?:sd|hd|nvme|vd|mmcblk|disk|mapper/)|mkfs(?:\.[a-z0-9]{2,8})? +[^ ]|(?:wipefs|sgdisk|fdisk|parted|blkdiscard) +(?:-[^ ]{1,20} +){0,4}/dev/|shred +(?:-[^ ]{1,20} +){0,4}/)`,
    risk: 'critical',
    priority: 95,
    samples: {
      match: ['$ dd if=/dev/zero of=/dev/sda bs=1M', 'sudo mkfs.ext4 /dev/sdb1'],
      noMatch: ['dd if=a of=b', 'the new file system'],
    },
  },
  {
    name: 'device_redirect',
    type: 'command',
    description: 'Redirection into a block device.',
    regex: R`> ?/dev/(?:sd[a-z]|nvme[0-9]|hd[a-z]|vd[a-z]|mmcblk[0-9])`,
    risk: 'critical',
    priority: 94,
    samples: {
      match: ['cat x > /dev/sda', 'echo >/dev/nvme0n1'],
      noMatch: ['cmd > /dev/null', 'ls /dev/sda'],
    },
  },
  {
    name: 'git_push_force',
    type: 'command',
    description: 'A push that rewrites the history of a remote.',
    regex: R`${BEFORE}git (?:-[^ ]{1,20} [^ ]{1,200} ){0,3}push (?:[^ ;&|]{1,200} ){0,8}(?:--force(?:-with-lease|-if-includes)?|-f|--mirror|--delete|\+[A-Za-z0-9_./-]{1,100})(?:[ ;&|)"'\x60=]|$)`,
    risk: 'high',
    priority: 70,
    samples: {
      match: ['$ git push --force origin main', '● Bash(git push -f)', 'git push origin +main'],
      noMatch: ['git push origin main', '--force is not needed'],
    },
  },
  {
    name: 'git_reset_hard',
    type: 'command',
    description: 'git commands that throw away uncommitted work or history.',
    regex: R`${BEFORE}git (?:-[^ ]{1,20} [^ ]{1,200} ){0,3}(?:reset (?:[^ ;&|]{1,100} ){0,4}--hard|clean (?:-[A-Za-z]{1,8} ){0,3}-[a-zA-Z]{0,6}f|checkout (?:--force |-f )?(?:-- )?\.(?:[ ;&|)"'\x60]|$)|restore (?:--[a-z-]{1,20} ){0,3}\.(?:[ ;&|)"'\x60]|$)|branch -D |stash (?:drop|clear)|filter-branch|filter-repo|reflog expire|update-ref -d|worktree remove (?:-f|--force))`,
    risk: 'high',
    priority: 70,
    samples: {
      match: [
        '$ git reset --hard HEAD~3',
        '● Bash(git clean -fdx)',
        'git checkout -- .',
        'git branch -D old',
      ],
      noMatch: ['git reset HEAD x', 'git checkout main', 'git clean -n'],
    },
  },
  {
    name: 'sql_drop',
    type: 'command',
    description: 'SQL that drops or empties tables.',
    regex: R`(?:^|[ \t"'\x60;(])(?:drop +(?:table|database|schema|view|index|user|role) +(?:if +exists +)?["'\x60\[]?[a-z_]|truncate +table +["'\x60\[]?[a-z_]|delete +from +["'\x60\[]?[a-z_][a-z0-9_."\x60\]]{0,80}["']? *;)`,
    flags: 'i',
    risk: 'critical',
    priority: 90,
    samples: {
      match: ['$ psql -c "DROP TABLE users"', 'TRUNCATE TABLE events;', 'sqlite3 x.db "delete from t;"'],
      noMatch: ['DELETE FROM t WHERE id = 1;', 'drop the table', 'CREATE TABLE t (id)'],
    },
  },
  {
    name: 'kubectl_delete',
    type: 'command',
    description: 'Deleting or draining in a Kubernetes cluster.',
    regex: R`${BEFORE}(?:kubectl|oc|k) (?:-[^ ]{1,40} (?:[^ -][^ ]{0,80} )?){0,4}(?:delete|drain|replace --force) [^ ]`,
    risk: 'high',
    priority: 65,
    samples: {
      match: ['$ kubectl delete namespace prod', 'kubectl -n prod delete pod x'],
      noMatch: ['kubectl get pods', 'delete the pod'],
    },
  },
  {
    name: 'infrastructure_destroy',
    type: 'command',
    description: 'Infrastructure taken down: terraform, pulumi, cloud command lines, docker prune.',
    regex: R`${BEFORE}(?:(?:terraform|tofu|terragrunt|pulumi|cdk|vagrant) (?:[^ ;&|]{1,100} ){0,4}(?:destroy|-destroy)|terraform (?:[^ ;&|]{1,100} ){0,3}apply (?:[^ ;&|]{1,100} ){0,4}-auto-approve|aws (?:[^ ;&|]{1,60} ){1,4}(?:rm (?:[^ ]{1,200} )?--recursive|delete-[a-z-]{3,40}|terminate-instances)|aws s3 rb|(?:gcloud|az) (?:[^ ;&|]{1,60} ){1,5}delete|(?:docker|podman) (?:system|volume|image|container) prune|helm (?:uninstall|delete)|heroku apps:destroy)(?:[ ;&|)"'\x60]|$)`,
    risk: 'critical',
    priority: 85,
    samples: {
      match: [
        '$ terraform destroy -auto-approve',
        'aws ec2 terminate-instances --instance-ids i-1',
        'docker system prune -af',
      ],
      noMatch: ['terraform plan', 'aws s3 ls', 'docker ps'],
    },
  },
  {
    name: 'system_shutdown',
    type: 'command',
    description: 'Stopping or restarting the machine, or its services.',
    regex: R`(?:^[ \t│]*[$#] |(?:;|&&|\|\|) *|Bash\(|sudo +)(?:shutdown|reboot|halt|poweroff|init [06]|systemctl (?:stop|disable|mask|poweroff|reboot)|launchctl (?:unload|remove)|iptables -F|ufw disable|setenforce 0)(?:[ ;&|)"'\x60]|$)`,
    risk: 'high',
    priority: 55,
    samples: {
      match: ['$ shutdown -h now', '● Bash(systemctl stop postgresql)', 'sudo reboot'],
      noMatch: ['graceful shutdown of the server', 'shutdown: done', 'please reboot'],
    },
  },
  {
    name: 'kill_by_name',
    type: 'command',
    description: 'Killing processes by name or all at once.',
    regex: R`${BEFORE}(?:killall|pkill|kill -9 -1|kill -KILL -1)(?: +-[A-Za-z0-9]{1,10}){0,3}(?: +[A-Za-z0-9_./"'-]|$)`,
    risk: 'medium',
    priority: 30,
    samples: {
      match: ['$ pkill -f node', '● Bash(killall python3)'],
      noMatch: ['kill 1234', 'he killed all hope'],
    },
  },
  {
    name: 'file_removal',
    type: 'command',
    description: 'Files are deleted, moved over others or emptied.',
    regex: R`${SHOWN}(?:rm +(?:-f +)?[A-Za-z0-9_./~$"'*-]|unlink |truncate -s|mv +(?:-f +)?[^ ]|cp +(?:-[a-z]{1,4} +)?/dev/null +[^ ]|find +[^|;&]{1,300} -delete|git rm )`,
    risk: 'medium',
    priority: 20,
    samples: {
      match: ['$ rm old.txt', '● Bash(cp /dev/null f)', '$ find . -name "*.log" -delete'],
      noMatch: ['rm is a command', '$ ls rm', '$ git status'],
    },
  },
];
