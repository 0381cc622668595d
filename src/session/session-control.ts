// The main thread's side of commands to a running session: gives them to the child and remembers who ended it and why.

import type { ControlOutcome, ControlRequest } from '../model/control.ts';
import { messageOf } from '../model/errors.ts';
import type { RunningChild } from '../stream/child.ts';
import type { ChildControl } from '../stream/child-control.ts';

export class SessionControl {
  #running: RunningChild | undefined;
  #control: Promise<ChildControl> | undefined;
  #killedBy: ControlRequest | undefined;

  /** The child has started. */
  attach(running: RunningChild): void {
    this.#running = running;
  }

  /** The request that asked for the end of the session; undefined when there was none. */
  get killedBy(): ControlRequest | undefined {
    return this.#killedBy;
  }

  /** Never rejects. */
  async execute(request: ControlRequest): Promise<ControlOutcome> {
    const running = this.#running;
    if (running === undefined) return { ok: false, code: 'session_ended', message: 'the command has ended' };
    try {
      this.#control ??= import('../stream/child-control.ts').then(
        ({ ChildControl }) => new ChildControl(running),
      );
      const outcome = (await this.#control).execute(request.action);
      if (outcome.ok && request.action.command === 'kill') this.#killedBy = request;
      return outcome;
    } catch (error) {
      return { ok: false, code: 'internal', message: messageOf(error) };
    }
  }

  /** Lets a paused command go on; resolves to how many processes, 0 when it was not paused. */
  async wake(): Promise<number> {
    if (this.#running === undefined) return 0;
    return (await this.#control)?.wake() ?? 0;
  }

  /** The child has exited. */
  async childIsGone(): Promise<void> {
    this.#running = undefined;
    (await this.#control)?.childIsGone();
  }
}
