import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LiveSession, LiveSessions } from '../../../src/data/live-sessions.ts';
import { isAlive, ownIdentity } from '../../../src/data/process-identity.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { sampleSession } from './samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ID = 'sess_0123456789ab';

function entry(changes: Partial<LiveSession> = {}): LiveSession {
  return {
    owner: ownIdentity(),
    session: sampleSession(),
    startedAtMs: 1_770_000_000_000,
    patterns: { version: 'x', patterns: [] },
    end: null,
    ...changes,
  };
}

function newFolder() {
  const dbPath = join(temporaryFolder(), 'wrapper.db');
  return { dbPath, live: new LiveSessions(dbPath), folder: join(dbPath, '..', 'sessions', 'live') };
}

describe('live sessions', () => {
  it('are none before anything has run', () => {
    expect(newFolder().live.list()).toEqual([]);
  });

  it('come back as they were registered, until they are removed', () => {
    const { dbPath, live } = newFolder();
    live.register(entry());
    expect(new LiveSessions(dbPath).list()).toEqual([entry()]);
    expect(statSync(sessionFiles(dbPath, ID).live).mode & 0o777).toBe(0o600);
    live.registerEnd(ID, { state: 'failed', exitCode: 3 });
    expect(live.list()).toEqual([entry({ end: { state: 'failed', exitCode: 3 } })]);
    live.remove(ID);
    live.remove(ID);
    live.registerEnd(ID, { state: 'failed' });
    expect(live.list()).toEqual([]);
  });

  it('are never what somebody else put there', () => {
    const { live, folder } = newFolder();
    live.register(entry());
    const own = readFileSync(join(folder, `${ID}.json`), 'utf8');
    writeFileSync(join(folder, 'half.json'), own.slice(0, 40));
    writeFileSync(join(folder, 'sess_aaaaaaaaaaaa.json'), own);
    writeFileSync(join(folder, 'list.json'), '[]');
    writeFileSync(join(folder, 'null.json'), 'null');
    writeFileSync(join(folder, 'path.json'), own.replace(ID, '../../../etc/passwd'));
    expect(live.list().map((one) => one.session.sessionId)).toEqual([ID]);
  });
});

describe('a claim', () => {
  const dead = { ...ownIdentity(), startTicks: 1 };

  it('is given to one only, until it is given back', () => {
    const { dbPath, live, folder } = newFolder();
    expect(live.claim(ID, ownIdentity())).toBe(true);
    expect(new LiveSessions(dbPath).claim(ID, ownIdentity())).toBe(false);
    expect(live.claim('sess_aaaaaaaaaaaa', ownIdentity())).toBe(true);
    live.release(ID);
    expect(live.claim(ID, ownIdentity())).toBe(true);
    live.release(ID);
    live.release('sess_aaaaaaaaaaaa');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a dead process is taken over, once', () => {
    const { live } = newFolder();
    for (let round = 0; round < 3; round++) expect(live.claim(ID, dead)).toBe(true);
    expect(live.claim(ID, ownIdentity())).toBe(true);
    expect(live.claim(ID, ownIdentity())).toBe(false);
    live.release(ID);
    expect(live.claim(ID, ownIdentity())).toBe(true);
  });

  it('of another machine is left alone for an hour', () => {
    const { live, folder } = newFolder();
    expect(live.claim(ID, { ...ownIdentity(), bootId: 'other', host: 'elsewhere' })).toBe(true);
    expect(live.claim(ID, ownIdentity())).toBe(false);
    const long = new Date(Date.now() - 7_200_000);
    utimesSync(join(folder, `${ID}.claim-1`), long, long);
    expect(live.claim(ID, ownIdentity())).toBe(true);
  });
});

describe('sweeping', () => {
  it('removes claims of the dead on sessions that are dealt with, and no others', () => {
    const { live, folder } = newFolder();
    const dead = { ...ownIdentity(), bootId: 'another-boot' };
    const [dealtWith, claimed, waiting] = [ID, 'sess_0123456789ac', 'sess_0123456789ad'];
    live.register(entry({ session: { ...sampleSession(), sessionId: waiting } }));
    live.claim(dealtWith, dead);
    live.claim(claimed, ownIdentity());
    live.claim(waiting, dead);
    live.sweep();
    expect(readdirSync(folder).sort()).toEqual([
      `${claimed}.claim-1`,
      `${waiting}.claim-1`,
      `${waiting}.json`,
    ]);
  });
});

describe.runIf(existsSync('/proc/self/stat'))('a process', () => {
  const own = ownIdentity();

  it('knows itself', () => {
    expect(own).toMatchObject({ pid: process.pid, host: hostname() });
    expect(own.startTicks).toBeGreaterThan(0);
    expect(isAlive(own)).toBe('alive');
  });

  it('is dead when its pid is gone or was given to another, or after a boot', () => {
    expect(isAlive({ ...own, pid: 2 ** 22 + 1 })).toBe('dead');
    expect(isAlive({ ...own, startTicks: own.startTicks! - 1 })).toBe('dead');
    expect(isAlive({ ...own, bootId: 'another' })).toBe('dead');
  });

  it('is unknown on another machine, in another container, and without a start time', () => {
    expect(isAlive({ ...own, bootId: 'another', host: 'elsewhere' })).toBe('unknown');
    expect(isAlive({ ...own, host: 'container', pid: 2 ** 22 + 1 })).toBe('unknown');
    expect(isAlive({ ...own, startTicks: null })).toBe('unknown');
    expect(isAlive({ ...own, startTicks: null, pid: 2 ** 22 + 1 })).toBe('dead');
  });
});

describe('the files of a session', () => {
  it('lie beside the database', () => {
    expect(sessionFiles('data/wrapper.db', ID)).toEqual({
      folder: 'data/sessions',
      cast: `data/sessions/${ID}.cast`,
      stderrLog: `data/sessions/${ID}.stderr.log`,
      index: `data/sessions/${ID}.index.jsonl`,
      spool: `data/sessions/${ID}.spool`,
      early: `data/sessions/${ID}.early.spool`,
      live: `data/sessions/live/${ID}.json`,
    });
  });

  it('never lie anywhere else, whatever a row says', () => {
    for (const id of ['../../x', '..', '.', 'a/b', '/etc/passwd']) {
      expect(sessionFiles('data/wrapper.db', id).cast).toMatch(/^data\/sessions\/[^/]+\.cast$/);
    }
  });
});
