// Tables of plain text: two spaces between columns, no boxes. On a terminal the columns that may shrink do so until a
// row fits its width; then columns are left out, and at last every value is cut. Piped, every value is given in full.

import { stripVTControlCharacters } from 'node:util';
import { characterWidth } from '../stream/character-width.ts';
import { escapeControls } from './format.ts';
import type { Output } from './output.ts';

export interface Column<Row> {
  readonly title: string;
  /** Text of the cell; control characters are escaped here, so a cell may be foreign text. */
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Left out on terminals narrower than this; never when piped. */
  readonly fromWidth?: number;
  /** Narrowest width to which the column may shrink; absent, it keeps its width. */
  readonly shrinkTo?: number;
  /** Left out, the lowest first, on a terminal too narrow for what the columns may shrink to; absent, it stays. */
  readonly leaveOut?: number;
  /** Colour of a cell; applied after fitting. */
  readonly paint?: (text: string, row: Row) => string;
}

/** A column with its escaped values and the width of the widest, or of its title. */
interface Measured<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

const GAP = '  ';

/** The table as text with a final newline; empty without rows. */
export function renderTable<Row>(
  rows: readonly Row[],
  allColumns: readonly Column<Row>[],
  output: Output,
): string {
  if (rows.length === 0) return '';
  const measured = allColumns
    .filter(({ fromWidth = 0 }) => output.columns === null || output.columns >= fromWidth)
    .map((column): Measured<Row> => {
      const cells = rows.map((row) => escapeControls(column.value(row)));
      const width = cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell)), column.title.length);
      return { column, cells, width };
    });
  const kept = output.columns === null ? measured : leaveOut(measured, output.columns);
  const columns = kept.map(({ column }) => column);
  const widths = output.columns === null ? kept.map(({ width }) => width) : fitWidths(kept, output.columns);
  const line = (cell: (column: Column<Row>, index: number) => string): string => {
    const cells = columns.map((column, index) => {
      const text = cell(column, index);
      return { text, paddedBy: widths[index]! - displayWidth(stripVTControlCharacters(text)) };
    });
    const aligned = cells.map(({ text, paddedBy }, index) => {
      const space = ' '.repeat(Math.max(0, paddedBy));
      return columns[index]!.align === 'right' ? space + text : text + space;
    });
    return `${aligned.join(GAP).trimEnd()}\n`;
  };
  const head = line((column, index) => output.style.bold(cutTo(column.title, widths[index]!)));
  const body = rows.map((row, at) =>
    line((column, index) => {
      const text = cutTo(kept[index]!.cells[at]!, widths[index]!);
      return column.paint === undefined ? text : column.paint(text, row);
    }),
  );
  return head + body.join('');
}

/** The text in at most `width` columns; what is cut off is shown by an ellipsis. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += characterWidth(character.codePointAt(0)!);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Leaves out columns until the others fit when they have shrunk, or none may be left out. */
function leaveOut<Row>(measured: readonly Measured<Row>[], available: number): readonly Measured<Row>[] {
  const kept = [...measured];
  while (rowWidth(kept.map(smallest)) > available) {
    const order = kept.map(({ column }) => column.leaveOut ?? Number.POSITIVE_INFINITY);
    const next = Math.min(...order);
    if (next === Number.POSITIVE_INFINITY) break;
    kept.splice(order.indexOf(next), 1);
  }
  return kept;
}

/** Takes from the widest column that may still shrink until a row fits; when none may, from the widest of all. */
function fitWidths<Row>(measured: readonly Measured<Row>[], available: number): number[] {
  const widths = measured.map(({ width }) => width);
  for (const least of [measured.map(smallest), measured.map(() => 1)]) {
    for (let excess = rowWidth(widths) - available; excess > 0; excess--) {
      let widest = -1;
      for (const [index, width] of widths.entries()) {
        if (width > least[index]! && (widest < 0 || width > widths[widest]!)) widest = index;
      }
      if (widest < 0) break;
      widths[widest]!--;
    }
  }
  return widths;
}

function smallest<Row>({ column, width }: Measured<Row>): number {
  return Math.min(width, column.shrinkTo ?? width);
}

function rowWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
}

/** Columns that a text takes on a terminal: two for East Asian wide characters and emoji, none for marks. */
export function displayWidth(text: string): number {
  // Most cells are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character.codePointAt(0)!);
  return width;
}

/** Two columns of labels and values, for the details of one thing; on a terminal long values are wrapped. */
export function renderDetails(
  rows: readonly (readonly [label: string, value: string])[],
  output: Output,
): string {
  const width = rows.reduce((widest, [label]) => Math.max(widest, label.length), 0);
  const room = output.columns === null ? Number.POSITIVE_INFINITY : output.columns - width - GAP.length;
  const indent = `\n${' '.repeat(width)}${GAP}`;
  return rows
    .map(
      ([label, value]) =>
        `${output.style.dim(label.padEnd(width))}${GAP}${wrapWords(value, room).join(indent)}\n`,
    )
    .join('');
}

/** Breaks at spaces; a word that is longer than a line is left to the terminal. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(stripVTControlCharacters(longer)) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
