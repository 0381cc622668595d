// Files that nobody should have made: refused in one sentence that names the line, and nothing of them is stored.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { WrapperError } from '../../../src/model/errors.ts';
import {
  exported,
  ID,
  imported,
  newDatabasePath,
  printedBlock,
  storeSession,
  withDatabase,
} from './sessions.ts';

const { block, event } = printedBlock('const x = 1;', 2);
const TABLES = ['process_sessions', 'process_state_changes', 'extraction_events', 'code_blocks'];

async function goodFile(format: 'json' | 'jsonl' | 'cast'): Promise<string> {
  const dbPath = newDatabasePath();
  const pieces = [
    { stream: 'stdout' as const, text: 'one\n', elapsedMs: 5 },
    { stream: 'stderr' as const, text: 'two\n', elapsedMs: 1000 },
  ];
  storeSession(dbPath, { events: [{}, event, {}], blocks: [block], pieces });
  return exported(dbPath, format);
}

/** Rows and files of a database. */
function contentsOf(dbPath: string): { rows: number; files: string[] } {
  const rows = withDatabase(dbPath, (database) =>
    TABLES.map((table) => (database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n),
  );
  const folder = join(dirname(dbPath), 'sessions');
  return {
    rows: rows.reduce((sum, count) => sum + count, 0),
    files: existsSync(folder) ? readdirSync(folder) : [],
  };
}

function refusal(dbPath: string, text: string, format?: 'json' | 'jsonl' | 'cast'): WrapperError {
  try {
    imported(dbPath, { text }, format === undefined ? {} : { format });
  } catch (error) {
    if (error instanceof WrapperError) return error;
    throw error;
  }
  throw new Error('it was imported');
}

/** Changes the one line that matches, and says which it is. */
function changeLine(
  text: string,
  pattern: RegExp,
  change: (line: string) => string,
): { text: string; line: number } {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => pattern.test(line));
  if (index < 0) throw new Error(`no line matches ${pattern}`);
  lines[index] = change(lines[index]!);
  return { text: lines.join('\n'), line: index + 1 };
}

const EVENT = /"event_type":"error"/;
const CHANGES: readonly (readonly [
  name: string,
  pattern: RegExp,
  change: (line: string) => string,
  reason: RegExp,
])[] = [
  ['a number as text', EVENT, (line) => line.replace(/"seq":1/, '"seq":"1"'), /seq/],
  ['a number below one', EVENT, (line) => line.replace(/"seq":1/, '"seq":0'), /seq is less than 1/],
  ['an unknown type', EVENT, (line) => line.replace('"error"', '"eror"'), /event_type/],
  [
    'a time in another form',
    EVENT,
    (line) => line.replace(/"timestamp":"[^"]*"/, '"timestamp":"today"'),
    /no time/,
  ],
  [
    'an endless number',
    EVENT,
    (line) => line.replace(/"elapsed_ms":\d+/, '"elapsed_ms":1e999'),
    /elapsed_ms/,
  ],
  [
    'a prototype',
    EVENT,
    (line) => line.replace('"metadata":{', '"metadata":{"__proto__":{"x":1},'),
    /__proto__/,
  ],
  [
    'an escaped one',
    EVENT,
    (line) => line.replace('"metadata":{', '"metadata":{"\\u005f_proto__":1,'),
    /__proto__/,
  ],
  [
    'a deep value',
    EVENT,
    (line) => line.replace('"number":1', `"number":${'['.repeat(40)}${']'.repeat(40)}`),
    /deep/,
  ],
  ['half a value', EVENT, (line) => line.replace('"metadata":', '"metadata"'), /JSON/],
  ['another content', /"content":/, (line) => line.replace('const x', 'const y'), /digest/],
  ['no stream', /"data":"one/, (line) => line.replace('"stdout"', 'null'), /stream/],
  [
    'a negative time',
    /"data":"one/,
    (line) => line.replace(/"elapsed_ms":\d+/, '"elapsed_ms":-1'),
    /less than 0/,
  ],
  [
    'an odd id',
    /"environment_config_version"/,
    (line) => line.replaceAll(ID, '../../../etc/x'),
    /session_id/,
  ],
];

describe.each(['json', 'jsonl'] as const)('a %s file', (format) => {
  it.each(CHANGES)('with %s is refused with its line', async (_name, pattern, change, reason) => {
    const { text, line } = changeLine(await goodFile(format), pattern, change);
    const dbPath = newDatabasePath();
    const error = refusal(dbPath, text);
    expect(error.code).toBe('import_invalid');
    expect(error.message).toMatch(reason);
    expect(error.message).toContain(`line ${line}: `);
    expect(error.message).not.toContain('\n');
    expect(contentsOf(dbPath)).toEqual({ rows: 0, files: [] });
  });

  it('is refused wherever it is cut off', async () => {
    const text = await goodFile(format);
    const dbPath = newDatabasePath();
    const end = text.trimEnd().length;
    for (let length = 1; length < end; length += 97) {
      expect(refusal(dbPath, text.slice(0, length), format).code).toBe('import_invalid');
    }
    expect(refusal(dbPath, text.slice(0, end - 1), format).code).toBe('import_invalid');
    expect(contentsOf(dbPath)).toEqual({ rows: 0, files: [] });
  });

  it.each([
    ['two events of one number', (text: string) => text.replace('"seq":3', '"seq":1'), /same number/],
    [
      'parts of another session',
      (text: string) =>
        text.replace(`"session_id":"${ID}","seq":3`, '"session_id":"sess_zzzzzzzzzzzz","seq":3'),
      /several sessions/,
    ],
    [
      'the recording of another session',
      (text: string) =>
        text.replace(`"wrapper":{"session_id":"${ID}"`, '"wrapper":{"session_id":"sess_zzzzzzzzzzzz"'),
      /another session/,
    ],
    ['something behind its end', (text: string) => `${text}{"type":"session"}\n`, /follows/],
    [
      'a newer format',
      (text: string) => text.replace('"schema_version":1', '"schema_version":2'),
      /schema_version/,
    ],
  ])('with %s is refused', async (_name, change, reason) => {
    const text = await goodFile(format);
    const changed = change(text);
    expect(changed).not.toBe(text);
    const dbPath = newDatabasePath();
    expect(refusal(dbPath, changed).message).toMatch(reason);
    expect(contentsOf(dbPath)).toEqual({ rows: 0, files: [] });
  });

  it('does not take the place of a stored session unless told to, and never in part', async () => {
    const dbPath = newDatabasePath();
    const text = await goodFile(format);
    imported(dbPath, { text });
    const before = await exported(dbPath, 'json');
    expect(refusal(dbPath, text).code).toBe('session_exists');
    const { text: wrong } = changeLine(text, /"content":/, (line) => line.replace('const x', 'const y'));
    expect(() => imported(dbPath, { text: wrong }, { replace: true })).toThrow(/digest/);
    expect(() => imported(dbPath, { text: text.replace('"seq":3', '"seq":1') }, { replace: true })).toThrow(
      /number/,
    );
    expect(await exported(dbPath, 'json')).toBe(before);
    imported(dbPath, { text }, { replace: true });
    expect(await exported(dbPath, 'json')).toBe(before);
    expect(contentsOf(dbPath).files.sort()).toEqual([`${ID}.cast`, `${ID}.index.jsonl`]);
  });

  it('keeps members that it does not know out', async () => {
    const { text } = changeLine(await goodFile(format), EVENT, (line) =>
      line.replace('"seq":1', '"seq":1,"extra":{"a":1}'),
    );
    const dbPath = newDatabasePath();
    imported(dbPath, { text });
    expect(await exported(dbPath, format)).toBe(await goodFile(format));
  });

  it('is imported without its secrets', async () => {
    const secret = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
    const text = (await goodFile(format))
      .replaceAll('line with TypeError 1', `token ${secret}`)
      .replace('"data":"one\\r\\n', `"data":"key ${secret.slice(0, 9)}`)
      .replace('"data":"two', `"data":"${secret.slice(9)} two`)
      .replace('"stream":"stderr"', '"stream":"stdout"');
    const dbPath = newDatabasePath();
    imported(dbPath, { text });
    const after = await exported(dbPath, 'json');
    expect(after).not.toContain(secret.slice(0, 20));
    expect(after).not.toContain(secret.slice(10));
    expect(after).toContain('token [REDACTED:github_token]');
    expect(after).toMatch(/"data":"key "\},\n.*"data":"\[REDACTED:github_token\] two/);
  });

  it('gives a block that held a secret the name of what is left of it', async () => {
    const secret = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
    const hidden = printedBlock(`key = "${secret}"`, 1);
    const source = newDatabasePath();
    storeSession(source, { events: [hidden.event], blocks: [hidden.block] });
    const redactedAway = await exported(source, format);
    expect(redactedAway).not.toContain(secret);
    // As a wrapper would have written it that knew no such secret.
    const text = redactedAway
      .replace(/"digest":null/, `"digest":"${hidden.block.digest}"`)
      .replace('[REDACTED:github_token]', secret);
    const dbPath = newDatabasePath();
    imported(dbPath, { text });
    const after = JSON.parse(await exported(dbPath, 'json'));
    expect(after.code_blocks).toHaveLength(1);
    expect(after.code_blocks[0].content).toBe('key = "[REDACTED:github_token]"');
    expect(after.events[0].metadata.digest).toBe(after.code_blocks[0].digest);
  });
});

describe('an asciicast', () => {
  const header = '{"version":2,"width":80,"height":24}';
  it.each([
    ['a line that is no event', `${header}\n{"a":1}\n`, 2],
    ['an event of two parts', `${header}\n[1,"o"]\n`, 2],
    ['a time that is none', `${header}\n[0.5,"o","x"]\n["1","o","x"]\n`, 3],
    ['a time before the start', `${header}\n[-1,"o","x"]\n`, 2],
    ['a code that is none', `${header}\n[1,"../x","x"]\n`, 2],
    ['a time in the next century', `${header}\n[9e9,"o","x"]\n`, 2],
    ['deep nesting', `${header}\n[1,"o",${'['.repeat(100)}`, 2],
    ['a long line', `${header}\n[1,"o","${'x'.repeat(17 * 1024 * 1024)}"]\n`, 2],
  ])('with %s is refused with its line', (_name, text, line) => {
    const dbPath = newDatabasePath();
    const error = refusal(dbPath, text);
    expect(error).toMatchObject({ code: 'import_invalid' });
    expect(error.message).toContain(`line ${line}: `);
    expect(contentsOf(dbPath)).toEqual({ rows: 0, files: [] });
  });

  it('of a killed recorder is taken up to its last whole line', async () => {
    const dbPath = newDatabasePath();
    const { sessionId } = imported(dbPath, { text: `${header}\n[1,"o","Error: one\\r\\n"]\n[2,"o","tw` });
    expect((await exported(dbPath, 'txt', sessionId)).trim()).toBe('Error: one');
  });

  it('leaves the environment of its author behind, and enormous terminals', async () => {
    const dbPath = newDatabasePath();
    const env = { SHELL: '/bin/zsh', TERM: 'xterm', HOME: '/home/somebody', API_KEY: 'value' };
    const foreign = JSON.stringify({ version: 2, width: 1e9, height: 24, timestamp: 1, env, title: 'demo' });
    const { sessionId, agent } = imported(dbPath, { text: `${foreign}\n[1,"o","x"]\n` });
    const [first] = (await exported(dbPath, 'cast', sessionId)).split('\n');
    expect(JSON.parse(first!)).toMatchObject({ width: 80, env: { SHELL: '/bin/zsh', TERM: 'xterm' } });
    expect(first).not.toMatch(/somebody|API_KEY/);
    expect(agent).toBe('demo');
  });

  it('is known again, whoever imports it', () => {
    const text = `${header}\n[1,"o","x"]\n`;
    const [first, second] = [newDatabasePath(), newDatabasePath()].map(
      (path) => imported(path, { text }).sessionId,
    );
    expect(first).toBe(second);
    const dbPath = newDatabasePath();
    imported(dbPath, { text }, { agent: 'claude' });
    expect(refusal(dbPath, text).code).toBe('session_exists');
  });

  it('is looked through, and its secrets are taken out', async () => {
    const dbPath = newDatabasePath();
    const secret = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
    const lines = [...`error: no ${secret} here\r\n`].map((one, index) =>
      JSON.stringify([index * 3, 'o', one]),
    );
    const { sessionId, events } = imported(dbPath, { text: `${header}\n${lines.join('\n')}\n` });
    expect(events).toBeGreaterThan(0);
    expect((await exported(dbPath, 'txt', sessionId)).trim()).toBe('error: no [REDACTED:github_token] here');
    expect(await exported(dbPath, 'json', sessionId)).toContain('"event_type":"error"');
  });
});

describe('a session that is running', () => {
  it('is not replaced', async () => {
    const dbPath = newDatabasePath();
    const text = await goodFile('json');
    imported(dbPath, { text });
    withDatabase(dbPath, (database) =>
      database.write(() =>
        database
          .prepare('UPDATE process_sessions SET ended_at = NULL, pid = ?, host = ?')
          .run(process.pid, ''),
      ),
    );
    expect(() => imported(dbPath, { text }, { replace: true })).toThrow(/is running/);
    expect(existsSync(sessionFiles(dbPath, ID).cast)).toBe(true);
  });
});

describe('anything else', () => {
  it.each(['', 'hello', '[]', '{}', '{"version":1}', 'null', '{"a":', '\0\0\0'])('%j is refused', (text) => {
    const dbPath = newDatabasePath();
    expect(refusal(dbPath, text).code).toBe('import_invalid');
    expect(contentsOf(dbPath)).toEqual({ rows: 0, files: [] });
  });
});
