// The second promise: whatever breaks around a session, the child runs, its output and status are unchanged, the end
// comes soon, the user is told once, and what reached the recording is stored when the trouble is over.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { registryIn } from '../support/live-client.ts';
import { holdLock, letGo } from '../support/lock.ts';
import { onlyRecording, recordedText, recordingsIn } from '../support/recording.ts';
import { errorLinesOf, expectEventsOf } from '../support/recovered.ts';
import { startServing } from '../support/serving.ts';
import { expectNote, fingerprint, shell, shellWithMounts } from '../support/shell.ts';
import { PROGRAMS, sqlite, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

/** The end of a session may not wait longer than this for anything of ours, in ms. */
const LONGEST_END_MS = 3000;
/** What starting and ending the processes of a test costs on a busy machine, in ms; nobody lets go of a lock so early. */
const SLACK_MS = 7000;

const CHILD = "seq -f 'error %g' 500; echo to stderr >&2; date +%s%N > ended; exit 7";
const PRINTED = Array.from({ length: 500 }, (_, i) => `error ${i + 1}\n`).join('');

interface End {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly status: number;
}

/** The child's output and status are as without us; returns what we said ourselves. */
function expectUnchanged(found: End): string {
  expect(found.stdout.toString()).toBe(PRINTED);
  expect(found.status).toBe(7);
  const [first, ...rest] = found.stderr.toString().split('\n');
  expect(first).toBe('to stderr');
  return rest.join('\n');
}

/** Milliseconds from the child's end (which it wrote into the file `ended`) until now. */
function sinceChildEnded(cwd: string): number {
  return Date.now() - Number(readFileSync(join(cwd, 'ended'), 'utf8')) / 1e6;
}

/** Everything stored in `cwd`: events of all sessions. */
const countEvents = (cwd: string): string[] => sqlite(cwd, 'SELECT COUNT(*) FROM extraction_events');

describe('storage', () => {
  it('a data folder that is read-only', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'data'));
    const script = `mount -t tmpfs none data && wrapper a "echo error 1" --enable-db || exit 99
      mount -o remount,ro data
      wrapper a "$CHILD" --enable-db > out 2> err; echo $? > status
      mount -o remount,rw data; cp -r data copy`;
    const found = await shellWithMounts(script, { cwd, env: { CHILD } });
    expect(found.stderr.toString()).toBe('');
    expectNote(expectUnchanged(endIn(cwd)), /data\/|read-only/);
    const copied = 'SELECT COUNT(*) FROM extraction_events';
    expect(sqlite(cwd, copied, 'copy/wrapper.db')).toEqual(['1']);
  });

  it('a data folder that cannot be made, because the working directory is read-only', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'project'));
    const script = `mount -t tmpfs -o ro none project && cd project || exit 99
      CHILD='cd ..; '"$CHILD"
      wrapper a "$CHILD" --enable-db > ../out 2> ../err; echo $? > ../status; ls -A`;
    const found = await shellWithMounts(script, { cwd, env: { CHILD } });
    expect(found.stdout.toString()).toBe('');
    expectNote(expectUnchanged(endIn(cwd)), /data|read-only/);
  });

  it('a disk that is full from the start', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'data'));
    const script = `mount -t tmpfs -o size=1m none data && cat /dev/zero > data/fill 2> /dev/null
      wrapper a "$CHILD" --enable-db > out 2> err; echo $? > status
      rm data/fill; wrapper recover > recovered 2>&1; cp -r data copy`;
    await shellWithMounts(script, { cwd, env: { CHILD } });
    expectNote(expectUnchanged(endIn(cwd)), /full|no space/i);
  });

  it.each([
    ['when the recorder runs', 'sleep 0.5; '],
    ['in the first moments', ''],
  ])('a disk that becomes full %s', async (_, first) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'data'));
    const script = `mount -t tmpfs -o size=2m none data; seq -f 'error %.0f' 300000 > lines
      wrapper a "${first}cat lines; date +%s%N > ended; exit 7" --enable-db > out 2> err
      echo $? > status; date +%s%N > over; rm -rf copied; mkdir copied; mv data/sessions copied
      mkdir kept; cp -r data/. kept; mv copied/sessions kept
      umount data; rmdir data; mv kept data; wrapper recover > recovered 2>&1`;
    await shellWithMounts(script, { cwd });
    const found = endIn(cwd);
    expect(found.stdout.toString()).toBe(
      Array.from({ length: 300_000 }, (_, i) => `error ${i + 1}\n`).join(''),
    );
    expect(found.status).toBe(7);
    expectNote(
      found.stderr.toString(),
      /the disk is full(.|\n)*\d+ bytes of output are not in the recording/,
    );
    const took = Number(readFileSync(join(cwd, 'over'))) - Number(readFileSync(join(cwd, 'ended')));
    expect(took / 1e6).toBeLessThan(LONGEST_END_MS + SLACK_MS);
    const recording = onlyRecording(cwd);
    expect(errorLinesOf(recording).length).toBeGreaterThan(100);
    expectEventsOf(cwd, recording);
  });
});

describe('a database that another process has locked', () => {
  it.each([
    ['for writing', true],
    ['before it has a schema', false],
  ])('%s', async (_, existing) => {
    const cwd = temporaryFolder();
    if (existing) await wrapper(['a', 'true', '--enable-db'], { cwd });
    else mkdirSync(join(cwd, 'data'), { mode: 0o700 });
    const holder = await holdLock(join(cwd, 'data/wrapper.db'));
    const found = await wrapper(['a', CHILD, '--enable-db'], { cwd });
    const took = sinceChildEnded(cwd);
    expectNote(expectUnchanged(found), /locked by another process/);
    expect(took).toBeLessThan(LONGEST_END_MS + SLACK_MS);
    const recording = recordingsIn(cwd).find((path) => recordedText(path) !== '') ?? '';
    expect(errorLinesOf(recording).length).toBe(500);
    await letGo(holder);
    const next = await wrapper(['a', 'true', '--enable-db'], { cwd });
    expect(next.stderr.toString()).toBe('');
    expectEventsOf(cwd, recording);
    expect(sqlite(cwd, 'SELECT state, exit_code FROM process_sessions WHERE exit_code = 7')).toEqual([
      'failed|7',
    ]);
  });

  it('while it runs, and free again before it ends', async () => {
    const cwd = temporaryFolder();
    await wrapper(['a', 'true', '--enable-db'], { cwd });
    const holder = await holdLock(join(cwd, 'data/wrapper.db'));
    const script = `${waitingFor('go')}; ${CHILD}`;
    const running = wrapper(['a', script, '--enable-db'], { cwd });
    await until('the session runs', () => recordingsIn(cwd).length === 2);
    await letGo(holder);
    writeFileSync(join(cwd, 'go'), '');
    expect(expectUnchanged(await running)).toBe('');
    expect(countEvents(cwd)).toEqual(['500']);
  });
});

describe('a database that loses what it was given', () => {
  it.each([
    ['is cut to nothing', ': > data/wrapper.db'],
    ['is removed', 'rm data/wrapper.db*'],
  ])('because it %s while the command runs: said, and stored again afterwards', async (_, harm) => {
    const cwd = temporaryFolder();
    expect((await wrapper(['agent', '--enable-db', '--', 'true'], { cwd })).status).toBe(0);
    const running = wrapper(
      [
        'agent',
        "seq -f 'error %g' 250; until [ -e go ]; do sleep 0.02; done; seq -f 'error %g' 251 500",
        '--enable-db',
      ],
      { cwd },
    );
    const count = 'SELECT count(*) FROM extraction_events';
    await until('the first events are stored', () => Number(sqlite(cwd, count)[0]) > 0);
    expect((await shell(harm, { cwd })).status).toBe(0);
    writeFileSync(join(cwd, 'go'), '');
    const found = await running;
    expect(found.status).toBe(0);
    expect(found.stdout.toString()).toBe(PRINTED);
    expect(found.stderr.toString()).toMatch(/not stored/);
    await shell('mv data/wrapper.db broken.db; rm -f data/wrapper.db-*', { cwd });
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    expect(
      sqlite(cwd, 'SELECT state, exit_code FROM process_sessions WHERE total_lines_processed > 0'),
    ).toEqual(['completed|0']);
    expect(sqlite(cwd, count)).toEqual(['500']);
  });
});

describe('a long backlog', () => {
  it('is left to recovery when somebody does not want to wait for it', async () => {
    const cwd = temporaryFolder();
    const found = await wrapper(
      ['agent', "yes 'error: the same again' | head -c 12000000; touch over", '--enable-db'],
      {
        cwd,
        onStart: (child) => {
          // While the command runs, a signal is the command's.
          const isOver = () =>
            existsSync(join(cwd, 'over')) &&
            readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8') === '';
          const ending = setInterval(() => {
            if (child.exitCode === null && !isOver()) return;
            clearInterval(ending);
            child.kill('SIGTERM');
            child.kill('SIGINT');
          }, 50);
        },
      },
    );
    expect(found.status).toBe(0);
    expect(found.stdout.length).toBe(12_000_000);
    expectNote(found.stderr.toString(), /told not to wait/);
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    expect(sqlite(cwd, 'SELECT state, total_extraction_events FROM process_sessions')).toEqual([
      'completed|545455',
    ]);
  }, 120_000);
});

describe('a database that is locked to the end', () => {
  it('does not change how the command ended, whenever the wrapper is told to leave', async () => {
    const cwd = temporaryFolder();
    await wrapper(['a', 'true', '--enable-db'], { cwd });
    const holder = await holdLock(join(cwd, 'data/wrapper.db'));
    // Each leaves while another step of the storing is refused: threads of ours are inside SQLite then.
    for (let round = 0; round < 6; round++) {
      const over = join(cwd, `over-${round}`);
      const found = await wrapper(
        ['agent', `seq -f 'error %g' 500; sleep 0.1; touch ${over}; exit 3`, '--enable-db'],
        {
          cwd,
          onStart: (child) => {
            const ending = setInterval(() => {
              if (!existsSync(over) && child.exitCode === null) return;
              clearInterval(ending);
              setTimeout(() => child.kill('SIGTERM'), 60 + 35 * round);
              setTimeout(() => child.kill('SIGTERM'), 70 + 35 * round);
            }, 5);
          },
        },
      );
      expect(found.status).toBe(3);
      expect(found.stdout.toString()).toBe(PRINTED);
    }
    await letGo(holder);
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    expect(countEvents(cwd)).toEqual([String(6 * 500)]);
  }, 120_000);
});

describe('a server that waits for a locked database', () => {
  it('does not hold up its session that is told to leave', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'data'), { mode: 0o700 });
    // Nobody has made it a database yet: reading waits for the lock, too.
    const holder = await holdLock(join(cwd, 'data/wrapper.db'));
    const asking = new AbortController();
    const asked: Promise<unknown>[] = [];
    const script = `echo $$ > pid; ${waitingFor('go')}; date +%s%N > ended; exit 3`;
    const found = await wrapper(['agent', script, '--port', '0', '--enable-db'], {
      cwd,
      onStart: async (child) => {
        await until('it serves', () => registryIn(cwd) !== undefined);
        const { url } = registryIn(cwd)!;
        for (let count = 0; count < 4; count++) {
          asked.push(fetch(`${url}/api/query/sessions`, { signal: asking.signal }).catch(() => {}));
        }
        writeFileSync(join(cwd, 'go'), '');
        const pid = Number(readFileSync(join(cwd, 'pid'), 'utf8'));
        await until('the command has been waited for', () => !existsSync(`/proc/${pid}`));
        // The first may still be meant for the command.
        const telling = setInterval(() => child.kill('SIGTERM'), 20);
        child.once('exit', () => clearInterval(telling));
      },
    });
    expect(found.status).toBe(3);
    expect(sinceChildEnded(cwd)).toBeLessThan(1500 + SLACK_MS);
    asking.abort();
    await Promise.all(asked);
    await letGo(holder);
  });
});

describe('a database that is damaged', () => {
  it.each([
    ['in its pages', (bytes: Buffer) => bytes.fill(0xa5, 4096)],
    ['in its header', (bytes: Buffer) => bytes.fill(0xa5, 0, 100)],
    ['by being cut short', (bytes: Buffer) => bytes.subarray(0, 6000)],
  ])('%s', async (_, damage) => {
    const cwd = temporaryFolder();
    const path = join(cwd, 'data/wrapper.db');
    await wrapper(['a', "seq -f 'error %g' 300", '--enable-db'], { cwd });
    writeFileSync(path, damage(readFileSync(path)));
    const before = fingerprint(cwd)['data/wrapper.db'];
    const found = await wrapper(['a', CHILD, '--enable-db'], { cwd });
    expectNote(expectUnchanged(found), /damaged/);
    expect(fingerprint(cwd)['data/wrapper.db']).toBe(before);
    const recovering = await wrapper(['recover'], { cwd });
    expect(recovering.status).toBe(1);
    expect(recovering.stderr.toString()).toMatch(/damaged/);
    renameSync(path, join(cwd, 'aside.db'));
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    const recording = recordingsIn(cwd).find((cast) => errorLinesOf(cast).length === 500) ?? '';
    expectEventsOf(cwd, recording);
    expect(sqlite(cwd, 'SELECT state, exit_code FROM process_sessions WHERE exit_code = 7')).toEqual([
      'failed|7',
    ]);
  });

  it('while the session runs', async () => {
    const cwd = temporaryFolder();
    const path = join(cwd, 'data/wrapper.db');
    const script = `seq -f 'error %g' 250; ${waitingFor('go')}; seq -f 'error %g' 251 500
      echo to stderr >&2; date +%s%N > ended; exit 7`;
    const running = wrapper(['a', script, '--enable-db'], { cwd });
    await until('events are stored', () => existsSync(path) && Number(stored(cwd)) >= 200);
    damageSchema(path);
    writeFileSync(join(cwd, 'go'), '');
    const found = await running;
    expectNote(expectUnchanged(found), /damaged/);
    expect(sinceChildEnded(cwd)).toBeLessThan(LONGEST_END_MS + SLACK_MS);
    expect(errorLinesOf(onlyRecording(cwd)).length).toBe(500);
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, join(cwd, `aside.db${suffix}`));
    }
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    expectEventsOf(cwd, onlyRecording(cwd));
  });
});

describe('a database that is removed while it is served', () => {
  it('is followed by another, which keeps all that is stored in it', async () => {
    const cwd = temporaryFolder();
    const server = await startServing(cwd);
    const path = join(cwd, 'data/wrapper.db');
    const script = `echo error 1; ${waitingFor('go')}; echo error 2`;
    const running = wrapper(['first', script, '--enable-db'], { cwd });
    const agents = async () =>
      (
        (await (await fetch(`${server.url}/api/query/agents`)).json()) as { agents: { agent_name: string }[] }
      ).agents.map(({ agent_name }) => agent_name);
    await expect.poll(agents, { timeout: 20_000 }).toEqual(['first']);
    rmSync(path);
    const second = await wrapper(['second', 'echo error 3', '--enable-db'], { cwd });
    expect([second.stdout.toString(), second.stderr.toString(), second.status]).toEqual(['error 3\n', '', 0]);
    await expect.poll(agents, { timeout: 20_000 }).toEqual(['second']);
    writeFileSync(join(cwd, 'go'), '');
    expect((await running).stderr.toString()).toMatch(/was removed or replaced while the session ran/);
    await server.stop();
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    expect(sqlite(cwd, 'SELECT agent_name, state FROM process_sessions ORDER BY 1')).toEqual([
      'first|completed',
      'second|completed',
    ]);
    expect(sqlite(cwd, 'PRAGMA integrity_check')).toEqual(['ok']);
  });
});

describe('a recorder', () => {
  const patched = { NODE_OPTIONS: `--require ${join(PROGRAMS, 'kill-recorder.cjs')}` };

  it.each(['terminate', 'hang'])('that ends mid-way: %s', async (fault) => {
    const cwd = temporaryFolder();
    const script = `seq -f 'error %g' 250; ${waitingFor('died')}; seq -f 'error %g' 251 500
      echo to stderr >&2; date +%s%N > ended; exit 7`;
    const running = wrapper(['a', script, '--enable-db'], {
      cwd,
      env: { ...patched, RECORDER_FAULT: fault },
    });
    const recorded = (): boolean => castText(cwd).includes('error 250');
    await until('the first half is recorded', recorded);
    writeFileSync(join(cwd, 'die'), '');
    const found = await running;
    expect(sinceChildEnded(cwd)).toBeLessThan(LONGEST_END_MS + SLACK_MS);
    expectNote(expectUnchanged(found), /the recorder of session sess_\w+ stopped/);
    expect((await wrapper(['recover'], { cwd })).status).toBe(0);
    const recording = onlyRecording(cwd);
    expect(errorLinesOf(recording).length).toBeGreaterThanOrEqual(250);
    expectEventsOf(cwd, recording);
    expect(sqlite(cwd, 'SELECT state FROM process_sessions')).toEqual(['lost']);
  });

  it('whose thread cannot be started', async () => {
    const cwd = temporaryFolder();
    const found = await wrapper(['a', `sleep 0.3; ${CHILD}`, '--enable-db'], {
      cwd,
      env: { ...patched, RECORDER_FAULT: 'refuse' },
    });
    expectNote(expectUnchanged(found), /the recorder of session sess_\w+ stopped: no more threads/);
  });

  it('in a session that prints more than its queue holds', async () => {
    const cwd = temporaryFolder();
    const script = `echo first; ${waitingFor('died')}; yes 'a line of a flood that nobody records' | head -c 100000000; exit 7`;
    const running = wrapper(['a', script, '--enable-db'], {
      cwd,
      env: { ...patched, RECORDER_FAULT: 'hang' },
    });
    await until('the first line is recorded', () => castText(cwd).includes('first'));
    writeFileSync(join(cwd, 'die'), '');
    const found = await running;
    expect(found.stdout.length).toBe(6 + 100_000_000);
    expect(found.status).toBe(7);
    expectNote(found.stderr.toString(), /recorder/);
  });
});

/** What a script run inside a mount namespace has left in the files out, err and status. */
function endIn(cwd: string): End {
  return {
    stdout: readFileSync(join(cwd, 'out')),
    stderr: readFileSync(join(cwd, 'err')),
    status: Number(readFileSync(join(cwd, 'status'), 'utf8')),
  };
}

/** Shell code that waits until a file exists. */
function waitingFor(file: string): string {
  return `until [ -e ${file} ]; do sleep 0.02; done`;
}

/** Events that another reader sees now. */
function stored(cwd: string): string {
  try {
    return countEvents(cwd)[0] ?? '0';
  } catch {
    return '0'; // the schema is not there yet
  }
}

/** Makes the schema unreadable for every connection: a table that begins on a page that does not exist. */
function damageSchema(path: string): void {
  const database = new BetterSqlite3(path, { timeout: 5000 });
  database.unsafeMode(true);
  database.pragma('writable_schema = ON');
  database.exec(
    "UPDATE sqlite_schema SET rootpage = 99999 WHERE name IN ('extraction_events', 'process_sessions')",
  );
  const version = database.pragma('schema_version', { simple: true }) as number;
  database.pragma(`schema_version = ${version + 1}`);
  database.close();
}

/** Text of all recordings as it is, whole or not. */
function castText(cwd: string): string {
  const folder = join(cwd, 'data/sessions');
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cast'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
}

it('leaves no mount behind', async () => {
  const found = await shell('grep -c wrapper-test /proc/mounts', { cwd: temporaryFolder() });
  expect(found.stdout.toString()).toBe('0\n');
});
