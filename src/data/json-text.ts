// Output bytes as the text of a JSON string, at the speed of the disk. The bytes of UTF-8 are treated as Latin-1
// characters, which V8 keeps one byte each: JSON.stringify escapes only ASCII, so the same bytes come out.

import { isUtf8 } from 'node:buffer';

const DELETE = 0x7f;
/** First byte in UTF-8 of U+0080 to U+00BF, of which U+0080 to U+009F are the C1 controls. */
const C1_LEAD = 0xc2;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** Turns the pieces of one stream into JSON strings in Latin-1; holds what one piece must know of the one before. */
export class JsonText {
  readonly #returns: boolean;
  #afterReturn = false;

  /** @param addReturns write `\r\n` for a bare `\n`, so that a replay does not draw a staircase */
  constructor(addReturns: boolean) {
    this.#returns = addReturns;
  }

  /**
   * The piece as a JSON string, quotes included, to be written in Latin-1. Controls are escaped, also DEL and C1, which a
   * terminal would obey when the file is shown; what is no UTF-8 becomes U+FFFD.
   */
  encode(bytes: Uint8Array): string {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#encodeValid(isUtf8(piece) ? piece : Buffer.from(piece.toString('utf8')));
  }

  #encodeValid(piece: Buffer): string {
    let text = piece.toString('latin1');
    if (this.#returns && piece.length > 0) text = this.#addReturns(piece, text);
    const json = JSON.stringify(text);
    return piece.includes(DELETE) || piece.includes(C1_LEAD)
      ? json.replace(/\x7f|\xc2[\x80-\x9f]/g, escapeControl)
      : json;
  }

  #addReturns(piece: Buffer, text: string): string {
    const continues = this.#afterReturn && piece[0] === LINE_FEED;
    this.#afterReturn = piece[piece.length - 1] === CARRIAGE_RETURN;
    const whole = piece.includes(CARRIAGE_RETURN)
      ? text.replace(/\r?\n/g, '\r\n')
      : text.replaceAll('\n', '\r\n');
    return continues ? whole.slice(1) : whole;
  }
}

/** The same for JSON that is an ordinary string: DEL and C1 controls as `\u00XX`. */
export function escapeControls(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, escapeControl);
}

function escapeControl(match: string): string {
  return `\\u00${match.charCodeAt(match.length - 1).toString(16)}`;
}
