// `wrapper serve`: serves the database until it is told to stop. While another process serves it, it stands by and takes
// over when that one ends; nothing is ever taken by force.

import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Serving } from '../../api/serving.ts';
import { assertUsableDatabase } from '../../data/database-file.ts';
import { startThroughGate } from '../../data/exit-gate.ts';
import { makePrivateFolder } from '../../data/private-file.ts';
import { RunDatabase } from '../../data/run-database.ts';
import { storePendingRuns } from '../../data/run-journal.ts';
import { readServerEntry, type ServerEntry } from '../../data/server-registry.ts';
import { messageOf, WrapperError } from '../../model/errors.ts';
import { WRAPPER_VERSION } from '../../model/version.ts';
import { RunHost } from '../../runs/run-host.ts';
import { WrappedRunner } from '../../runs/wrapped-runner.ts';
import { Election } from '../../session/election.ts';
import { RecoveryHost } from '../../session/recovery-host.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { EXIT_OK } from '../exit-status.ts';
import { textOption } from '../filters.ts';
import { escapeControls } from '../format.ts';
import { stepFlags } from '../step-flags.ts';
import { thisWrapper } from '../this-wrapper.ts';
import { bringUpToDate } from '../upgrading.ts';
import { plannerSettings } from './run.ts';

declare const __dirname: string;

/** How often it is asked whether the other server has ended, in ms. */
const STAND_BY_MS = 200;
/** How often sessions are looked for whose wrapper has died, in ms. */
const RECOVER_EVERY_MS = 5000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const serveCommand: CommandDefinition = {
  name: 'serve',
  help: 'Serve the database over HTTP and WebSocket until it is told to stop.',
  formats: ['text', 'json'],
  runOptions: ['db', 'campaigns-db', 'config', 'port', 'verbose'],
  examples: [
    ['wrapper serve', 'on http://127.0.0.1:8151, or on a free port when that is taken'],
    ['wrapper serve --port 9000 --verbose', 'on this port or not at all; each request on stderr'],
    ['wrapper serve --allow-run', 'also carries out goals and plans that are sent to it with the token'],
    ['wrapper serve --host 192.168.1.5', 'for other machines, too; everything then needs the token'],
  ],
  define(command) {
    command
      .option('--host <address>', 'listen on this address instead of loopback; all requests need the token')
      .option(
        '--allow-run',
        'start runs that are asked for with the token: commands of whoever has it, as you',
      )
      .option('--slow <ms>', 'with --verbose, show queries that take longer, with their plan', '100');
  },
  async run(call) {
    const { db, port } = call.configuration.settings;
    const host = textOption(call, 'host');
    const slowQueryMs = slowAfter(call);
    assertUsableDatabase(db);
    prepareFolder(db);
    const stop = stopSignal();
    const election = new Election(db);
    let serving: Serving | undefined;
    let runs: RunHost | undefined;
    try {
      if (!(await waitForTurn(call, election, port, stop.aborted))) return EXIT_OK;
      await bringUpToDate(db, call.output);
      await storeLeftRuns(call);
      runs = call.options['allowRun'] === true ? runHost(call) : undefined;
      // While there are runs, the signals that end the server end them, and the next ones only make it quicker.
      if (runs !== undefined) for (const signal of SIGNALS) process.on(signal, runs.end);
      const { serve } = await import('../../api/server-thread.ts');
      serving = await serve({
        dbPath: db,
        campaignsDb: call.configuration.settings.campaignsDb ?? undefined,
        version: WRAPPER_VERSION,
        host,
        port,
        slowQueryMs,
        runs,
        sessionId: null,
        verbose: call.configuration.settings.verbose,
        log: (line) => call.output.note(escapeControls(line)),
      });
      await announce(call, serving);
      await untilStopped(db, stop.aborted);
      return EXIT_OK;
    } finally {
      // Whoever waits for a run is answered before the server ends.
      await runs?.close();
      await serving?.close();
      election.close();
      stop.ignore();
      if (runs !== undefined) for (const signal of SIGNALS) process.off(signal, runs.end);
    }
  },
};

/** @throws WrapperError `usage` */
function slowAfter(call: Call): number {
  const text = textOption(call, 'slow') ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new WrapperError('usage', `--slow: "${text}" is not a number of milliseconds`);
}

/** The lock and the registry lie beside the database, which a first session may make later. */
function prepareFolder(db: string): void {
  try {
    makePrivateFolder(dirname(db));
  } catch (error) {
    throw new WrapperError('storage_unavailable', `${dirname(db)} cannot be made: ${messageOf(error)}`, {
      hint: 'Choose a folder that you can write to with --db.',
      cause: error,
    });
  }
}

/** Runs that could not be stored when they ended are stored now. */
async function storeLeftRuns({ configuration, output }: Call): Promise<void> {
  const { db } = configuration.settings;
  const { stored, left } = await storePendingRuns(db, new RunDatabase(db));
  for (const id of stored) output.note(`Stored run ${id}, which had been left beside the database.`);
  for (const { path, reason } of left)
    output.note(`wrapper: ${escapeControls(path)} could not be stored: ${escapeControls(reason)}`);
}

/** Commands of runs share neither our terminal nor its signals: the server ends them itself. */
function runHost({ configuration, context, output }: Call): RunHost {
  const { db, verbose } = configuration.settings;
  return new RunHost({
    dbPath: db,
    storage: new RunDatabase(db),
    cwd: context.cwd,
    planner: plannerSettings(configuration),
    log: (line) => {
      if (verbose) output.note(escapeControls(line));
    },
    runner: new WrappedRunner({
      program: thisWrapper(),
      dbPath: db,
      flags: [...stepFlags(configuration), '--no-serve'],
      output: 'none',
      passInput: false,
      pty: false,
      detached: true,
    }),
  });
}

/** Aborted by the first signal that asks for an end; the next one ends the process at once, if it starts no runs. */
function stopSignal(): { aborted: AbortSignal; ignore: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    aborted: controller.signal,
    ignore: () => {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}

/**
 * Resolves with true when it is ours to serve, with false when it was told to stop before.
 *
 * @throws WrapperError `already_served` when a certain port was asked for: it will not come by waiting
 */
async function waitForTurn(
  call: Call,
  election: Election,
  port: number | null,
  stopped: AbortSignal,
): Promise<boolean> {
  const { db } = call.configuration.settings;
  let told: string | undefined;
  while (!stopped.aborted) {
    if (tryWin(election, db)) return true;
    const other = readServerEntry(db);
    const sentence = other === undefined ? undefined : describeOther(db, other);
    if (sentence !== undefined && sentence !== told) {
      if (port !== null) {
        throw new WrapperError('already_served', sentence, { hint: 'Without --port it waits for its turn.' });
      }
      told = sentence;
      call.output.note(`${sentence}.\nStanding by to take over when that ends; Ctrl-C ends the wait.`);
    }
    await pause(STAND_BY_MS, stopped);
  }
  return false;
}

function tryWin(election: Election, db: string): boolean {
  try {
    return election.tryWin();
  } catch (error) {
    throw new WrapperError('storage_unavailable', `${dirname(db)} cannot be used: ${messageOf(error)}`, {
      hint: 'Choose a database in a folder that you can write to with --db.',
      cause: error,
    });
  }
}

function describeOther(db: string, { url, session_id, pid }: ServerEntry): string {
  const who = session_id === null ? `wrapper serve (pid ${pid})` : `session ${session_id} (pid ${pid})`;
  return `${db} is served by ${who} at ${escapeControls(url)}`;
}

async function announce(call: Call, { server, portTaken }: Serving): Promise<void> {
  const { output } = call;
  const { db } = call.configuration.settings;
  if (call.format === 'json') {
    const { url, host, port } = server;
    await output.write(documentOf({ url, host, port, pid: process.pid, database: db }));
  } else {
    await output.write(`Serving ${escapeControls(db)} at ${server.url}\n`);
    output.note(`${server.url}/api/docs shows what can be asked. Ctrl-C ends it.`);
  }
  if (portTaken) output.note(`Port 8151 belongs to another program; port ${server.port} is used instead.`);
  if (server.context.access.tokenForAll) {
    output.note(
      `Other machines can reach this server: every request needs the token that wrapper token prints.\n` +
        'The connection is not encrypted; put it behind a tunnel or a proxy with TLS.',
    );
  }
}

/** Meanwhile sessions whose wrapper dies are recovered, so that what is served is complete. */
async function untilStopped(dbPath: string, stopped: AbortSignal): Promise<void> {
  const recovery = new RecoveryHost(dbPath, (workerData) =>
    startThroughGate(
      () => new Worker(join(__dirname, 'recovery-worker.cjs'), { workerData, trackUnmanagedFds: false }),
    ),
  );
  while (!stopped.aborted) {
    await pause(RECOVER_EVERY_MS, stopped);
    if (!stopped.aborted) recovery.again();
  }
  await recovery.finish();
}

/** Waits, but not beyond the signal. */
function pause(ms: number, stopped: AbortSignal): Promise<void> {
  if (stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stopped.addEventListener('abort', done);
  });
}
