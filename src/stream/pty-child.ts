// A child on a pseudo-terminal: it sees a terminal of our terminal's size, and what it draws passes through.
//
// The native half of node-pty is used without its JavaScript class, which loses the last kilobytes when a child exits
// after a burst (node-pty #72, #85, #726), reports a death by signal as exit code 0, and adds variables to the
// environment. Nothing is lost here: we hold the child's side of the terminal open, and when the child is gone we write
// a sentinel into it ourselves. Whatever comes out before the sentinel was printed by the child; the sentinel proves
// that all of it has been read.

import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReadStream } from 'node:tty';
import { type Child, type ChildExit, type ChildOptions, signalProcess, workingFolder } from './child.ts';

/** The native module's interface, as of node-pty 1.1.0 (`unixTerminal.js`). */
interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helperPath: string,
    onExit: (code: number, signal: number) => void,
  ): { fd: number; pid: number; pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

export interface WindowSize {
  readonly cols: number;
  readonly rows: number;
}

export interface PtyChild extends Child {
  resize(size: WindowSize): void;
  /** The child's side of the terminal, for stty(1). */
  readonly terminalFd: number;
  /** Process group in the foreground of the child's terminal; 0 when unknown. */
  foregroundGroup(): number;
}

/** How long to wait for the sentinel when the terminal is stopped (Ctrl-S) or takes no more output, in ms. */
const SENTINEL_TIMEOUT_MS = 200;
const END_OF_FILE = Buffer.from([0x04]);

/**
 * Starts a command on a new pseudo-terminal.
 *
 * @throws when the native module is missing for this platform or no pseudo-terminal can be had
 */
export function startPtyChild(options: ChildOptions & { readonly size: WindowSize }): PtyChild {
  const native = loadNative();
  const env = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
  let onNativeExit: (exit: ChildExit) => void = () => {};
  const { cols, rows } = options.size;
  const terminal = native.fork(
    options.command.file,
    options.command.args,
    env,
    workingFolder(),
    cols,
    rows,
    -1,
    -1,
    true,
    helperPath(),
    (code, signal) => onNativeExit(signal > 0 ? { code: null, signal } : { code, signal: null }),
  );
  const heldOpen = openSync(terminal.pty, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const socket = new ReadStream(terminal.fd);
  const tail = new TailReader(heldOpen, (chunk) => options.onChunk('pty', chunk));
  socket.on('data', (chunk: Buffer) => tail.push(chunk));
  socket.on('error', () => tail.finish()); // EIO: the terminal is gone; what was read has been passed on
  socket.on('close', () => tail.finish());
  onNativeExit = (exit) => {
    tail.childIsGone(
      () => socket.isPaused(),
      () => {
        socket.destroy();
        closeSync(heldOpen);
        options.onExit(exit);
      },
    );
  };
  let lastInput = 0x0a;
  return {
    pid: terminal.pid,
    terminalFd: heldOpen,
    setFlowing: (_stream, flowing) => {
      if (flowing) socket.resume();
      else socket.pause();
    },
    closeOutput: () => socket.destroy(),
    kill: (signal) => signalProcess(-terminal.pid, signal),
    write: (bytes, onDrain) => {
      lastInput = bytes.at(-1) ?? lastInput;
      if (writer(socket).write(bytes)) return true;
      socket.once('drain', onDrain);
      return false;
    },
    takesInput: () => !socket.destroyed,
    endInput: () => {
      // In the middle of a line the first end-of-file character only hands over what was typed so far.
      if (lastInput !== 0x0a) writer(socket).write(END_OF_FILE);
      writer(socket).write(END_OF_FILE);
    },
    resize: (size) => native.resize(terminal.fd, size.cols, size.rows),
    foregroundGroup: () => foregroundGroupOf(terminal.pid),
  };
}

/** tty.ReadStream is typed as read-only, yet it is a socket on both directions of the terminal. */
function writer(socket: ReadStream): { write(bytes: Uint8Array): boolean } {
  return socket;
}

/** Passes chunks on, and after the child's death finds the sentinel among them. */
class TailReader {
  readonly #heldOpen: number;
  readonly #forward: (chunk: Buffer) => void;
  readonly #sentinel: Buffer;
  #kept: Buffer | undefined; // defined once the child is gone: bytes that could begin the sentinel
  #onFinished: (() => void) | undefined;
  #finished = false;

  constructor(heldOpen: number, forward: (chunk: Buffer) => void) {
    this.#heldOpen = heldOpen;
    this.#forward = forward;
    // An application program command: a terminal shows nothing, should one ever get to see it.
    this.#sentinel = Buffer.from(`\x1b_wrapper-end-${randomBytes(16).toString('hex')}\x1b\\`);
  }

  push(chunk: Buffer): void {
    if (this.#finished) return;
    if (this.#kept === undefined) {
      this.#forward(chunk);
      return;
    }
    const bytes = this.#kept.length > 0 ? Buffer.concat([this.#kept, chunk]) : chunk;
    const at = bytes.indexOf(this.#sentinel);
    if (at !== -1) {
      if (at > 0) this.#forward(bytes.subarray(0, at));
      this.#kept = undefined;
      this.finish();
      return;
    }
    const keep = borderLength(bytes, this.#sentinel);
    if (bytes.length > keep) this.#forward(bytes.subarray(0, bytes.length - keep));
    this.#kept = Buffer.from(bytes.subarray(bytes.length - keep));
  }

  childIsGone(isPaused: () => boolean, onFinished: () => void): void {
    this.#onFinished = onFinished;
    if (this.#finished) {
      onFinished();
      return;
    }
    this.#kept = Buffer.alloc(0);
    this.#writeSentinel(this.#sentinel, performance.now() + SENTINEL_TIMEOUT_MS, isPaused);
  }

  /** All that will come has come. */
  finish(): void {
    if (!this.#finished && this.#kept !== undefined && this.#kept.length > 0) this.#forward(this.#kept);
    this.#finished = true;
    this.#onFinished?.();
    this.#onFinished = undefined;
  }

  #writeSentinel(rest: Buffer, deadline: number, isPaused: () => boolean): void {
    if (this.#finished) return;
    let unwritten = rest;
    try {
      if (rest.length > 0) unwritten = rest.subarray(writeSync(this.#heldOpen, rest));
    } catch (error) {
      // A full or stopped terminal takes it later; any other error leaves it to the deadline.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') unwritten = Buffer.alloc(0);
    }
    const limit = isPaused() ? performance.now() + SENTINEL_TIMEOUT_MS : deadline;
    if (performance.now() > limit) this.finish();
    else setTimeout(() => this.#writeSentinel(unwritten, limit, isPaused), 10);
  }
}

/** Length of the longest end of `bytes` that is a beginning of `sentinel`. */
function borderLength(bytes: Buffer, sentinel: Buffer): number {
  for (let length = Math.min(bytes.length, sentinel.length - 1); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(sentinel.subarray(0, length))) return length;
  }
  return 0;
}

function loadNative(): NativePty {
  const require = createRequire(import.meta.url);
  const { requireBinary } = require('@lydell/node-pty/requireBinary') as {
    requireBinary(file: string): NativePty;
  };
  return requireBinary('pty.node');
}

/** macOS starts the child through a helper program that ships with the native module. */
function helperPath(): string {
  if (process.platform !== 'darwin') return 'unused';
  return createRequire(import.meta.url).resolve(`@lydell/node-pty-darwin-${process.arch}/spawn-helper`);
}

/** Field 8 (tpgid) of /proc/PID/stat, which stands after the parenthesised program name. */
function foregroundGroupOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5] ?? 0);
  } catch {
    return 0; // no /proc, or the child is gone
  }
}
