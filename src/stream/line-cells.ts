// One line as a row of terminal cells, for lines that rewrite themselves (`\r`, backspace, erase, cursor column):
// text() is what a reader sees in the end. Bounded: beyond MAX_COLUMNS characters are only counted.

import { characterWidth } from './character-width.ts';

/** A line that is kept has at most 8 KiB; a tab takes up to 8 columns. */
const MAX_COLUMNS = 65_536;
/** No terminal is wider; a cursor jump beyond it would only make lines of blanks. */
const MAX_JUMP = 1024;
/** Combining characters kept for one line, in UTF-16 units: more than a whole kept line can hold. */
const MAX_CLUSTER_UNITS = 16_384;

const HOLE = 0;
/** Right half of a wide character, or the rest of a tab. */
const REST = 0xffff_ffff;
/** From here on a cell is an index into `clusters` (a character with combining ones). */
const CLUSTER = 0x11_0000;
const TAB = 9;
const SPACE = 32;

const utf8Length = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;

export class LineCells {
  /** Column of the cursor, from 0. */
  column = 0;
  #cells = new Uint32Array(256);
  #length = 0;
  #clusters: string[] = [];
  #clusterUnits = 0;
  #overflowEnd = MAX_COLUMNS;
  /** UTF-8 bytes of characters right of MAX_COLUMNS. */
  #overflowBytes = 0;

  get empty(): boolean {
    return this.#length === 0 && this.#overflowBytes === 0;
  }

  /** Whether a reader sees anything on the line. */
  get blank(): boolean {
    for (let i = 0; i < this.#length; i++) {
      const cell = this.#cells[i]!;
      if (cell !== HOLE && cell !== SPACE && cell !== TAB && cell !== REST) return false;
    }
    return this.#overflowBytes === 0;
  }

  /** Bytes that the line had right of what text() can return. */
  get overflowBytes(): number {
    return this.#overflowBytes;
  }

  clear(): void {
    this.column = 0;
    this.#length = 0;
    this.#overflowEnd = MAX_COLUMNS;
    this.#overflowBytes = 0;
    if (this.#clusterUnits > 0) {
      this.#clusters = [];
      this.#clusterUnits = 0;
    }
  }

  /** Writes the printable ASCII characters of `text` in [from, to), each one column wide. */
  writeAscii(text: string, from: number, to: number): void {
    const column = this.column;
    const end = column + to - from;
    if (column !== this.#length || end > MAX_COLUMNS) {
      for (let i = from; i < to; i++) this.write(text.charCodeAt(i));
      return;
    }
    this.#reserve(end);
    const cells = this.#cells;
    for (let i = from, at = column; i < to; i++, at++) cells[at] = text.charCodeAt(i);
    this.column = end;
    this.#length = end;
  }

  /** Writes one printable code point at the cursor. */
  write(codePoint: number): void {
    const width = codePoint < 0x300 ? 1 : characterWidth(codePoint);
    if (width === 0) {
      this.#combine(codePoint);
      return;
    }
    const column = this.column;
    const end = column + width;
    this.column = end;
    if (end > MAX_COLUMNS) {
      this.#overflow(end, utf8Length(codePoint));
      return;
    }
    this.#open(column, end);
    this.#cells[column] = codePoint;
    if (width === 2) this.#cells[column + 1] = REST;
  }

  /** A tab is kept as a character where the line is still empty; over text it only moves the cursor. */
  tab(): void {
    const column = this.column;
    const end = (column | 7) + 1;
    this.column = end;
    if (end > MAX_COLUMNS) {
      this.#overflow(end, 1);
      return;
    }
    if (column < this.#length) {
      for (let i = column; i < Math.min(end, this.#length); i++) if (this.#cells[i] !== HOLE) return;
    }
    this.#open(column, end);
    this.#cells[column] = TAB;
    this.#cells.fill(REST, column + 1, end);
  }

  moveBy(columns: number): void {
    this.moveTo(this.column + columns);
  }

  moveTo(column: number): void {
    const furthest = Math.max(MAX_JUMP, this.column, Math.min(this.#length, MAX_COLUMNS));
    this.column = column < 0 ? 0 : column > furthest ? furthest : column;
  }

  /** Erases [from, to) without moving the cursor. */
  erase(from: number, to: number): void {
    if (to > MAX_COLUMNS && from <= MAX_COLUMNS) {
      this.#overflowEnd = MAX_COLUMNS;
      this.#overflowBytes = 0;
    }
    const end = Math.min(to, this.#length);
    if (from >= end) return;
    this.#split(from);
    this.#split(end);
    if (end === this.#length) this.#length = from;
    else this.#cells.fill(HOLE, from, end);
  }

  eraseRight(): void {
    this.erase(this.column, Number.MAX_SAFE_INTEGER);
  }

  /** Deletes `count` cells at the cursor; what is right of them moves left. */
  deleteCells(count: number): void {
    const from = this.column;
    if (from >= this.#length) return;
    const end = Math.min(from + count, this.#length);
    this.#split(from);
    this.#split(end);
    this.#cells.copyWithin(from, end, this.#length);
    this.#length -= end - from;
  }

  /** Inserts `count` blanks at the cursor; what is right of it moves right. */
  insertCells(count: number): void {
    const from = this.column;
    if (from >= this.#length) return;
    const by = Math.min(count, MAX_JUMP);
    const length = Math.min(this.#length + by, MAX_COLUMNS);
    this.#split(from);
    this.#reserve(length);
    this.#cells.copyWithin(Math.min(from + by, length), from, this.#length);
    this.#cells.fill(HOLE, from, Math.min(from + by, length));
    this.#length = length;
  }

  /** The line as a reader sees it; places never written are spaces, trailing ones are left out. */
  text(): string {
    const cells = this.#cells;
    let length = this.#length;
    while (length > 0 && cells[length - 1] === HOLE) length--;
    let text = '';
    let units: number[] = [];
    for (let i = 0; i < length; i++) {
      const cell = cells[i]!;
      if (cell === REST) continue;
      if (cell === HOLE) units.push(SPACE);
      else if (cell < 0x1_0000) units.push(cell);
      else if (cell < CLUSTER) {
        units.push(0xd7c0 + (cell >> 10), 0xdc00 | (cell & 0x3ff));
      } else {
        text += String.fromCharCode.apply(null, units) + this.#clusters[cell - CLUSTER]!;
        units = [];
      }
      if (units.length > 4096) {
        text += String.fromCharCode.apply(null, units);
        units = [];
      }
    }
    return units.length === 0 ? text : text + String.fromCharCode.apply(null, units);
  }

  #overflow(end: number, bytes: number): void {
    if (end <= this.#overflowEnd) return;
    this.#overflowEnd = end;
    this.#overflowBytes += bytes;
  }

  /** Makes [column, end) free to be written: halves of characters that are cut become blanks. */
  #open(column: number, end: number): void {
    if (column < this.#length) {
      this.#split(column);
      if (end < this.#length) this.#split(end);
    } else {
      this.#reserve(end);
      this.#cells.fill(HOLE, this.#length, column);
    }
    if (end > this.#length) {
      this.#reserve(end);
      this.#length = end;
    }
  }

  /** If a wide character or tab lies across the border before `column`, turns it into blanks. */
  #split(column: number): void {
    const cells = this.#cells;
    if (column >= this.#length || cells[column] !== REST) return;
    let from = column;
    while (cells[from] === REST) from--;
    cells[from] = HOLE;
    for (let i = from + 1; i < this.#length && cells[i] === REST; i++) cells[i] = HOLE;
  }

  #combine(codePoint: number): void {
    let at = this.column - 1;
    while (at > 0 && at < this.#length && this.#cells[at] === REST) at--;
    if (this.column >= MAX_COLUMNS || this.#clusterUnits >= MAX_CLUSTER_UNITS) {
      this.#overflowBytes += utf8Length(codePoint);
      return;
    }
    const cell = at < 0 || at >= this.#length ? HOLE : this.#cells[at]!;
    if (at < 0 || cell === HOLE || cell === TAB) {
      // Nothing to combine with: it stands alone, in a cell of its own, so that it is not lost.
      const column = this.column;
      this.#open(column, column + 1);
      this.#cells[column] = codePoint;
      this.column = column + 1;
      return;
    }
    const addition = String.fromCodePoint(codePoint);
    if (cell >= CLUSTER) {
      this.#clusters[cell - CLUSTER] += addition;
    } else {
      this.#cells[at] = CLUSTER + this.#clusters.length;
      this.#clusters.push(String.fromCodePoint(cell) + addition);
    }
    this.#clusterUnits += addition.length;
  }

  #reserve(length: number): void {
    if (length <= this.#cells.length) return;
    const grown = new Uint32Array(Math.min(Math.max(length, 2 * this.#cells.length), MAX_COLUMNS));
    grown.set(this.#cells.subarray(0, this.#length));
    this.#cells = grown;
  }
}
