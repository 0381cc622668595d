'use strict';
require('./loader.cjs').load('recorder');
