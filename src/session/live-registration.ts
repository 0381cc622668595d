// A session's entry among those that run: made at its start, so that it can be recovered should its wrapper die, and
// removed when everything is stored. What cannot be written is a problem of the recording, never of the session.

import { LiveSessions } from '../data/live-sessions.ts';
import type { GuardedRecording } from './guarded-recording.ts';
import type { RecorderPlan, SessionEnd } from './recorder-plan.ts';

export class LiveRegistration {
  readonly #plan: RecorderPlan;
  readonly #live: LiveSessions | undefined;
  readonly #recording: GuardedRecording;

  constructor(plan: RecorderPlan, recording: GuardedRecording) {
    this.#plan = plan;
    this.#live = plan.dbPath === null ? undefined : new LiveSessions(plan.dbPath);
    this.#recording = recording;
  }

  begin(): void {
    const { session, startedAtMs, patterns } = this.#plan;
    const { owner } = session;
    if (owner === null) return;
    this.#recording.attempt(() => this.#live?.register({ owner, session, startedAtMs, patterns, end: null }));
  }

  /** Clean end: nothing is left to recover. Otherwise the file says how the session ended, for whoever recovers it. */
  settle(end: SessionEnd, stored: boolean): void {
    const { sessionId } = this.#plan.session;
    this.#recording.attempt(() => {
      if (stored) this.#live?.remove(sessionId);
      else this.#live?.registerEnd(sessionId, end);
    });
  }
}
