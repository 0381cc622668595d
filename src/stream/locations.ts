// Gives findings the place that stands on another line: the file of an eslint or stylelint row is in a heading above
// the rows, the place of a rustc diagnostic in the `-->` line below its message. Rows are located at once; the head of
// a rustc diagnostic waits for the next line, so that its finding can be reported whole.

import type { LineInput } from './code-blocks.ts';

export interface Location {
  readonly file: string;
  /** Absent where the row itself says it. */
  readonly line?: number;
  readonly column?: number;
}

/** A line that may be matched now, and where it speaks of, if that stands elsewhere. */
export interface LocatedLine<L extends LineInput> {
  readonly line: L;
  readonly location: Location | undefined;
}

/** Sources of expressions of which one matches every line that the tracker must see. */
export const LOCATION_LINES: readonly string[] = [
  '^(?:[A-Za-z]:\\\\)?[^ :]+[.][A-Za-z]{1,10}$',
  '^ {0,6}[0-9]{1,7}:[0-9]{1,6} ',
  '^ {0,6}--> ',
  '^(?:error|warning)(?:\\[|: )',
  '^ {1,12}(?:Compiling|Checking|Building|Documenting|Finished) ',
];

const HEADING = /^(?:[A-Za-z]:\\|~?\/|\.{1,2}\/|[\w@.-]+\/)?[^\s:"'`<>|*]*[\w-]\.[A-Za-z]{1,10}$/;
const ROW = /^ {0,6}\d{1,7}:\d{1,6} /;
const ARROW = /^ {0,6}--> (.+?):(\d+):(\d+)$/;
const HEAD = /^(?:error|warning)(?:\[[A-Za-z]+\d*\])?: /;
const CODED_HEAD = /^(?:error|warning)\[/;
const CARGO = /^ {1,12}(?:Compiling|Checking|Building|Documenting|Finished) /;
/** Lines of another stream may be counted between a row and the one above it. */
const MAX_GAP = 3;
/** A message of rustc that has more lines than this before its place is given up. */
const MAX_WAITING = 4;

/** Follows one stream. Needs every line while `open`, else only those that LOCATION_LINES match. */
export class LocationTracker<L extends LineInput = LineInput> {
  #file: string | undefined;
  #lastRow = 0;
  #waiting: L[] = [];
  /** Only after a sign of rustc does an `error: …` without a code wait: other programs have nothing to wait for. */
  #rust = false;

  get open(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes a line; the lines that may be matched now, in their order. */
  feed(line: L): readonly LocatedLine<L>[] {
    const arrow = ARROW.exec(line.text);
    if (arrow !== null) {
      this.#rust = true;
      const location = { file: arrow[1]!, line: Number(arrow[2]), column: Number(arrow[3]) };
      return [...this.#release(location), { line, location: undefined }];
    }
    if (this.#waiting.length > 0 && this.#continues(line.text)) {
      this.#waiting.push(line);
      return [];
    }
    const released = this.#release(undefined);
    if (CODED_HEAD.test(line.text) || (this.#rust && HEAD.test(line.text))) {
      this.#waiting.push(line);
      return released;
    }
    if (CARGO.test(line.text)) this.#rust = true;
    const location = this.#locate(line);
    return released.length === 0 ? [{ line, location }] : [...released, { line, location }];
  }

  /** The lines that still wait when the stream ends. */
  end(): readonly LocatedLine<L>[] {
    return this.#release(undefined);
  }

  /** The lines that wait; the first is the head, which the location is of. */
  #release(location: Location | undefined): LocatedLine<L>[] {
    const released = this.#waiting.map((line, index) => ({
      line,
      location: index === 0 ? location : undefined,
    }));
    this.#waiting = [];
    return released;
  }

  /** Whether a line can be the second or third of a message that has its place below. */
  #continues(text: string): boolean {
    return this.#waiting.length < MAX_WAITING && text.trim() !== '' && !HEAD.test(text) && !CARGO.test(text);
  }

  #locate(line: L): Location | undefined {
    if (ROW.test(line.text)) {
      if (this.#file === undefined || line.number - this.#lastRow > MAX_GAP) return undefined;
      this.#lastRow = line.number;
      return { file: this.#file };
    }
    if (HEADING.test(line.text)) {
      this.#file = line.text;
      this.#lastRow = line.number;
    }
    return undefined;
  }
}
