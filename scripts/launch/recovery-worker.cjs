'use strict';
require('./loader.cjs').load('recovery');
