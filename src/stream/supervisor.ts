// Runs a command and passes its bytes on, unchanged, in both directions. This is the main thread's only work: write a
// chunk to the terminal, hand it to the observer, read the next. Nothing is decoded, and nothing waits for a recorder
// unless the observer asks for a bounded pause.

import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { StreamName } from '../model/event.ts';
import type { Child, ChildExit, RunningChild } from './child.ts';
import { startPipeChild } from './pipe-child.ts';
import { dispositionOf, inheritedIgnoredSignals, inTerminalForeground } from './process-status.ts';
import type { PtyChild, WindowSize } from './pty-child.ts';
import type { Command } from './resolve-command.ts';
import { RawTerminal, suspendsOnKey } from './terminal.ts';
import { TerminalModes } from './terminal-modes.ts';

/** Signals that are passed on to the child: all that can be caught and whose meaning is not our own business. */
const FORWARDED = (
  [
    ...['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF'],
    ...['SIGXCPU', 'SIGXFSZ', 'SIGIO', 'SIGPWR', 'SIGSTKFLT', 'SIGABRT', 'SIGTRAP', 'SIGSYS'],
  ] as NodeJS.Signals[]
).filter((signal) => signal in constants.signals);
/** After these a shell, timeout(1) and the kernel send SIGCONT, because a stopped process takes no other signal. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);
const CTRL_Z = 0x1a;

export interface SupervisorOptions {
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
  readonly mode: 'pty' | 'pipe';
  /** Report what is typed; in pipe mode this reads our stdin instead of letting the child inherit it. */
  readonly observeInput: boolean;
  onStart(running: RunningChild): void;
  /**
   * Called with every chunk after it was written; must copy what it keeps. A returned promise stops the reading of
   * that stream until it resolves.
   */
  onChunk(stream: StreamName, chunk: Buffer): Promise<void> | undefined;
  onInput(bytes: Uint8Array): void;
  onResize(size: WindowSize): void;
  /** The job was stopped by its user, or goes on. */
  onSuspend(suspended: boolean): void;
  /** A signal has come after which stopped processes go on: SIGCONT, or one that ends and has reached the child. */
  onWakingSignal(signal: NodeJS.Signals): void;
  /** The command has ended, or could not be started; from here on a signal has its default effect on us again. */
  onEnd(): void;
}

export interface Supervised {
  readonly exit: ChildExit;
  /** Why output could not be written, when its reader has not simply gone away: a full disk, an I/O error. */
  readonly outputFailure: Error | undefined;
}

/** The size of our terminal; 80x24 where there is none. */
export function windowSize(): WindowSize {
  return { cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
}

/**
 * Starts the command, forwards until it has exited and everything that it printed is written.
 *
 * @throws the error of the start: nothing has run then
 */
export async function supervise(options: SupervisorOptions): Promise<Supervised> {
  const modes = new TerminalModes();
  const forward = new Forwarder(options, modes);
  const exit = deferred<ChildExit>();
  const events = {
    command: withIgnoredSignals(options.command),
    env: options.env,
    onChunk: (stream: StreamName, chunk: Buffer) => forward.chunk(stream, chunk),
    onExit: exit.resolve,
  };
  // Listened to before there is a child, because a signal that comes while it starts would end us and leave it alone.
  const early: NodeJS.Signals[] = [];
  let send = (signal: NodeJS.Signals): void => void early.push(signal);
  const stopSignals = forwardSignals(
    (signal) => send(signal),
    options.mode === 'pipe' ? inTerminalForeground : () => false,
    (signal) => options.onWakingSignal(signal),
  );
  const continued = (): void => options.onWakingSignal('SIGCONT');
  process.on('SIGCONT', continued);
  let ended: ChildExit | undefined;
  const undo: (() => void)[] = [stopSignals, () => process.off('SIGCONT', continued)];
  const started = (child: Child, resize: RunningChild['resize']): void => {
    forward.attach(child);
    send = (signal) => child.kill(signal);
    for (const signal of early) send(signal);
    options.onStart({ child, mode: options.mode, resize });
  };
  try {
    if (options.mode === 'pipe') {
      const child = await startPipeChild({ ...events, pipeInput: options.observeInput });
      started(child, undefined);
      if (options.observeInput) undo.push(forwardInput(child, options.onInput));
    } else {
      const { startPtyChild } = await import('./pty-child.ts');
      const child = startPtyChild({ ...events, size: windowSize() });
      started(child, (size) => {
        child.resize(size);
        options.onResize(size);
      });
      const giveBack = takeTerminal(child, options, modes);
      undo.push(() => giveBack(ended));
    }
    ended = await exit.promise;
    await forward.flushed();
    return { exit: ended, outputFailure: forward.failure };
  } finally {
    options.onEnd();
    for (const step of undo.reverse()) step();
  }
}

/** Writes chunks to our stdout and stderr with back-pressure from both the terminal and the observer. */
class Forwarder {
  readonly #options: SupervisorOptions;
  readonly #modes: TerminalModes;
  #child: Child | undefined;
  readonly #holds = new Map<StreamName, number>();
  readonly #closed = new Set<NodeJS.WriteStream>();
  readonly #targets = new Set<NodeJS.WriteStream>();
  #failure: Error | undefined;

  constructor(options: SupervisorOptions, modes: TerminalModes) {
    this.#options = options;
    this.#modes = modes;
  }

  attach(child: Child): void {
    this.#child = child;
  }

  chunk(stream: StreamName, chunk: Buffer): void {
    const target = stream === 'stderr' ? process.stderr : process.stdout;
    if (!this.#targets.has(target)) this.#prepare(target, stream);
    if (!this.#closed.has(target) && !target.write(chunk)) {
      this.#hold(stream);
      target.once('drain', () => this.#release(stream));
    }
    if (stream === 'pty') this.#modes.observe(chunk);
    const pause = this.#options.onChunk(stream, chunk);
    if (pause !== undefined) {
      this.#hold(stream);
      void pause.then(() => this.#release(stream));
    }
  }

  /** The first error of writing that was not a reader's leaving. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves when everything written has left the process. */
  async flushed(): Promise<void> {
    for (const target of this.#targets) {
      if (!this.#closed.has(target))
        await new Promise<void>((resolve) => void target.write('', () => resolve()));
    }
  }

  /** A reader that has gone away (`| head -1`) ends the child's stream, not us. */
  #prepare(target: NodeJS.WriteStream, stream: StreamName): void {
    this.#targets.add(target);
    target.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#closed.has(target)) return;
      if (error.code !== 'EPIPE') this.#failure ??= error;
      this.#closed.add(target);
      target.emit('drain');
      this.#child?.closeOutput(stream);
    });
  }

  #hold(stream: StreamName): void {
    const holds = (this.#holds.get(stream) ?? 0) + 1;
    this.#holds.set(stream, holds);
    if (holds === 1) this.#child?.setFlowing(stream, false);
  }

  #release(stream: StreamName): void {
    const holds = (this.#holds.get(stream) ?? 1) - 1;
    this.#holds.set(stream, holds);
    if (holds === 0) this.#child?.setFlowing(stream, true);
  }
}

/**
 * Gives the user's terminal to a child on a pseudo-terminal: keys, size, signals and job control. What is returned takes
 * it back, and puts everything back that the child has left strange; of one that succeeded, only what no program means
 * to leave behind.
 */
function takeTerminal(
  child: PtyChild,
  options: SupervisorOptions,
  modes: TerminalModes,
): (ended?: ChildExit) => void {
  const hasTerminal = process.stdin.isTTY === true;
  // A background job may write to the terminal, but is stopped when it touches its settings or reads from it.
  const mine = !hasTerminal || inTerminalForeground();
  const terminal = hasTerminal && mine ? new RawTerminal() : undefined;
  let endedByItself = false;
  const restore = (): void => {
    const resets = modes.resets(endedByItself ? 'unusable' : 'all');
    if (resets !== '' && process.stdout.isTTY === true) writeSync(1, resets);
    terminal?.leave();
  };
  process.on('exit', restore);
  terminal?.enter();

  const resize = (): void => {
    const size = windowSize();
    child.resize(size);
    options.onResize(size);
  };
  process.stdout.on('resize', resize);

  const suspend = (): void => {
    child.kill('SIGSTOP');
    options.onSuspend(true);
    terminal?.leave();
    process.removeListener('SIGTSTP', suspend);
    // Returns when somebody lets us go on; and at once where nobody could, because then the kernel drops the signal.
    process.kill(0, 'SIGTSTP');
    process.on('SIGTSTP', suspend);
    terminal?.enter();
    // A change of the size meanwhile was told to the job that had the terminal. Node looks when it is told, too; that is
    // later than what was typed meanwhile reaches the child, so it looks now where it can.
    (process.stdout as { _refreshSize?: () => void })._refreshSize?.();
    process.kill(process.pid, 'SIGWINCH');
    child.kill('SIGCONT');
    child.kill('SIGWINCH');
    options.onSuspend(false);
  };
  process.on('SIGTSTP', suspend);

  const stopInput = !mine
    ? () => {}
    : forwardInput(child, options.onInput, (bytes) => {
        const at = bytes.lastIndexOf(CTRL_Z);
        if (terminal === undefined || at === -1 || !stopsOnCtrlZ(child)) return bytes;
        suspend();
        // What was typed before it, a terminal drops; what comes after it is for whoever goes on.
        return bytes.subarray(at + 1);
      });
  return (ended) => {
    endedByItself = ended?.code === 0;
    stopInput();
    process.stdout.off('resize', resize);
    process.off('SIGTSTP', suspend);
    process.off('exit', restore);
    restore();
  };
}

/**
 * Whether Ctrl-Z would stop the child if it ran without us. On our pseudo-terminal it cannot: the kernel does not stop
 * a process group that no shell watches over, so we do it. A full-screen program that reads the key, a shell with jobs
 * of its own, and a program that handles the signal get the byte as it is.
 */
function stopsOnCtrlZ(child: PtyChild): boolean {
  if (child.foregroundGroup() !== child.pid) return false;
  return dispositionOf(child.pid, 'SIGTSTP') === 'default' && suspendsOnKey(child.terminalFd);
}

/** Reads our stdin for the child, with back-pressure; `accept` gives what of a chunk is for the child. */
function forwardInput(
  child: Child,
  onInput: (bytes: Uint8Array) => void,
  accept: (bytes: Buffer) => Buffer = (bytes) => bytes,
): () => void {
  const { stdin } = process;
  const onData = (chunk: Buffer): void => {
    const bytes = accept(chunk);
    if (bytes.length === 0) return;
    onInput(bytes);
    if (!child.write(bytes, () => stdin.resume())) stdin.pause();
  };
  const onEnd = (): void => child.endInput();
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  stdin.on('error', onEnd);
  return () => {
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    stdin.pause();
    stdin.unref?.();
  };
}

/**
 * Passes signals on. SIGINT and SIGQUIT typed at the terminal have already reached a child in our own process group;
 * sending them again would turn one Ctrl-C into two.
 *
 * @param ending told of each signal that asks for the end, when the child has it
 */
function forwardSignals(
  send: (signal: NodeJS.Signals) => void,
  typedReachesChild: () => boolean,
  ending: (signal: NodeJS.Signals) => void,
): () => void {
  const ignored = new Set(inheritedIgnoredSignals());
  // Node has reset them to their defaults; somebody has to go on ignoring them, to the end of the process.
  for (const signal of ignored) process.on(signal, () => {});
  const listeners = FORWARDED.filter((signal) => !ignored.has(signal)).map((signal) => {
    const listener = (): void => {
      const typed = signal === 'SIGINT' || signal === 'SIGQUIT';
      if (!typed || !typedReachesChild()) send(signal);
      if (ENDING.has(signal)) ending(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
}

/** Node starts children with default dispositions; under nohup(1) the child must go on ignoring the signal. */
function withIgnoredSignals(command: Command): Command {
  const ignored = inheritedIgnoredSignals();
  if (ignored.length === 0) return command;
  const names = ignored.map((signal) => signal.slice(3)).join(' ');
  return { file: '/bin/sh', args: ['-c', `trap '' ${names}; exec "$0" "$@"`, command.file, ...command.args] };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
