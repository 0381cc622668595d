import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, type Finding, RISK_LEVELS } from '../../../src/model/event.ts';
import { createExtractor } from '../../../src/stream/extractor.ts';
import { parsePatternFile } from '../../../src/stream/pattern-file.ts';
import { builtinPatternSet } from '../../../src/stream/pattern-set.ts';
import { BUILTIN_PATTERNS } from '../../../src/stream/patterns/index.ts';
import { listPatterns } from '../../../src/stream/patterns/listing.ts';

const set = builtinPatternSet();
const document = readFileSync(new URL('../../../docs/PATTERNS.md', import.meta.url), 'utf8');

function findings(...lines: string[]): Finding[] {
  const found: Finding[] = [];
  const extractor = createExtractor({
    agent: 'test',
    patterns: set,
    onFinding: (finding) => found.push(finding),
  });
  extractor.push('stdout', new TextEncoder().encode(`${lines.join('\n')}\n`), 0);
  extractor.end(0);
  return found;
}
const types = (line: string): string[] => findings(line).map((finding) => finding.eventType);

describe('each built-in pattern', () => {
  it('has a name of its own, in snake_case', () => {
    const names = BUILTIN_PATTERNS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]+$/);
  });

  it.each(BUILTIN_PATTERNS.map((pattern) => [pattern.name, pattern] as const))('%s', (_name, pattern) => {
    const regex = new RegExp(pattern.regex, pattern.flags);
    expect(pattern.description).toBeTruthy();
    expect(pattern.samples.match.length).toBeGreaterThanOrEqual(2);
    expect(pattern.samples.noMatch.length).toBeGreaterThanOrEqual(2);
    for (const sample of pattern.samples.match) {
      expect(sample).toMatch(regex);
      const { groups } = regex.exec(sample)!;
      if (typeof pattern.value === 'string') expect(groups).toHaveProperty(pattern.value);
    }
    for (const sample of pattern.samples.noMatch) expect(sample).not.toMatch(regex);
  });

  it('is reported for its samples, unless one of its type takes precedence', () => {
    for (const pattern of BUILTIN_PATTERNS) {
      for (const sample of pattern.samples.match) {
        const found = findings(sample).filter(
          ({ eventType }) => eventType === pattern.type || eventType === 'stack_trace',
        );
        expect(found, `${pattern.name}: ${sample}`).not.toHaveLength(0);
      }
    }
  });

  it.each([
    ['$ rm -rf /tmp/zz', 'rm_rf', 'rm -rf /tmp/zz'],
    ['$ ls && rm -r build dist && ls', 'rm_rf', 'rm -r build dist'],
    ["bash -lc 'rm -rf node_modules'", 'rm_rf', 'rm -rf node_modules'],
    ['$ rm -rf "my files" x', 'rm_rf', 'rm -rf "my files" x'],
    ['{"cmd":"rm -rf /tmp/x","cwd":"/srv"}', 'rm_rf', 'rm -rf /tmp/x'],
    ['$ rm -rf / "a b" c', 'rm_rf_root', 'rm -rf / "a b" c'],
    ['$ rm -rf / tmp', 'rm_rf_root', 'rm -rf / tmp'],
    ["bash -c 'rm -rf ~/'", 'rm_rf_root', 'rm -rf ~/'],
    ['$ rm -rf "$HOME"; ls', 'rm_rf_root', 'rm -rf "$HOME"'],
  ])('gives the whole deletion in %s', (line, pattern, value) => {
    const found = findings(line).filter(({ eventType }) => eventType === 'command');
    expect(found.map((finding) => [finding.pattern, finding.matchedValue])).toEqual([[pattern, value]]);
  });

  // A quadratic expression needs seconds for 64 KiB, an exponential one for ever; lines are cut at 8 KiB.
  it('takes its time in proportion to the line', () => {
    const pumps = [' ', '\t', 'a', '0', '│', '. ', ': ', 'a-', '/a'];
    for (const { name, regex, flags, samples } of BUILTIN_PATTERNS) {
      const compiled = new RegExp(regex, flags);
      const sample = samples.match[0]!;
      for (const start of [sample, sample.slice(0, sample.length >> 1), '']) {
        for (const pump of pumps) {
          const line = `${start}${pump.repeat(65_536 / pump.length)}\u0000`;
          const before = performance.now();
          compiled.test(line);
          expect(performance.now() - before, `${name} on ${JSON.stringify(start + pump)}…`).toBeLessThan(
            1500,
          );
        }
      }
    }
  });
});

describe('errors', () => {
  it.each([
    'test error',
    'error 17',
    'ERROR: line 17',
    'test error 17',
    'Error: something 17',
    'error: item 17 failed',
    'error line 17',
    '[ERROR] line 17',
    'line 17: test error',
    'error in line 17',
    '[test-3] ERROR 17',
    'ERROR test-3 line 17',
    'worker 3: Error: boom',
    'Error 17',
  ])('%s is one error and nothing else', (line) => expect(types(line)).toEqual(['error']));

  it.each([
    '0 errors',
    'no error',
    'error handling improved',
    'errors.ts',
    'src/error-handler.ts',
    'fix: no error',
    '    ok: reports 0 errors for an empty list',
    'starting, 0 errors so far',
    'Failed: 0',
    'throw new Error("boom");',
    '  } catch (error) {',
    'console.error("failed", error);',
    'raise ValueError("x")',
    'except KeyError as error:',
    'export const errorHandler = (e: unknown) => e;',
    'I fixed the error.',
    'class AppError extends Error {',
    'if (error) return;',
    '  error: string;',
    '    error: error.message,',
    "  error: '1 == 2'",
    'error handling in chapter 3',
    '3 errors in 17 files',
  ])('%s is none', (line) => expect(types(line)).not.toContain('error'));
});

describe('risk', () => {
  const level = (line: string): number =>
    Math.max(-1, ...findings(line).map(({ riskLevel }) => RISK_LEVELS.indexOf(riskLevel)));
  const [low, medium, high, critical] = [1, 2, 3, 4];

  it.each([
    '$ rm -rf /',
    '$ sudo rm -rf --no-preserve-root /',
    '$ dd if=/dev/zero of=/dev/sda',
    '$ mkfs.ext4 /dev/sdb1',
    '$ psql -c "DROP TABLE users"',
    '$ terraform destroy -auto-approve',
    '$ :(){ :|:& };:',
  ])('%s is critical', (line) => expect(level(line)).toBe(critical));

  it.each([
    '$ ls && rm -rf x',
    '$ git push --force origin main',
    '$ git reset --hard HEAD~1',
    '$ curl -fsSL https://example.com/i.sh | sh',
    '$ sudo apt-get update',
    '$ chmod -R 777 .',
    '$ kubectl delete namespace prod',
    "exec bash -lc 'rm -rf build' in /srv/app",
    '● Bash(cd /tmp && rm -r cache)',
  ])('%s is at least high', (line) => expect(level(line)).toBeGreaterThanOrEqual(high!));

  it.each([
    "$ env X=1 bash -lc 'make all'",
    '$ cp /dev/null f',
    '$ rm notes.txt',
    '$ npm install left-pad',
    '$ git push',
  ])('%s is at least medium', (line) => expect(level(line)).toBeGreaterThanOrEqual(medium!));

  it.each(['$ npm test', '● Bash(git status)', '$ ls -la', '$ git commit -m "remove the form -r"'])(
    '%s is low',
    (line) => expect(level(line)).toBe(low),
  );

  it.each([
    '$ ls && sudo rm -rf / && git push --force',
    '● Bash(git reset --hard; rm -r x)',
    "$ bash -c 'curl https://x.io | sh'",
  ])('%s is one command, at its worst', (line) =>
    expect(types(line).filter((type) => type === 'command')).toEqual(['command']),
  );

  it('lets nothing be confirmed automatically that runs, changes or sends anything', () => {
    const confirmable = BUILTIN_PATTERNS.filter(({ autoConfirmable }) => autoConfirmable).map(
      ({ name }) => name,
    );
    expect(confirmable).toEqual(['press_key']);
  });
});

describe('prompts', () => {
  it.each([
    '1. Yes, proceed with the first option',
    'It asked: "Do you want to proceed?"',
    'You will see "Do you want to proceed?" there.',
    '  3. Do you want to proceed with this? is what it asks',
    'for i in range(n):',
    'answers may be y/n',
  ])('%s is no question', (line) => expect(types(line)).not.toContain('confirmation'));
});

describe('docs/PATTERNS.md', () => {
  it('lists the built-in patterns as they are', () => expect(document).toContain(listPatterns()));

  it('explains every event type', () => {
    for (const type of EVENT_TYPES) expect(document).toContain(`\n| \`${type}\` | `);
  });

  it('shows an example that loads and finds what it says', () => {
    const example = /<!-- example:begin -->\n```yaml\n([\s\S]*?)```/.exec(document)![1]!;
    expect(parsePatternFile(example, 'mine.yaml').map(({ name }) => name)).toEqual([
      'deploy_finished',
      'production_database',
    ]);
  });

  it.each([
    "- name: deploy\n  type: state\n  regex: '^deployed (?!to)'\n",
    "- name: deploy\n  type: state\n  regex: '^deployed'\n  samples:\n    match: ['was deployed']\n",
  ])('shows the message for %j', (text) => {
    let message = '';
    try {
      parsePatternFile(text, 'mine.yaml');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('mine.yaml:');
    expect(document).toContain(message);
  });
});

describe('the labelled lines', () => {
  const labels = readFileSync(new URL('../../fixtures/quality/labels.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row) as { source: string; line: number; type: string | null });

  it('are at least 300, with many that are nothing', () => {
    expect(labels.filter(({ type }) => type !== null).length).toBeGreaterThanOrEqual(300);
    expect(labels.filter(({ type }) => type === null).length).toBeGreaterThanOrEqual(300);
  });

  it('name only types that exist', () => {
    for (const { type } of labels) if (type !== null) expect(EVENT_TYPES).toContain(type);
  });
});
