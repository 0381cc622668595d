// What a wrapped run says on stderr: at most one line when all is well, and once what is missing when it is not.

import type { RecorderReport } from '../session/recorder-plan.ts';

/** Waiting is mentioned after this long, in ms. */
const MENTION_AFTER_MS = 1000;
/** Types that come first in the summary, because they are what a reader looks for. */
const FIRST: readonly string[] = ['error', 'stack_trace', 'warning', 'test_result', 'confirmation', 'secret'];

/** One line: what was found and how to see it. */
export function summaryLine(report: RecorderReport, sessionId: string | undefined): string {
  const counts = Object.entries(report.eventsByType).sort(
    ([a, countA], [b, countB]) => rank(a) - rank(b) || countB - countA,
  );
  const found = counts.slice(0, 4).map(([type, count]) => `${count} ${label(type, count)}`);
  if (counts.length > 4) found.push('…');
  const what = report.events === 0 ? 'nothing found' : found.join(', ');
  const where =
    sessionId === undefined ? 'not stored (--enable-db stores it)' : `wrapper show ${sessionId.slice(5, 11)}`;
  return `wrapper: ${plural(report.lines, 'line')}, ${what} · ${where}\n`;
}

/** What is missing and what to do about it; empty when nothing is. */
export function problemNote(report: RecorderReport): string {
  let missing =
    report.bytesMissing === 0 || report.problems.some((problem) => problem.message.includes('bytes'))
      ? ''
      : `${plural(report.bytesMissing, 'byte')} of output are not in the recording`;
  let note = '';
  for (const { kind, message, hint } of report.problems) {
    const explains = missing !== '' && (kind === 'recording' || kind === 'recorder');
    note += explains ? `wrapper: ${message}; ${missing}\n` : `wrapper: ${message}\n`;
    if (hint !== null) note += `  ${hint}\n`;
    if (explains) missing = '';
  }
  if (missing !== '') {
    note += `wrapper: ${missing}\n  the disk or the machine could not keep up; the command itself was not affected\n`;
  }
  return note;
}

/** A line on a terminal while a long backlog is stored after the command has ended. */
export function waitingNote(enabled: boolean): { update(bytes: number): void; clear(): void } {
  const started: { at: number | undefined } = { at: undefined };
  let shown = false;
  return {
    update: (bytes) => {
      started.at ??= performance.now();
      if (!enabled || performance.now() - started.at < MENTION_AFTER_MS) return;
      shown = true;
      process.stderr.write(`\r\x1b[Kwrapper: storing what is left (${(bytes / 1024 / 1024).toFixed(1)} MiB)`);
    },
    clear: () => {
      if (shown) process.stderr.write('\r\x1b[K');
    },
  };
}

function rank(type: string): number {
  const at = FIRST.indexOf(type);
  return at === -1 ? FIRST.length : at;
}

function label(type: string, count: number): string {
  const words = type.replaceAll('_', ' ');
  if (count === 1 || type === 'progress' || type === 'usage' || type === 'git') return words;
  return `${words}s`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
