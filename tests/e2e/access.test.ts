// Who can reach the built server, and what becomes of it under a flood of connections.

import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startServing } from '../support/serving.ts';
import { shellWithMounts } from '../support/shell.ts';
import { PROGRAMS, temporaryFolder, until, wrapper } from '../support/wrapper.ts';

const run = promisify(execFile);

/** Listening sockets of a process, as `address:port` in the hexadecimal of /proc/net. */
function listening(port: number): string[] {
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, local = '', , state]) => state === '0A' && Number.parseInt(local.split(':')[1]!, 16) === port,
      )
      .map(([, local = '']) => local.split(':')[0]!),
  );
}

function residentMiB(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line![1]) / 1024;
}

describe('wrapper serve', () => {
  it('binds loopback and nothing else', async () => {
    const server = await startServing(temporaryFolder());
    for (const address of listening(server.port)) {
      expect(['0100007F', '00000000000000000000000001000000']).toContain(address);
    }
    expect(listening(server.port)).toContain('0100007F');
  });

  it('says on another address that everything needs the token', async () => {
    const server = await startServing(temporaryFolder(), ['--port', '0', '--host', '0.0.0.0']);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    await until('it says so', () => server.stderr().includes('every request needs the token'));
    expect((await fetch(`${server.url}/api/health`)).status).toBe(401);
    const headers = { authorization: `Bearer ${server.token()}` };
    expect((await fetch(`${server.url}/api/health`, { headers })).status).toBe(200);
  });

  it('refuses 10,000 connections politely, keeps its memory and goes on', async () => {
    const server = await startServing(temporaryFolder());
    const health = async () => (await fetch(`${server.url}/api/health`)).status;
    expect(await health()).toBe(200);
    const pid = server.child.pid!;
    const before = residentMiB(pid);
    const flood = join(PROGRAMS, 'connection-flood.mjs');
    const { stdout } = await run(process.execPath, [flood, String(server.port), '10000', '1024']);
    const outcome = JSON.parse(stdout) as { refused: number; open: number; reset: number; other: number };
    expect(outcome).toEqual({ refused: 10_000 - 1024, open: 1024, reset: 0, other: 0 });
    expect(residentMiB(pid) - before).toBeLessThan(100);
    await expect.poll(health, { timeout: 20_000 }).toBe(200);
  });
});

describe('the token', () => {
  it('is printed, is private, and is replaced on request', async () => {
    const cwd = temporaryFolder();
    const first = (await wrapper(['token'], { cwd })).stdout.toString();
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
    expect((await wrapper(['token'], { cwd })).stdout.toString()).toBe(first);
    expect(statSync(join(cwd, 'data/wrapper.db.token')).mode & 0o777).toBe(0o600);
    expect(statSync(join(cwd, 'data')).mode & 0o777).toBe(0o700);
    const rotated = JSON.parse(
      (await wrapper(['token', '--rotate', '--json'], { cwd })).stdout.toString(),
    ) as {
      token: string;
    };
    expect(`${rotated.token}\n`).not.toBe(first);
    expect((await wrapper(['token'], { cwd })).stdout.toString()).toBe(`${rotated.token}\n`);
  });

  it('that cannot be made is told of with its place, and what to do', async () => {
    const cwd = temporaryFolder();
    const script = `mkdir full locked; echo > file
      mount -t tmpfs -o ro none locked; mount -t tmpfs -o size=16k none full; cat /dev/zero > full/zero 2> /dev/null
      mkdir -p taken/wrapper.db.token/inside
      for db in file/wrapper.db locked/wrapper.db locked/data/wrapper.db full/wrapper.db; do
        wrapper token --db $db; echo "status $?"
      done
      wrapper token --db locked/wrapper.db --rotate; echo "status $?"
      wrapper token --db taken/wrapper.db --rotate; echo "status $?"`;
    const { stdout, stderr } = await shellWithMounts(`(${script}) 2>&1`, { cwd });
    expect(stderr.toString()).toBe('');
    const writable = (folder: string, why: string): string =>
      `wrapper: the token cannot be written to ${cwd}/${folder}/wrapper.db.token: ${why}\n` +
      `  It is kept beside the database: make ${cwd}/${folder} writable, or name a database elsewhere with --db.\n` +
      'status 1\n';
    const said = stdout.toString().replace(/, (open|mkdir|rename|write)( '.*')?$/gm, '');
    expect(said).toBe(
      `wrapper: the token cannot be written to ${cwd}/file/wrapper.db.token: EEXIST: file already exists\n` +
        `  ${cwd}/file is no folder: name a database elsewhere with --db.\nstatus 1\n` +
        writable('locked', 'EROFS: read-only file system') +
        writable('locked/data', 'EROFS: read-only file system') +
        `wrapper: the token cannot be written to ${cwd}/full/wrapper.db.token: ENOSPC: no space left on device\n` +
        `  Make room on the disk that holds ${cwd}/full.\nstatus 1\n` +
        writable('locked', 'EROFS: read-only file system') +
        `wrapper: the token cannot be written to ${cwd}/taken/wrapper.db.token: EISDIR: illegal operation on a directory\n` +
        `  Move what stands at ${cwd}/taken/wrapper.db.token out of the way.\nstatus 1\n`,
    );
  });
});
