// The md export: text of an agent stays inside the code that it is shown as.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeBlock, codeSpan, plain } from '../../../src/api/export/markdown-text.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import type { SessionState } from '../../../src/model/session.ts';
import { exported, ID, newDatabasePath, printedBlock, storeSession } from './sessions.ts';

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '`',
        '``',
        '```',
        '~~~',
        '|',
        '<script>',
        '![x](http://a/b.png)',
        '# ',
        '\n',
        '\r\n',
        '\\',
        '- ',
        '\x1b[',
      ),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
  )
  .map((parts) => parts.join(''));

/** A code span by the rules of CommonMark: the run of backticks that begins it, up to the next run of the same length. */
function spanOf(text: string): { content: string; rest: string } {
  const fence = /^`+/.exec(text)![0];
  const runs = text.slice(fence.length).matchAll(/`+/g);
  for (const run of runs) {
    if (run[0] !== fence) continue;
    const content = text.slice(fence.length, fence.length + run.index);
    const isPadded = content.startsWith(' ') && content.endsWith(' ') && content.trim() !== '';
    return {
      content: isPadded ? content.slice(1, -1) : content,
      rest: text.slice(fence.length * 2 + run.index),
    };
  }
  throw new Error(`the span never ends: ${text}`);
}

/** Fenced blocks and the lines between them, by the rules of CommonMark. */
function structureOf(markdown: string): { outside: string[]; blocks: { info: string; content: string }[] } {
  const outside: string[] = [];
  const blocks: { info: string; content: string }[] = [];
  let open: { fence: string; info: string; lines: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const fence = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (open === undefined && fence !== null) open = { fence: fence[1]!, info: fence[2]!, lines: [] };
    else if (open === undefined) outside.push(line);
    else if (fence !== null && fence[1]!.length >= open.fence.length && fence[2]!.trim() === '') {
      blocks.push({ info: open.info, content: open.lines.join('\n') });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) throw new Error('a fence is never closed');
  return { outside, blocks };
}

describe('text in a report', () => {
  it('ends no code span', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const span = codeSpan(text, Number.POSITIVE_INFINITY);
        expect(span).not.toMatch(/[\r\n\x00-\x1f\x7f-\x9f]/);
        if (span === '(empty)') return;
        const { content, rest } = spanOf(span);
        expect(rest).toBe('');
        expect(content).toBe(codeSpanContent(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('ends no code block, and comes out of it as it was', () => {
    fc.assert(
      fc.property(nasty, fc.option(nasty, { nil: null }), (text, language) => {
        const { outside, blocks } = structureOf(codeBlock(text, language));
        expect(outside).toEqual(['']);
        expect(blocks).toHaveLength(1);
        expect(blocks[0]!.info).toMatch(/^[A-Za-z0-9_+.#-]*$/);
        const shown = codeBlockContent(text);
        expect(blocks[0]!.content).toBe(shown);
      }),
      { numRuns: 2000 },
    );
  });

  it('is escaped where it stands in a sentence', () => {
    expect(plain('a_b *c* [d](e) <f> https://g &amp; `h` | www.i')).toBe(
      'a\\_b \\*c\\* \\[d\\](e) &#60;f&#62; https\\:// g &#38;amp; \\`h\\` \\| www\\.i'.replace(
        '// g',
        '//g',
      ),
    );
  });

  it('is cut when it is long', () => {
    expect(codeSpan('x'.repeat(1000), 10)).toBe(`\`${'x'.repeat(9)}…\``);
  });
});

const escaped = (text: string): string =>
  text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (one) => {
    if (one === '\n') return '\\n';
    if (one === '\r') return '\\r';
    if (one === '\t') return '\\t';
    const code = one.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
const codeSpanContent = escaped;
/** Lines stay lines; the last end of line belongs to the fence. */
const codeBlockContent = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(escaped).join('\t'))
    .join('\n')
    .replace(/\n$/, '');

describe('the md export', () => {
  it('tells what a reader wants to know, in chapters that nothing in the text can add to', async () => {
    const dbPath = newDatabasePath();
    const { block, event } = printedBlock('const fence = "```";\n```\n# not a heading', 6);
    storeSession(dbPath, {
      events: [
        {
          eventType: 'error',
          originalLine: 'Error: boom\n# Heading `x`',
          metadata: { file: 'src/a|b.ts', line: 12 },
        },
        {
          eventType: 'error',
          originalLine: 'Error: boom\n# Heading `x`',
          metadata: { file: 'src/a|b.ts', line: 12 },
        },
        { eventType: 'command', matchedValue: 'npm test', riskLevel: 'none' },
        { eventType: 'command', originalLine: '$ rm -rf /', matchedValue: 'rm -rf', riskLevel: 'critical' },
        { eventType: 'test_result', originalLine: '2 failed, 3 passed', riskLevel: 'none' },
        event,
        { eventType: 'usage', originalLine: 'Total cost: $0.55', riskLevel: 'none' },
        { eventType: 'file_change', originalLine: '<img src=x onerror=alert(1)>', riskLevel: 'none' },
      ],
      blocks: [block],
    });
    const { outside, blocks } = structureOf(await exported(dbPath, 'md'));
    expect(outside.filter((line) => line.startsWith('#'))).toEqual([
      '# Session sess\\_0123456789ab',
      '## What was run',
      '## What failed',
      '## Risky',
      '## Commands',
      '## Files changed',
      '## Tests',
      '## Usage and cost',
      '## Code blocks',
      '## States',
      '## Events by type',
    ]);
    expect(blocks).toEqual([
      { info: 'sh', content: "echo 'test error'" },
      { info: 'ts', content: block.content },
    ]);
    const text = outside.join('\n');
    expect(text).toContain('ended after 1 min 0 s: **failed (exit status 3)**');
    expect(text).toContain('**2 failures**');
    expect(text).toMatch(
      /^- 00:00\.0 `` Error: boom\\n# Heading `x` `` at `src\/a\|b\.ts:12` × 2 — \*\*high\*\* risk$/m,
    );
    expect(text).toContain('`npm test`');
    expect(text).toContain('`$ rm -rf /` at `src/a.ts` — **critical** risk');
    expect(text).toContain('`Total cost: $0.55`');
    expect(text).toContain('`<img src=x onerror=alert(1)>`');
    expect(text).toContain('| error | 2 |');
  });

  it('has one item for a line in which several patterns found something, with its greatest risk', async () => {
    const dbPath = newDatabasePath();
    const secret = (lineNumber: number, pattern: string, riskLevel: 'high' | 'critical') => ({
      ...({ eventType: 'secret', pattern, riskLevel, lineNumber, metadata: null } as const),
      originalLine: 'a [REDACTED:one] b [REDACTED:two] c [REDACTED:three]',
    });
    storeSession(dbPath, {
      events: [
        secret(4, 'token', 'high'),
        secret(4, 'key', 'critical'),
        secret(4, 'password', 'high'),
        { ...secret(5, 'token', 'high'), originalLine: 'another' },
        secret(6, 'token', 'high'),
        secret(6, 'key', 'critical'),
      ],
    });
    const report = await exported(dbPath, 'md');
    expect(report.split('\n').filter((line) => line.startsWith('- ') && line.includes('risk'))).toEqual([
      '- 00:00.0 `a [REDACTED:one] b [REDACTED:two] c [REDACTED:three]` × 2 — **critical** risk',
      '- 00:00.0 `another` — **high** risk',
    ]);
  });

  it('says who did what to the session, as harmless text', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, {});
    const database = openDatabase(dbPath);
    const sessions = new SessionStore(database);
    const change = (seconds: number, state: SessionState, metadata: Record<string, unknown>): void =>
      sessions.recordStateChange({
        sessionId: ID,
        timestamp: `2026-02-10T10:30:0${seconds}.000Z`,
        state,
        exitCode: null,
        metadata,
      });
    change(1, 'paused', { by: 'cli', command: 'pause', reason: '*look* first' });
    change(2, 'running', { by: '<b>lead</b>', command: 'send_input', reason: null, bytes: 1 });
    database.close();
    const text = await exported(dbPath, 'md');
    expect(text).toContain('- 00:01.0 paused from the command line: `*look* first`\n');
    expect(text).toContain('- 00:02.0 running: given 1 byte of input by &#60;b&#62;lead&#60;/b&#62;\n');
  });

  it('stays short for a long session', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, {
      events: Array.from({ length: 3000 }, (_, index) => ({ originalLine: `Error: number ${index}` })),
    });
    const text = await exported(dbPath, 'md');
    expect(text).toContain('- … and 2800 more');
    expect(text.split('\n').length).toBeLessThan(260);
  });
});
