// What the measurements of the live stream share: a server of ours or a bare one, and processes that speak in lines.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { BENCH, endWithUs, environment, wrapper } from './harness.mjs';

const READY_WITHIN_MS = 20_000;

/** A process whose stdout is read line by line. */
export function lineProcess(argv, scratch) {
  const child = endWithUs(
    spawn(argv[0], argv.slice(1), {
      cwd: scratch,
      env: environment(scratch),
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const listeners = new Set();
  createInterface({ input: child.stdout }).on('line', (line) => {
    for (const listener of [...listeners]) listener(line);
  });
  return {
    pid: child.pid,
    /** Resolves with the first line that `wanted` accepts. */
    line: (wanted = () => true) =>
      new Promise((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`${argv.join(' ').slice(0, 100)} ended with ${code}`)));
        const listener = (line) => {
          if (!wanted(line)) return;
          listeners.delete(listener);
          resolve(line);
        };
        listeners.add(listener);
      }),
    onLine: (listener) => listeners.add(listener),
    stop: () => {
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
      return new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

/** `wrapper serve` for a database of its own. */
export async function ourServer(database, scratch) {
  mkdirSync(dirname(database), { recursive: true });
  const child = lineProcess(wrapper('serve', '--port', '0', '--db', database), scratch);
  const path = `${database}.server.json`;
  for (const since = Date.now(); !existsSync(path); ) {
    if (Date.now() - since > READY_WITHIN_MS) throw new Error('wrapper serve does not serve');
    await pause(20);
  }
  const { url, port } = JSON.parse(readFileSync(path, 'utf8'));
  return { ...child, url, port, ws: `ws://127.0.0.1:${port}` };
}

export async function bareServer(scratch) {
  const child = lineProcess([process.execPath, join(BENCH, 'programs', 'bare-ws.mjs')], scratch);
  const port = Number(await child.line());
  return { ...child, port, ws: `ws://127.0.0.1:${port}` };
}

export function openSocket(url, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
