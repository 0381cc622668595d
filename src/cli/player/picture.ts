// The recorded screen as it is shown on the person's terminal: drawn row by row from a terminal of our own, so that
// nothing of the recording reaches the real one but characters and colours. What is larger than the terminal is cut; of
// the rows those around the cursor are shown. The last row is not ours: it holds the status.

import { Screen, type ScreenSize } from '../../stream/screen.ts';

/** Begins and ends a picture that a terminal shows as one, if it can. */
const BEGIN = '\x1b[?2026h\x1b[?25l';
const END = '\x1b[?2026l';

export class Picture {
  readonly #write: (text: string) => void;
  #screen: Screen;
  #terminal: ScreenSize;
  /** What stands in each row of the terminal. */
  #drawn: string[] = [];

  /** @param terminal size of the person's terminal */
  constructor(write: (text: string) => void, recorded: ScreenSize, terminal: ScreenSize) {
    this.#write = write;
    this.#screen = new Screen(recorded);
    this.#terminal = terminal;
  }

  /** The recorded size, when it is more than the terminal shows. */
  get cropped(): ScreenSize | undefined {
    const { cols, rows } = this.#screen;
    return cols > this.#terminal.cols || rows > this.#room ? { cols, rows } : undefined;
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  /** The person's terminal has another size, or shows something else: everything is drawn again. */
  refit(terminal: ScreenSize): void {
    this.#terminal = terminal;
    this.#drawn = [];
    this.#write('\x1b[0m\x1b[2J');
  }

  print(text: string): Promise<void> {
    return this.#screen.write(text);
  }

  resize(cols: number, rows: number): void {
    this.#screen.resize(cols, rows);
  }

  /** Shows another screen, from the sequences that draw it. */
  async replace(size: ScreenSize, text: string): Promise<void> {
    const screen = new Screen(size);
    await screen.write(text);
    this.#screen.dispose();
    this.#screen = screen;
  }

  /**
   * Brings the terminal up to date.
   *
   * @param status text of the last row, as wide as the terminal
   * @param above rows to be shown above it instead of the picture's, as far as there is room; as wide, too
   */
  draw(status: string, above: readonly string[] = []): void {
    const { cols, rows } = this.#terminal;
    const lines = this.#screen.draw(cols);
    const { cursor } = this.#screen;
    const top = Math.max(0, Math.min(cursor.row - this.#room + 1, lines.length - this.#room));
    let text = '';
    const covered = above.slice(0, rows - 1);
    const open = rows - 1 - covered.length;
    for (let row = 0; row < open; row++) text += this.#row(row, lines[top + row] ?? '');
    for (const [index, line] of [...covered, status].entries())
      text += this.#row(open + index, `\x1b[7m${line}`);
    const shown = cursor.visible && cursor.column < cols && cursor.row - top < open;
    const place = shown ? `\x1b[${cursor.row - top + 1};${cursor.column + 1}H\x1b[?25h` : '';
    this.#write(`${BEGIN}${text}\x1b[0m${END}${place}`);
  }

  dispose(): void {
    this.#screen.dispose();
  }

  get #room(): number {
    return Math.max(1, this.#terminal.rows - 1);
  }

  #row(row: number, text: string): string {
    if (this.#drawn[row] === text) return '';
    this.#drawn[row] = text;
    return `\x1b[${row + 1};1H\x1b[0m\x1b[2K${text}`;
  }
}
