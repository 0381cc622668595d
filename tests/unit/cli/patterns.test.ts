// `wrapper patterns list` and `wrapper patterns test`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { captureStreams, contextOf } from './harness.ts';
import { NOW } from './sample-database.ts';

let folder: string;

const OWN = `
patterns:
  - name: deployed
    type: state
    regex: 'deployed (\\S+)'
    value: 1
    risk: high
    samples:
      match: ['deployed api']
      no_match: ['not yet']
`;
// Put together here, so that no scanner takes this file for a leak.
const KEY = `AKIA${'Q3EGRT5LLZK7WUOB'}`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-patterns-'));
  writeFileSync(join(folder, 'own.yaml'), OWN);
  writeFileSync(
    join(folder, 'build.log'),
    [
      'start',
      'deployed \x1b[1mweb\x1b[0m now',
      '```js',
      'let a = 1;',
      '```',
      `AWS_ACCESS_KEY_ID=${KEY}`,
    ].join('\n'),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function patterns(line: string, world: { columns?: number; input?: string } = {}) {
  const captured = captureStreams(world.columns ?? null, { NO_COLOR: '1' });
  const status = await runProgram(
    ['patterns', ...line.split(' ')],
    contextOf(captured, folder, NOW, world.input),
  );
  return { status, stdout: captured.stdout(), stderr: captured.stderr() };
}

describe('patterns list', () => {
  it('lists the built-in patterns and those of a file', async () => {
    const { stdout, stderr, status } = await patterns('list --patterns own.yaml --type state');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^deployed +state +high +file +deployed \(\\S\+\)$/m);
    expect(stdout).toMatch(/ built-in /);
    expect(stdout).not.toMatch(/^\S+ +error /m);
    expect(stderr).toMatch(/^\d+ patterns, version \S+\.\n$/);
  });

  it('filters by risk and name, and gives documents', async () => {
    const { stdout } = await patterns('list --patterns own.yaml --risk high --pattern deployed --json');
    expect(JSON.parse(stdout)).toMatchObject({
      schema_version: 1,
      patterns: [
        {
          name: 'deployed',
          type: 'state',
          risk: 'high',
          origin: 'file',
          value: 1,
          samples: { match: ['deployed api'] },
        },
      ],
    });
    expect((await patterns('list --pattern none_such')).stderr).toBe('No pattern matches.\n');
  });

  it('refuses a bad file in one sentence, with status 2', async () => {
    writeFileSync(join(folder, 'bad.yaml'), OWN.replace('deployed (', 'deployed (('));
    for (const line of [
      'list --patterns bad.yaml',
      'test build.log --patterns bad.yaml',
      'list --patterns absent.yaml',
    ]) {
      const { status, stderr, stdout } = await patterns(line);
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^wrapper: .*(bad|absent)\.yaml/);
    }
  });
});

describe('patterns test', () => {
  it('marks each match in its line', async () => {
    const { stdout, stderr, status } = await patterns(
      'test build.log --patterns own.yaml --pattern deployed',
    );
    expect(status).toBe(0);
    expect(stdout).toBe(
      ['    2  state         deployed  high', '       deployed web now', '                ^^^', ''].join(
        '\n',
      ),
    );
    expect(stderr).toBe('6 lines; 1 state.\n');
  });

  it('knows code blocks, and takes secrets out as a session does', async () => {
    const { stdout } = await patterns('test build.log');
    expect(stdout).toContain('js, lines 3 to 5');
    expect(stdout).toMatch(/^ +6 {2}secret +\S+ {2}high$/m);
    expect(stdout).toContain('[REDACTED:');
    expect(stdout).not.toContain(KEY);
  });

  it('reads stdin, cuts of characters included', async () => {
    const { stdout } = await patterns('test - --jsonl --patterns own.yaml', { input: 'deployed größer' });
    expect(JSON.parse(stdout)).toMatchObject({
      line_number: 1,
      matched_value: 'größer',
      event_type: 'state',
    });
  });

  it('gives a document with the number of lines', async () => {
    const { stdout } = await patterns('test build.log --json --type code_block');
    expect(JSON.parse(stdout)).toMatchObject({
      lines: 6,
      findings: [{ event_type: 'code_block', code_block_language: 'js' }],
    });
  });

  it('says which file it cannot read', async () => {
    const { status, stderr } = await patterns('test absent.log');
    expect(status).toBe(2);
    expect(stderr).toContain('wrapper: cannot read absent.log: ');
  });
});
