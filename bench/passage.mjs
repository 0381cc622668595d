// Sends a large output through the wrapper or a reference, and notes two times: when the agent had written everything
// and exited, and when the process around it had exited as well.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, wrapper } from './harness.mjs';
import { incompleteness } from './stored.mjs';

/** The agent: prints the files and notes the time. One shell and one `cat`, the same for everyone. */
function agent(files, mark) {
  return ['/bin/sh', '-c', 'mark=$1; shift; cat "$@"; date +%s%N >"$mark"', 'sh', mark, ...files];
}

/**
 * @param around puts the process under test in front of the agent's argv
 * @returns seconds until the agent and until the whole process had exited, and peak memory
 */
export async function pass(around, files, scratch) {
  const mark = join(scratch, 'agent-exited');
  const { startedAt, ms, peakMiB, stderr } = await run(around(agent(files, mark)), {
    scratch,
    stdout: 'sink',
    peak: true,
  });
  const agentSeconds = (Number(readFileSync(mark, 'utf8')) / 1e6 - startedAt) / 1000;
  rmSync(mark);
  return { agent: agentSeconds, whole: ms / 1000, peakMiB, stderr };
}

/** The same through the wrapper, everything recorded and stored; throws when something of it is missing. */
export async function passStored(files, scratch, { options = [], lines } = {}) {
  const folder = mkdtempSync(join(scratch, 'stored-'));
  const database = join(folder, 'wrapper.db');
  const flags = ['--enable-db', '--db', database, '--max-recording', '0', ...options];
  try {
    const passed = await pass((argv) => wrapper(...flags, 'bench', '--', ...argv), files, scratch);
    const missing = incompleteness(database, { lines });
    if (missing !== undefined)
      throw new Error(`not stored in full: ${missing}; ${passed.stderr.trim().replaceAll('\n', ' ')}`);
    return passed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
