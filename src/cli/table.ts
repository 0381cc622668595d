// Tables of plain text: two spaces between columns, no boxes. On a terminal the columns that may shrink do so
// until a row fits its width; piped, every value is given in full.

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
  /** Colour of a cell; applied after fitting. */
  readonly paint?: (text: string, row: Row) => string;
}

const GAP = '  ';

/** The table as text with a final newline; empty without rows. */
export function renderTable<Row>(
  rows: readonly Row[],
  allColumns: readonly Column<Row>[],
  output: Output,
): string {
  if (rows.length === 0) return '';
  const columns = allColumns.filter(
    ({ fromWidth = 0 }) => output.columns === null || output.columns >= fromWidth,
  );
  const texts = rows.map((row) => columns.map((column) => escapeControls(column.value(row))));
  const natural = columns.map((column, index) =>
    texts.reduce((widest, cells) => Math.max(widest, displayWidth(cells[index]!)), column.title.length),
  );
  const widths = output.columns === null ? natural : fitWidths(natural, columns, output.columns);
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
      const text = cutTo(texts[at]![index]!, widths[index]!);
      return column.paint === undefined ? text : column.paint(text, row);
    }),
  );
  return head + body.join('');
}

/** The text in at most `width` columns; what is cut off is shown by an ellipsis. */
function cutTo(text: string, width: number): string {
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

/** Takes from the widest column that may still shrink until a row fits, or none may. */
function fitWidths<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  available: number,
): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const room = widths[index]! - (column.shrinkTo ?? Number.POSITIVE_INFINITY);
      if (room > 0 && (widest < 0 || widths[index]! > widths[widest]!)) widest = index;
    }
    if (widest < 0) break;
    widths[widest]!--;
    excess--;
  }
  return widths;
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
