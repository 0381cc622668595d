// The rows of a terminal's buffer as the sequences that draw them on an empty one: the characters, and how each of them
// looks. Rows are placed one by one, so that nothing depends on how a terminal wraps.

import type { IBuffer, IBufferCell, IBufferLine } from '@xterm/headless';

/** Draws the rows of the screen of a buffer; ends with the attributes reset. */
export function drawRows(buffer: IBuffer, rows: number, cols: number): string {
  let text = '';
  for (let row = 0; row < rows; row++) {
    const line = buffer.getLine(buffer.baseY + row);
    const drawn = line === undefined ? '' : drawRow(line, cols);
    if (drawn !== '') text += `\x1b[${row + 1};1H${drawn}`;
  }
  return text;
}

/**
 * Draws one row from where the cursor is, on cells that are empty; ends with the attributes reset.
 *
 * @param cols what lies behind so many columns is left out
 */
export function drawRow(line: IBufferLine, cols: number): string {
  let text = '';
  let look = '';
  /** Cells that nothing was written to, not drawn so far. */
  let empty = 0;
  const skip = (): void => {
    if (empty === 0) return;
    text += look !== '' ? `\x1b[${empty}X\x1b[${empty}C` : `\x1b[${empty}C`;
    empty = 0;
  };
  for (let column = 0; column < cols; column++) {
    const cell = line.getCell(column);
    if (cell === undefined) break;
    // The second half of a wide character, or the first of one that lies across the end.
    if (cell.getWidth() === 0 || column + cell.getWidth() > cols) continue;
    const characters = cell.getChars();
    // Of a cell without a character only the background can be erased into another terminal.
    const wanted = characters === '' ? backgroundOf(cell) : lookOf(cell);
    if (wanted !== look) {
      skip();
      text += `\x1b[0${wanted}m`;
      look = wanted;
    }
    if (characters === '') empty++;
    else {
      skip();
      text += characters;
    }
  }
  if (look === '') return text;
  skip();
  return `${text}\x1b[0m`;
}

/** The parameters of an `m` sequence after a reset, each after a semicolon. */
export function lookOf(cell: IBufferCell): string {
  if (cell.isAttributeDefault()) return '';
  let look = '';
  if (cell.isBold()) look += ';1';
  if (cell.isDim()) look += ';2';
  if (cell.isItalic()) look += ';3';
  if (cell.isUnderline()) look += ';4';
  if (cell.isBlink()) look += ';5';
  if (cell.isInverse()) look += ';7';
  if (cell.isInvisible()) look += ';8';
  if (cell.isStrikethrough()) look += ';9';
  if (cell.isOverline()) look += ';53';
  if (cell.isFgRGB()) look += `;38;2;${bytesOf(cell.getFgColor())}`;
  else if (cell.isFgPalette()) look += `;38;5;${cell.getFgColor()}`;
  return look + backgroundOf(cell);
}

/** Of those parameters, the ones of the background. */
function backgroundOf(cell: IBufferCell): string {
  if (cell.isBgRGB()) return `;48;2;${bytesOf(cell.getBgColor())}`;
  return cell.isBgPalette() ? `;48;5;${cell.getBgColor()}` : '';
}

function bytesOf(colour: number): string {
  return `${(colour >> 16) & 255};${(colour >> 8) & 255};${colour & 255}`;
}
