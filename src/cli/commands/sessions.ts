// `wrapper sessions`: what has run, newest first.

import { sessionDocument } from '../../model/documents.ts';
import type { Session } from '../../model/session.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { addFilters, limitOption, stateFilter, textOption, timeFilter } from '../filters.ts';
import { formatDuration, formatRelative } from '../format.ts';
import { printListing } from '../listing.ts';
import { paintState } from '../risk-style.ts';
import { shortIds } from '../session-id.ts';
import type { Column } from '../table.ts';

export const sessionsCommand: CommandDefinition = {
  name: 'sessions',
  help: 'List sessions, newest first.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper sessions --agent codex --since 7d', 'the last week of one agent'],
    ['wrapper sessions --state failed --json', 'what went wrong, for a program'],
  ],
  define(command) {
    addFilters(command, ['agent', 'state', 'since', 'until'], 20);
    command.option('--active', 'only sessions that have not ended');
  },
  async run(call) {
    const filter = { agent: textOption(call, 'agent'), state: stateFilter(call), ...timeFilter(call) };
    const limit = limitOption(call);
    const active = call.options['active'] === true;
    const reader = await call.openReader();
    const items =
      reader?.sessions.querySessions({ ...filter, ...(active ? { active } : {}), limit: limit + 1 }) ?? [];
    if (reader === undefined && call.format === 'text') return 0;
    await printListing(call, {
      key: 'sessions',
      items,
      limit,
      empty: 'No session matches.',
      columns: columns(call, items),
      toDocument: sessionDocument,
    });
    return 0;
  },
};

function columns(call: Call, items: readonly Session[]): Column<Session>[] {
  const { output } = call;
  const short = shortIds(items.map((session) => session.sessionId));
  const now = call.context.now();
  return [
    { title: 'ID', value: (session) => short(session.sessionId), paint: (text) => output.style.bold(text) },
    { title: 'AGENT', value: (session) => session.agentName, shrinkTo: 6 },
    {
      title: 'STATE',
      value: (session) => session.state ?? '-',
      paint: (text, session) => paintState(output, session.state)(text),
    },
    { title: 'STARTED', leaveOut: 5, value: (session) => formatRelative(session.startedAt, now) },
    { title: 'TIME', leaveOut: 4, align: 'right', value: (session) => durationOf(session, now) },
    { title: 'EXIT', leaveOut: 3, align: 'right', value: (session) => String(session.exitCode ?? '-') },
    {
      title: 'LINES',
      fromWidth: 100,
      leaveOut: 1,
      align: 'right',
      value: (session) => totalOf(session, session.totalLinesProcessed),
    },
    {
      title: 'EVENTS',
      leaveOut: 2,
      align: 'right',
      value: (session) => totalOf(session, session.totalExtractionEvents),
    },
    { title: 'COMMAND', value: (session) => session.command ?? '-', shrinkTo: 7 },
  ];
}

/** How long a session took, or has been running; `-` for one that was lost and whose end is unknown. */
export function durationOf(session: Session, now: number): string {
  if (session.endedAt === null && session.state === 'lost') return '-';
  const end = session.endedAt === null ? now : Date.parse(session.endedAt);
  const duration = end - Date.parse(session.startedAt);
  return Number.isNaN(duration) ? '-' : formatDuration(duration);
}

/** Totals are written when a session ends. */
function totalOf(session: Session, total: number): string {
  return session.endedAt === null && total === 0 ? '-' : String(total);
}
