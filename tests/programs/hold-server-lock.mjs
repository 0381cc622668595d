// Holds SQLite's exclusive lock on a file until it is killed. Usage: node hold-server-lock.mjs <file>
import BetterSqlite3 from 'better-sqlite3';

const connection = new BetterSqlite3(process.argv[2], { timeout: 0 });
connection.exec('BEGIN EXCLUSIVE');
process.stdout.write('held\n');
setInterval(() => {}, 1000);
