// `wrapper show <id>`: everything about one session, and how to go on from there.

import { statSync } from 'node:fs';
import type { SessionCounts } from '../../data/extraction-store.ts';
import { sessionFiles } from '../../data/session-files.ts';
import { eventDocument, sessionDocument, stateChangeDocument } from '../../model/documents.ts';
import type { StoredEvent } from '../../model/event.ts';
import { EVENT_TYPES, RISK_LEVELS } from '../../model/event.ts';
import type { Session, StateChange } from '../../model/session.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { deedsOf } from '../deeds.ts';
import { documentOf } from '../documents.ts';
import { escapeControls, formatAbsolute, formatClock, formatRelative, formatSize } from '../format.ts';
import { findSession, noSessionYet, type Reader } from '../reader.ts';
import { paintRisk, paintState } from '../risk-style.ts';
import { shortIds } from '../session-id.ts';
import { renderDetails, renderTable } from '../table.ts';
import { durationOf } from './sessions.ts';

const ERRORS_SHOWN = 5;

interface SessionFile {
  readonly kind: 'recording' | 'stderr';
  readonly path: string;
  /** null when the file is gone. */
  readonly bytes: number | null;
}

export const showCommand: CommandDefinition = {
  name: 'show',
  help: 'Everything about one session: states, counts, the latest errors, files.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper show last', 'the session that started last'],
    ['wrapper show k3v9x2', 'one by the start of its id'],
  ],
  define(command) {
    command.argument('<id>', 'an id, the start of one, or last');
  },
  async run(call) {
    const reference = call.arguments[0]!;
    const reader = await call.openReader();
    if (reader === undefined) throw noSessionYet(reference);
    const session = findSession(reader, reference);
    const changes = reader.sessions.getStateChanges(session.sessionId);
    const counts = reader.extractions.getSessionCounts(session.sessionId);
    const errors = reader.extractions
      .queryExtractions({ session: session.sessionId, type: 'error', limit: ERRORS_SHOWN })
      .reverse();
    const files = filesOf(reader, session);
    if (call.format === 'json') {
      await call.output.write(
        documentOf({
          session: sessionDocument(session),
          state_changes: changes.map(stateChangeDocument),
          extractions_by_type: counts.byType,
          extractions_by_risk: counts.byRisk,
          latest_errors: errors.map(eventDocument),
          files,
        }),
      );
      return 0;
    }
    await call.output.write(header(call, session, changes, counts, files));
    await call.output.write(errorTable(call, errors, counts.byType['error'] ?? 0));
    await call.output.write(nextSteps(call, session, counts));
    return 0;
  },
};

function filesOf(reader: Reader, session: Session): SessionFile[] {
  const files = sessionFiles(reader.dbPath, session.sessionId);
  const recording = session.stdoutLogPath;
  const stderr = session.stderrLogPath ?? files.stderrLog;
  const found: SessionFile[] =
    recording === null ? [] : [{ kind: 'recording', path: recording, bytes: sizeOf(recording) }];
  const stderrBytes = sizeOf(stderr);
  if (stderrBytes !== null) found.push({ kind: 'stderr', path: stderr, bytes: stderrBytes });
  return found;
}

function sizeOf(path: string): number | null {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? null;
  } catch {
    // A folder that may not be searched: as far as this person goes, there is no file.
    return null;
  }
}

function header(
  call: Call,
  session: Session,
  changes: readonly StateChange[],
  counts: SessionCounts,
  files: readonly SessionFile[],
): string {
  const { output } = call;
  const now = call.context.now();
  const rows: [string, string][] = [
    ['Session', output.style.bold(escapeControls(session.sessionId))],
    ['Agent', escapeControls(session.agentName)],
    ['Command', escapeControls(session.command ?? '-')],
    ['Folder', escapeControls(session.cwd ?? '-')],
  ];
  if (session.environment !== null) rows.push(['Environment', escapeControls(session.environment)]);
  rows.push(
    ['State', stateText(call, session)],
    ['Started', `${formatAbsolute(session.startedAt)} (${formatRelative(session.startedAt, now)})`],
    [
      'Took',
      session.endedAt === null && session.state !== 'lost'
        ? `${durationOf(session, now)} so far`
        : durationOf(session, now),
    ],
    ['States', statesText(changes)],
    ...deedsOf(changes).map((deed, at): [string, string] => [at === 0 ? 'Control' : '', deed]),
    ['Lines', session.endedAt === null ? 'counted at the end' : String(session.totalLinesProcessed)],
    [
      'Events',
      counts.totalEvents === 0 ? '0' : `${counts.totalEvents}: ${inOrder(counts.byType, EVENT_TYPES)}`,
    ],
    ['Risk', riskText(call, counts)],
  );
  if (session.stdoutLogPath === null) rows.push(['Recording', 'none was kept']);
  for (const { kind, path, bytes } of files) {
    const size = bytes === null ? 'no longer there' : formatSize(bytes);
    rows.push([kind === 'recording' ? 'Recording' : 'Its stderr', `${escapeControls(path)} (${size})`]);
  }
  if (session.bytesMissing > 0) {
    rows.push([
      'Missing',
      output.style.yellow(`${formatSize(session.bytesMissing)} of output could not be recorded`),
    ]);
  }
  rows.push(['Patterns', escapeControls(session.extractionConfigVersion ?? '-')]);
  const disabled = changes.flatMap((change) => disabledPattern(change) ?? []);
  if (disabled.length > 0) rows.push(['Disabled', escapeControls([...new Set(disabled)].join(', '))]);
  return renderDetails(rows, output);
}

/** The pattern that was found too slow during a session; such a note is stored among the states and changes none. */
function disabledPattern({ metadata }: StateChange): string | undefined {
  const pattern = metadata?.['pattern_disabled'];
  return typeof pattern === 'string' ? pattern : undefined;
}

/** Notes and what was typed stand among the changes, too, and change no state. */
function statesText(changes: readonly StateChange[]): string {
  const real = changes.filter((change, at) => change.state !== changes[at - 1]?.state);
  return real.map((change) => `${change.state} ${formatClock(change.timestamp)}`).join(', ') || '-';
}

function stateText(call: Call, session: Session): string {
  const state = paintState(call.output, session.state)(session.state ?? 'unknown');
  return session.exitCode === null ? state : `${state}, exit status ${session.exitCode}`;
}

function riskText(call: Call, counts: SessionCounts): string {
  const levels = [...RISK_LEVELS].reverse().filter((level) => counts.byRisk[level] !== undefined);
  return (
    levels.map((level) => paintRisk(call.output, level)(`${counts.byRisk[level]} ${level}`)).join(', ') || '-'
  );
}

/** `3 error, 1 warning`: in the order of the vocabulary, then what it does not know. */
function inOrder(counts: Readonly<Record<string, number>>, order: readonly string[]): string {
  const known = order.filter((name) => counts[name] !== undefined);
  const others = Object.keys(counts).filter((name) => !order.includes(name));
  return [...known, ...others].map((name) => `${counts[name]} ${escapeControls(name)}`).join(', ');
}

function errorTable(call: Call, errors: readonly StoredEvent[], total: number): string {
  const table = renderTable(
    errors,
    [
      { title: 'LINE', align: 'right', value: (event) => String(event.lineNumber ?? '-') },
      {
        title: total > errors.length ? `LATEST ERRORS (${errors.length} of ${total})` : 'ERRORS',
        value: (event) => (event.originalLine ?? event.matchedValue ?? '-').trim(),
        shrinkTo: 24,
      },
    ],
    call.output,
  );
  return table === '' ? '' : `\n${table}`;
}

/** Commands that a person can type next, with the id as short as it may be. */
function nextSteps(call: Call, session: Session, counts: SessionCounts): string {
  const id = shortIds([session.sessionId])(session.sessionId);
  const steps: [string, string][] = [
    [`wrapper log ${id}${session.endedAt === null ? ' --follow' : ''}`, 'its text'],
  ];
  if (session.stdoutLogPath !== null) steps.push([`wrapper replay ${id}`, 'the same, as it happened']);
  if (counts.totalEvents > 0) steps.push([`wrapper events --session ${id}`, 'what was found']);
  if ((counts.byType['code_block'] ?? 0) > 0)
    steps.push([`wrapper blocks --session ${id} --content`, 'its code blocks']);
  const width = Math.max(...steps.map(([line]) => line.length));
  const lines = steps.map(
    ([line, meaning]) => `${line.padEnd(width)}  ${call.output.style.dim(`# ${meaning}`)}\n`,
  );
  return `\n${lines.join('')}`;
}
