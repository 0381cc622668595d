// Holds the write lock of an SQLite database until its stdin ends: `node hold-lock.cjs DATABASE`. Prints `locked`.
'use strict';
const BetterSqlite3 = require('better-sqlite3');

const database = new BetterSqlite3(process.argv[2], { timeout: 5000 });
database.exec('BEGIN EXCLUSIVE');
process.stdout.write('locked\n');
process.stdin.resume();
process.stdin.on('end', () => {
  database.exec('ROLLBACK');
  database.close();
});
