// The screen of a session whose output is watched: made from the end of its recording, kept up to date by what is
// published, and drawn for everybody who joins. What is drawn and what follows fit together to the byte, because both pass
// through one queue.

import type { SessionFiles } from '../../data/session-files.ts';
import type { LiveOutputDocument, LiveScreenDocument } from '../../model/wire.ts';
import type { OutputStart } from '../../session/live-frames.ts';
import type { Screen } from '../../stream/screen.ts';
import { screenAt } from '../replay/screen-at.ts';
import type { OutputPiece } from './publisher-port.ts';
import { LONGEST_BEGINNING, recordedOutput } from './recorded-output.ts';

/** How much output may wait for one who joins, in bytes; then the screen is drawn again. */
const MOST_WAITING = 4 * 1024 * 1024;

/** One who watches the output of a session. */
export interface Watcher {
  output(json: Buffer): void;
}

/** What has arrived since somebody asked to join. */
interface Joining {
  /** The outputs from this number on. */
  from: number;
  waiting: { readonly number: number; readonly json: Buffer }[];
  bytes: number;
  /** Whether it is to get all that was printed since the session began, and not a screen. */
  fromStart: boolean;
  /** To be called when it is sent every output from now on. */
  readonly joined: () => void;
}

export class WatchedScreen {
  readonly #sessionId: string;
  readonly #files: SessionFiles;
  readonly #onFailure: (error: unknown) => void;
  readonly #watching = new Set<Watcher>();
  readonly #joining = new Map<Watcher, Joining>();
  /** Outputs that have arrived, and those that are on the screen. */
  #arrived = 0;
  #shown = 0;
  #screen: Screen | undefined;
  #elapsedMs = 0;
  /** Everything that is done to the screen, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param onFailure told when a screen could not be made; output is then passed on without one */
  constructor(sessionId: string, files: SessionFiles, onFailure: (error: unknown) => void) {
    this.#sessionId = sessionId;
    this.#files = files;
    this.#onFailure = onFailure;
  }

  get watched(): boolean {
    return this.#watching.size + this.#joining.size > 0;
  }

  /**
   * Sends the screen, and afterwards every output; from the start of the session, if it can, when somebody has watched since.
   *
   * @returns resolves when the screen has been sent, or will not be
   */
  join(watcher: Watcher, fromStart: boolean): Promise<void> {
    this.leave(watcher);
    return new Promise((resolve) => {
      this.#joining.set(watcher, this.#newJoining(fromStart, resolve));
      if (this.#screen !== undefined) this.#then(() => this.#draw());
    });
  }

  leave(watcher: Watcher): void {
    this.#watching.delete(watcher);
    this.#joining.get(watcher)?.joined();
    this.#joining.delete(watcher);
  }

  /** Those who are to get everything since the start of the session and have got nothing yet; they are forgotten here. */
  takeUnserved(): Watcher[] {
    const unserved = [...this.#joining].filter(([, { fromStart }]) => fromStart).map(([watcher]) => watcher);
    for (const watcher of unserved) this.leave(watcher);
    return unserved;
  }

  /** The recorder begins to publish output, or begins anew: the screen is made again, and everybody gets it. */
  begin(start: OutputStart): void {
    for (const watcher of this.#watching) this.#joining.set(watcher, this.#newJoining());
    this.#watching.clear();
    this.#then(async () => {
      this.#screen?.dispose();
      this.#screen = undefined;
      this.#tellBeginning(start);
      this.#screen = await this.#screenOf(start);
      this.#elapsedMs = start.elapsed_ms;
      await this.#draw();
    });
  }

  output({ json }: OutputPiece): void {
    for (const watcher of this.#watching) watcher.output(json);
    const number = ++this.#arrived;
    for (const joining of this.#joining.values()) {
      joining.waiting.push({ number, json });
      joining.bytes += json.length;
      // Too much to keep: whoever joins gets a later screen instead.
      while (joining.bytes > MOST_WAITING) {
        joining.bytes -= joining.waiting.shift()!.json.length;
        joining.from++;
        joining.fromStart = false;
      }
    }
    this.#then(async () => {
      const { data, elapsed_ms, stream } = JSON.parse(json.toString()) as LiveOutputDocument;
      this.#elapsedMs = elapsed_ms;
      // Without a terminal a line feed alone begins a new line.
      await this.#screen?.write(stream === 'pty' ? data : data.replaceAll(/\r?\n/g, '\r\n'));
      this.#shown = number;
    });
  }

  close(): void {
    this.#closed = true;
    for (const watcher of [...this.#watching, ...this.#joining.keys()]) this.leave(watcher);
    this.#then(async () => this.#screen?.dispose());
  }

  /** To those who have watched since the session began: what the recording has, and what has arrived after it. */
  #tellBeginning({ offset }: OutputStart): void {
    const sinceStart = [...this.#joining].filter(([, { fromStart }]) => fromStart);
    if (this.#closed || sinceStart.length === 0 || offset === null || offset > LONGEST_BEGINNING) return;
    const beginning = [...recordedOutput(this.#sessionId, this.#files, offset)];
    for (const [watcher, joining] of sinceStart) this.#admit(watcher, joining, beginning, joining.waiting);
  }

  /** Sends what it begins with, and what has arrived after that; from here on it gets every output. */
  #admit(
    watcher: Watcher,
    { joined }: Joining,
    beginning: readonly Buffer[],
    arrived: Joining['waiting'],
  ): void {
    this.#joining.delete(watcher);
    this.#watching.add(watcher);
    for (const json of beginning) watcher.output(json);
    for (const { json } of arrived) watcher.output(json);
    joined();
  }

  /** Output that arrives from here on is not in the screen: it comes after the one who joins has got it. */
  async #draw(): Promise<void> {
    const screen = this.#screen;
    if (screen === undefined || this.#closed) return;
    for (const [watcher, joining] of [...this.#joining]) {
      // The screen is behind what is at hand for this one.
      if (joining.from > this.#shown + 1) {
        this.#then(() => this.#draw());
        continue;
      }
      const after = joining.waiting.filter(({ number }) => number > this.#shown);
      const message: LiveScreenDocument = {
        type: 'screen',
        session_id: this.#sessionId,
        cols: screen.cols,
        rows: screen.rows,
        elapsed_ms: this.#elapsedMs,
        data: screen.serialize(),
      };
      this.#admit(watcher, joining, [Buffer.from(JSON.stringify(message))], after);
    }
  }

  /** As the recording left it; empty where nothing is recorded. */
  async #screenOf({ offset, cols, rows }: OutputStart): Promise<Screen> {
    if (offset === null) {
      const { Screen } = await import('../../stream/screen.ts');
      return new Screen({ cols, rows });
    }
    const { cast, index } = this.#files;
    const screen = await screenAt({ path: cast, index, end: offset }, offset);
    if (screen.cols !== cols || screen.rows !== rows) screen.resize(cols, rows);
    return screen;
  }

  #newJoining(fromStart = false, joined = () => {}): Joining {
    return { from: this.#arrived + 1, waiting: [], bytes: 0, fromStart, joined };
  }

  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch(this.#onFailure);
  }
}
