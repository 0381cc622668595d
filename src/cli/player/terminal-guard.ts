// The person's terminal while a replay has it: taken over and given back on every way out, however the program ends, and
// in between when it is stopped.
//
// Stopping is left to the kernel, as vi(1) and less(1) do: the terminal is given back first, then the signal comes again
// with its default meaning. So a shell finds its terminal as it was, whoever stands between it and us, and where nobody
// could let us go on (a process group without a shell that watches it) the kernel drops the signal and we do go on.

import { inTerminalForeground } from '../../stream/process-status.ts';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export interface GuardedTerminal {
  readonly stdout: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream & { setRawMode?(raw: boolean): unknown };
  /** Whether keys are read one by one, without echo. */
  readonly raw: boolean;
  /** What is written on the way in and on every way out. */
  enter(): string;
  leave(): string;
  /** The terminal was given to somebody else and is ours again; it may have another size and show anything. */
  onReturn?(): void;
}

export class TerminalGuard {
  readonly #terminal: GuardedTerminal;
  #held = false;

  constructor(terminal: GuardedTerminal) {
    this.#terminal = terminal;
  }

  /** Whether the terminal is ours to draw on. */
  get held(): boolean {
    return this.#held;
  }

  /** Takes the terminal and answers for it from now on. */
  take(): void {
    process.on('exit', this.#leave);
    for (const signal of ENDING_SIGNALS) process.on(signal, this.#dieOf);
    this.#watchStops();
    this.#enter();
  }

  /** Gives it back for good. */
  release(): void {
    this.#leave();
    process.off('exit', this.#leave);
    for (const signal of ENDING_SIGNALS) process.off(signal, this.#dieOf);
    this.#ignoreStops();
  }

  /** As Ctrl-Z does where the terminal makes a signal of it: the whole job stops. Returns when it goes on. */
  suspend(): void {
    this.#stop(0);
  }

  #enter(): void {
    this.#held = true;
    const { stdin, stdout, raw } = this.#terminal;
    // Whoever had the terminal meanwhile may have changed its modes: Node would think that they are still ours.
    if (raw) stdin.setRawMode?.(false);
    if (raw) stdin.setRawMode?.(true);
    stdout.write(this.#terminal.enter());
  }

  readonly #leave = (): void => {
    if (!this.#held) return;
    this.#held = false;
    const { stdin, stdout, raw } = this.#terminal;
    // A terminal takes what is written at once, so this is out before the process is.
    stdout.write(this.#terminal.leave());
    // A shell that already has the terminal has set its own modes; to touch them would stop us once more.
    if (raw && inTerminalForeground()) stdin.setRawMode?.(false);
  };

  readonly #dieOf = (signal: NodeJS.Signals): void => {
    this.release();
    process.kill(process.pid, signal);
  };

  /** @param target pid, or 0 for the whole process group */
  #stop(target: number): void {
    this.#leave();
    this.#ignoreStops();
    // Returns when somebody lets us go on, and at once when the kernel would not stop us.
    process.kill(target, 'SIGTSTP');
    this.#watchStops();
    this.#return();
  }

  #return(): void {
    this.#enter();
    // A change of the size meanwhile was told to the job that had the terminal.
    process.kill(process.pid, 'SIGWINCH');
    this.#terminal.onReturn?.();
  }

  #watchStops(): void {
    process.on('SIGTSTP', this.#onStop);
    process.on('SIGCONT', this.#onContinue);
  }

  #ignoreStops(): void {
    process.off('SIGTSTP', this.#onStop);
    process.off('SIGCONT', this.#onContinue);
  }

  /** Sent by somebody else, and to whom he wanted. */
  readonly #onStop = (): void => this.#stop(process.pid);

  /** After a stop that could not be seen coming. */
  readonly #onContinue = (): void => this.#return();
}
