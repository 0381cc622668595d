// The entry of the recorder thread.
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
require('./loader.cjs').load('recorder').runRecorderThread(parentPort, workerData);
