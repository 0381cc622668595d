// `wrapper stats <agent>`: totals of one agent, in time that does not grow with its history.

import type { AgentSummary } from '../../data/query-types.ts';
import { WrapperError } from '../../model/errors.ts';
import { RISK_LEVELS } from '../../model/event.ts';
import type { CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { escapeControls, formatAbsolute, formatRelative } from '../format.ts';
import { paintRisk } from '../risk-style.ts';
import { renderDetails, renderTable } from '../table.ts';

/** Patterns listed in the text form. */
const TOP_PATTERNS = 10;

export const statsCommand: CommandDefinition = {
  name: 'stats',
  help: 'Totals of one agent: sessions, success rate, and events by type, pattern and risk.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config'],
  examples: [['wrapper stats codex', 'how this agent has been doing']],
  define(command) {
    command.argument('<agent>', 'name of an agent');
  },
  async run(call) {
    const agent = call.arguments[0]!;
    const reader = await call.openReader();
    const summary = reader?.sessions.agentSummary(agent);
    const stats = reader?.extractions.getExtractionStats(agent);
    if (summary === undefined || stats === undefined || (summary.sessions === 0 && stats.totalEvents === 0)) {
      throw new WrapperError(
        'session_unknown',
        `nothing is stored of an agent named ${escapeControls(agent)}`,
        {
          hint: 'wrapper sessions shows the agents that have run.',
        },
      );
    }
    const { output } = call;
    if (call.format === 'json') {
      await output.write(
        documentOf({
          agent_name: agent,
          total_sessions: summary.sessions,
          completed_sessions: summary.completed,
          failed_sessions: summary.failed,
          killed_sessions: summary.killed,
          lost_sessions: summary.lost,
          active_sessions: summary.active,
          success_rate: summary.successRate,
          first_session_at: summary.firstStartedAt,
          last_session_at: summary.lastStartedAt,
          total_lines_processed: summary.totalLinesProcessed,
          total_extractions: stats.totalEvents,
          extractions_by_type: stats.byType,
          extractions_by_pattern: stats.byPattern,
          extractions_by_risk: stats.byRisk,
        }),
      );
      return 0;
    }
    const { successRate, firstStartedAt, lastStartedAt } = summary;
    await output.write(
      renderDetails(
        [
          ['Agent', output.style.bold(escapeControls(agent))],
          ['Sessions', sessionCounts(summary)],
          [
            'Success rate',
            successRate === null
              ? '-'
              : `${(successRate * 100).toFixed(1)} % of those that ended had exit status 0`,
          ],
          ['First session', firstStartedAt === null ? '-' : formatAbsolute(firstStartedAt)],
          [
            'Last session',
            lastStartedAt === null
              ? '-'
              : `${formatAbsolute(lastStartedAt)} (${formatRelative(lastStartedAt, call.context.now())})`,
          ],
          ['Lines', String(summary.totalLinesProcessed)],
          ['Events', String(stats.totalEvents)],
        ],
        output,
      ),
    );
    await output.write(countTable('TYPE', stats.byType));
    await output.write(countTable('RISK', inOrderOfRisk(stats.byRisk)));
    await output.write(countTable('PATTERN', stats.byPattern, TOP_PATTERNS));
    return 0;

    function countTable(
      title: string,
      counts: Readonly<Record<string, number>>,
      most = Number.POSITIVE_INFINITY,
    ): string {
      const rows = Object.entries(counts);
      if (title !== 'RISK') rows.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
      const shown = rows.slice(0, most);
      const heading = rows.length > shown.length ? `${title} (${shown.length} of ${rows.length})` : title;
      const risk = title === 'RISK';
      const table = renderTable(
        shown,
        [
          {
            title: heading,
            value: ([name]) => name,
            shrinkTo: 10,
            paint: (text, [name]) =>
              risk ? paintRisk(output, RISK_LEVELS.find((level) => level === name) ?? null)(text) : text,
          },
          { title: 'EVENTS', align: 'right', value: ([, count]) => String(count) },
        ],
        output,
      );
      return table === '' ? '' : `\n${table}`;
    }
  },
};

/** `12: 9 completed, 2 failed, 1 active`, without what is nought. */
function sessionCounts(summary: AgentSummary): string {
  const parts = (['completed', 'failed', 'killed', 'lost', 'active'] as const)
    .filter((state) => summary[state] > 0)
    .map((state) => `${summary[state]} ${state}`);
  return parts.length === 0 ? String(summary.sessions) : `${summary.sessions}: ${parts.join(', ')}`;
}

/** Highest first: what matters stands on top. */
function inOrderOfRisk(counts: Readonly<Record<string, number>>): Record<string, number> {
  const known = [...RISK_LEVELS].reverse().filter((level) => counts[level] !== undefined);
  return Object.fromEntries(known.map((level) => [level, counts[level]!]));
}
