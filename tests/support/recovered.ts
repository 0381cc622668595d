// What a database must hold of a session whose recording is the truth: every line of it that matches, exactly once.

import { expect } from 'vitest';
import { recordedText } from './recording.ts';
import { sqlite } from './wrapper.ts';

/** Lines of a recording in the form `number|text`, as far as they are matched by the test's own kind of line. */
export function errorLinesOf(recording: string): string[] {
  return recordedText(recording)
    .split('\r\n')
    .map((text, index) => `${index + 1}|${text}`)
    .filter((line) => /\|error\b/.test(line));
}

/** Asserts that the events of the session of a recording are its matching lines: none missing, none twice, in order. */
export function expectEventsOf(cwd: string, recording: string): void {
  const sessionId = /(sess_\w+)\.cast$/.exec(recording)?.[1] ?? '';
  const events = sqlite(
    cwd,
    `SELECT line_number, original_line FROM extraction_events WHERE session_id = '${sessionId}' ORDER BY seq`,
  );
  const lines = errorLinesOf(recording);
  expect(events.length).toBe(lines.length);
  expect(events.find((event, index) => event !== lines[index])).toBeUndefined();
  const numbers = `SELECT COUNT(*) = COUNT(DISTINCT seq) AND ifnull(MAX(seq), 0) = COUNT(*)
    FROM extraction_events WHERE session_id = '${sessionId}'`;
  expect(sqlite(cwd, numbers)).toEqual(['1']);
  const totals = `SELECT total_extraction_events FROM process_sessions WHERE session_id = '${sessionId}'`;
  expect(sqlite(cwd, totals)).toEqual([String(events.length)]);
}
