// Ten agents run, one of them serves; it is killed. Another serves, and whoever watched misses nothing and sees nothing
// twice.

import { spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { LiveClient, registryIn } from '../support/live-client.ts';
import { BIN, sqlite, temporaryFolder, testEnvironment, until, wrapper } from '../support/wrapper.ts';

const SESSIONS = 10;
const LINES = 60;
const clients: LiveClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function watch(cwd: string, subscription: Record<string, unknown> = {}): LiveClient {
  const client = new LiveClient(cwd, subscription).start();
  clients.push(client);
  return client;
}

/** An agent that prints numbered errors, ten a second. */
function agent(cwd: string, name: string, lines: number): ReturnType<typeof spawn> {
  const script = `for i in $(seq ${lines}); do echo "error: $i of ${name}"; sleep 0.1; done`;
  return spawn(process.execPath, [BIN, name, '--enable-db', '--', 'sh', '-c', script], {
    cwd,
    env: testEnvironment(cwd),
    stdio: 'ignore',
  });
}

it('shows every event once although the one who serves is killed', async () => {
  const cwd = temporaryFolder();
  const ended: Promise<unknown>[] = [];
  const watching = watch(cwd);
  for (let number = 1; number <= SESSIONS; number++) {
    const child = agent(cwd, `agent-${number}`, LINES);
    ended.push(new Promise((resolve) => child.once('exit', resolve)));
  }
  await until('every session is shown', () => watching.positions.size === SESSIONS);
  const first = registryIn(cwd)!;
  expect(first.session_id).not.toBeNull();
  const late = watch(cwd, { batch: true });
  await until('the second client is live', () => late.has('live'));

  process.kill(first.pid, 'SIGKILL');
  await until('another serves', () => {
    const registry = registryIn(cwd);
    return registry !== undefined && registry.pid !== first.pid;
  });
  await until('the clients are back', () => watching.connections >= 2 && late.connections >= 2);
  await Promise.all(ended);

  // What the dead one had not stored is in its recording.
  await wrapper(['recover'], { cwd });
  const stored = new Set(sqlite(cwd, "SELECT session_id || ':' || seq FROM extraction_events"));
  expect(sqlite(cwd, 'SELECT state, count(*) FROM process_sessions GROUP BY state ORDER BY state')).toEqual([
    `completed|${SESSIONS - 1}`,
    'lost|1',
  ]);
  expect(stored.size).toBeGreaterThanOrEqual((SESSIONS - 1) * LINES);

  // One more session holds up a server for those whose last events came when the last session had ended.
  agent(cwd, 'witness', 50);
  const all = (client: LiveClient): boolean => [...stored].every((key) => client.seen.has(key));
  await until('the first client has everything', () => all(watching));
  expect([...watching.seen.values()].filter((times) => times !== 1)).toEqual([]);
  expect([...late.seen.values()].filter((times) => times !== 1)).toEqual([]);
  for (const [sessionId] of watching.positions) {
    const numbers = watching.events(sessionId).map((event) => event['seq'] as number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  }
}, 60_000);
