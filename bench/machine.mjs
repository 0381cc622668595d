// The machine and the programs that took part, for the head of the table.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './harness.mjs';

/** @returns two lines: the machine, the versions */
export function describeMachine() {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const [processor] = cpus();
  const packages = ['better-sqlite3', '@lydell/node-pty', 'execa', 'esbuild'].map((name) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
    return `${name} ${version}`;
  });
  return [
    `${cpus().length} × ${processor?.model ?? arch()}, ${memory} GiB, ${type()} ${release()}`,
    [`Node ${process.versions.node}`, ...packages, ...tools()].join(', '),
  ];
}

/** What else wants the processors; above half of them, the figures say less. */
export function busyness() {
  return { load: loadavg()[0], processors: cpus().length };
}

function tools() {
  return [
    ['rg', ['--version'], /ripgrep ([\d.]+)/],
    ['gcc', ['-dumpfullversion'], /([\d.]+)/],
    ['python3', ['--version'], /Python ([\d.]+)/],
    ['sqlite3', ['--version'], /([\d.]+)/],
  ].map(([name, args, version]) => {
    try {
      return `${name} ${version.exec(execFileSync(name, args, { encoding: 'utf8', stdio: 'pipe' }))?.[1] ?? '?'}`;
    } catch {
      return `no ${name}`;
    }
  });
}
