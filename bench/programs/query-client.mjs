// Somebody who looks at the database while it is written: the latest events and a count by type, every 10 ms.
//
//   node query-client.mjs BETTER_SQLITE3_MODULE DATABASE

import { createRequire } from 'node:module';

const [module, path] = process.argv.slice(2);
const Database = createRequire(import.meta.url)(module);
const database = new Database(path, { readonly: true });
const latest = database.prepare(
  'SELECT * FROM extraction_events WHERE agent_name = ? ORDER BY timestamp DESC LIMIT 100',
);
const byType = database.prepare('SELECT event_type, sum(events) FROM extraction_counts GROUP BY event_type');
setInterval(() => {
  latest.all('bench');
  byType.all();
}, 10);
