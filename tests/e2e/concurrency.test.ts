// Many sessions at once on one database: nobody waits in vain, nobody loses an event.

import { expect, it } from 'vitest';
import { parseRecording, recordingsIn } from '../support/recording.ts';
import { shell } from '../support/shell.ts';
import { sqlite, temporaryFolder } from '../support/wrapper.ts';

it.each([10, 40])('%i sessions with 1000 matching lines each', async (sessions) => {
  const cwd = temporaryFolder();
  const script = `for i in $(seq ${sessions}); do
      wrapper test-$i "seq -f 'error %g' 1000" --enable-db &
    done; for job in $(jobs -p); do wait $job || echo "status $?" >&2; done`;
  const found = await shell(script, { cwd });
  expect(found.stderr.toString()).toBe('');
  expect(found.stdout.toString().split('\n').length - 1).toBe(sessions * 1000);
  expect(sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events')).toEqual([String(sessions * 1000)]);
  expect(
    sqlite(
      cwd,
      `SELECT COUNT(*), COUNT(DISTINCT agent_name), SUM(exit_code), SUM(state = 'completed'),
              SUM(total_lines_processed), SUM(total_extraction_events), SUM(bytes_missing) FROM process_sessions`,
    ),
  ).toEqual([[sessions, sessions, 0, sessions, sessions * 1000, sessions * 1000, 0].join('|')]);
  expect(
    sqlite(
      cwd,
      `SELECT COUNT(*) FROM (SELECT 1 FROM extraction_events GROUP BY session_id
       HAVING COUNT(*) = 1000 AND MIN(seq) = 1 AND MAX(seq) = 1000 AND COUNT(DISTINCT line_number) = 1000)`,
    ),
  ).toEqual([String(sessions)]);
  expect(sqlite(cwd, 'PRAGMA integrity_check')).toEqual(['ok']);
  expect(recordingsIn(cwd).length).toBe(sessions);
  for (const path of recordingsIn(cwd)) parseRecording(path);
});
