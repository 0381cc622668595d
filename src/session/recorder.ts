// Turns what a session printed into a recording, events and rows. Knows nothing of threads: it is driven by a worker,
// or, for a command that is over before a worker would be up, by the main thread.
//
// Order of things for every chunk: redact, append to the recording, extract, store. The recording is written first and
// is the truth; the database is an index that can be made again from it. When more arrives than can be understood at
// once, chunks are only copied to a spool file, and understanding catches up by reading it.

import { type SessionFiles, sessionFiles } from '../data/session-files.ts';
import { removeSpool } from '../data/spool.ts';
import type { ExtractionEvent, Finding } from '../model/event.ts';
import type { NewSession, SessionState, StateChange } from '../model/session.ts';
import { isoTimestamp } from '../model/time.ts';
import { builtinPatternSet } from '../stream/pattern-set.ts';
import { Backlog } from './backlog.ts';
import type { ChunkRing, Frame } from './chunk-ring.ts';
import { deservesMarker, FindingTally } from './finding-tally.ts';
import { GuardedExtraction } from './guarded-extraction.ts';
import { GuardedRecording } from './guarded-recording.ts';
import { inSlices } from './line-slices.ts';
import { LiveRegistration } from './live-registration.ts';
import type { LiveObserver, LiveSource } from './live-source.ts';
import { immediate, pause } from './pauses.ts';
import { toCodeBlock, toEvent } from './placing.ts';
import { RecordedClock } from './recorded-clock.ts';
import type { Problem, RecorderPlan, RecorderReport, SessionEnd } from './recorder-plan.ts';
import { redactedSession } from './redacted-session.ts';
import { TextRedactor } from './redacted-texts.ts';
import { SafeBytes, type SafePiece } from './safe-bytes.ts';
import { type NumberedState, SessionStates } from './session-states.ts';
import { RETRY_EVERY_MS, SessionStorage } from './session-storage.ts';

/** How long bytes that could begin a secret are kept back from the recording, in ms. */
const RELEASE_SUSPECT_AFTER_MS = 1000;
/** With more than this waiting to be understood (bytes) the recorder takes on nothing else. */
const BEHIND_BYTES = 1024 * 1024;

export class Recorder implements LiveSource {
  readonly #plan: RecorderPlan;
  readonly #backlog: Backlog;
  readonly #safe = new SafeBytes();
  readonly #files: SessionFiles | undefined;
  readonly #recording: GuardedRecording;
  readonly #registration: LiveRegistration;
  readonly #storage: SessionStorage;
  readonly #states: SessionStates;
  readonly #problems: Problem[] = [];
  readonly #tally = new FindingTally();
  readonly #clock = new RecordedClock();
  readonly #extraction: GuardedExtraction;
  #observer: LiveObserver | undefined;
  #ending = false;
  #seq = 0;
  #lastEventAt: string | null = null;
  #size: { cols: number; rows: number };
  #bytesLost = 0;
  #lastOutput = performance.now();

  /** @param over the session is over already, so that nothing more comes and nothing has to be brought to safety */
  constructor(given: RecorderPlan, ring: ChunkRing, over = false) {
    const patterns = given.patterns ?? builtinPatternSet();
    const plan = { ...given, session: redactedSession(given.session, patterns.version) };
    this.#plan = plan;
    this.#size = { cols: plan.cols, rows: plan.rows };
    this.#states = new SessionStates(plan.session, ({ stateSeq, change }) =>
      this.#observer?.state(stateSeq, change),
    );
    const files = plan.dbPath === null ? undefined : sessionFiles(plan.dbPath, plan.session.sessionId);
    this.#files = files;
    this.#backlog = new Backlog(ring, files?.spool, () => (over ? 0 : Date.now() - plan.startedAtMs));
    this.#extraction = new GuardedExtraction(
      {
        agent: plan.session.agentName,
        patterns,
        onFinding: (finding) => this.#found(finding),
        onDisabled: (pattern, reason) => this.#patternDisabled(pattern, reason),
      },
      (problem) => this.#problems.push(problem),
    );
    this.#recording = new GuardedRecording(plan, files);
    this.#registration = new LiveRegistration(plan, this.#recording);
    this.#storage = new SessionStorage(plan.dbPath, plan.session);
    if (this.#storage.wanted) this.#begin();
  }

  /**
   * Works through what waits, for about `budgetMs`. Afterwards there is `more` to do at once; or it is better to `rest`
   * and come back in a moment, because the database takes nothing or a flood comes in, and what is printed is only
   * kept; or all is `done`.
   */
  work(budgetMs: number): 'more' | 'rest' | 'done' {
    const deadline = performance.now() + budgetMs;
    let more = true;
    while (more && performance.now() < deadline) {
      more = this.#backlog.next((frame) => this.#take(frame), this.#holdsBack());
      // A batch at a time, so that what is printed meanwhile is looked after in between.
      if (this.#storage.isLoaded && !this.#store(false)) break;
    }
    this.#flushRecording();
    // Before they are stored: whoever watches need not wait for the disk.
    this.#observer?.flush();
    if (this.#storage.hasBatch) this.#store(false);
    if (this.#backlog.waitingBytes === 0) return 'done';
    return this.#holdsBack() ? 'rest' : 'more';
  }

  #holdsBack(): boolean {
    return this.#storage.congested || (!this.#ending && this.#backlog.flooded);
  }

  /** To be called a few times a second: what is due by time. */
  tick(): void {
    const now = performance.now();
    if (now - this.#lastOutput > RELEASE_SUSPECT_AFTER_MS) this.#releaseKept();
    this.settle();
    if (this.#storage.isDue) this.#store();
    this.#observer?.flush();
  }

  /**
   * Lets go of lines that wait for others, when these have not come for long enough. Only where everything that was
   * printed is understood, so that what is found in the recording later is the same in the same order.
   */
  settle(): void {
    const now = this.#clock.now();
    if (!this.#maySettle || now < this.#extraction.settlesAt) return;
    this.#clock.silentUntil(now);
    this.#extraction.settle(now);
    this.#flushRecording();
    this.#observer?.flush();
  }

  /** In how many ms `settle` is due, should nothing come; undefined when nothing waits, or not for silence only. */
  get settlesInMs(): number | undefined {
    const { settlesAt } = this.#extraction;
    if (!this.#maySettle || settlesAt === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, settlesAt - this.#clock.now());
  }

  /** A line that is kept back is earlier than now, and has to be understood before. */
  get #maySettle(): boolean {
    return !this.#ending && this.#backlog.waitingBytes === 0 && !this.#safe.holdsLine;
  }

  /** Ends the session: everything that waits is worked through and stored, or accounted for. */
  async finish(given: SessionEnd, onProgress: (waitingBytes: number) => void): Promise<RecorderReport> {
    this.#ending = true;
    const end = { ...given, metadata: new TextRedactor().metadata(given.metadata) };
    await this.#drain(onProgress);
    this.#releaseKept(true);
    this.#extraction.end(end.elapsedMs);
    if (this.#backlog.failure !== undefined) this.#recording.fail(this.#backlog.failure);
    this.#recording.close(end);
    this.#bytesLost = end.droppedBytes + this.#backlog.lostBytes + this.#recording.bytesMissing;
    this.#complete(end);
    const readable = await this.#storage.finish(this.#seq, () => onProgress(0));
    this.#observer?.stored(this.storedSeq);
    const stored = readable && this.#backlog.waitingBytes === 0;
    this.#registration.settle({ ...end, droppedBytes: this.#bytesLost }, stored);
    if (stored) this.#recording.attempt(() => this.#removeSpools());
    return {
      lines: this.#extraction.lines,
      events: this.#seq,
      eventsByType: this.#tally.eventsByType,
      highestRisk: this.#tally.highestRisk,
      bytesMissing: this.#bytesLost,
      stored,
      problems: this.#allProblems(),
    };
  }

  /** The early log, too, should the session have ended before the main thread heard that it is not needed. */
  #removeSpools(): void {
    this.#backlog.discard();
    if (this.#files !== undefined) removeSpool(this.#files.early);
  }

  #begin(): void {
    const { session } = this.#plan;
    this.#registration.begin();
    this.#storage.begin();
    for (const state of ['started', 'running'] as const) {
      this.#changeState({ timestamp: session.startedAt, state, metadata: null });
    }
    this.#store();
  }

  /** Tells `observer` what happens from now on. There is one at a time. */
  observe(observer: LiveObserver): void {
    this.#observer = observer;
  }

  get session(): NewSession {
    return this.#plan.session;
  }

  get state(): NumberedState {
    return this.#states.latest;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  get storedSeq(): number {
    return this.#storage.storedSeq;
  }

  get lastEventAt(): string | null {
    return this.#lastEventAt;
  }

  get isBehind(): boolean {
    return this.#backlog.waitingBytes > BEHIND_BYTES || this.#storage.waitsForUpgrade;
  }

  unstored(seq: number): ExtractionEvent[] {
    return this.#storage.unstored(seq);
  }

  recordingPosition(): { elapsedMs: number; offset: number | null; cols: number; rows: number } {
    this.#flushRecording();
    return { elapsedMs: this.#clock.latestMs, offset: this.#recording.size ?? null, ...this.#size };
  }

  /**
   * Notes what was done to the session on somebody's behalf.
   *
   * @param state the state that it is in now; undefined when it stays as it was
   */
  controlled(
    elapsedMs: number,
    state: SessionState | undefined,
    metadata: Readonly<Record<string, unknown>>,
  ): void {
    if (this.#ending) return;
    const timestamp = isoTimestamp(this.#plan.startedAtMs + elapsedMs);
    const told = new TextRedactor().metadata({ ...metadata });
    this.#changeState({ timestamp, state: state ?? this.state.change.state, metadata: told });
    if (state !== undefined)
      this.#recording.marker(`${state} (${metadata['command']})`, this.#clock.advance(elapsedMs));
    this.#store();
  }

  #changeState(change: Pick<StateChange, 'timestamp' | 'state' | 'metadata'>): void {
    this.#storage.addState(this.#states.add(change));
  }

  #take(frame: Frame): void {
    const elapsedMs = this.#clock.hear(frame.elapsedMs);
    switch (frame.kind) {
      case 'input':
        this.#recording.input(
          this.#safe.text(Buffer.from(frame.bytes).toString()),
          this.#clock.advance(elapsedMs),
        );
        return;
      case 'resize': {
        const [cols = 80, rows = 24] = new Uint16Array(Uint8Array.from(frame.bytes).buffer);
        this.#size = { cols, rows };
        this.#recording.resize(cols, rows, this.#clock.advance(elapsedMs));
        this.#observer?.resized();
        return;
      }
      case 'suspend':
        this.#suspended(frame.bytes[0] === 1 ? 'paused' : 'running', this.#clock.advance(elapsedMs));
        return;
      default:
        this.#lastOutput = performance.now();
        for (const piece of this.#safe.push(frame.kind, frame.bytes, elapsedMs)) this.#keep(piece);
    }
  }

  /** One stretch of one stream, safe to keep: the same bytes go to the recording and to the extractor. */
  #keep({ stream, bytes, elapsedMs: printedMs }: SafePiece): void {
    if (bytes.length === 0) return;
    const elapsedMs = this.#clock.advance(printedMs);
    this.#recording.append(stream, bytes, elapsedMs);
    if (this.#observer?.wantsOutput === true) {
      this.#observer.output(
        stream,
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(),
        elapsedMs,
      );
    }
    for (const lines of inSlices(bytes)) {
      this.#extraction.push(stream, lines, elapsedMs);
      this.#backlog.keepUp();
    }
  }

  #found(finding: Finding): void {
    this.#seq++;
    this.#tally.add(finding);
    if (!this.#storage.wanted) return;
    const place = { session: this.#plan.session, startedAtMs: this.#plan.startedAtMs, seq: this.#seq };
    const event = toEvent(finding, place);
    this.#lastEventAt = event.timestamp;
    this.#storage.addEvent(event, finding.block === null ? undefined : toCodeBlock(finding.block, event));
    this.#observer?.event(event);
    if (deservesMarker(finding)) {
      const label = `${finding.eventType}: ${finding.matchedValue ?? finding.pattern}`;
      this.#recording.marker(label, finding.elapsedMs);
    }
  }

  #suspended(state: 'paused' | 'running', elapsedMs: number): void {
    const timestamp = isoTimestamp(this.#plan.startedAtMs + elapsedMs);
    this.#changeState({ timestamp, state, metadata: { by: 'job control' } });
    this.#recording.marker(state, elapsedMs);
    this.#store();
  }

  #releaseKept(last = false): void {
    for (const piece of this.#safe.release(last)) this.#keep(piece);
    this.#flushRecording();
  }

  async #drain(onProgress: (waitingBytes: number) => void): Promise<void> {
    const started = performance.now();
    while (this.#backlog.waitingBytes > 0) {
      const more = this.work(25) === 'more';
      onProgress(this.#backlog.waitingBytes);
      if (more) await immediate();
      else if (this.#storage.lockedTooLong(started)) return;
      else if (this.#backlog.waitingBytes > 0) await pause(RETRY_EVERY_MS);
    }
  }

  #complete(end: SessionEnd): void {
    this.#storage.complete(end, {
      totalLines: this.#extraction.lines,
      totalExtractions: this.#seq,
      bytesMissing: this.#bytesLost,
    });
    const { state, exitCode, endedAt, metadata } = end;
    this.#states.add({ timestamp: endedAt, state, exitCode, metadata });
  }

  #flushRecording(): void {
    this.#recording.flush({ line: this.#extraction.lines, seq: this.#seq });
  }

  /** Stores what waits, or a batch of it; returns whether that was possible. */
  #store(all = true): boolean {
    this.#flushRecording();
    const done = this.#storage.store(all);
    if (done) this.#observer?.stored(this.storedSeq);
    return done;
  }

  #patternDisabled(pattern: string, reason: string): void {
    this.#problems.push({
      kind: 'pattern',
      message: `the pattern ${pattern} was disabled for this session: ${reason}`,
      hint: 'make it simpler, or leave out `engine: js` so that it runs in linear time',
    });
    this.#changeState({
      timestamp: isoTimestamp(this.#plan.startedAtMs + this.#clock.latestMs),
      state: this.state.change.state,
      metadata: { pattern_disabled: pattern, reason },
    });
  }

  #allProblems(): Problem[] {
    const ofRecording = this.#recording.problem;
    return [
      ...this.#storage.problems,
      ...(ofRecording === undefined ? [] : [ofRecording]),
      ...this.#problems,
    ];
  }
}
