// `wrapper recover`: completes sessions whose wrapper died, and says what it did. Every reading command does the same
// in passing; here it is done by hand and reported in full.

import type { RecoveredSession } from '../../session/recovery.ts';
import type { CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.ts';
import { escapeControls, formatCount, formatSize } from '../format.ts';
import { openReader } from '../reader.ts';
import { recoverDeadSessions } from '../recovering.ts';
import { shortIds } from '../session-id.ts';
import { renderTable } from '../table.ts';
import { bringUpToDate } from '../upgrading.ts';

export const recoverCommand: CommandDefinition = {
  name: 'recover',
  help: 'Complete sessions whose wrapper died: read their recordings again and store what is missing.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config'],
  examples: [['wrapper recover', 'after a crash, before you look at the database with another program']],
  define() {},
  async run(call) {
    const { output } = call;
    const { db } = call.configuration.settings;
    await bringUpToDate(db, output);
    await assertReadable(db);
    const report = await recoverDeadSessions(db, output);
    const status = report.failed.length === 0 ? EXIT_OK : EXIT_FAILED;
    if (call.format === 'json') {
      await output.write(
        documentOf({
          recovered: report.recovered.map(recoveredDocument),
          failed: report.failed.map(({ sessionId, reason }) => ({ session_id: sessionId || null, reason })),
        }),
      );
      return status;
    }
    for (const { sessionId, reason } of report.failed) {
      output.note(`wrapper: ${sessionId || 'recovery'}: ${escapeControls(reason)}`);
    }
    if (report.recovered.length === 0) {
      if (status === EXIT_OK) output.note('Nothing to recover.');
      return status;
    }
    const short = shortIds(report.recovered.map((session) => session.sessionId));
    await output.write(
      renderTable(
        report.recovered,
        [
          { title: 'ID', value: (session) => short(session.sessionId) },
          { title: 'AGENT', value: (session) => session.agent, shrinkTo: 6 },
          { title: 'STATE', value: (session) => session.state },
          { title: 'LINES', align: 'right', value: (session) => String(session.lines) },
          { title: 'EVENTS', align: 'right', value: (session) => String(session.events) },
          { title: 'OF THEM NEW', align: 'right', value: (session) => String(session.eventsAdded) },
          { title: 'CUT OFF', align: 'right', value: (session) => formatSize(session.bytesCut) },
        ],
        output,
      ),
    );
    output.note(`${formatCount(report.recovered.length, 'session')} recovered.`);
    return status;
  },
};

/**
 * Recovery itself goes by what the recordings say when it cannot read the database; here that is the thing to be told.
 *
 * @throws WrapperError as `openDatabase` does; a database that does not exist is none of these
 */
async function assertReadable(dbPath: string): Promise<void> {
  const reader = await openReader(dbPath);
  try {
    reader?.sessions.getActiveSessions();
  } finally {
    reader?.close();
  }
}

function recoveredDocument(session: RecoveredSession): Record<string, unknown> {
  return {
    session_id: session.sessionId,
    agent_name: session.agent,
    state: session.state,
    lines: session.lines,
    events: session.events,
    events_added: session.eventsAdded,
    bytes_cut: session.bytesCut,
  };
}
