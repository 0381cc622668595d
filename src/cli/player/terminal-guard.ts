// The person's terminal while a replay has it: taken over and given back on every way out, however the program ends, and
// in between when it is stopped.

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export interface GuardedTerminal {
  readonly stdout: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream & { setRawMode?(raw: boolean): unknown };
  /** Whether keys are read one by one, without echo. */
  readonly raw: boolean;
  /** What is written on the way in and on every way out. */
  enter(): string;
  leave(): string;
  /** The terminal was given to somebody else and is ours again. */
  onReturn?(): void;
}

export class TerminalGuard {
  readonly #terminal: GuardedTerminal;
  #held = false;

  constructor(terminal: GuardedTerminal) {
    this.#terminal = terminal;
  }

  /** Takes the terminal and answers for it from now on. */
  take(): void {
    process.on('exit', this.#leave);
    for (const signal of ENDING_SIGNALS) process.on(signal, this.#dieOf);
    process.on('SIGTSTP', this.#stop);
    process.on('SIGCONT', this.#continue);
    this.#enter();
  }

  /** Gives it back for good. */
  release(): void {
    this.#leave();
    process.off('exit', this.#leave);
    for (const signal of ENDING_SIGNALS) process.off(signal, this.#dieOf);
    process.off('SIGTSTP', this.#stop);
    process.off('SIGCONT', this.#continue);
  }

  /** As Ctrl-Z does where the terminal makes a signal of it: the whole job stops. */
  suspend(): void {
    process.kill(0, 'SIGTSTP');
  }

  #enter(): void {
    if (this.#held) return;
    this.#held = true;
    if (this.#terminal.raw) this.#terminal.stdin.setRawMode?.(true);
    this.#terminal.stdout.write(this.#terminal.enter());
  }

  readonly #leave = (): void => {
    if (!this.#held) return;
    this.#held = false;
    // A terminal takes what is written at once, so this is out before the process is.
    this.#terminal.stdout.write(this.#terminal.leave());
    if (this.#terminal.raw) this.#terminal.stdin.setRawMode?.(false);
  };

  readonly #dieOf = (signal: NodeJS.Signals): void => {
    this.release();
    process.kill(process.pid, signal);
  };

  readonly #stop = (): void => {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #continue = (): void => {
    this.#enter();
    this.#terminal.onReturn?.();
  };
}
