// Keyframes for a recording that came from elsewhere, as the recorder would have noted them, so that seeking in it is as
// fast as in any other.

import type { Database } from '../../data/database.ts';
import { RecordingIndex } from '../../data/recording-index.ts';
import { readRecording, readRecordingHeader } from '../../data/recording-reader.ts';
import { readCastHeader } from '../../data/recording-text.ts';
import { SessionArchive } from '../../data/session-archive.ts';
import type { SessionFiles } from '../../data/session-files.ts';
import { RecordedLines } from '../../stream/recorded-lines.ts';

/** Writes the index of a recording that is in its place; there must be none yet. A short recording needs none. */
export function indexRecording(database: Database, sessionId: string, files: SessionFiles): void {
  const header = readCastHeader(readRecordingHeader(files.cast))?.header;
  if (header === undefined) return;
  const index = new RecordingIndex(files.index, { tMs: 0, offset: 0 });
  const lines = new RecordedLines();
  const events = new EventCount(database, sessionId);
  let { width: cols, height: rows } = header;
  let tMs = 0;
  try {
    for (const { t, code, data, stream, offset } of readRecording(files.cast)) {
      index.note({ tMs, offset, line: lines.count, seq: events.upTo(lines.count), cols, rows });
      tMs = t;
      if (code === 'o') lines.push(stream ?? 'output', data, t);
      const size = code === 'r' ? /^(\d{1,5})x(\d{1,5})$/.exec(data) : null;
      if (size !== null) [cols, rows] = [Number(size[1]), Number(size[2])];
    }
  } finally {
    index.close();
    events.close();
  }
}

/** Number of the last event that stands on a line or before it. */
class EventCount {
  readonly #pages: Iterator<readonly { readonly seq: number; readonly lineNumber: number | null }[]>;
  #page: readonly { readonly seq: number; readonly lineNumber: number | null }[] = [];
  #at = 0;
  #seq = 0;

  constructor(database: Database, sessionId: string) {
    this.#pages = new SessionArchive(database).events(sessionId);
  }

  upTo(line: number): number {
    for (;;) {
      while (this.#at < this.#page.length && (this.#page[this.#at]!.lineNumber ?? 0) <= line) {
        this.#seq = this.#page[this.#at++]!.seq;
      }
      if (this.#at < this.#page.length) return this.#seq;
      const next = this.#pages.next();
      if (next.done === true) return this.#seq;
      this.#page = next.value;
      this.#at = 0;
    }
  }

  close(): void {
    this.#pages.return?.();
  }
}
