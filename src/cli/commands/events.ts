// `wrapper events`: what was found in the output.

import { eventDocument } from '../../model/documents.ts';
import type { StoredEvent } from '../../model/event.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { addFilters, limitOption, riskFilter, textOption, timeFilter, typeFilter } from '../filters.ts';
import { formatElapsed, formatRelative } from '../format.ts';
import { printListing } from '../listing.ts';
import { findSession, noSessionYet } from '../reader.ts';
import { paintRisk } from '../risk-style.ts';
import { shortIds } from '../session-id.ts';
import type { Column } from '../table.ts';

export const eventsCommand: CommandDefinition = {
  name: 'events',
  help: 'List what was found in the output: newest first, or with --session in the order of the session.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper events --risk high --since 2h', 'what deserves a look'],
    ['wrapper events --session last --type error', 'the errors of the last session'],
    ['wrapper events --type usage --jsonl | jq .metadata', 'for a program'],
  ],
  define(command) {
    addFilters(command, ['agent', 'session', 'type', 'pattern', 'risk', 'since', 'until'], 100);
  },
  async run(call) {
    const filter = {
      agent: textOption(call, 'agent'),
      type: typeFilter(call),
      pattern: textOption(call, 'pattern'),
      minimumRisk: riskFilter(call),
      ...timeFilter(call),
    };
    const limit = limitOption(call);
    const reference = textOption(call, 'session');
    const reader = await call.openReader();
    if (reader === undefined && reference !== undefined) throw noSessionYet(reference);
    if (reader === undefined && call.format === 'text') return 0;
    const session = reader && reference !== undefined ? findSession(reader, reference) : undefined;
    const items =
      reader?.extractions.queryExtractions({
        ...filter,
        session: session?.sessionId,
        limit: limit + 1,
        order: session === undefined ? 'newest' : 'oldest',
      }) ?? [];
    await printListing(call, {
      key: 'extractions',
      items,
      limit,
      empty: 'No event matches.',
      columns: columns(call, items, session !== undefined),
      toDocument: eventDocument,
    });
    return 0;
  },
};

function columns(call: Call, items: readonly StoredEvent[], oneSession: boolean): Column<StoredEvent>[] {
  const { output } = call;
  const short = shortIds(items.map((event) => event.sessionId));
  const now = call.context.now();
  const inSession: Column<StoredEvent>[] = [
    {
      title: 'AT',
      leaveOut: 3,
      align: 'right',
      value: (event) => (event.elapsedMs === null ? '-' : formatElapsed(event.elapsedMs)),
    },
  ];
  const anywhere: Column<StoredEvent>[] = [
    { title: 'TIME', leaveOut: 5, value: (event) => formatRelative(event.timestamp, now) },
    { title: 'SESSION', value: (event) => short(event.sessionId) },
    { title: 'AGENT', value: (event) => event.agentName, fromWidth: 100, shrinkTo: 6, leaveOut: 1 },
  ];
  return [
    ...(oneSession ? inSession : anywhere),
    { title: 'LINE', leaveOut: 4, align: 'right', value: (event) => String(event.lineNumber ?? '-') },
    { title: 'TYPE', value: (event) => event.eventType },
    { title: 'PATTERN', value: (event) => event.pattern, fromWidth: 100, shrinkTo: 8, leaveOut: 2 },
    {
      title: 'RISK',
      value: (event) => event.riskLevel ?? '-',
      paint: (text, event) => paintRisk(output, event.riskLevel)(text),
    },
    {
      title: 'VALUE',
      value: (event) => (event.matchedValue ?? event.originalLine ?? event.codeBlockLanguage ?? '-').trim(),
      shrinkTo: 10,
    },
  ];
}
