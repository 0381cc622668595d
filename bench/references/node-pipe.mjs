// Reference for pipe mode: the least that a Node program can do between a command and its own stdout.

import { spawn } from 'node:child_process';

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['inherit', 'pipe', 'inherit'] });
child.stdout.pipe(process.stdout);
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
