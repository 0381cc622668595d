// Runs as people name them: by the start of an id, or as `last`; and as lists show them.

import { RunDatabase } from '../data/run-database.ts';
import { storePendingRuns } from '../data/run-journal.ts';
import { WrapperError } from '../model/errors.ts';
import type { RunRecord } from '../model/run.ts';
import { NotFoundError } from '../model/storage-error.ts';
import type { Call } from './command.ts';
import { escapeControls, formatCount } from './format.ts';
import type { Reader } from './reader.ts';

/** Candidates that are looked at, and shown, when a start is not enough. */
const MOST_CANDIDATES = 100;
const SHOWN_CANDIDATES = 5;
const REFERENCE = /^[0-9a-f][0-9a-f-]{0,35}$/;
const SHORTEST = 8;

/** Stores runs that were left beside the database, opens it, and says what happened; undefined when there is none yet. */
export async function openRuns(call: Call): Promise<Reader | undefined> {
  const { db } = call.configuration.settings;
  const { stored, left } = await storePendingRuns(db, new RunDatabase(db));
  if (stored.length > 0 && call.format === 'text')
    call.output.note(`Stored ${formatCount(stored.length, 'run')} that had been left beside the database.`);
  for (const { path, reason } of left)
    call.output.note(`wrapper: ${escapeControls(path)} could not be stored: ${escapeControls(reason)}`);
  return call.openReader();
}

/**
 * The run that a person means by an id, the start of one, or `last`.
 *
 * @throws WrapperError `run_unknown`, `run_ambiguous` or `run_not_stored`
 */
export async function findRun(reader: Reader | undefined, reference: string): Promise<RunRecord> {
  const shown = escapeControls(reference);
  if (reader === undefined) {
    throw new NotFoundError(`no run ${shown}: nothing is stored yet`, {
      hint: 'Start one: wrapper run "…" --agent codex',
    });
  }
  // Some programs show a UUID in upper case.
  const start = reference.toLowerCase();
  const found =
    reference === 'last'
      ? await reader.runs.listRuns(1, 0)
      : REFERENCE.test(start)
        ? await reader.runs.findRuns(start, MOST_CANDIDATES)
        : [];
  const [first, ...others] = found;
  if (first === undefined) {
    throw new NotFoundError(`no run ${shown} in ${reader.dbPath}`, { hint: 'wrapper runs lists them.' });
  }
  if (others.length === 0) return reader.runs.getRun(first.run_id);
  const ids = found.slice(0, SHOWN_CANDIDATES).map(({ run_id }) => run_id);
  throw new WrapperError('run_ambiguous', `${shown} is the start of ${found.length} runs`, {
    hint: `${ids.join(', ')}${found.length > SHOWN_CANDIDATES ? ', …' : ''}`,
  });
}

/** A function that shortens each of `ids`: at least eight characters, unique among them. */
export function shortRunIds(ids: readonly string[]): (id: string) => string {
  const all = new Set(ids);
  let length = SHORTEST;
  while (new Set([...all].map((id) => id.slice(0, length))).size < all.size) length++;
  return (id) => id.slice(0, length);
}
