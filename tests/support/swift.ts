// OpenStack Swift with its S3 interface, as five processes whose settings and disks are a temporary folder: a server by other
// people that checks signatures. Installed by .ci/run; where it is absent, only outside of CI, its tests are skipped.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

export const SWIFT_CREDENTIALS = { id: 'test:tester', secret: 'testing' };
const PARTS = ['account', 'container', 'object'] as const;
const PROGRAMS = [
  'memcached',
  'swift-ring-builder',
  'swift-proxy-server',
  ...PARTS.map((part) => `swift-${part}-server`),
];

/** Why the tests of Swift cannot run here; undefined when they can, and in CI, where they must. */
export function swiftAbsence(): string | undefined {
  const missing = PROGRAMS.filter((program) => !existsSync(`/usr/bin/${program}`));
  if (missing.length === 0 || process.env['CI']) return undefined;
  return `not installed: ${missing.join(', ')}; see CONTRIBUTING.md`;
}

export interface RunningSwift {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** @param folder empty, on a file system with extended attributes */
export async function startSwift(folder: string): Promise<RunningSwift> {
  const ports = { account: await freePort(), container: await freePort(), object: await freePort() };
  const proxyPort = await freePort();
  const cachePort = await freePort();
  writeFileSync(
    join(folder, 'swift.conf'),
    '[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n',
  );
  mkdirSync(join(folder, 'disks', 'd1'), { recursive: true });
  const common = [
    `[DEFAULT]`,
    `swift_dir = ${folder}`,
    `user = ${userInfo().username}`,
    'bind_ip = 127.0.0.1',
    'workers = 0',
    'log_level = ERROR',
  ];
  for (const part of PARTS) {
    const settings = [
      ...common,
      `bind_port = ${ports[part]}`,
      `devices = ${join(folder, 'disks')}`,
      'mount_check = false',
      'fallocate_reserve = 0',
      '[pipeline:main]',
      `pipeline = ${part}-server`,
      `[app:${part}-server]`,
      `use = egg:swift#${part}`,
      '',
    ];
    writeFileSync(join(folder, `${part}.conf`), settings.join('\n'));
  }
  const filters = ['catch_errors', 'gatekeeper', 'cache', 's3api', 'tempauth', 'bulk', 'slo'];
  const settings = [
    ...common,
    `bind_port = ${proxyPort}`,
    '[pipeline:main]',
    `pipeline = ${filters.join(' ')} proxy-server`,
    '[app:proxy-server]',
    'use = egg:swift#proxy',
    'account_autocreate = true',
    ...filters.flatMap((filter) => [
      `[filter:${filter}]`,
      `use = egg:swift#${filter === 'cache' ? 'memcache' : filter}`,
      ...(filter === 'tempauth' ? ['user_test_tester = testing .admin'] : []),
      ...(filter === 'cache' ? [`memcache_servers = 127.0.0.1:${cachePort}`] : []),
      ...(filter === 's3api' ? ['location = us-east-1'] : []),
    ]),
    '',
  ];
  writeFileSync(join(folder, 'proxy.conf'), settings.join('\n'));

  const ringBuilder = (part: string, ...argv: string[]) =>
    promisify(execFile)('/usr/bin/swift-ring-builder', [join(folder, `${part}.builder`), ...argv]);
  await Promise.all(
    PARTS.map(async (part) => {
      await ringBuilder(part, 'create', '1', '1', '0');
      await ringBuilder(part, 'add', `r1z1-127.0.0.1:${ports[part]}/d1`, '1');
      await ringBuilder(part, 'rebalance');
    }),
  );
  const log = join(folder, 'log');
  const output = openSync(log, 'a');
  const processes = [...PARTS, 'proxy'].map((part) =>
    spawn(`/usr/bin/swift-${part}-server`, [join(folder, `${part}.conf`), '-v'], {
      stdio: ['ignore', output, output],
      detached: true,
    }),
  );
  processes.push(
    spawn(
      '/usr/bin/memcached',
      ['-l', '127.0.0.1', '-p', String(cachePort), '-m', '16', '-u', userInfo().username],
      { stdio: ['ignore', output, output], detached: true },
    ),
  );
  const stop = async () => {
    await Promise.all(processes.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(
      [...Object.values(ports), proxyPort, cachePort].map((port) => listening(port, processes)),
    );
  } catch (error) {
    const said = readFileSync(log, 'utf8');
    await stop();
    throw new Error(`Swift did not start: ${said}`, { cause: error });
  }
  return { endpoint: `http://127.0.0.1:${proxyPort}`, stop };
}

async function listening(port: number, processes: readonly ChildProcess[]): Promise<void> {
  for (;;) {
    if (processes.some(({ exitCode }) => exitCode !== null)) throw new Error('one of its processes ended');
    const socket = createConnection(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      // Not yet.
    } finally {
      socket.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  // With its workers.
  process.kill(-child.pid!, 'SIGKILL');
  await exited;
}
