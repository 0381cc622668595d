// Tables of plain text: two spaces between columns, no boxes. On a terminal the columns that may shrink do so
// until a row fits its width; piped, every value is given in full.

import Table from 'cli-table3';
import { escapeControls } from './format.ts';
import type { Output } from './output.ts';

export interface Column<Row> {
  readonly title: string;
  /** Text of the cell; control characters are escaped here, so a cell may be foreign text. */
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Narrowest width to which the column may shrink; absent, it keeps its width. */
  readonly shrinkTo?: number;
  /** Colour of a cell; applied after fitting. */
  readonly paint?: (text: string, row: Row) => string;
}

const GAP = 2;
const WITHOUT_BOXES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
};

/** The table as text with a final newline; empty without rows. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  output: Output,
): string {
  if (rows.length === 0) return '';
  const texts = rows.map((row) => columns.map((column) => escapeControls(column.value(row))));
  const natural = columns.map((column, index) =>
    texts.reduce((widest, cells) => Math.max(widest, displayWidth(cells[index]!)), column.title.length),
  );
  const widths = output.columns === null ? natural : fitWidths(natural, columns, output.columns);
  const table = new Table({
    head: columns.map((column) => output.style.bold(column.title)),
    chars: WITHOUT_BOXES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths,
    colAligns: columns.map((column) => column.align ?? 'left'),
  });
  for (const [rowIndex, cells] of texts.entries()) {
    table.push(
      cells.map((text, index) => {
        const paint = columns[index]!.paint;
        return paint ? paint(text, rows[rowIndex]!) : text;
      }),
    );
  }
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Takes from the widest column that may still shrink until a row fits, or none may. */
function fitWidths<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  available: number,
): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1) - available;
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

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns that a text takes on a terminal: two for East Asian wide characters and emoji, none for marks. */
export function displayWidth(text: string): number {
  // Most cells are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Two columns of labels and values, for the details of one thing; values may span lines of their own. */
export function renderDetails(
  rows: readonly (readonly [label: string, value: string])[],
  output: Output,
): string {
  const width = rows.reduce((widest, [label]) => Math.max(widest, label.length), 0);
  return rows.map(([label, value]) => `${output.style.dim(label.padEnd(width))}  ${value}\n`).join('');
}
