// What a terminal shows after it has been sent some text: the screen of a session at one moment, as text and as the
// sequences that draw it on another terminal. Promises: text may be cut anywhere, also inside a sequence; whatever it
// holds, nothing is answered and nobody is asked; memory is that of one screen.
//
// The terminal behind it is large and slow to load: import this module when the first screen is needed.

import * as headless from '@xterm/headless';
import { characterWidth } from './character-width.ts';
import { GraphicRendition, type Parameter } from './graphic-rendition.ts';
import { drawRow, drawRows, lookOf } from './screen-text.ts';

export interface ScreenSize {
  readonly cols: number;
  readonly rows: number;
}

/** A size of zero, as some programs report it, means a terminal of this size. */
const USUAL: ScreenSize = { cols: 80, rows: 24 };
/** Rows above the screen that are kept, because a terminal that grows shows them again. */
const ROWS_ABOVE = 200;
/** More than any real terminal has; a recording may claim anything, and every cell takes memory. */
const MOST_CELLS_A_SIDE = 1000;

/** Private modes that the terminal does not tell about: forms of mouse reports. */
const MOUSE_FORMS: readonly number[] = [1005, 1006, 1015, 1016];
const MOUSE_MODES = {
  none: '',
  x10: '\x1b[?9h',
  vt200: '\x1b[?1000h',
  drag: '\x1b[?1002h',
  any: '\x1b[?1003h',
};

/** Read from source, the package shows what it holds as `default` only; bundled, by name. */
const { Terminal } = (headless as { default?: typeof headless }).default ?? headless;

/**
 * How wide characters are: the terminal's own table is that of Unicode 6, for which every emoji is narrow. The properties
 * of a character are a number of the package's own: a bit that says whether it joins the one before, then its width.
 */
const widths: headless.IUnicodeVersionProvider = {
  version: 'wrapper',
  wcwidth: characterWidth,
  charProperties(codePoint, preceding) {
    const width = characterWidth(codePoint);
    const before = (preceding >> 1) & 3;
    const joins = width === 0 && before > 0;
    return ((joins ? before : width) << 1) | (joins ? 1 : 0);
  },
};

export class Screen {
  readonly #terminal: headless.Terminal;
  #cursorHidden = false;
  #region: readonly [top: number, bottom: number] | undefined;
  #mouseForms = new Set<number>();
  #lineDrawing = false;
  #rendition = new GraphicRendition();
  #savedRendition = new GraphicRendition();
  #title = '';

  constructor(size: ScreenSize) {
    this.#terminal = new Terminal({
      ...usable(size),
      scrollback: ROWS_ABOVE,
      allowProposedApi: true,
      logLevel: 'off',
    });
    this.#terminal.unicode.register(widths);
    this.#terminal.unicode.activeVersion = widths.version;
    this.#observe();
  }

  get cols(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  /** The title of the window; empty when the program has set none. */
  get title(): string {
    return this.#title;
  }

  /** The place of the cursor, from 0; the column after the last one means that the next character wraps. */
  get cursor(): { readonly column: number; readonly row: number; readonly visible: boolean } {
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    // Behind a cell that has been erased since no sequence leads another terminal: on it, then.
    const column = cursorX === this.cols && this.#lastCharacter() === undefined ? cursorX - 1 : cursorX;
    return { column, row: cursorY, visible: !this.#cursorHidden };
  }

  /** Resolves when the screen shows what the text says. Writes take effect in the order of the calls. */
  write(text: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(text, resolve));
  }

  /** Takes effect after the writes that have resolved. */
  resize(cols: number, rows: number): void {
    const size = usable({ cols, rows });
    this.#terminal.resize(size.cols, size.rows);
    this.#region = undefined;
  }

  /**
   * The sequences that make a terminal of the same size, just reset, show this screen and be in its modes. What cannot
   * be seen is left out: rows above the screen, links, where lines wrapped, and that the next character wraps when the
   * end of its row has been erased.
   */
  serialize(): string {
    const { active, normal } = this.#terminal.buffer;
    let text = drawRows(normal, this.rows, this.cols);
    if (active.type === 'alternate') {
      text += `\x1b[${normal.cursorY + 1};${Math.min(normal.cursorX, this.cols - 1) + 1}H\x1b[?1049h`;
      text += drawRows(active, this.rows, this.cols);
    }
    text += this.#modes();
    text += this.#rendition.toString();
    text += this.#cursorPlace();
    if (this.#lineDrawing) text += '\x1b(0';
    return this.#cursorHidden ? `${text}\x1b[?25l` : text;
  }

  /** The rows from the first to the last, without escape sequences and without the blanks at their ends. */
  text(): string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '',
    );
  }

  /**
   * The rows as text with colours, each to be written on an empty row of another terminal.
   *
   * @param cols so many columns of them
   */
  draw(cols: number = this.cols): string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: this.#terminal.rows }, (_, row) => {
      const line = buffer.getLine(buffer.baseY + row);
      return line === undefined ? '' : drawRow(line, Math.min(cols, this.cols));
    });
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  #modes(): string {
    const { modes } = this.#terminal;
    let text = '';
    if (this.#region !== undefined) text += `\x1b[${this.#region.join(';')}r`;
    if (modes.originMode) text += '\x1b[?6h';
    if (modes.insertMode) text += '\x1b[4h';
    if (!modes.wraparoundMode) text += '\x1b[?7l';
    if (modes.reverseWraparoundMode) text += '\x1b[?45h';
    if (modes.applicationCursorKeysMode) text += '\x1b[?1h';
    if (modes.applicationKeypadMode) text += '\x1b=';
    if (modes.bracketedPasteMode) text += '\x1b[?2004h';
    if (modes.sendFocusMode) text += '\x1b[?1004h';
    text += MOUSE_MODES[modes.mouseTrackingMode];
    for (const form of this.#mouseForms) text += `\x1b[?${form}h`;
    return text;
  }

  /** Moves the cursor to where it is. */
  #cursorPlace(): string {
    const { column, row } = this.cursor;
    const firstRow = this.#terminal.modes.originMode ? (this.#region?.[0] ?? 1) : 1;
    const to = (place: number): string => `\x1b[${row + 2 - firstRow};${place + 1}H`;
    const last = column === this.cols ? this.#lastCharacter() : undefined;
    // Behind the last column, where the next character wraps: only printing in that column leads there.
    if (last === undefined) return to(column);
    return `${to(last.column)}\x1b[0${last.look}m${last.characters}\x1b[0m${this.#rendition.toString()}`;
  }

  /** What stands in the last column of the cursor's row, and where it begins; undefined when nothing does. */
  #lastCharacter():
    | { readonly column: number; readonly characters: string; readonly look: string }
    | undefined {
    const buffer = this.#terminal.buffer.active;
    const line = buffer.getLine(buffer.baseY + buffer.cursorY);
    const column = line?.getCell(this.cols - 1)?.getWidth() === 0 ? this.cols - 2 : this.cols - 1;
    const cell = line?.getCell(column);
    const characters = cell?.getChars() ?? '';
    return cell === undefined || characters === '' ? undefined : { column, characters, look: lookOf(cell) };
  }

  /** Looks at what the terminal does not tell about, and leaves every sequence to it. */
  #observe(): void {
    const { parser } = this.#terminal;
    const onCsi = (id: headless.IFunctionIdentifier, note: (params: readonly Parameter[]) => void): void => {
      parser.registerCsiHandler(id, (params) => {
        note(params);
        return false;
      });
    };
    const onEscape = (id: headless.IFunctionIdentifier, note: () => void): void => {
      parser.registerEscHandler(id, () => {
        note();
        return false;
      });
    };
    onCsi({ prefix: '?', final: 'h' }, (modes) => this.#setModes(modes, true));
    onCsi({ prefix: '?', final: 'l' }, (modes) => this.#setModes(modes, false));
    onCsi({ final: 'm' }, (params) => this.#rendition.apply(params));
    onCsi({ final: 'r' }, ([top, bottom]) => this.#setRegion(Number(top) || 1, Number(bottom) || this.rows));
    onCsi({ final: 's' }, () => this.#save());
    onCsi({ final: 'u' }, () => this.#restore());
    onEscape({ final: '7' }, () => this.#save());
    onEscape({ final: '8' }, () => this.#restore());
    onCsi({ intermediates: '!', final: 'p' }, () => this.#softReset());
    onEscape({ final: 'c' }, () => {
      this.#softReset();
      this.#mouseForms.clear();
    });
    for (const final of ['0', 'A', 'B', '1', '2']) {
      onEscape({ intermediates: '(', final }, () => {
        this.#lineDrawing = final === '0';
      });
    }
    this.#terminal.onTitleChange((title) => {
      this.#title = title;
    });
  }

  #setModes(modes: readonly Parameter[], set: boolean): void {
    for (const mode of modes) {
      if (typeof mode !== 'number') continue;
      if (mode === 25) this.#cursorHidden = !set;
      if (mode === 1048 || mode === 1049) set ? this.#save() : this.#restore();
      if (!MOUSE_FORMS.includes(mode)) continue;
      if (set) this.#mouseForms.add(mode);
      else this.#mouseForms.delete(mode);
    }
  }

  #setRegion(top: number, bottom: number): void {
    const last = Math.min(bottom, this.rows);
    if (top >= last) return;
    this.#region = top === 1 && last === this.rows ? undefined : [top, last];
  }

  #save(): void {
    this.#savedRendition = this.#rendition.copy();
  }

  #restore(): void {
    this.#rendition = this.#savedRendition.copy();
  }

  #softReset(): void {
    this.#cursorHidden = false;
    this.#region = undefined;
    this.#lineDrawing = false;
    this.#rendition.reset();
  }
}

function usable({ cols, rows }: ScreenSize): ScreenSize {
  const side = (value: number, usual: number): number =>
    Number.isInteger(value) && value > 0 ? Math.min(value, MOST_CELLS_A_SIDE) : usual;
  return { cols: side(cols, USUAL.cols), rows: side(rows, USUAL.rows) };
}
