// A replay on the person's terminal, with keys and a status line. What plays is the replay of the API, in this process;
// here it is drawn and controlled.

import type { Replay, SentMessage } from '../../api/replay/replay.ts';
import { messageOf } from '../../model/errors.ts';
import { FASTEST, SLOWEST } from '../../model/replay-speed.ts';
import type { EventDocument } from '../../model/wire.ts';
import type { ReplayMessage, ReplaySeek } from '../../model/wire-replay.ts';
import type { ScreenSize } from '../../stream/screen.ts';
import type { CommandContext } from '../command.ts';
import { escapeControls } from '../format.ts';
import { type Key, parseKeys } from './keys.ts';
import { Picture } from './picture.ts';
import { findText, type SearchPlace } from './search.ts';
import { keysText, statusText } from './status-line.ts';
import { TerminalGuard } from './terminal-guard.ts';

const SPEEDS = [SLOWEST, 0.25, 0.5, 1, 2, 5, 10, 20, 50, FASTEST];
const SHORT_JUMP_MS = 5000;
const LONG_JUMP_MS = 60_000;
/** Pictures are not drawn more often than that. */
const FRAME_MS = 33;
/** How often the time in the status line moves. */
const TICK_MS = 200;
const NOTE_MS = 4000;

const ENTER = '\x1b[?1049h\x1b[?7l\x1b[2J\x1b[H';
const LEAVE = '\x1b[0m\x1b[?2026l\x1b[?7h\x1b[?25h\x1b[?1049l';

export interface PlayerOptions {
  readonly replay: Replay;
  readonly context: CommandContext;
  /** Path of the recording; null when there is none, and then there is nothing to search. */
  readonly recording: string | null;
}

export class Player {
  readonly #options: PlayerOptions;
  readonly #replay: Replay;
  readonly #guard: TerminalGuard;
  #picture: Picture | undefined;
  #event: EventDocument | undefined;
  #note: { readonly text: string; readonly until: number } | undefined;
  /** Whether the keys are shown; the next one that is pressed ends it. */
  #helps = false;
  /** What is being typed after `/`; undefined while keys are commands. */
  #typed: string | undefined;
  #sought = '';
  /** What was found last: the time that was jumped to, and where the next search goes on while it is that time. */
  #found: { readonly ms: number; readonly next: SearchPlace } | undefined;
  /** Counts what ends a search that is going on. */
  #searches = 0;
  #drawnAt = 0;
  #frame: NodeJS.Timeout | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#replay = options.replay;
    const { stdin, stdout } = options.context;
    this.#guard = new TerminalGuard({
      stdin,
      stdout,
      raw: true,
      enter: () => ENTER,
      leave: () => LEAVE,
      onReturn: this.#refit,
    });
  }

  /** Plays until the person quits; the terminal is then as it was. */
  async run(): Promise<void> {
    const { stdin, stdout } = this.#options.context;
    const tick = setInterval(() => this.#draw(), TICK_MS);
    this.#guard.take();
    stdout.on('resize', this.#refit);
    stdin.on('data', this.#read);
    stdin.on('end', this.#quit);
    // A terminal that was hung up.
    stdin.on('error', this.#quit);
    stdin.resume();
    try {
      await this.#replay.play((messages) => this.#show(messages));
    } finally {
      clearInterval(tick);
      clearTimeout(this.#frame);
      stdin.off('data', this.#read);
      stdin.off('end', this.#quit);
      stdin.off('error', this.#quit);
      stdout.off('resize', this.#refit);
      stdin.pause();
      this.#guard.release();
      this.#picture?.dispose();
    }
  }

  async #show(messages: readonly SentMessage[]): Promise<void> {
    let text = '';
    for (const { message } of messages) {
      if (message.type === 'output') text += message.data;
      else {
        // The order of output and of what changes the screen otherwise matters.
        if (text !== '') await this.#picture?.print(text);
        text = '';
        await this.#apply(message);
      }
    }
    if (text !== '') await this.#picture?.print(text);
    this.#draw();
  }

  async #apply(message: ReplayMessage): Promise<void> {
    if (message.type === 'session_start') {
      const recorded = message.terminal ?? this.#terminalSize();
      const { stdout } = this.#options.context;
      this.#picture = new Picture((text) => stdout.write(text), recorded, this.#terminalSize());
      if (message.terminal === null) this.#say('nothing of the output was recorded');
    } else if (message.type === 'resize') this.#picture?.resize(message.cols, message.rows);
    else if (message.type === 'screen') await this.#picture?.replace(message, message.data);
    else if (message.type === 'extraction') {
      const { type: _, offset_ms: __, ...event } = message;
      this.#event = event;
    }
  }

  /** Draws now, or soon when it was drawn just before. */
  #draw(): void {
    const wait = this.#drawnAt + FRAME_MS - performance.now();
    if (wait <= 0) this.#drawNow();
    else this.#frame ??= setTimeout(() => this.#drawNow(), wait);
  }

  #drawNow(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
    this.#drawnAt = performance.now();
    const picture = this.#picture;
    if (picture === undefined || !this.#guard.held) return;
    if (this.#note !== undefined && this.#note.until < this.#drawnAt) this.#note = undefined;
    const status = {
      state: this.#replay.state(),
      event: this.#event,
      note: this.#typed === undefined ? this.#note?.text : `/${escapeControls(this.#typed)}█`,
      cropped: picture.cropped,
    };
    picture.draw(statusText(status, picture.columns), this.#helps ? keysText(picture.columns) : []);
  }

  readonly #refit = (): void => {
    this.#picture?.refit(this.#terminalSize());
    this.#drawNow();
  };

  readonly #quit = (): void => {
    // A search reads on until it hears that nobody waits for it.
    this.#searches++;
    this.#replay.stop();
  };

  readonly #read = (chunk: Buffer | string): void => {
    for (const key of parseKeys(chunk.toString())) {
      if (key.name === 'suspend') this.#guard.suspend();
      else if (key.name === 'redraw') this.#refit();
      else if (this.#typed !== undefined) this.#type(key);
      else this.#command(key);
    }
    this.#draw();
  };

  #command(key: Key): void {
    const helped = this.#helps;
    this.#helps = false;
    const { position_ms: position, duration_ms: duration } = this.#replay.state();
    if (key.name === 'interrupt') this.#quit();
    else if (key.name === 'text') this.#letter(key.character, duration, helped);
    else if (key.name === 'left') this.#seekTo(position - (key.shift ? LONG_JUMP_MS : SHORT_JUMP_MS));
    else if (key.name === 'right') this.#seekTo(position + (key.shift ? LONG_JUMP_MS : SHORT_JUMP_MS));
    else if (key.name === 'up') this.#seekTo(position + LONG_JUMP_MS);
    else if (key.name === 'down') this.#seekTo(position - LONG_JUMP_MS);
    else if (key.name === 'home') this.#seekTo(0);
    else if (key.name === 'end') this.#seekTo(duration);
    // Whatever else is pressed ends a search that is going on.
    else this.#searches++;
  }

  #letter(character: string, durationMs: number, helped: boolean): void {
    if (character >= '0' && character <= '9') this.#seekTo((durationMs * Number(character)) / 10);
    else if (character === ' ') this.#togglePause();
    else if (character === '<' || character === ',') this.#changeSpeed(-1);
    else if (character === '>') this.#changeSpeed(1);
    else if (character === '.') this.#step();
    else if (character === '/') this.#typed = '';
    else if (character === 'n') this.#nextEvent(1);
    else if (character === 'N') this.#nextEvent(-1);
    else if (character === '?') this.#helps = !helped;
    else if (character === 'q' || character === 'Q') this.#quit();
  }

  #step(): void {
    if (this.#replay.state().playing) this.#replay.pause();
    this.#replay.step();
  }

  #togglePause(): void {
    const { playing, finished } = this.#replay.state();
    if (finished) this.#seekTo(0);
    else if (playing) this.#replay.pause();
    else this.#replay.resume();
  }

  #changeSpeed(by: 1 | -1): void {
    const { speed } = this.#replay.state();
    const faster = SPEEDS.find((candidate) => candidate > speed) ?? FASTEST;
    const slower = SPEEDS.findLast((candidate) => candidate < speed) ?? SLOWEST;
    this.#replay.setSpeed(by > 0 ? faster : slower);
  }

  /** Goes to the event after, or before, the one at hand. */
  #nextEvent(by: 1 | -1): void {
    const { place, lastSeq } = this.#replay;
    const seq = by > 0 ? place.seq + 1 : place.seq - 1;
    if (seq < 1 || seq > lastSeq) {
      this.#say(by > 0 ? 'no further event' : 'no earlier event');
      return;
    }
    this.#seek({ seq });
    // The event itself is the next message: it is shown now, and what follows it when it is due.
    this.#replay.step();
  }

  #seekTo(ms: number): void {
    this.#seek({ position_ms: Math.max(0, ms) });
  }

  #seek(target: ReplaySeek): void {
    this.#searches++;
    this.#found = undefined;
    this.#event = undefined;
    this.#note = undefined;
    try {
      this.#replay.seek(target);
    } catch (error) {
      this.#say(messageOf(error));
    }
  }

  /** Any key that is neither text nor enter, Ctrl-C and escape among them, ends the typing alone. */
  #type(key: Key): void {
    const typed = this.#typed ?? '';
    if (key.name === 'text') this.#typed = typed + key.character;
    else if (key.name === 'backspace')
      this.#typed = typed === '' ? undefined : [...typed].slice(0, -1).join('');
    else {
      this.#typed = undefined;
      if (key.name === 'enter') void this.#search(typed === '' ? this.#sought : typed);
    }
  }

  /** Jumps to the next line with the text. */
  async #search(text: string): Promise<void> {
    const { recording } = this.#options;
    if (text === '') return;
    if (recording === null) {
      this.#say('there is no output to search');
      return;
    }
    this.#sought = text;
    const search = ++this.#searches;
    const wasPlaying = this.#replay.state().playing;
    this.#replay.pause();
    this.#say(`searching ${escapeControls(text)} …`);
    try {
      const match = await findText(recording, this.#searchPlace(), text, () => search === this.#searches);
      if (search !== this.#searches) return;
      if (match === undefined) {
        this.#say(`not found: ${escapeControls(text)}`);
        if (wasPlaying) this.#replay.resume();
      } else {
        // It stays there: whoever searches wants to read.
        this.#seek({ position_ms: match.ms });
        this.#found = { ms: this.#replay.place.offsetMs, next: match.next };
        this.#say(`found: ${escapeControls(match.line.trim())}`);
      }
    } catch (error) {
      this.#say(messageOf(error));
    }
    this.#draw();
  }

  /** Behind the line that was found, as long as the replay stands at it; otherwise where the replay is. */
  #searchPlace(): SearchPlace {
    const { place } = this.#replay;
    if (this.#found?.ms === place.offsetMs) return this.#found.next;
    return { offset: place.output, lines: 0 };
  }

  #say(text: string): void {
    this.#note = { text, until: performance.now() + NOTE_MS };
  }

  #terminalSize(): ScreenSize {
    const { columns, rows } = this.#options.context.stdout as { columns?: number; rows?: number };
    return { cols: columns || 80, rows: rows || 24 };
  }
}
