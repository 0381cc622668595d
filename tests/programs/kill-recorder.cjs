// Loaded into the wrapper by `NODE_OPTIONS=--require`: lets the recorder thread die in one of the ways of
// RECORDER_FAULT as soon as the file `die` exists in the working directory, and then makes the file `died`.
//
//   terminate  the thread is ended from outside
//   hang       the thread never answers again
//   refuse     the thread cannot be started at all (no file needed)
'use strict';
const { existsSync, writeFileSync } = require('node:fs');
const threads = require('node:worker_threads');

const fault = process.env.RECORDER_FAULT;
const { Worker } = threads;

class FaultyWorker extends Worker {
  constructor(file, options) {
    const recorder = String(file).endsWith('recorder-worker.cjs');
    if (recorder && fault === 'refuse') throw new Error('no more threads');
    super(file, options);
    if (!recorder || fault !== 'terminate') return;
    const poll = setInterval(() => {
      if (!existsSync('die')) return;
      clearInterval(poll);
      this.terminate().then(() => writeFileSync('died', ''));
    }, 5);
    poll.unref();
  }
}

if (threads.isMainThread) {
  threads.Worker = FaultyWorker;
} else if (fault === 'hang' && threads.workerData?.ring !== undefined) {
  setInterval(() => {
    if (!existsSync('die')) return;
    writeFileSync('died', '');
    for (;;);
  }, 5);
}
