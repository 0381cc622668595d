// The states of one session in the order in which it came into them, numbered from 1: the same numbers as the rows of
// `process_state_changes` have when they are counted, by which whoever watches knows what it has seen.

import type { NewSession, StateChange } from '../model/session.ts';

export interface NumberedState {
  readonly stateSeq: number;
  readonly change: StateChange;
}

export class SessionStates {
  readonly #session: NewSession;
  readonly #onChange: (state: NumberedState) => void;
  #latest: NumberedState;

  /** @param onChange told of each change, when it has become the latest */
  constructor(session: NewSession, onChange: (state: NumberedState) => void) {
    const { sessionId, startedAt } = session;
    this.#session = session;
    this.#onChange = onChange;
    this.#latest = {
      stateSeq: 0,
      change: { sessionId, timestamp: startedAt, state: 'started', exitCode: null, metadata: null },
    };
  }

  get latest(): NumberedState {
    return this.#latest;
  }

  /** Takes a change and returns it complete. */
  add(
    change: Pick<StateChange, 'timestamp' | 'state' | 'metadata'> & Partial<Pick<StateChange, 'exitCode'>>,
  ): StateChange {
    const complete = { sessionId: this.#session.sessionId, exitCode: null, ...change };
    this.#latest = { stateSeq: this.#latest.stateSeq + 1, change: complete };
    this.#onChange(this.#latest);
    return complete;
  }
}
