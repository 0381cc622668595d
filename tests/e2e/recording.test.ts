// The main job: what a session leaves behind, read with the tools a user has: sqlite3, asciinema, ls.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onlyRecording, parseRecording, recordedText, recordingsIn, textOf } from '../support/recording.ts';
import { shell } from '../support/shell.ts';
import { onTerminal } from '../support/terminal.ts';
import { sqlite, temporaryFolder, wrapper } from '../support/wrapper.ts';

describe('wrapper codex "echo \'test error\'" --enable-db', () => {
  it('prints exactly what the command prints and stores the event', async () => {
    const cwd = temporaryFolder();
    const found = await shell(`wrapper codex "echo 'test error'" --enable-db`, { cwd });
    expect(found.stdout.toString()).toBe('test error\n');
    expect(found.stderr.toString()).toBe('');
    expect(found.status).toBe(0);
    expect(sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events')).toEqual(['1']);
    const columns = 'agent_name, event_type, line_number, original_line, matched_value, stream, seq';
    expect(sqlite(cwd, `SELECT ${columns} FROM extraction_events`)).toEqual([
      'codex|error|1|test error|test error|stdout|1',
    ]);
    const [row = ''] = sqlite(
      cwd,
      'SELECT session_id, pattern, risk_level, timestamp FROM extraction_events',
    );
    expect(row).toMatch(
      /^sess_\w{12}\|[a-z_]+\|(none|low|medium|high|critical)\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    );
    expect(sqlite(cwd, 'SELECT session_id FROM process_sessions')).toEqual([row.split('|')[0]]);
  });

  it('keeps a recording that plays', async () => {
    const cwd = temporaryFolder();
    await shell(`wrapper codex "echo 'test error'" --enable-db`, { cwd });
    const path = onlyRecording(cwd);
    const recording = parseRecording(path);
    expect(textOf(recording, 'o')).toBe('test error\r\n');
    expect(recording.header['command']).toBe("echo 'test error'");
    expect(sqlite(cwd, 'SELECT stdout_log_path FROM process_sessions')).toEqual([path]);
    const cat = await onTerminal(`asciinema cat '${path}'`, { cwd });
    expect(cat.stdout.toString()).toBe('test error\r\n');
    const play = await onTerminal(`asciinema play -s 1000 -i 0.01 '${path}'`, { cwd });
    expect(play.status).toBe(0);
    expect(play.stdout.toString()).toContain('test error\r\n');
  });
});

describe('the session', () => {
  it('has its states, its times and its exit code', async () => {
    const cwd = temporaryFolder();
    expect((await shell('wrapper codex sleep 1 --enable-db', { cwd })).status).toBe(0);
    const took = '(julianday(ended_at) - julianday(started_at)) * 86400 BETWEEN 0.95 AND 2';
    expect(
      sqlite(cwd, `SELECT agent_name, command, exit_code, state, ${took} FROM process_sessions`),
    ).toEqual(['codex|sleep 1|0|completed|1']);
    expect(sqlite(cwd, 'SELECT state, exit_code FROM process_state_changes ORDER BY id')).toEqual([
      'started|',
      'running|',
      'completed|0',
    ]);
  });

  it.each([
    ['failed', 'exit 3', '3|failed'],
    ['killed', 'kill -TERM $$', '143|killed'],
    ['killed at once', 'kill -KILL $$', '137|killed'],
    ['not found', 'exec no-such-command-here', '127|failed'],
  ])('%s', async (_, script, expected) => {
    const cwd = temporaryFolder();
    const found = await wrapper(['a', '--enable-db', '--', 'sh', '-c', `echo before; ${script}`], { cwd });
    expect(sqlite(cwd, 'SELECT exit_code, state FROM process_sessions')).toEqual([expected]);
    expect(found.status).toBe(Number(expected.split('|')[0]));
    expect(sqlite(cwd, 'SELECT state FROM process_state_changes ORDER BY id DESC LIMIT 1')).toEqual([
      expected.split('|')[1],
    ]);
    expect(sqlite(cwd, 'SELECT ended_at >= started_at FROM process_sessions')).toEqual(['1']);
    expect(recordedText(onlyRecording(cwd)).startsWith('before\r\n')).toBe(true);
  });

  it('of a command that could not be started says why', async () => {
    const cwd = temporaryFolder();
    const found = await wrapper(['a', '--enable-db', '--', 'no-such-command-here'], { cwd });
    expect(found.status).toBe(127);
    expect(sqlite(cwd, 'SELECT exit_code, state FROM process_sessions')).toEqual(['127|failed']);
    const last = 'SELECT metadata_json FROM process_state_changes ORDER BY id DESC LIMIT 1';
    expect(sqlite(cwd, last).join()).toContain('no-such-command-here');
  });

  it('counts lines and events exactly', async () => {
    const cwd = temporaryFolder();
    const script = `awk 'BEGIN { for (i = 1; i <= 12345; i++) print (i % 5 == 0 ? "error " : "line ") i; printf "error 99" }'`;
    const found = await wrapper(['a', '--enable-db', '--', 'sh', '-c', script], { cwd });
    expect(found.stderr.toString()).toBe('');
    expect(
      sqlite(
        cwd,
        'SELECT total_lines_processed, total_extraction_events, bytes_missing FROM process_sessions',
      ),
    ).toEqual(['12346|2470|0']);
    expect(
      sqlite(cwd, 'SELECT COUNT(*), COUNT(DISTINCT seq), MIN(seq), MAX(seq) FROM extraction_events'),
    ).toEqual(['2470|2470|1|2470']);
    expect(sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events WHERE line_number % 5 = 0')).toEqual(['2469']);
    expect(
      sqlite(cwd, 'SELECT line_number, original_line FROM extraction_events ORDER BY seq DESC LIMIT 1'),
    ).toEqual(['12346|error 99']);
  });

  it('keeps stderr apart', async () => {
    const cwd = temporaryFolder();
    await wrapper(['a', '--enable-db', '--', 'sh', '-c', 'echo error 1; echo error 2 >&2'], { cwd });
    expect(sqlite(cwd, 'SELECT original_line, stream FROM extraction_events ORDER BY original_line')).toEqual(
      ['error 1|stdout', 'error 2|stderr'],
    );
    const [path = ''] = sqlite(cwd, 'SELECT stderr_log_path FROM process_sessions');
    expect(readFileSync(path, 'utf8')).toBe('error 2\n');
    const text = recordedText(onlyRecording(cwd));
    expect(text).toContain('error 1\r\n');
    expect(text).toContain('error 2\r\n');
  });
});

describe('what is kept', () => {
  it('is nothing without --enable-db', async () => {
    const cwd = temporaryFolder();
    const found = await shell(`wrapper codex "echo 'test error'; exit 4"`, { cwd });
    expect(found.stdout.toString()).toBe('test error\n');
    expect(found.status).toBe(4);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.each([
    ['by an environment variable', { WRAPPER_ENABLE_DB: '1' }, undefined],
    ['by the project file', {}, 'enableDb: true\n'],
  ])('is stored by default %s', async (_, env, config) => {
    const cwd = temporaryFolder();
    if (config !== undefined) writeFileSync(join(cwd, 'wrapper.config.yaml'), config);
    await shell('wrapper codex "echo \'test error\'"', { cwd, env });
    expect(sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events')).toEqual(['1']);
  });

  it('goes beside the database that --db names', async () => {
    const cwd = temporaryFolder();
    await shell('wrapper a "echo error 1" --enable-db --db other/x.db', { cwd });
    expect(sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events', 'other/x.db')).toEqual(['1']);
    expect(readdirSync(join(cwd, 'other/sessions')).some((name) => name.endsWith('.cast'))).toBe(true);
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  it('is events only with --no-record', async () => {
    const cwd = temporaryFolder();
    await shell('wrapper a --enable-db --no-record -- sh -c "echo error 1; echo error 2 >&2"', { cwd });
    expect(sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events')).toEqual(['2']);
    expect(
      sqlite(cwd, 'SELECT stdout_log_path IS NULL, stderr_log_path IS NULL FROM process_sessions'),
    ).toEqual(['1|1']);
    const left = readdirSync(join(cwd, 'data'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /\.(cast|log)/.test(name))).toEqual([]);
  });

  it('is not more than --max-recording, and everything is still looked at', async () => {
    const cwd = temporaryFolder();
    const found = await wrapper(
      ['a', '--enable-db', '--max-recording', '512K', '--', 'seq', '-f', 'error %g', '100000'],
      { cwd },
    );
    expect(found.stdout.toString().split('\n').length).toBe(100_001);
    expect(found.stderr.toString()).toMatch(/^wrapper: .*limit.*\d+ bytes.*\n {2}.*--max-recording.*\n$/);
    const path = onlyRecording(cwd);
    const recording = parseRecording(path);
    expect(readFileSync(path).length).toBeLessThanOrEqual(512 * 1024);
    expect(readFileSync(path).length).toBeGreaterThan(256 * 1024);
    expect(recording.events.some(([, code, data]) => code === 'm' && /limit/i.test(data))).toBe(true);
    expect(
      sqlite(cwd, 'SELECT total_lines_processed, total_extraction_events FROM process_sessions'),
    ).toEqual(['100000|100000']);
    const recorded = textOf(recording, 'o').replaceAll('\r\n', '\n').length;
    expect(sqlite(cwd, 'SELECT bytes_missing FROM process_sessions')).toEqual([
      String(found.stdout.length - recorded),
    ]);
  });

  it('is input only with --record-input', async () => {
    const cwd = temporaryFolder();
    const input = Buffer.from('typed by me\n');
    await wrapper(['a', '--enable-db', '--', 'wc', '-c'], { cwd, input });
    expect(textOf(parseRecording(onlyRecording(cwd)), 'i')).toBe('');
    const other = temporaryFolder();
    await wrapper(['a', '--enable-db', '--record-input', '--', 'wc', '-c'], { cwd: other, input });
    expect(textOf(parseRecording(onlyRecording(other)), 'i')).toBe('typed by me\n');
  });

  it('holds no secret', async () => {
    const cwd = temporaryFolder();
    const secret = `ghp_${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6'}`;
    // From a file, because cut in two as here it would not be known in the command.
    const script = `echo token ${secret}; printf 'gh'; sleep 0.1; printf '${secret.slice(2)} and\\n'; echo ${secret} >&2`;
    writeFileSync(join(cwd, 'script.sh'), script);
    const found = await wrapper(['a', '--enable-db', '--', 'sh', 'script.sh', secret], { cwd });
    expect(found.stdout.toString()).toBe(`token ${secret}\n${secret} and\n`);
    // A command that does not exist is told of by its name.
    const unknown = await wrapper(['a', '--enable-db', '--', secret], { cwd });
    expect([unknown.status, unknown.stderr.toString()]).toEqual([127, expect.stringContaining(secret)]);
    expect(sqlite(cwd, "SELECT metadata_json FROM process_state_changes WHERE state = 'failed'")).toEqual([
      expect.stringMatching(/command_not_found.*\[REDACTED:github_token\]: command not found/),
    ]);
    const grep = await shell(`grep -rlE '${secret.slice(4)}|${secret.slice(6)}' data; echo "status $?"`, {
      cwd,
    });
    expect(grep.stdout.toString()).toBe('status 1\n');
    expect(sqlite(cwd, "SELECT COUNT(*) FROM extraction_events WHERE event_type = 'secret'")).toEqual(['3']);
  });

  it("is the user's alone, whatever the umask", async () => {
    const cwd = temporaryFolder();
    const modes = (file: string): string => `find data -printf '%y %m %P\\n' > ${file}`;
    writeFileSync(
      join(cwd, 'child.sh'),
      `echo error 1; echo error 2 >&2; until ls data/sessions/*.cast; do sleep 0.02; done; ${modes('during.txt')}`,
    );
    const script = `umask 000; wrapper a --enable-db --record-input -- sh child.sh; ${modes('after.txt')}`;
    expect((await shell(script, { cwd })).status).toBe(0);
    for (const name of ['during.txt', 'after.txt']) {
      const modes = readFileSync(join(cwd, name), 'utf8').trim().split('\n');
      expect(modes.length).toBeGreaterThan(3);
      expect(modes.filter((line) => !/^(d 700|f 600) /.test(line))).toEqual([]);
    }
    expect(recordingsIn(cwd).length).toBe(1);
  });
});
