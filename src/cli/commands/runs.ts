// `wrapper runs`: what has been run, latest first.

import type { RunSummary } from '../../model/run.ts';
import { isoTimestamp } from '../../model/time.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { addFilters, limitOption } from '../filters.ts';
import { formatRelative } from '../format.ts';
import { printListing } from '../listing.ts';
import { openRuns, shortRunIds } from '../run-lookup.ts';
import type { Column } from '../table.ts';
import { paintStatus } from './runs-show.ts';

export const runsCommand: CommandDefinition = {
  name: 'runs',
  help: 'List runs, latest first; show and diff look into them.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper runs', 'the latest'],
    ['wrapper runs --limit 100 --json', 'for a program'],
  ],
  define(command) {
    addFilters(command, [], 20);
  },
  async run(call) {
    const limit = limitOption(call);
    const reader = await openRuns(call);
    if (reader === undefined && call.format === 'text') return 0;
    const items = (await reader?.runs.listRuns(limit + 1, 0)) ?? [];
    await printListing(call, {
      key: 'runs',
      items,
      limit,
      empty: 'No run is stored yet: wrapper run "…" --agent codex',
      columns: columns(call, items),
      toDocument: (run) => ({ ...run }),
    });
    return 0;
  },
};

function columns(call: Call, items: readonly RunSummary[]): Column<RunSummary>[] {
  const { style } = call.output;
  const short = shortRunIds(items.map(({ run_id }) => run_id));
  const now = call.context.now();
  return [
    { title: 'RUN', value: ({ run_id }) => short(run_id), paint: (text) => style.bold(text) },
    {
      title: 'RESULT',
      value: ({ outcome }) => outcome,
      paint: (text, { outcome }) => paintStatus(call.output, outcome)(text),
    },
    {
      title: 'STORED',
      leaveOut: 2,
      value: ({ created_at }) => formatRelative(isoTimestamp(created_at * 1000), now),
    },
    { title: 'PLAN', leaveOut: 1, fromWidth: 100, value: ({ plan_id }) => plan_id },
    { title: 'OBJECTIVE', value: ({ objective }) => objective, shrinkTo: 10 },
  ];
}
