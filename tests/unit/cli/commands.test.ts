// The reading commands, run in this process on a database of their own.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { openDatabase } from '../../../src/data/database.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { EVENT_TYPES } from '../../../src/model/event.ts';
import type { SessionState } from '../../../src/model/session.ts';
import { isoTimestamp } from '../../../src/model/time.ts';
import { captureStreams, contextOf } from './harness.ts';
import { IDS, makeSampleDatabase, NOW, PYTHON_BLOCK } from './sample-database.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wrapper-commands-'));
  makeSampleDatabase(join(folder, 'data', 'wrapper.db'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface World {
  readonly columns?: number;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly input?: string;
}

async function wrapper(line: string | readonly string[], world: World = {}) {
  const captured = captureStreams(world.columns ?? null, world.env);
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const status = await runProgram(argv, contextOf(captured, world.cwd ?? folder, NOW, world.input));
  return { status, stdout: captured.stdout(), stderr: captured.stderr() };
}

const json = async (line: string, world: World = {}): Promise<Record<string, unknown>> => {
  const { status, stdout, stderr } = await wrapper(line, world);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
};

/** State changes of the running session, a second apart. */
function control(path: string, changes: readonly [SessionState, Record<string, unknown>][]): void {
  const database = openDatabase(path);
  const sessions = new SessionStore(database);
  for (const [second, [state, metadata]] of changes.entries()) {
    const timestamp = isoTimestamp(NOW - 120_000 + second * 1000);
    sessions.recordStateChange({ sessionId: IDS.running, exitCode: null, timestamp, state, metadata });
  }
  database.close();
}

/** The values of one key in the rows of a document's list. */
const values = async (line: string, list: string, key: string): Promise<unknown[]> =>
  ((await json(line))[list] as Record<string, unknown>[]).map((row) => row[key]);

describe('sessions', () => {
  it('lists the newest first, with short ids, and fits a terminal', async () => {
    const { status, stdout } = await wrapper('sessions', { columns: 80, env: { TERM: 'dumb' } });
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ID +AGENT +STATE +STARTED +TIME +EXIT +EVENTS +COMMAND$/);
    expect(lines.slice(1).map((line) => line.split(/ +/)[0])).toEqual([
      'cccccc',
      'bbbbbb',
      'aaaaab',
      'aaaaaa',
    ]);
    expect(lines[1]).toMatch(/^cccccc +claude +running +3m ago +3m00s +- +- +npm test$/);
    expect(lines[3]).toMatch(/^aaaaab +codex +failed +2h ago +12\.3s +1 +3 +npm test$/);
    expect(lines[4]).toContain('yesterday 10:00');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each(['sessions', 'events', 'events --session aaaaab', 'blocks'])(
    '%s fits every terminal of 40 columns or more',
    async (line) => {
      for (let columns = 40; columns <= 120; columns++) {
        const { stdout } = await wrapper(line, { columns, env: { TERM: 'dumb' } });
        for (const row of stdout.trimEnd().split('\n')) expect(row.length).toBeLessThanOrEqual(columns);
      }
    },
  );

  it('keeps on 40 columns what tells sessions apart', async () => {
    const { stdout } = await wrapper('sessions', { columns: 40, env: { TERM: 'dumb' } });
    expect(stdout.split('\n')[0]).toMatch(/^ID +AGENT +STATE +COMMAND$/);
  });

  it('filters', async () => {
    const ids = (line: string) => values(`sessions --json ${line}`, 'sessions', 'session_id');
    expect(await ids('--agent codex')).toEqual([IDS.failed, IDS.completed]);
    expect(await ids('--state killed')).toEqual([IDS.killed]);
    expect(await ids('--active')).toEqual([IDS.running]);
    expect(await ids('--since 90m')).toEqual([IDS.running, IDS.killed]);
    expect(await ids('--until 2026-11-20')).toEqual([IDS.completed]);
    expect(await ids('--limit 2')).toEqual([IDS.running, IDS.killed]);
    expect(await ids('--agent nobody')).toEqual([]);
  });

  it('says when there are more', async () => {
    const { stdout, stderr } = await wrapper('sessions --limit 3');
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    expect(stderr).toContain('There are more; --limit 30');
    expect(await json('sessions --json --limit 3')).toMatchObject({ schema_version: 1, has_more: true });
    expect(await json('sessions --json --limit 4')).toMatchObject({ has_more: false });
  });

  it('gives documents with every key, and lines of them', async () => {
    const [failed] = (await json('sessions --json --state failed'))['sessions'] as Record<string, unknown>[];
    expect(failed).toMatchObject({
      session_id: IDS.failed,
      agent_name: 'codex',
      exit_code: 1,
      duration_ms: 12_340,
      argv: ['npm', 'test'],
      ended_at: new Date(NOW - 7_200_000 + 12_340).toISOString(),
    });
    const { stdout } = await wrapper('sessions --jsonl');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { session_id: string }).session_id)).toHaveLength(4);
  });
});

describe('show', () => {
  it('tells everything about a session and how to go on', async () => {
    const { stdout, status } = await wrapper('show aaaaab', { columns: 100, env: { NO_COLOR: '1' } });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Session +sess_aaaaab000002$/m);
    expect(stdout).toMatch(/^State +failed, exit status 1$/m);
    expect(stdout).toMatch(/^States +started 10:00:00, running 10:00:00, failed 10:00:12$/m);
    expect(stdout).toMatch(/^Events +3: 1 error, 1 warning, 1 code_block$/m);
    expect(stdout).toMatch(/^Risk +1 medium, 1 low, 1 none$/m);
    expect(stdout).toContain('boom \\x1b[31mred');
    expect(stdout).not.toContain('\x1b');
    expect(stdout).toContain('wrapper log aaaaab ');
    expect(stdout).toContain('wrapper blocks --session aaaaab --content');
  });

  it('gives a document', async () => {
    expect(await json('show last --json')).toMatchObject({
      session: { session_id: IDS.running, ended_at: null },
    });
    const document = await json(`show ${IDS.failed} --json`);
    expect(document).toMatchObject({
      extractions_by_type: { error: 1, warning: 1, code_block: 1 },
      state_changes: [{ state: 'started' }, { state: 'running' }, { state: 'failed', exit_code: 1 }],
      files: [],
    });
  });

  it('tells a recording that was never made from one that is gone', async () => {
    expect((await wrapper('show cccccc')).stdout).toMatch(/^Recording +none was kept$/m);
    const gone = await wrapper(`show ${IDS.killed}`);
    expect(gone.stdout).toMatch(/^Recording +\/nowhere\/one\.cast \(no longer there\)$/m);
  });

  it('lists patterns that were disabled beside the states, not among them', async () => {
    const { stdout } = await wrapper(`show ${IDS.killed}`);
    expect(stdout).toMatch(/^States +started [\d:]+, running [\d:]+, killed [\d:]+$/m);
    expect(stdout).toMatch(/^Disabled +slow_one, slow_two$/m);
    expect((await wrapper('show aaaaab')).stdout).not.toContain('Disabled');
  });

  it('tells who did what to the session, and why', async () => {
    const cwd = join(folder, 'controlled');
    makeSampleDatabase(join(cwd, 'data', 'wrapper.db'));
    control(join(cwd, 'data', 'wrapper.db'), [
      ['paused', { by: 'cli', command: 'pause', reason: 'look at the diff first', request_id: 'a' }],
      ['running', { by: 'signal', command: 'resume', reason: 'SIGCONT', processes: 2 }],
      ['running', { by: 'websocket', command: 'send_input', reason: null, request_id: 'b', bytes: 9 }],
      ['running', { by: 'http', command: 'resize', request_id: 'c', cols: 101, rows: 31 }],
      ['paused', { by: 'job control' }],
      ['running', { by: 'job control' }],
      ['running', { by: 'bot \x1b[31m7', command: 'kill', reason: 'too\nslow', request_id: 'd' }],
      ['killed', { by: 'bot \x1b[31m7', command: 'kill', reason: 'too\nslow', request_id: 'd', signal: 15 }],
    ]);
    const { stdout } = await wrapper('show last', { cwd });
    expect(stdout).toContain(
      [
        'States       started 11:57:00, running 11:57:00, paused 11:58:00, running 11:58:01, paused 11:58:04, running 11:58:05, killed 11:58:07',
        'Control      11:58:00 paused from the command line: look at the diff first',
        '             11:58:01 resumed by SIGCONT',
        '             11:58:02 given 9 bytes of input over WebSocket',
        '             11:58:03 resized to 101x31 over HTTP',
        '             11:58:04 paused by job control',
        '             11:58:05 resumed by job control',
        '             11:58:06 told to end by bot \\x1b[31m7: too\\nslow',
        'Lines ',
      ].join('\n'),
    );
    for (const columns of [80, 40]) {
      const shown = await wrapper('show last', { cwd, columns, env: { NO_COLOR: '1' } });
      const section = shown.stdout.slice(shown.stdout.indexOf('States'), shown.stdout.indexOf('Lines'));
      expect(section).toMatch(/^Control {6}11:58:00 paused from the/m);
      expect(Math.max(...section.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
    const { state_changes } = await json('show last --json', { cwd });
    expect((state_changes as { metadata: object }[])[2]!.metadata).toEqual({
      by: 'cli',
      command: 'pause',
      reason: 'look at the diff first',
      request_id: 'a',
    });
    expect((await wrapper('show last')).stdout).not.toContain('Control');
  });

  it('knows what does not exist and what is not clear', async () => {
    const unknown = await wrapper('show zzzzzz');
    expect(unknown.status).toBe(3);
    expect(unknown.stderr).toContain('wrapper: no session zzzzzz');
    const ambiguous = await wrapper('show aaaaa');
    expect(ambiguous.status).toBe(2);
    expect(ambiguous.stderr).toContain(IDS.completed);
    expect(ambiguous.stderr).toContain(IDS.failed);
    const document = await wrapper("show x'y --json");
    expect(document.status).toBe(3);
    expect(JSON.parse(document.stderr)).toMatchObject({ error: { code: 'session_unknown' } });
    expect(document.stdout).toBe('');
  });
});

describe('events', () => {
  const events = (line: string) => values(`events --json ${line}`, 'extractions', 'pattern');
  it('lists the newest first and filters', async () => {
    expect(await events('')).toEqual([
      'risky_command',
      'code_block',
      'generic_warning',
      'generic_error',
      'shell_command',
    ]);
    expect(await events('--agent codex --type error')).toEqual(['generic_error']);
    expect(await events('--risk medium')).toEqual(['risky_command', 'generic_error']);
    expect(await events('--pattern shell_command')).toEqual(['shell_command']);
    expect(await events('--since 1h --until 30m')).toEqual(['risky_command']);
  });

  it('lists a session in its own order', async () => {
    expect(await events('--session aaaaab')).toEqual(['generic_error', 'generic_warning', 'code_block']);
    const { stdout } = await wrapper('events --session aaaaab');
    expect(stdout.split('\n')[0]).toBe('       AT  LINE  TYPE        PATTERN          RISK    VALUE');
    expect(stdout).toContain('boom \\x1b[31mred');
  });

  it.each([
    ['--type errors', 'Did you mean error?', EVENT_TYPES.join(', ')],
    ['--risk urgent', 'none, low, medium, high, critical', '--risk'],
    ['--limit 0', '--limit', 'whole number'],
    ['--limit many', '--limit', 'whole number'],
    ['--session= --json', '--session', 'the value is empty'],
    ['--since whenever', '--since', 'is not a time'],
  ])('refuses %s', async (line, first, second) => {
    const { status, stderr, stdout } = await wrapper(`events ${line}`);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(first);
    expect(stderr).toContain(second);
  });
});

describe('blocks', () => {
  it('lists, filters and prints', async () => {
    const { stdout } = await wrapper('blocks');
    expect(stdout).toContain('python');
    expect(stdout).toContain('def answer():');
    const digests = await values('blocks --json --language python', 'code_blocks', 'digest');
    expect(digests).toHaveLength(1);
    const content = await wrapper(`blocks ${String(digests[0]).slice(0, 8)}`);
    expect(content.stdout).toBe(`${PYTHON_BLOCK}\n`);
    const all = await wrapper('blocks --content');
    expect(all.stdout).toContain('no language\n');
    expect(all.stdout).toContain(PYTHON_BLOCK);
  });

  it('says when a session has none', async () => {
    expect((await wrapper('blocks --session cccccc')).stderr).toContain('No code block matches.');
  });

  it('refuses digests that are none', async () => {
    expect((await wrapper('blocks xyz')).status).toBe(2);
    expect((await wrapper('blocks ffffffffffff')).status).toBe(3);
  });
});

describe('stats', () => {
  it('adds up an agent', async () => {
    const { stdout, status } = await wrapper('stats codex');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Sessions +2: 1 completed, 1 failed$/m);
    expect(stdout).toMatch(/^Success rate +50\.0 %/m);
    expect(stdout).toMatch(/^Events +4$/m);
    expect(await json('stats codex --json')).toMatchObject({
      agent_name: 'codex',
      total_sessions: 2,
      total_extractions: 4,
      extractions_by_type: { error: 1, command: 1 },
      success_rate: 0.5,
    });
  });

  it('does not know everyone', async () => {
    expect((await wrapper('stats nobody')).status).toBe(3);
    expect((await wrapper('stats')).status).toBe(2);
  });
});

describe('config', () => {
  it('names the origin of each value', async () => {
    const cwd = mkdtempSync(join(folder, 'config-'));
    writeFileSync(join(cwd, 'wrapper.config.yaml'), 'environment: ci\nmaxRecording: 10M\n');
    const world = { cwd, env: { WRAPPER_QUIET: 'yes' } };
    const { stdout } = await wrapper('config --db x.db', world);
    expect(stdout).toMatch(new RegExp(`^db +${join(cwd, 'x.db')} +--db +WRAPPER_DB$`, 'm'));
    expect(stdout).toMatch(/^quiet +true +WRAPPER_QUIET /m);
    expect(stdout).toMatch(new RegExp(`^environment +ci +${join(cwd, 'wrapper.config.yaml')} `, 'm'));
    expect(stdout).toMatch(/^maxRecording +10\.0 MiB /m);
    expect(stdout).toMatch(/^pty +auto +default /m);
    const document = JSON.parse((await wrapper('config --json', world)).stdout) as { settings: unknown[] };
    expect(document.settings).toContainEqual({
      key: 'quiet',
      value: true,
      origin: 'environment',
      name: 'WRAPPER_QUIET',
    });
    expect(document.settings).toContainEqual({ key: 'record', value: true, origin: 'default' });
  });

  it('reports a bad file in one sentence', async () => {
    const cwd = mkdtempSync(join(folder, 'config-'));
    writeFileSync(join(cwd, 'wrapper.config.yaml'), 'quiet: perhaps\n');
    const { status, stderr } = await wrapper('config', { cwd });
    expect(status).toBe(2);
    expect(stderr).toBe(
      `wrapper: ${join(cwd, 'wrapper.config.yaml')}, line 1: quiet must be true or false\n`,
    );
  });
});

describe('the program', () => {
  it('says what to do when nothing is stored yet', async () => {
    const cwd = mkdtempSync(join(folder, 'empty-'));
    for (const line of ['sessions', 'events', 'blocks']) {
      const text = await wrapper(line, { cwd });
      expect(text.status).toBe(0);
      expect(text.stdout).toBe('');
      expect(text.stderr).toContain('Nothing is stored yet');
      expect(text.stderr).toContain('--enable-db');
      const document = await wrapper(`${line} --json`, { cwd });
      expect(document.stderr).toBe('');
      expect(Object.values(JSON.parse(document.stdout) as object)).toContainEqual([]);
    }
    for (const line of ['show last', 'log last', 'events --session last', 'stats codex']) {
      expect((await wrapper(line, { cwd })).status, line).toBe(3);
    }
    expect(await wrapper('recover', { cwd })).toMatchObject({ status: 0, stderr: 'Nothing to recover.\n' });
  });

  it('ends quietly when nobody reads its help or its errors', async () => {
    const gone = () =>
      new Writable({
        write: (_chunk, _encoding, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
      });
    for (const [argv, status] of [
      [['--help'], 0],
      [['sessions', '--jsn'], 2],
      [['sessions'], 0],
    ] as const) {
      const context = { ...contextOf(captureStreams(), folder, NOW), stdout: gone(), stderr: gone() };
      expect(await runProgram(argv, context)).toBe(status);
      await new Promise(setImmediate);
    }
  });

  it('reports errors as JSON when JSON was asked for', async () => {
    const { status, stderr } = await wrapper('sessions --json --jsonl');
    expect(status).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'usage', message: '--json and --jsonl exclude each other' },
    });
  });

  it('takes --db and --config before and after the subcommand', async () => {
    const cwd = mkdtempSync(join(folder, 'elsewhere-'));
    const db = join(folder, 'data', 'wrapper.db');
    for (const line of [`--db ${db} sessions --json`, `sessions --json --db=${db}`]) {
      expect(
        (JSON.parse((await wrapper(line, { cwd })).stdout) as { sessions: unknown[] }).sessions,
      ).toHaveLength(4);
    }
    writeFileSync(join(cwd, 'mine.yaml'), `db: ${db}\n`);
    expect((await wrapper('--config mine.yaml show last --json', { cwd })).status).toBe(0);
  });

  it('refuses a file that is no database of ours', async () => {
    writeFileSync(join(folder, 'text.db'), 'hello');
    const { status, stderr } = await wrapper('sessions --db text.db');
    expect(status).toBe(2);
    expect(stderr).toContain('is not a database');
  });

  it.each([
    'sessions',
    'show',
    'log',
    'events',
    'blocks',
    'stats',
    'patterns list',
    'patterns test',
    'config',
    'recover',
  ])('%s has help with examples, on stdout, in 80 columns', async (name) => {
    const { status, stdout, stderr } = await wrapper(`${name} --help`);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain(`wrapper ${name}`);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect((await wrapper(`help ${name}`)).stdout).toBe(stdout);
  });

  it('has help of its own, led by examples, and a version', async () => {
    const { stdout, status } = await wrapper('--help');
    expect(status).toBe(0);
    expect(stdout.split('\n').findIndex((line) => line.startsWith('Examples'))).toBeLessThan(5);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect((await wrapper('help')).stdout).toBe(stdout);
    expect((await wrapper('exec --help')).stdout).toBe(stdout);
    expect((await wrapper('help exec')).stdout).toBe(stdout);
    expect((await wrapper('--version')).stdout).toMatch(/^wrapper \d+\.\d+\.\d+\S*\n$/);
    expect((await wrapper('-V')).status).toBe(0);
  });

  it.each([
    ['sessions --jsn', 'Did you mean --json?'],
    ['sessions extra', 'too many arguments'],
    ['sessions --color purple', 'Allowed choices are auto, always, never'],
    ['show', "missing required argument 'id'"],
    ['log last --raw --timestamps', '--raw excludes'],
    ['help frobnicate', 'frobnicate'],
    ['patterns frobnicate', 'unknown command frobnicate'],
    ['patterns', 'patterns needs one of list, test'],
    ['patterns lisd', 'Did you mean list?'],
    ['sesions', 'Did you mean sessions?'],
    ['sessions --db', 'argument missing'],
  ])('refuses `%s` with exit status 2 and no stack', async (line, text) => {
    const { status, stderr, stdout } = await wrapper(line);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
    expect(stderr).toMatch(/^wrapper: /);
    expect(stderr).not.toMatch(/\n +at /);
    expect(status).toBe(2);
  });
});

describe('export', () => {
  it('never takes the place of the database or of a recording, even with --force', async () => {
    const before = readFileSync(join(folder, 'data', 'wrapper.db'));
    for (const target of ['data/wrapper.db', 'data/wrapper.db-wal', `data/sessions/${IDS.completed}.cast`]) {
      const { status, stderr } = await wrapper([
        'export',
        'last',
        '--format',
        'json',
        '-o',
        target,
        '--force',
      ]);
      expect(stderr).toContain('belongs to the database');
      expect(status).toBe(2);
    }
    expect(readFileSync(join(folder, 'data', 'wrapper.db'))).toEqual(before);
  });
});
