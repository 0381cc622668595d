// The events as comma-separated values after RFC 4180: CRLF, quotes where they are needed, a header row. UTF-8 without a
// byte order mark, which most programs would take for a part of the first name. A cell that a spreadsheet would run as a
// formula begins with an apostrophe; it is the only thing to take off when the exact text is wanted back.

import type { StoredEvent } from '../../model/event.ts';
import { escapeControls } from '../../model/visible-text.ts';
import type { SessionSource } from './session-source.ts';

const COLUMNS: readonly (readonly [name: string, value: (event: StoredEvent) => string | number | null])[] = [
  ['session_id', (event) => event.sessionId],
  ['agent_name', (event) => event.agentName],
  ['seq', (event) => event.seq || null],
  ['timestamp', (event) => event.timestamp],
  ['elapsed_ms', (event) => event.elapsedMs],
  ['event_type', (event) => event.eventType],
  ['pattern', (event) => event.pattern],
  ['risk_level', (event) => event.riskLevel],
  ['auto_confirmable', (event) => String(event.autoConfirmable)],
  ['line_number', (event) => event.lineNumber],
  ['stream', (event) => event.stream],
  ['matched_value', (event) => event.matchedValue],
  ['original_line', (event) => event.originalLine],
  ['code_block_language', (event) => event.codeBlockLanguage],
  ['metadata', (event) => (event.metadata === null ? null : JSON.stringify(event.metadata))],
];

/** The header row and a row for each event. */
export function* csv(source: SessionSource): Generator<string> {
  yield row(COLUMNS.map(([name]) => name));
  for (const page of source.events()) {
    yield '';
    for (const event of page) yield row(COLUMNS.map(([, value]) => value(event)));
  }
}

/** One row with its line end. Null is an empty cell, an empty text is `""`. */
export function row(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** Full-width forms are formulas to spreadsheets, too. Apostrophes before one are counted in, so that one can be taken off. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
/** What a text keeps as it is: tabs and ends of lines; other controls are shown. */
const CONTROLS = /[^\t\r\n]+/g;

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = value.replace(CONTROLS, escapeControls);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return safe === '' || /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
