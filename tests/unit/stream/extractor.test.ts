// What the extractor promises: which lines report, once each, in an order that depends on nothing but the bytes.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding, StreamName } from '../../../src/model/event.ts';
import type { Pattern } from '../../../src/model/pattern.ts';
import { createExtractor } from '../../../src/stream/extractor.ts';
import { builtinPatternSet, type PatternSet } from '../../../src/stream/pattern-set.ts';

const NO_SAMPLES = { match: [], noMatch: [] };
const pattern = (name: string, regex: string, more: Partial<Pattern> = {}): Pattern => ({
  name,
  type: 'error',
  regex,
  samples: NO_SAMPLES,
  ...more,
});
const setOf = (patterns: readonly Pattern[], custom: readonly string[] = []): PatternSet => ({
  version: 'test',
  patterns,
  custom,
});

type Piece = readonly [stream: StreamName, text: string | Uint8Array];

function extract(pieces: readonly Piece[], patterns = builtinPatternSet(), agent = 'codex') {
  const findings: Finding[] = [];
  const disabled: string[] = [];
  const extractor = createExtractor({
    agent,
    patterns,
    onFinding: (finding) => findings.push(finding),
    onDisabled: (name, reason) => disabled.push(`${name}: ${reason}`),
  });
  let elapsedMs = 0;
  for (const [stream, text] of pieces) extractor.push(stream, Buffer.from(text), ++elapsedMs);
  extractor.end(++elapsedMs);
  return { findings, disabled, lines: extractor.lines };
}

const brief = (findings: readonly Finding[]) =>
  findings.map(({ lineNumber, pattern: name, matchedValue }) => [lineNumber, name, matchedValue]);

/** Enough text without a finding that the prefilter is in use. */
const PREAMBLE = `${'nothing to see '.repeat(60)}\n`.repeat(40);

describe.each([
  ['the first lines', ''],
  ['later lines', PREAMBLE],
])('findings in %s', (_name, preamble) => {
  const first = preamble === '' ? 1 : 41;
  const run = (text: string, patterns: PatternSet, agent?: string) =>
    extract([['stdout', preamble + text]], patterns, agent).findings;

  it('have everything that a row needs', () => {
    const set = setOf([
      pattern('compiler', '^(?<file>[^:]+):(?<line>[0-9]+): (?<message>.+)$', {
        value: 'message',
        risk: 'low',
      }),
    ]);
    expect(run('\u001b[31ma.c:12:\u001b[0m oops\r\n', set)).toEqual([
      {
        eventType: 'error',
        pattern: 'compiler',
        matchedValue: 'oops',
        originalLine: 'a.c:12: oops',
        lineNumber: first,
        stream: 'stdout',
        elapsedMs: 1,
        metadata: { file: 'a.c', line: 12, message: 'oops' },
        riskLevel: 'low',
        autoConfirmable: false,
        block: null,
      },
    ]);
  });

  it('compete within a type, by priority and then by order', () => {
    const set = setOf([
      pattern('low', 'oops'),
      pattern('high', 'oops$', { priority: 5 }),
      pattern('same', 'big oops', { priority: 5 }),
      pattern('other_type', 'oops', { type: 'warning' }),
    ]);
    expect(brief(run('big oops\noops now\n', set))).toEqual([
      [first, 'high', 'oops'],
      [first, 'other_type', 'oops'],
      [first + 1, 'low', 'oops'],
      [first + 1, 'other_type', 'oops'],
    ]);
  });

  it('of every-patterns and of users never compete', () => {
    const set = setOf(
      [
        pattern('built', 'x'),
        pattern('each', '[0-9]', { every: true }),
        pattern('own', 'x1'),
        pattern('own_2', 'x'),
      ],
      ['own', 'own_2'],
    );
    expect(brief(run('x12\n', set))).toEqual([
      [first, 'built', 'x'],
      [first, 'each', '1'],
      [first, 'each', '2'],
      [first, 'own', 'x1'],
      [first, 'own_2', 'x'],
    ]);
  });

  it('follow flags, value numbers and agents', () => {
    const set = setOf([
      pattern('insensitive', 'OOPS (\\w+)', { flags: 'i', value: 1 }),
      pattern('others', 'oops', { type: 'warning', agents: ['claude', 'gem*'] }),
    ]);
    expect(brief(run('oops one\n', set))).toEqual([[first, 'insensitive', 'one']]);
    expect(brief(run('oops one\n', set, 'gemini'))).toEqual([
      [first, 'insensitive', 'one'],
      [first, 'others', 'oops'],
    ]);
  });

  it('turn counts into numbers, and only those', () => {
    const set = setOf([
      pattern(
        'usage',
        'in=(?<tokens_in>[0-9,]+) cost=\\$(?<cost_usd>[0-9.]+) id=(?<id>[0-9]+) of=(?<total>x?)',
        {
          type: 'usage',
        },
      ),
    ]);
    expect(run('in=12,345 cost=$0.25 id=7 of=\n', set)[0]!.metadata).toEqual({
      tokens_in: 12345,
      cost_usd: 0.25,
      id: '7',
      total: '',
    });
  });

  it('turn redaction marks into secrets, also in a code block', () => {
    const text = 'key=[REDACTED:aws_key] and [REDACTED:jwt]\n```\n[REDACTED:jwt]\nerror: no\n```\n';
    const found = run(text, setOf([pattern('error', '^error')]));
    expect(brief(found)).toEqual([
      [first, 'aws_key', '[REDACTED:aws_key]'],
      [first, 'jwt', '[REDACTED:jwt]'],
      [first + 2, 'jwt', '[REDACTED:jwt]'],
      [first + 1, 'code_block', null],
    ]);
    expect(found[0]).toMatchObject({ eventType: 'secret', riskLevel: 'high' });
  });

  it('do not come from inside a code block', () => {
    const found = run('```ts\nerror: in code\n```\nerror: outside\n', setOf([pattern('error', '^error')]));
    expect(brief(found)).toEqual([
      [first, 'code_block', 'ts'],
      [first + 3, 'error', 'error'],
    ]);
    expect(found[0]!.block).toMatchObject({
      content: 'error: in code',
      lineStart: first,
      lineEnd: first + 2,
    });
  });

  it('are one for a stack trace', () => {
    const text =
      'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    run()\nValueError: no such error\ndone\n';
    const found = run(text, builtinPatternSet());
    expect(found.map(({ eventType, lineNumber }) => [eventType, lineNumber])).toEqual([
      ['stack_trace', first],
    ]);
    expect(found[0]!.metadata).toMatchObject({ line_end: first + 3 });
  });

  it('of a rustc diagnostic wait for its place', () => {
    const found = run('error[E0308]: mismatched types\n  --> src/main.rs:3:5\n', builtinPatternSet());
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      lineNumber: first,
      eventType: 'error',
      metadata: { file: 'src/main.rs', line: 3, column: 5 },
    });
  });
});

describe('lines', () => {
  it.each<[pieces: Piece[], lines: number]>([
    [[], 0],
    [[['stdout', '']], 0],
    [[['stdout', 'a\nb']], 2],
    [
      [
        ['stdout', 'a'],
        ['stderr', 'b\n'],
        ['stdout', '\n'],
      ],
      2,
    ],
  ])('%j', (pieces, lines) => {
    expect(extract(pieces).lines).toBe(lines);
  });

  it('are numbered over all streams as they are completed; stderr comes last at the end', () => {
    const set = setOf([pattern('x', 'x[0-9]')]);
    const { findings } = extract(
      [
        ['stderr', 'x1'],
        ['stdout', 'x2\nx3'],
        ['stderr', '\nx4'],
      ],
      set,
    );
    expect(
      findings.map(({ matchedValue, lineNumber, stream }) => [matchedValue, lineNumber, stream]),
    ).toEqual([
      ['x2', 1, 'stdout'],
      ['x1', 2, 'stderr'],
      ['x3', 3, 'stdout'],
      ['x4', 4, 'stderr'],
    ]);
  });

  it('that are too long are cut and say so', () => {
    const set = setOf([pattern('x', 'x+')]);
    const { findings } = extract([['stdout', `${'x'.repeat(20_000)}\n`]], set);
    expect(findings[0]!.metadata).toEqual({ truncated: true, line_bytes: 20_000 });
    expect(findings[0]!.originalLine).toHaveLength(8192);
    expect(findings[0]!.matchedValue).toHaveLength(1024);
  });

  it('of the bare words "test error" are one event', () => {
    expect(extract([['stdout', 'test error\n']]).findings).toHaveLength(1);
  });
});

describe('reproducibility', () => {
  const root = new URL('../../fixtures/quality/', import.meta.url).pathname;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root, name)).isFile())
    .map((name): [string, Buffer] => [name, readFileSync(join(root, name)).subarray(0, 60_000)]);

  it('has real outputs to look at', () => {
    expect(files.length).toBeGreaterThan(10);
  });

  it.each(files)('%s gives the same findings with every other cut', (_name, bytes) => {
    const whole = extract([['stdout', bytes]]);
    for (const size of [1 + (bytes.length % 7), 64, 4096]) {
      const pieces: Piece[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(['stdout', bytes.subarray(at, at + size)]);
      const cut = extract(pieces);
      const timeless = (findings: readonly Finding[]) =>
        findings.map((finding) => ({ ...finding, elapsedMs: 0 }));
      expect(timeless(cut.findings)).toEqual(timeless(whole.findings));
      expect(cut.lines).toBe(whole.lines);
    }
  });

  it.each(files)('%s gives the same with CR LF', (_name, bytes) => {
    const withReturns = bytes.toString('latin1').replace(/\n/g, '\r\n');
    const bare = extract([['stdout', bytes]]);
    expect(extract([['stdout', Buffer.from(withReturns, 'latin1')]])).toEqual(bare);
  });

  it('the findings of a line are those of each pattern alone', () => {
    // Users' patterns do not compete, so that each can be held against its expression.
    const expressions = ['err', '^a', '[0-9]+$', 'é', 'a.*b', '(?:x|yy)z', '\\bfoo\\b', '[^ ]+=[^ ]+'];
    const patterns = expressions.map((regex, i) => pattern(`p${i}`, regex));
    const set = setOf(
      patterns,
      patterns.map(({ name }) => name),
    );
    const word = fc.constantFrom(
      'err',
      'a',
      'b',
      '12',
      'é',
      'xz',
      'yyz',
      'foo',
      'k=v',
      ' ',
      '\u001b[1m',
      '\r\n',
      '\n',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const text = PREAMBLE + words.join('');
        const lines = text.replaceAll('\u001b[1m', '').split(/\r?\n/);
        const expected = lines.flatMap((line, i) =>
          expressions.flatMap((regex, p) => {
            const match = new RegExp(regex).exec(line);
            return match === null ? [] : [[i + 1, `p${p}`, match[0]]];
          }),
        );
        expect(brief(extract([['stdout', text]], set).findings)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe('lines that wait for others', () => {
  type Timed = readonly [stream: StreamName, text: string, elapsedMs: number];

  /** @param looks times at which it is looked whether something is due, as a recorder does while nothing comes */
  function follow(pieces: readonly Timed[], looks: readonly number[] = []) {
    const found: string[] = [];
    const extractor = createExtractor({
      agent: 'a',
      patterns: builtinPatternSet(),
      onFinding: ({ eventType, lineNumber, stream }) => found.push(`${stream} ${lineNumber} ${eventType}`),
    });
    const times = [...looks].sort((a, b) => a - b);
    for (const [stream, text, elapsedMs] of pieces) {
      while (times[0]! <= elapsedMs) extractor.settle(times.shift()!);
      extractor.push(stream, Buffer.from(text), elapsedMs);
    }
    for (const look of times) extractor.settle(look);
    const beforeEnd = found.length;
    extractor.end(Math.max(0, ...pieces.map(([, , elapsedMs]) => elapsedMs), ...looks));
    return { found, beforeEnd };
  }

  it('are decided when none has come for a quarter of a second', () => {
    const pieces: Timed[] = [['stdout', 'Error: one\n$ rm -rf /tmp/zz\n', 10]];
    expect(follow(pieces, [259.9]).beforeEnd).toBe(0);
    expect(follow(pieces, [260])).toEqual({ found: ['stdout 1 error', 'stdout 2 command'], beforeEnd: 2 });
  });

  it('say when they are due', () => {
    const extractor = createExtractor({ agent: 'a', patterns: builtinPatternSet(), onFinding: () => {} });
    expect(extractor.settlesAt).toBe(Number.POSITIVE_INFINITY);
    extractor.push('stdout', Buffer.from('Error: one\n'), 10);
    expect(extractor.settlesAt).toBe(260);
    extractor.push('stdout', Buffer.from('no line yet'), 100);
    expect(extractor.settlesAt).toBe(260);
    extractor.settle(260);
    expect(extractor.settlesAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('stay one trace when each comes within the time, and no longer', () => {
    const frames = (gapMs: number): Timed[] => [
      ['stdout', 'TypeError: no\n', 0],
      ['stdout', '    at f (/a/b.js:1:2)\n', gapMs],
      ['stdout', '    at g (/a/b.js:3:4)\n', 2 * gapMs],
      ['stdout', 'done\n', 2 * gapMs + 1],
    ];
    const looks = Array.from({ length: 80 }, (_, n) => n * 10);
    expect(follow(frames(249), looks).found).toEqual(['stdout 1 stack_trace']);
    expect(follow(frames(250), looks).found[0]).toBe('stdout 1 error');
  });

  it('do not wait for a stream that is silent while another goes on', () => {
    const pieces: Timed[] = [
      ['stderr', 'Error: one\n', 0],
      ...[100, 200, 300].map((ms): Timed => ['stdout', 'https://a.example/\n', ms]),
    ];
    expect(follow(pieces).found).toEqual(['stdout 2 url', 'stdout 3 url', 'stderr 1 error', 'stdout 4 url']);
  });

  it('give the same findings in the same order, whenever it is looked', () => {
    const text = fc.constantFrom(
      'Error: x\n',
      '    at f (/a/b.js:1:2)\n',
      'Traceback (most recent call last):\n',
      '  File "a.py", line 3, in f\n    run()\n',
      'ValueError: y\n',
      'error[E0308]: mismatched types\n',
      '  --> src/main.rs:3:5\n',
      '$ rm -rf x\n',
      '```\n',
      'Err',
      'plain\n',
    );
    const piece = fc.tuple(
      fc.constantFrom<StreamName>('stdout', 'stderr'),
      text,
      fc.constantFrom(0, 1, 100, 249.999, 250, 400),
    );
    const looks = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), looks, (steps, times) => {
        let now = 0;
        const pieces = steps.map(([stream, bytes, gap]): Timed => {
          now += gap;
          return [stream, bytes, now];
        });
        // The end of the session is in its recording, too.
        const end = Math.max(now, ...times);
        expect(follow(pieces, times).found).toEqual(follow(pieces, [end]).found);
      }),
      { numRuns: 400 },
    );
  });
});

describe('patterns that run away', () => {
  const own = (regex: string): PatternSet =>
    setOf([pattern('bad', regex, { engine: 'js' }), pattern('good', 'x=[0-9]+')], ['bad', 'good']);

  // The expressions of the measurement of V8's own protection, on strings that make each hang for seconds.
  it.each([
    ['(a+)+$', `${'a'.repeat(40)}!`],
    ['\\b(a|aa)+\\b$', `${'a'.repeat(60)}!`],
    ['(x+x+)+y', 'x'.repeat(40)],
    ['^(?=(a+)+$)x', `${'a'.repeat(40)}!`],
    ['^(?:(a+)\\1*)*b', 'a'.repeat(3000)],
  ])('%s is stopped and named once', (regex, attack) => {
    const start = performance.now();
    const { findings, disabled } = extract([['stdout', `x=1\n${attack} x=2\n${attack}\nx=3\n`]], own(regex));
    expect(disabled).toHaveLength(1);
    expect(disabled[0]).toMatch(/^bad: it took more than 50 ms on a line of \d+ characters$/);
    expect(brief(findings.filter(({ pattern: name }) => name === 'good'))).toEqual([
      [1, 'good', 'x=1'],
      [2, 'good', 'x=2'],
      [4, 'good', 'x=3'],
    ]);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('keep what they matched before', () => {
    const { findings, disabled } = extract([['stdout', `aa\n${'a'.repeat(40)}!\naaa\n`]], own('^(a+)+$'));
    expect(brief(findings)).toEqual([[1, 'bad', 'aa']]);
    expect(disabled).toHaveLength(1);
  });

  it('are as harmless as others on the linear engine', () => {
    const set = setOf([pattern('bad', '(a+)+$')], ['bad']);
    const { findings, disabled } = extract([['stdout', `${'a'.repeat(5000)}!\naaa\n`]], set);
    expect(brief(findings)).toEqual([[2, 'bad', 'aaa']]);
    expect(disabled).toEqual([]);
  });

  it('report well-behaved lines in order, with all others', () => {
    const set = setOf([pattern('js', '(?<=k)[0-9]+', { engine: 'js' }), pattern('built', 'k[0-9]+')], ['js']);
    let text = '';
    for (let i = 1; i <= 600; i++) text += `k${i}\n`;
    const { findings } = extract([['stdout', text]], set);
    expect(findings).toHaveLength(1200);
    expect(findings.map(({ lineNumber }) => lineNumber)).toEqual(
      Array.from({ length: 1200 }, (_, i) => (i >> 1) + 1),
    );
  });
});
