// The `md` export: a report that a person wants to read. What was run and how it ended, what failed, what was risky, which
// commands were run and files changed, tests, cost, and the code that was printed.

import { deedOf } from '../../model/deed.ts';
import type { CodeBlock } from '../../model/event.ts';
import type { Session } from '../../model/session.ts';
import { clockText, durationOf, durationText, outcomeText } from './durations.ts';
import { type Chapter, FindingsDigest } from './findings-digest.ts';
import { codeBlock, codeSpan, plain } from './markdown-text.ts';
import type { SessionSource } from './session-source.ts';

/** Code blocks that are shown in full; the others are counted. */
const MOST_BLOCKS = 200;
const MOST_BLOCK_CHARACTERS = 64 * 1024;

/** CommonMark with tables. */
export function* markdown(source: SessionSource): Generator<string> {
  const { session } = source;
  const digest = new FindingsDigest();
  for (const page of source.events()) {
    yield '';
    for (const event of page) digest.add(event);
  }
  yield `# Session ${plain(session.sessionId)}\n\n`;
  yield `${summary(session, digest)}\n\n`;
  yield `${facts(source)}\n`;
  yield `## What was run\n\n${codeBlock(session.command ?? '(unknown)', 'sh')}\n`;
  for (const chapter of digest.chapters) yield* chapterText(chapter);
  yield* codeChapter(source.blocks());
  yield* statesChapter(source);
  yield countsChapter(digest);
}

function summary(session: Session, digest: FindingsDigest): string {
  const duration = durationOf(session);
  const took = duration === null ? 'has not ended yet' : `ended after ${durationText(duration)}`;
  const failed = digest.chapters[0]!.events;
  const risky = digest.chapters[1]!.events;
  const findings = [
    `${count(digest.total, 'event')} found in ${count(session.totalLinesProcessed, 'line')}`,
    failed === 0 ? 'nothing failed' : `**${count(failed, 'failure')}**`,
    risky === 0 ? 'nothing risky' : `**${count(risky, 'risky thing')}**`,
  ];
  return `Agent ${codeSpan(session.agentName)} ${took}: **${plain(outcomeText(session))}**. ${findings.join(', ')}.`;
}

function facts({ session, recording }: SessionSource): string {
  const rows: [string, string][] = [
    ['Started', plain(session.startedAt)],
    ['Ended', plain(session.endedAt ?? 'not yet')],
    ['Folder', session.cwd === null ? 'unknown' : tableCode(session.cwd)],
    ['Environment', session.environment === null ? 'none given' : tableCode(session.environment)],
    ['Patterns', plain(session.extractionConfigVersion ?? 'unknown')],
    [
      'Recording',
      recording === null ? 'not included' : `${recording.header.width} × ${recording.header.height}`,
    ],
  ];
  if (session.bytesMissing > 0) rows.push(['Not recorded', count(session.bytesMissing, 'byte')]);
  return `| | |\n|---|---|\n${rows.map(([name, value]) => `| ${name} | ${value} |\n`).join('')}`;
}

function* chapterText(chapter: Chapter): Generator<string> {
  if (chapter.events === 0) return;
  yield `## ${chapter.title}\n\n`;
  for (const { event, text, count: times } of chapter.entries.values()) {
    const when = event.elapsedMs === null ? '' : `${clockText(event.elapsedMs)} `;
    const place = locationOf(event.metadata);
    const risk =
      event.riskLevel === 'high' || event.riskLevel === 'critical' ? ` — **${event.riskLevel}** risk` : '';
    yield `- ${when}${codeSpan(text)}${place}${times > 1 ? ` × ${times}` : ''}${risk}\n`;
  }
  if (chapter.unlisted > 0) yield `- … and ${chapter.unlisted} more\n`;
  yield '\n';
}

function locationOf(metadata: Readonly<Record<string, unknown>> | null): string {
  const file = metadata?.['file'];
  if (typeof file !== 'string') return '';
  const number = metadata?.['line'];
  const isNumber = typeof number === 'number' || (typeof number === 'string' && /^\d+$/.test(number));
  return ` at ${codeSpan(isNumber ? `${file}:${number}` : file)}`;
}

function* codeChapter(blocks: Iterable<CodeBlock | undefined>): Generator<string> {
  let shown = 0;
  let left = 0;
  for (const block of blocks) {
    if (block === undefined) {
      yield '';
      continue;
    }
    if (shown === MOST_BLOCKS) {
      left++;
      continue;
    }
    if (shown++ === 0) yield '## Code blocks\n\n';
    const where = block.lineStart === null ? '' : `, line ${block.lineStart}`;
    const broken = block.parseable === false ? ', **does not parse**' : '';
    yield `${shown}\\. ${block.language === null ? 'no language' : codeSpan(block.language)}${where}${broken}\n\n`;
    yield `${codeBlock(block.content.slice(0, MOST_BLOCK_CHARACTERS), block.language)}\n`;
    if (block.content.length > MOST_BLOCK_CHARACTERS) yield 'Only the beginning is shown.\n\n';
  }
  if (left > 0) yield `… and ${left} more, which \`wrapper blocks --session\` prints.\n\n`;
}

function* statesChapter({ session, stateChanges }: SessionSource): Generator<string> {
  if (stateChanges.length === 0) return;
  yield '## States\n\n';
  const start = Date.parse(session.startedAt);
  for (const { timestamp, state, metadata } of stateChanges) {
    const elapsed = Date.parse(timestamp) - start;
    const deed = deedOf(state, metadata);
    const what = deed === undefined || deed.text.startsWith(`${state} `) ? '' : `${plain(state)}: `;
    const reason = deed === undefined ? metadata?.['reason'] : deed.reason;
    const why = typeof reason === 'string' ? `: ${codeSpan(reason)}` : '';
    const when = Number.isFinite(elapsed) ? clockText(elapsed) : plain(timestamp);
    yield `- ${when} ${what}${plain(deed?.text ?? state)}${why}\n`;
  }
  yield '\n';
}

function countsChapter({ byType, total }: FindingsDigest): string {
  if (total === 0) return '';
  const rows = [...byType]
    .sort((a, b) => b[1] - a[1])
    .map(([type, events]) => `| ${plain(type)} | ${events} |\n`);
  return `## Events by type\n\n| type | events |\n|---|---:|\n${rows.join('')}`;
}

/** A bar ends a cell of a table even inside code. */
function tableCode(text: string): string {
  return codeSpan(text).replaceAll('|', '\\|');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
