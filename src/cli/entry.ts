// The entry of the bundle. The other bundles are loaded through the `require` that the launcher gives us, so that a run
// pays only for the parts that it uses; everything below gets them as parameters.

import { dirname, join } from 'node:path';
import type { ResourceLimits, Worker } from 'node:worker_threads';
import { startThroughGate } from '../data/exit-gate.ts';
import type { RecorderLoader } from '../session/recorder-host.ts';
import type { ToServerThread } from '../session/server-host.ts';
import { main } from './main.ts';
import { thisWrapper } from './this-wrapper.ts';

declare const require: (id: string) => unknown;
declare const __dirname: string;

/** What a thread makes is short-lived: a small nursery costs it no time and the machine 30 MiB less. */
const SMALL_NURSERY = { maxYoungGenerationSizeMb: 8 };
const UPGRADE_NICENESS = 10;

function startThread(
  file: string,
  data: unknown,
  resourceLimits?: ResourceLimits,
  tellToStand?: (thread: Worker) => void,
): Worker {
  const { Worker } = require('node:worker_threads') as typeof import('node:worker_threads');
  return startThroughGate(
    () =>
      new Worker(join(__dirname, file), {
        workerData: data,
        // The end of a thread must not close files that it has left open on purpose (see database-file.ts).
        trackUnmanagedFds: false,
        ...(resourceLimits && { resourceLimits }),
      }),
    tellToStand,
  );
}

/**
 * By `wrapper recover`, which afterwards stores the sessions that have ended meanwhile. It leaves the processor to others.
 * Never throws: without it the session is not stored, which is said at its end.
 */
function startUpgrade(dbPath: string): void {
  const { spawn } = require('node:child_process') as typeof import('node:child_process');
  const { setPriority } = require('node:os') as typeof import('node:os');
  const [node, script] = thisWrapper();
  try {
    const child = spawn(node, [script, 'recover', '--db', dbPath], {
      cwd: dirname(dbPath),
      detached: true,
      stdio: 'ignore',
    });
    child.on('error', () => {}); // as below
    child.unref();
    if (child.pid !== undefined) setPriority(child.pid, UPGRADE_NICENESS);
  } catch {
    // There is no process to be had, or it has ended already.
  }
}

const recorder: RecorderLoader = {
  startThread: (data) => startThread('recorder-worker.cjs', data, SMALL_NURSERY),
  loadInline: async () => require('./recorder.cjs') as typeof import('../session/recorder-thread.ts'),
};

try {
  process.cwd();
} catch {
  // The working directory has been deleted. The command may run in it all the same, and nothing here needs more of it
  // than a name.
  const folder = process.env['PWD'] ?? '/';
  process.cwd = () => folder;
}

void main(process.argv.slice(2), {
  recorder,
  startRecovery: (data) => startThread('recovery-worker.cjs', data),
  startUpgrade,
  startServer: (data) =>
    startThread('server-worker.cjs', data, SMALL_NURSERY, (thread) => {
      thread.postMessage({ type: 'stand_still' } satisfies ToServerThread);
    }),
  loadProgram: async () => require('./program.cjs') as typeof import('./program.ts'),
});
