// What came of the latest commands, by the ids under which they were asked for: whoever repeats a request, because the
// answer did not arrive or over another connection, gets the outcome of the first and nothing is done twice.

import { isDeepStrictEqual } from 'node:util';
import {
  type ControlAction,
  type ControlOutcome,
  type ControlRequest,
  UNIQUE_REQUEST_ID,
} from '../model/control.ts';

/** Outcomes that are remembered; the oldest is forgotten first. */
const REMEMBERED = 1000;

export class RememberedOutcomes {
  readonly #execute: (request: ControlRequest) => Promise<ControlOutcome>;
  readonly #known = new Map<string, { action: ControlAction; outcome: Promise<ControlOutcome> }>();

  /** @param execute carries a request out; must never reject */
  constructor(execute: (request: ControlRequest) => Promise<ControlOutcome>) {
    this.#execute = execute;
  }

  /**
   * Carries a request out, or tells what came of it the first time. An id that belongs to another command, or to the same
   * one with other arguments, is refused (`request_id_reused`). Never rejects.
   */
  once(request: ControlRequest): Promise<ControlOutcome> {
    const { request_id: id, action } = request;
    if (id.length < UNIQUE_REQUEST_ID) return this.#execute(request);
    const known = this.#known.get(id);
    if (known !== undefined) {
      return isDeepStrictEqual(known.action, action) ? known.outcome : Promise.resolve(reused(known.action));
    }
    const outcome = this.#execute(request);
    this.#known.set(id, { action, outcome });
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value ?? '');
    return outcome;
  }
}

function reused({ command }: ControlAction): ControlOutcome {
  return {
    ok: false,
    code: 'request_id_reused',
    message: `this request_id belongs to an earlier ${command} with other arguments or of another kind; nothing was done`,
  };
}
