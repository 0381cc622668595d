// Ends the processes of a step. The wrapper that records the step is not among them: it sees the command end, stores
// what is left and then ends by itself.

import { signalProcess } from '../stream/child.ts';
import { type ProcessName, processesOf, processesWithVariable, stillThere } from '../stream/process-tree.ts';

/** A process may start another between being listed and being killed; so often is looked again. */
const MOST_ROUNDS = 10;

export class StepProcesses {
  readonly #wrapperPid: number;
  #sessionId: string | undefined;

  constructor(wrapperPid: number) {
    this.#wrapperPid = wrapperPid;
  }

  /** The session by whose id those are found whose parent has ended. */
  set sessionId(id: string) {
    this.#sessionId = id;
  }

  /** Asks them to end; false when there are none. A stopped process takes the signal when it goes on. */
  terminate(): boolean {
    const found = this.#all();
    for (const signal of ['SIGTERM', 'SIGCONT'] as const) this.#signal(found, signal);
    return found.length > 0;
  }

  kill(): void {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const found = this.#all();
      if (found.length === 0) return;
      this.#signal(found, 'SIGKILL');
    }
  }

  /** Those that the command has left behind when its wrapper is gone. */
  killLeftBehind(): void {
    if (this.#sessionId !== undefined) this.#signal(this.#marked(), 'SIGKILL');
  }

  #all(): ProcessName[] {
    const found = new Map<number, ProcessName>();
    for (const process of [...processesOf(this.#wrapperPid, false), ...this.#marked()])
      found.set(process.pid, process);
    found.delete(this.#wrapperPid);
    return [...found.values()];
  }

  #marked(): ProcessName[] {
    return this.#sessionId === undefined ? [] : processesWithVariable('WRAPPER_SESSION_ID', this.#sessionId);
  }

  #signal(processes: readonly ProcessName[], signal: NodeJS.Signals): void {
    for (const process of processes) if (stillThere(process)) signalProcess(process.pid, signal);
  }
}
