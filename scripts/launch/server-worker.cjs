// The entry of the server's thread in a wrapped session.
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
require('./loader.cjs').load('server').runServerThread(parentPort, workerData);
