// What every measurement needs: a temporary folder, processes that are timed and never left behind, a sink that is a
// real pipe, rounds in which the cases alternate, and medians.
//
// The wrapper under test is the built one (bin/wrapper.cjs), run by the same Node as the references, with an empty home,
// without WRAPPER_* variables, stdin from /dev/null.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const BENCH = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(BENCH);
const PEAK_EVERY_MS = 10;

/** Programs that end with this one, whatever happens to it. */
const live = new Set();

/** @returns the child, which is ended with this program when it has not ended before */
export function endWithUs(child) {
  live.add(child);
  child.once('exit', () => live.delete(child));
  return child;
}

/** A folder that is removed at the end, with everything that a measurement puts into it. */
export function openScratch(parent = tmpdir()) {
  const dir = mkdtempSync(join(parent, 'wrapper-bench-'));
  mkdirSync(join(dir, 'home'));
  const clean = () => {
    for (const child of live) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  process.on('exit', clean);
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => process.exit(status));
  }
  return dir;
}

/** The environment of everything that is measured. */
export function environment(scratch) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(WRAPPER_|NODE_|npm_|XDG_|FORCE_COLOR|NO_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: join(scratch, 'home') };
}

/** argv of the built wrapper. */
export function wrapper(...args) {
  return [process.execPath, join(ROOT, 'bin', 'wrapper.cjs'), ...args];
}

/**
 * Runs a process to its end.
 *
 * @param stdout `ignore`, `text` (collected), `sink` (a pipe to `cat >/dev/null`), or a function that gets each chunk
 *   from a pipe as it arrives
 * @returns `ms` from spawn to exit, `cpu` seconds of it and of all it waited for (10 ms steps), `startedAt` in epoch ms,
 *   `peakMiB` (VmHWM) when `peak` is asked for
 */
export async function run(argv, { scratch, stdout = 'ignore', peak = false, allowFailure = false }) {
  const opened = await openOutput(stdout, scratch);
  const cpuBefore = childrenCpu();
  const startedAt = Date.now();
  const started = performance.now();
  const child = endWithUs(
    spawn(argv[0], argv.slice(1), {
      cwd: scratch,
      env: environment(scratch),
      stdio: ['ignore', opened.fd ?? 'ignore', 'pipe'],
    }),
  );
  if (opened.fd !== undefined) closeSync(opened.fd);
  const errors = [];
  child.stderr.on('data', (chunk) => errors.push(chunk));
  const memory = peak ? watchPeak(child.pid) : undefined;
  const { code, ms } = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exit, signal) => resolve({ code: exit ?? signal, ms: performance.now() - started }));
  });
  const cpu = childrenCpu() - cpuBefore;
  const text = await opened.done();
  const stderr = Buffer.concat(errors).toString();
  if (code !== 0 && !allowFailure) {
    throw new Error(`${argv.join(' ').slice(0, 200)} ended with ${code}: ${stderr.slice(0, 500)}`);
  }
  return { code, ms, cpu, startedAt, text, stderr, peakMiB: memory?.stop() };
}

/** Starts a process that runs beside what is measured; the function that is returned stops it. */
export function start(argv, scratch) {
  const child = endWithUs(
    spawn(argv[0], argv.slice(1), { cwd: scratch, env: environment(scratch), stdio: 'ignore' }),
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

/** Whether a program is installed. */
export function installed(program, ...args) {
  const { error, status } = spawnSync(program, args.length > 0 ? args : ['--version'], { stdio: 'ignore' });
  return error === undefined && status === 0;
}

/**
 * Runs the cases in turn, A B A B, after one round that does not count (caches, first-time files).
 *
 * @param cases name → function that returns a number or an object of numbers
 * @returns name → results, one per round
 */
export async function interleave(rounds, cases, { warmUp = true } = {}) {
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(cases)) {
      const result = await measure(round);
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}

export function median(values) {
  return quantile(values, 0.5);
}

/** Linear interpolation between the two nearest values. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

/** Median of the ratios taken round by round: what slows a whole round slows both sides. */
export function medianRatio(ours, reference) {
  return median(ours.map((value, round) => value / reference[round]));
}

let fifos = 0;

/** A named pipe, because Node's own `pipe` is a socket pair, which is not what users put behind a command. */
function openPipe(scratch) {
  const path = join(scratch, `pipe-${fifos++}`);
  spawnSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  rmSync(path);
  return { reader, writer };
}

async function openOutput(stdout, scratch) {
  if (stdout === 'ignore') return { fd: undefined, done: async () => '' };
  if (stdout === 'sink') return openSink(scratch);
  const { reader, writer } = openPipe(scratch);
  const socket = new Socket({ fd: reader, readable: true, writable: false });
  const chunks = [];
  socket.on('data', typeof stdout === 'function' ? stdout : (chunk) => chunks.push(chunk));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return { fd: writer, done: () => closed.then(() => Buffer.concat(chunks).toString()) };
}

async function openSink(scratch) {
  const path = join(scratch, `pipe-${fifos++}`);
  spawnSync('mkfifo', [path]);
  const sink = endWithUs(
    spawn('/bin/sh', ['-c', 'exec cat <"$1" >/dev/null', 'sh', path], { stdio: 'ignore' }),
  );
  const ended = new Promise((resolve) => sink.once('exit', resolve));
  const fd = openSync(path, constants.O_WRONLY);
  rmSync(path);
  return {
    fd,
    done: () => ended.then(() => ''),
  };
}

/** Processor seconds of every child that has ended: fields 16 and 17 of /proc/self/stat, in hundredths. */
function childrenCpu() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function watchPeak(pid) {
  let kib = 0;
  const read = () => {
    try {
      kib = Math.max(
        kib,
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
      );
    } catch {
      // the process has just ended; the last reading stands
    }
  };
  const timer = setInterval(read, PEAK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return kib / 1024;
    },
  };
}
