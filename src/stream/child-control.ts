// Acts on a running child from outside: stops it, lets it go on, ends it, types into it, resizes its terminal. Loaded with
// the first command that a session is given. Every outcome says what was really done.

import type { ControlAction, ControlOutcome } from '../model/control.ts';
import { messageOf, WrapperError } from '../model/errors.ts';
import { type RunningChild, signalProcess } from './child.ts';
import { type ProcessName, processesOf, stillThere } from './process-tree.ts';

/** A process may start another between being listed and being stopped; so often is looked again. */
const MOST_ROUNDS = 10;

export class ChildControl {
  readonly #running: RunningChild;
  /** Those that we stopped and that have not been let go on. */
  readonly #stopped = new Map<number, ProcessName>();
  #victims: ProcessName[] = [];
  #killTimer: NodeJS.Timeout | undefined;

  constructor(running: RunningChild) {
    this.#running = running;
  }

  /** Never throws. */
  execute(action: ControlAction): ControlOutcome {
    try {
      return { ok: true, result: this.#act(action) };
    } catch (error) {
      const known = error instanceof WrapperError;
      return { ok: false, code: known ? error.code : 'control_failed', message: messageOf(error) };
    }
  }

  /** Lets go on what we have stopped, and whatever it has started; returns how many, 0 when we have stopped nothing. */
  wake(): number {
    return this.#stopped.size === 0 ? 0 : this.#resume();
  }

  /** The child has exited: what it leaves behind of a kill ends with it. */
  childIsGone(): void {
    clearTimeout(this.#killTimer);
    this.#signal(this.#victims, 'SIGKILL');
  }

  #act(action: ControlAction): Record<string, unknown> {
    switch (action.command) {
      case 'pause':
        return { processes: this.#pause() };
      case 'resume':
        return { processes: this.#resume() };
      case 'kill':
        return this.#kill(action.grace_ms);
      case 'send_input':
        return this.#type(action.text, action.enter);
      case 'resize':
        return this.#resize(action.cols, action.rows);
    }
  }

  /** All processes of the child, or those that it is in the middle of starting could run on. */
  #pause(): number {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const fresh = this.#processes().filter((process) => !this.#isStopped(process));
      if (fresh.length === 0) break;
      this.#signal(fresh, 'SIGSTOP');
      for (const process of fresh) this.#stopped.set(process.pid, process);
    }
    return this.#stopped.size;
  }

  #isStopped({ pid, startTicks }: ProcessName): boolean {
    return this.#stopped.get(pid)?.startTicks === startTicks;
  }

  #resume(): number {
    const processes = new Map(this.#stopped);
    for (const process of this.#processes()) processes.set(process.pid, process);
    this.#stopped.clear();
    return this.#signal([...processes.values()], 'SIGCONT');
  }

  /** Asks everything to end; what has not ended after the grace is killed. */
  #kill(graceMs: number): Record<string, unknown> {
    clearTimeout(this.#killTimer);
    this.#victims = this.#processes();
    const processes = this.#signal(this.#victims, 'SIGTERM');
    // A stopped process takes a signal when it goes on.
    this.wake();
    this.#killTimer = setTimeout(() => {
      this.#victims = [...this.#victims, ...this.#processes()];
      this.#signal(this.#victims, 'SIGKILL');
    }, graceMs);
    return { signal: 'SIGTERM', grace_ms: graceMs, processes };
  }

  #type(text: string, enter: boolean): Record<string, unknown> {
    const { child, mode } = this.#running;
    if (!child.takesInput()) {
      throw new WrapperError(
        'input_not_possible',
        mode === 'pty'
          ? 'the terminal of the session is gone'
          : 'the command reads the standard input of whoever started it, or its input has ended',
      );
    }
    const bytes = Buffer.from(enter ? `${text}${mode === 'pty' ? '\r' : '\n'}` : text);
    const room = child.write(bytes, () => {});
    return { bytes: bytes.length, delivered: true, queued: !room };
  }

  #resize(cols: number, rows: number): Record<string, unknown> {
    const { resize } = this.#running;
    if (resize === undefined)
      throw new WrapperError('resize_not_possible', 'the session has no terminal of its own');
    resize({ cols, rows });
    return { cols, rows };
  }

  #processes(): ProcessName[] {
    const { child, mode } = this.#running;
    const found = processesOf(child.pid, mode === 'pty');
    return found.length > 0 ? found : [{ pid: child.pid, startTicks: Number.NaN }];
  }

  /** Returns how many there were. Without a start time (no /proc) the child itself is meant, which we have not reaped. */
  #signal(processes: readonly ProcessName[], signal: NodeJS.Signals): number {
    const there = processes.filter((process) => Number.isNaN(process.startTicks) || stillThere(process));
    for (const { pid } of there) signalProcess(pid, signal);
    return there.length;
  }
}
