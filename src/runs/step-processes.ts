// The processes of a step: its command, and whatever that has started. The wrapper that records the step is not among them,
// nor what the wrapper itself starts: it sees the command end, stores what is left and then ends by itself.

import { signalProcess } from '../stream/child.ts';
import { type ProcessName, processesOf, processesWithVariable, stillThere } from '../stream/process-tree.ts';

/** A process may start another between being listed and being killed; so often is looked again. */
const MOST_ROUNDS = 10;

export class StepProcesses {
  readonly #leadsSession: boolean;
  #sessionId: string | undefined;
  #command: ProcessName | undefined;

  /** @param leadsSession whether the command leads a session of its own, as on a terminal */
  constructor(leadsSession: boolean) {
    this.#leadsSession = leadsSession;
  }

  /** The session by whose id those are found whose parent has ended. */
  set sessionId(id: string) {
    this.#sessionId = id;
  }

  /** The process of the command, by whose tree those are found that have an environment of their own. */
  set commandPid(pid: number) {
    this.#command = processesOf(pid, false).find((process) => process.pid === pid);
  }

  get areThere(): boolean {
    return this.#all().some(stillThere);
  }

  /** Asks all of them to end. */
  terminate(): void {
    this.#ask(this.#all(), 'SIGTERM');
  }

  /** What the wrapper would do with a signal: it goes to the command alone, which sees to the others. */
  passOn(signal: NodeJS.Signals): void {
    const command = this.#command ?? this.#first();
    this.#ask(command !== undefined && stillThere(command) ? [command] : this.#all(), signal);
  }

  /** The command of a wrapper that died before it could tell of it: nothing of the step was there before it. */
  #first(): ProcessName | undefined {
    return this.#marked().sort(
      (left, right) => left.startTicks - right.startTicks || left.pid - right.pid,
    )[0];
  }

  kill(): void {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const found = this.#all();
      if (found.length === 0) return;
      this.#signal(found, 'SIGKILL');
    }
  }

  /** A stopped process takes the signal when it goes on. */
  #ask(processes: readonly ProcessName[], signal: NodeJS.Signals): void {
    for (const each of [signal, 'SIGCONT'] as const) this.#signal(processes, each);
  }

  #all(): ProcessName[] {
    const found = new Map<number, ProcessName>();
    for (const process of [...this.#tree(), ...this.#marked()]) found.set(process.pid, process);
    return [...found.values()];
  }

  #tree(): ProcessName[] {
    const command = this.#command;
    return command !== undefined && stillThere(command) ? processesOf(command.pid, this.#leadsSession) : [];
  }

  #marked(): ProcessName[] {
    return this.#sessionId === undefined ? [] : processesWithVariable('WRAPPER_SESSION_ID', this.#sessionId);
  }

  #signal(processes: readonly ProcessName[], signal: NodeJS.Signals): void {
    for (const process of processes) {
      try {
        if (stillThere(process)) signalProcess(process.pid, signal);
      } catch {
        // another user's, as after sudo: whoever started it has the signal
      }
    }
  }
}
