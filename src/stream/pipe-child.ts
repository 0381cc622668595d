// A child on pipes: stdin is the caller's own, stdout and stderr are read by us. Used whenever our stdin or stdout is
// no terminal; the bytes that come out are exactly those that the child wrote.

import { spawn } from 'node:child_process';
import { closeSync, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { execa, type Options, type ResultPromise } from 'execa';
import type { StreamName } from '../model/event.ts';
import { type Child, type ChildExit, type ChildOptions, signalProcess, workingFolder } from './child.ts';
import { type Fifo, openFifos } from './fifo.ts';

/** How long a pipe that stays open after the child's exit must be silent before it is handed over, in ms. */
const HANDOVER_AFTER_MS = 50;

interface Output {
  readonly stream: StreamName;
  readonly source: Readable;
  /** Our own descriptor that the bytes are for. */
  readonly target: 1 | 2;
  readonly readFd: number | undefined;
  ended: boolean;
  silentSince: number;
}

/**
 * Starts a command on pipes.
 *
 * @param options.pipeInput true to read our stdin ourselves and pass it on (input is recorded); otherwise the child
 * inherits it, which is transparent whatever it is
 * @throws the spawn error (`ENOENT`, `EACCES`, `E2BIG`, …) when the child cannot be started
 */
export async function startPipeChild(
  options: ChildOptions & { readonly pipeInput: boolean },
): Promise<Child> {
  const merged = sameOpenFile(1, 2);
  const fifos = openFifos(merged ? 1 : 2);
  const subprocess = spawnOnPipes(options, merged, fifos);
  await started(subprocess);
  const pid = subprocess.pid ?? 0;
  const outputs = outputsOf(subprocess, merged, fifos);
  for (const output of outputs) {
    output.source.on('data', (chunk: Buffer) => {
      output.silentSince = performance.now();
      options.onChunk(output.stream, chunk);
    });
    output.source.once('close', () => {
      output.ended = true;
    });
    output.source.on('error', () => output.source.destroy());
  }
  void exitOf(subprocess).then(async (exit) => {
    await drained(outputs);
    options.onExit(exit);
  });
  subprocess.stdin?.on('error', () => {
    // EPIPE: the child has closed its input or is gone; its exit says the rest
  });
  const outputNamed = (stream: StreamName) => outputs.find((output) => output.stream === stream);
  return {
    pid,
    setFlowing: (stream, flowing) => {
      const source = outputNamed(stream)?.source;
      if (flowing) source?.resume();
      else source?.pause();
    },
    closeOutput: (stream) => outputNamed(stream)?.source.destroy(),
    kill: (signal) => signalProcess(pid, signal),
    write: (bytes, onDrain) => {
      if (subprocess.stdin?.writable !== true) return true;
      if (subprocess.stdin.write(bytes)) return true;
      subprocess.stdin.once('drain', onDrain);
      return false;
    },
    takesInput: () => subprocess.stdin?.writable === true,
    endInput: () => subprocess.stdin?.end(),
  };
}

/**
 * Whether two of our descriptors are one open file, as after `2>&1`. Character devices other than terminals
 * (/dev/null) do not count: nobody sees an order there, and keeping the streams apart tells more.
 */
function sameOpenFile(a: number, b: number): boolean {
  try {
    const [left, right] = [fstatSync(a), fstatSync(b)];
    if (left.dev !== right.dev || left.ino !== right.ino) return false;
    return !left.isCharacterDevice() || (isatty(a) && isatty(b));
  } catch {
    return false; // a closed descriptor is not the same as anything
  }
}

function spawnOnPipes(
  options: ChildOptions & { readonly pipeInput: boolean },
  merged: boolean,
  fifos: Fifo[] | undefined,
): ResultPromise {
  const out = asStdio(fifos?.[0]?.writeFd);
  const err = merged && fifos !== undefined ? out : asStdio(fifos?.[1]?.writeFd);
  const settings: Options = {
    stdin: options.pipeInput ? 'pipe' : 'inherit',
    stdout: out,
    stderr: err,
    cwd: workingFolder(),
    env: options.env,
    extendEnv: false,
    buffer: false,
    reject: false,
    cleanup: false,
    stripFinalNewline: false,
  };
  try {
    return execa(options.command.file, [...options.command.args], settings);
  } finally {
    for (const fifo of fifos ?? []) closeSync(fifo.writeFd);
  }
}

/** execa's types know the descriptors 3 to 9 only; at run time any open one is taken. */
function asStdio(fd: number | undefined): 3 | 'pipe' {
  return fd === undefined ? 'pipe' : (fd as 3);
}

function started(subprocess: ResultPromise): Promise<void> {
  return new Promise((resolve, reject) => {
    if (subprocess.pid !== undefined) resolve();
    else {
      subprocess.once('error', reject);
      subprocess.then(
        (result) =>
          reject(
            result.originalMessage === undefined ? result : new Error('the command could not be started'),
          ),
        reject,
      );
    }
  });
}

function outputsOf(subprocess: ResultPromise, merged: boolean, fifos: Fifo[] | undefined): Output[] {
  const output = (
    stream: StreamName,
    target: 1 | 2,
    fifo: Fifo | undefined,
    piped: Readable | null,
  ): Output => ({
    stream,
    target,
    source:
      fifo === undefined
        ? (piped as Readable)
        : new Socket({ fd: fifo.readFd, readable: true, writable: false }),
    readFd: fifo?.readFd,
    ended: false,
    silentSince: performance.now(),
  });
  if (merged && fifos !== undefined) return [output('output', 1, fifos[0], null)];
  return [
    output('stdout', 1, fifos?.[0], subprocess.stdout),
    output('stderr', 2, fifos?.[1], subprocess.stderr),
  ];
}

function exitOf(subprocess: ResultPromise): Promise<ChildExit> {
  return new Promise((resolve) => {
    subprocess.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
      resolve(
        signal === null
          ? { code: code ?? 0, signal: null }
          : { code: null, signal: constants.signals[signal] },
      );
    });
  });
}

/** Resolves when every output has ended, or has been handed over to a process that outlives us. */
function drained(outputs: readonly Output[]): Promise<void> {
  const waiting = outputs.filter((output) => !output.ended);
  if (waiting.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (): void => {
      if (outputs.some((output) => !output.ended)) return;
      clearInterval(timer);
      resolve();
    };
    for (const output of waiting) output.source.once('close', settle);
    timer = setInterval(() => {
      for (const output of outputs) {
        if (output.ended || output.source.isPaused()) continue;
        if (performance.now() - output.silentSince >= HANDOVER_AFTER_MS) handOver(output);
      }
      settle();
    }, HANDOVER_AFTER_MS / 5);
  });
}

/**
 * The child has exited, yet something that it left behind holds its output open. A shell would not wait for that, so
 * we do not; and it would not kill it with SIGPIPE either, so a `cat` of its own takes over what is still to come.
 */
function handOver(output: Output): void {
  output.ended = true;
  if (output.readFd !== undefined) {
    const cat = spawn('cat', [], { detached: true, stdio: [output.readFd, output.target, 'ignore'] });
    cat.on('error', () => {
      // without a `cat` the left-behind process gets SIGPIPE, as it would from any pipeline that has ended
    });
    cat.unref();
  }
  output.source.destroy();
}
