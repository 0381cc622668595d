// A user's pattern file: what loads, and the sentence that says why one does not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { WrapperError } from '../../../src/model/errors.ts';
import { parsePatternFile } from '../../../src/stream/pattern-file.ts';
import { builtinPatternSet, loadPatternSet } from '../../../src/stream/pattern-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'patterns-'));
afterAll(() => rmSync(folder, { recursive: true }));

function failure(text: string): WrapperError {
  try {
    parsePatternFile(text, 'p.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(WrapperError);
    expect((error as WrapperError).code).toBe('pattern_invalid');
    return error as WrapperError;
  }
  throw new Error('it loaded');
}

describe('a file', () => {
  it('in YAML, a list', () => {
    const text = `
- name: deploy_failed
  type: error
  regex: 'deploy of (?<service>\\S+) failed'
  value: service
  risk: high
  auto_confirmable: false
  agents: [codex, 'claude*']
  priority: 3
  samples:
    match: ['deploy of api failed']
    no_match: ['deploy of api done']
`;
    expect(parsePatternFile(text, 'p.yaml')).toEqual([
      {
        name: 'deploy_failed',
        type: 'error',
        regex: 'deploy of (?<service>\\S+) failed',
        value: 'service',
        risk: 'high',
        autoConfirmable: false,
        agents: ['codex', 'claude*'],
        priority: 3,
        samples: { match: ['deploy of api failed'], noMatch: ['deploy of api done'] },
      },
    ]);
  });

  it('in JSON, with tabs, under a key', () => {
    const text =
      '{\n\t"patterns": [\n\t\t{"name": "a", "type": "url", "regex": "x", "every": true}\n\t]\n}\n';
    expect(parsePatternFile(text, 'p.json')).toMatchObject([{ name: 'a', every: true }]);
  });

  it('may be an empty list', () => {
    expect(parsePatternFile('patterns: []', 'p.yaml')).toEqual([]);
  });
});

describe('a mistake', () => {
  const one = (lines: string): string => `- name: a\n  type: error\n  regex: x\n${lines}`;
  it.each<[name: string, text: string, message: RegExp, hint?: RegExp]>([
    ['broken YAML', '- name: [a\n- b', /^p\.yaml:\d: not valid YAML or JSON: /],
    ['not a list', 'just text', /^p\.yaml:1: expected a list of patterns/],
    ['nothing', '', /^p\.yaml:1: expected a list of patterns/],
    ['unknown key at the top', 'pattern: []', /^p\.yaml:1: unknown key "pattern", expected "patterns"$/],
    ['no mapping', '- text', /^p\.yaml:1: pattern 1: a pattern must be a mapping/],
    ['missing name', '- type: error\n  regex: x', /^p\.yaml:1: pattern 1: "name" is missing$/],
    ['missing regex', '- name: a\n  type: error', /^p\.yaml:1: pattern "a": "regex" is missing$/],
    [
      'unknown type',
      '- name: a\n  type: errors\n  regex: x',
      /^p\.yaml:2: pattern "a": "type" is "errors", but must be one of "error", /,
    ],
    ['unknown key', one('  colour: red'), /^p\.yaml:\d: pattern "a": unknown key "colour"$/],
    ['camel case key', one('  autoConfirmable: true'), /unknown key "autoConfirmable"$/],
    ['wrong kind', one('  every: often'), /^p\.yaml:4: pattern "a": "every" must be a boolean$/],
    [
      'bad name',
      '- name: A-b\n  type: error\n  regex: x',
      /^p\.yaml:1: pattern "A-b": "name" must be snake_case/,
    ],
    [
      'same name twice',
      `${one('')}\n- name: a\n  type: url\n  regex: y`,
      /^p\.yaml:5: pattern "a": the name is already used in line 1$/,
    ],
    [
      'bad regex',
      '- name: a\n  type: error\n  regex: "(x"',
      /^p\.yaml:3: pattern "a": the regex is invalid: /,
    ],
    [
      'bad regex for V8',
      '- name: a\n  type: error\n  regex: "(x"\n  engine: js',
      /^p\.yaml:3: pattern "a": the regex is invalid: /,
    ],
    [
      'look-around',
      '- name: a\n  type: error\n  regex: "x(?=y)"',
      /^p\.yaml:3: pattern "a": the linear engine cannot run/,
      /engine: js/,
    ],
    [
      'back-reference',
      "- name: a\n  type: error\n  regex: '(x)\\1'",
      /the linear engine cannot run/,
      /engine: js/,
    ],
    [
      'sample that does not match',
      one('  samples: {match: [y]}'),
      /^p\.yaml:4: pattern "a": the regex does not match the sample "y" of match$/,
    ],
    [
      'sample that matches',
      one('  samples:\n    no_match:\n      - y\n      - x y'),
      /^p\.yaml:7: pattern "a": the regex matches the sample "x y" of no_match$/,
    ],
    [
      'capture that is not there',
      one('  value: 2'),
      /^p\.yaml:4: pattern "a": "value" is 2, but the regex has 0 captures$/,
    ],
    [
      'name that is not there',
      one('  value: foo'),
      /"value" is "foo", but the regex has no capture of that name$/,
    ],
    [
      'sample that hangs',
      `- name: a\n  type: error\n  regex: '(a+)+$'\n  engine: js\n  samples: {no_match: ['${'a'.repeat(40)}!']}`,
      /^p\.yaml:5: pattern "a": the regex runs away on the sample/,
    ],
  ])('%s', (_name, text, message, hint) => {
    const error = failure(text);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
    if (hint !== undefined) expect(error.hint).toMatch(hint);
  });
});

describe('a pattern set', () => {
  it('is the built-in one without a file', async () => {
    const set = await loadPatternSet(undefined);
    expect(set).toEqual(builtinPatternSet());
    expect(set.version).toMatch(/^builtin-\d+\+[0-9a-f]{8}$/);
    expect(structuredClone(set)).toEqual(set);
  });

  it('takes a user file, whose patterns replace built-in ones of the same name', async () => {
    const built = builtinPatternSet();
    const replaced = built.patterns[0]!.name;
    const file = join(folder, 'own.yaml');
    writeFileSync(
      file,
      `- {name: ${replaced}, type: error, regex: mine}\n- {name: own, type: url, regex: yours}\n`,
    );
    const set = await loadPatternSet(file);
    expect(set.custom).toEqual([replaced, 'own']);
    expect(set.patterns).toHaveLength(built.patterns.length + 1);
    expect(set.patterns.filter(({ name }) => name === replaced)).toMatchObject([{ regex: 'mine' }]);
    expect(set.version).toMatch(/^builtin-\d+\+file\+[0-9a-f]{8}$/);
  });

  it('changes its version with what it finds, not with its samples', async () => {
    const version = async (text: string): Promise<string> => {
      const file = join(folder, 'version.yaml');
      writeFileSync(file, text);
      return (await loadPatternSet(file)).version;
    };
    const plain = await version('- {name: own, type: url, regex: yours}');
    expect(await version('- {name: own, type: url, regex: yours, samples: {match: [yours]}}')).toBe(plain);
    expect(await version('- {name: own, type: url, regex: theirs}')).not.toBe(plain);
  });

  it('says when the file cannot be read', async () => {
    await expect(loadPatternSet(join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'pattern_invalid',
      message: expect.stringMatching(/none\.yaml: cannot be read: ENOENT/),
    });
  });
});
