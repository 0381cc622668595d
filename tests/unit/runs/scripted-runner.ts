// A runner that starts nothing: what each attempt does is written down beforehand, and time is a number.

import type { Clock } from '../../../src/model/time.ts';
import type { AttemptEnd, StepRunner, StopOrder } from '../../../src/runs/step-runner.ts';

/** What an attempt does: it ends after `ms` with `exit`. */
export interface Script {
  readonly ms: number;
  readonly exit: number;
}

/** A clock that moves only when nothing else is left to do, and then to the next thing that is due. */
export class ScriptedTime {
  #now = 0;
  #order = 0;
  #due: { at: number; order: number; work: () => void }[] = [];

  readonly clock: Clock = { wall: () => 1_770_719_400_000 + this.#now, monotonic: () => this.#now };

  readonly after = (ms: number, work: () => void): (() => void) => {
    const entry = { at: this.#now + ms, order: this.#order++, work };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  };

  /** Lets time pass until `work` is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    while (!done) {
      // Promises first: as many turns as any chain of them here needs.
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      if (done) break;
      const next = this.#due.sort((a, b) => a.at - b.at || a.order - b.order).shift();
      if (next === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      this.#now = next.at;
      next.work();
    }
    return ended;
  }
}

export class ScriptedRunner implements StepRunner {
  /** Names of the steps in the order in which attempts were started. */
  readonly started: string[] = [];
  /** Most that ran at once. */
  most = 0;
  readonly stopped: [step: string, order: StopOrder][] = [];
  readonly #scripts: Readonly<Record<string, readonly Script[]>>;
  readonly #time: ScriptedTime;
  #running = 0;

  constructor(scripts: Readonly<Record<string, readonly Script[]>>, time: ScriptedTime) {
    this.#scripts = scripts;
    this.#time = time;
  }

  readonly start: StepRunner['start'] = ({ step }, onSession) => {
    const { name } = step;
    const number = this.started.filter((other) => other === name).length;
    this.started.push(name);
    this.most = Math.max(this.most, ++this.#running);
    const sessionId = `sess_${name}_${number}`;
    onSession(sessionId);
    const script = this.#scripts[name]?.[number] ?? { ms: 1, exit: 0 };
    let finish: (end: AttemptEnd) => void = () => {};
    const ended = new Promise<AttemptEnd>((resolve) => {
      finish = resolve;
    });
    const end = (exit_code: number, signal: string | null): void => {
      cancel();
      this.#running--;
      finish({
        session_id: sessionId,
        exit_code,
        signal,
        lines: 1,
        events: exit_code,
        events_by_type: exit_code === 0 ? {} : { error: exit_code },
        highest_risk: 'none',
        failure: null,
        interrupted: false,
      });
    };
    const cancel = this.#time.after(script.ms, () => end(script.exit, null));
    return {
      ended,
      stop: (order) => {
        this.stopped.push([name, order]);
        end(143, 'SIGTERM');
      },
    };
  };
}
