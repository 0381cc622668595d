// The entry of the bundle. The other bundles are loaded through the `require` that the launcher gives us, so that a run
// pays only for the parts that it uses; everything below gets them as parameters.

import { join } from 'node:path';
import type { RecorderLoader } from '../session/recorder-host.ts';
import { main } from './main.ts';

declare const require: (id: string) => unknown;
declare const __dirname: string;

/** The end of a thread must not close files that it has left open on purpose (see database-file.ts). */
const THREAD = { trackUnmanagedFds: false };

const recorder: RecorderLoader = {
  startThread: (data) => {
    const { Worker } = require('node:worker_threads') as typeof import('node:worker_threads');
    // What the recorder makes is short-lived: a small nursery costs it no time and the machine 30 MiB less.
    const resourceLimits = { maxYoungGenerationSizeMb: 8 };
    return new Worker(join(__dirname, 'recorder-worker.cjs'), {
      ...THREAD,
      workerData: data,
      resourceLimits,
    });
  },
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
  startRecovery: (data) => {
    const { Worker } = require('node:worker_threads') as typeof import('node:worker_threads');
    return new Worker(join(__dirname, 'recovery-worker.cjs'), { ...THREAD, workerData: data });
  },
  startServer: (data) => {
    const { Worker } = require('node:worker_threads') as typeof import('node:worker_threads');
    // It shares the memory that a session may take with the recorder, and what it makes is short-lived, too.
    const resourceLimits = { maxYoungGenerationSizeMb: 8 };
    return new Worker(join(__dirname, 'server-worker.cjs'), { ...THREAD, workerData: data, resourceLimits });
  },
  loadProgram: async () => require('./program.cjs') as typeof import('./program.ts'),
});
