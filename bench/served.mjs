// A built `wrapper serve` for a database, on a free port.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { endWithUs, environment, wrapper } from './harness.mjs';

const LIMIT_MS = 20_000;

/** @returns its address and process id, and a function that ends it */
export async function served(database, scratch) {
  const [file, ...args] = wrapper('serve', '--port', '0', '--db', database);
  const child = endWithUs(spawn(file, args, { cwd: scratch, env: environment(scratch), stdio: 'ignore' }));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; ) {
    const url = addressIn(`${database}.server.json`);
    if (url !== undefined) return { url, pid: child.pid, stop };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await stop();
  throw new Error('wrapper serve did not say where it is');
}

function addressIn(registry) {
  try {
    return JSON.parse(readFileSync(registry, 'utf8')).url;
  } catch {
    // not there yet
    return undefined;
  }
}
