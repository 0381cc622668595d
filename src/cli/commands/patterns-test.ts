// `wrapper patterns test FILE`: runs the real extractor over a file and shows what it finds where.

import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, WrapperError } from '../../model/errors.ts';
import { EVENT_TYPES, type Finding, RISK_LEVELS } from '../../model/event.ts';
import { Utf8Border } from '../../stream/utf8-border.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { documentOf, lineOf } from '../documents.ts';
import { addFilters, riskFilter, textOption, typeFilter } from '../filters.ts';
import { escapeControls, formatCount } from '../format.ts';
import { paintRisk } from '../risk-style.ts';
import { displayWidth } from '../table.ts';

/** Room for the line number before the text of a finding. */
const MARGIN = 7;
const TYPE_WIDTH = Math.max(...EVENT_TYPES.map((type) => type.length));

export const patternsTestCommand: CommandDefinition = {
  name: 'patterns test',
  help: 'Show what the patterns find in a file: each line with its match marked, and totals.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: ['patterns', 'config'],
  examples: [
    ['wrapper patterns test build.log', 'with the built-in patterns'],
    ['wrapper patterns test build.log --patterns mine.yaml --type error', 'with your own'],
    ['npm test 2>&1 | wrapper patterns test -', 'what comes in'],
  ],
  define(command) {
    command.argument('<file>', 'a file, or - for stdin');
    addFilters(command, ['type', 'pattern', 'risk']);
    command.option('--agent <name>', 'with the patterns that apply to this agent, too');
  },
  async run(call) {
    const { output, format } = call;
    const wanted = findingFilter(call);
    const { Redactor } = await import('../../stream/redactor.ts');
    const { createExtractor } = await import('../../stream/extractor.ts');
    const { loadPatternSet } = await import('../../stream/pattern-set.ts');
    const patterns = await loadPatternSet(call.configuration.settings.patterns ?? undefined);
    let pending: Finding[] = [];
    const counts = new Map<string, number>();
    const documents: Record<string, unknown>[] = [];
    // As in a session: the extractor sees what is left when secrets have been taken out.
    const redactor = new Redactor();
    const extractor = createExtractor({
      agent: textOption(call, 'agent') ?? '',
      patterns,
      onFinding: (finding) => {
        if (wanted(finding)) pending.push(finding);
      },
      onDisabled: (pattern, reason) => output.note(`wrapper: pattern ${pattern} was disabled: ${reason}`),
    });
    const print = async (): Promise<void> => {
      const findings = pending;
      pending = [];
      for (const finding of findings) {
        counts.set(finding.eventType, (counts.get(finding.eventType) ?? 0) + 1);
        if (format === 'json') documents.push(findingDocument(finding));
        else if (format === 'jsonl') await output.write(lineOf(findingDocument(finding)));
        else await output.write(findingText(call, finding));
      }
    };
    for await (const chunk of openInput(call)) {
      extractor.push('stdout', redactor.push('stdout', chunk), 0);
      await print();
    }
    extractor.push('stdout', redactor.flush('stdout'), 0);
    extractor.end(0);
    await print();
    if (format === 'json') await output.write(documentOf({ lines: extractor.lines, findings: documents }));
    if (format === 'text') output.note(totals(extractor.lines, counts));
    return 0;
  },
};

function findingFilter(call: Call): (finding: Finding) => boolean {
  const type = typeFilter(call);
  const pattern = textOption(call, 'pattern');
  const risk = riskFilter(call);
  const minimum = risk === undefined ? 0 : RISK_LEVELS.indexOf(risk);
  return (finding) =>
    (type === undefined || finding.eventType === type) &&
    (pattern === undefined || finding.pattern === pattern) &&
    RISK_LEVELS.indexOf(finding.riskLevel) >= minimum;
}

/** The bytes of the file, cut at the borders of characters. */
async function* openInput(call: Call): AsyncGenerator<Uint8Array> {
  const file = call.arguments[0]!;
  const stream = file === '-' ? call.context.stdin : createReadStream(resolve(call.context.cwd, file));
  try {
    const border = new Utf8Border();
    for await (const chunk of stream)
      yield border.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    yield border.flush();
  } catch (error) {
    throw new WrapperError('usage', `cannot read ${escapeControls(file)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function findingText(call: Call, finding: Finding): string {
  const { style } = call.output;
  const { eventType, pattern, riskLevel, block } = finding;
  const risk = riskLevel === 'none' ? '' : `  ${paintRisk(call.output, riskLevel)(riskLevel)}`;
  const title = `${style.bold(eventType.padEnd(TYPE_WIDTH))}  ${escapeControls(pattern)}${risk}`;
  const head = `${String(finding.lineNumber).padStart(MARGIN - 2)}  ${title}\n`;
  if (block !== null) {
    const language =
      block.language === null || block.language === '' ? 'no language' : escapeControls(block.language);
    return `${head}${' '.repeat(MARGIN)}${language}, lines ${block.lineStart} to ${block.lineEnd}\n`;
  }
  return head + markedLine(call, finding);
}

/** The line, and below it carets under the value when the value stands in it as it is. */
function markedLine(call: Call, { originalLine, matchedValue }: Finding): string {
  const margin = ' '.repeat(MARGIN);
  const at = matchedValue === null || matchedValue === '' ? -1 : originalLine.indexOf(matchedValue);
  const before = escapeControls(at < 0 ? originalLine : originalLine.slice(0, at));
  const value = at < 0 ? '' : escapeControls(matchedValue!);
  const after = at < 0 ? '' : escapeControls(originalLine.slice(at + matchedValue!.length));
  const { style, columns } = call.output;
  const line = `${margin}${before}${style.cyan(value)}${after}\n`;
  const from = displayWidth(before);
  const length = displayWidth(value);
  // Carets under a line that the terminal wraps would point nowhere.
  const wraps = columns !== null && MARGIN + displayWidth(before + value + after) > columns;
  if (length === 0 || wraps)
    return at < 0 && matchedValue ? `${line}${margin}= ${escapeControls(matchedValue)}\n` : line;
  return `${line}${margin}${' '.repeat(from)}${style.cyan('^'.repeat(length))}\n`;
}

function totals(lines: number, counts: ReadonlyMap<string, number>): string {
  const found = EVENT_TYPES.filter((type) => counts.has(type)).map((type) => `${counts.get(type)} ${type}`);
  return `${formatCount(lines, 'line')}; ${found.length === 0 ? 'nothing found' : found.join(', ')}.`;
}

function findingDocument(finding: Finding): Record<string, unknown> {
  return {
    line_number: finding.lineNumber,
    event_type: finding.eventType,
    pattern: finding.pattern,
    matched_value: finding.matchedValue,
    original_line: finding.originalLine,
    risk_level: finding.riskLevel,
    auto_confirmable: finding.autoConfirmable,
    metadata: finding.metadata,
    code_block_language: finding.block?.language ?? null,
  };
}
