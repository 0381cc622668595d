// The entry of the recovery thread.
'use strict';
const { workerData } = require('node:worker_threads');
require('./loader.cjs').load('recovery').runRecoveryThread(workerData);
