// One of many processes that open one database at the same moment. Says `ready`, waits for a line on stdin, then opens,
// writes and says what it found. Bundled by the test that starts it.

import { readSync } from 'node:fs';
import { openDatabase } from '../../../../src/data/database.ts';
import { ExtractionStore } from '../../../../src/data/extraction-store.ts';
import { MIGRATIONS } from '../../../../src/data/migrations/index.ts';
import { SessionStore } from '../../../../src/data/session-store.ts';
import { sampleEvent, sampleSession } from '../samples.ts';

const [path = '', number = '0', batches = '0', extra = ''] = process.argv.slice(2);
const migrations =
  extra === '' ? MIGRATIONS : [...MIGRATIONS, { version: MIGRATIONS.length + 1, sql: extra, rewrites: true }];

process.stdout.write('ready\n');
readSync(0, Buffer.alloc(1));
const database = openDatabase(path, { busyTimeoutMs: 20_000, migrations });
const agentName = `agent-${number}`;
const sessionId = `sess_${number.padStart(12, '0')}`;
const sessions = new SessionStore(database);
const extractions = new ExtractionStore(database);
sessions.createSession(sampleSession({ sessionId, agentName }));
for (let batch = 0; batch < Number(batches); batch++) {
  extractions.saveExtractionBatch(
    Array.from({ length: 100 }, (_, index) => sampleEvent(batch * 100 + index + 1, { sessionId, agentName })),
  );
}
sessions.completeSession(sessionId, {
  state: 'completed',
  exitCode: 0,
  endedAt: '2026-02-10T10:31:00.000Z',
  stats: { totalLines: 1, totalExtractions: extractions.lastSeq(sessionId) },
});
database.close();
process.stdout.write('done\n');
