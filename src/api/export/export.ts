// The formats in which a session leaves the product, for the command line and the API alike.

import type { Database } from '../../data/database.ts';
import { WrapperError } from '../../model/errors.ts';
import { json, jsonl } from './archive.ts';
import { cast, cast3 } from './cast.ts';
import { inChunks } from './chunks.ts';
import { csv } from './csv.ts';
import { har } from './har.ts';
import { html } from './html.ts';
import { markdown } from './markdown.ts';
import { openSessionSource, type RecordingSource, type SessionSource } from './session-source.ts';
import { txt } from './text-lines.ts';

export const EXPORT_FORMATS = ['har', 'cast', 'cast3', 'json', 'jsonl', 'csv', 'md', 'html', 'txt'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

interface FormatDetails {
  readonly mediaType: string;
  /** Of a file, with its dot. */
  readonly suffix: string;
  /** What it is, in a few words. */
  readonly meaning: string;
  /** Whether there is nothing to write without the recording. */
  readonly isRecording?: true;
}

export const FORMAT_DETAILS: Readonly<Record<ExportFormat, FormatDetails>> = {
  har: { mediaType: 'application/json', suffix: '.har', meaning: 'HTTP archive 1.2 with synthetic entries' },
  cast: {
    mediaType: 'application/x-asciicast',
    suffix: '.cast',
    meaning: 'the recording, asciicast v2',
    isRecording: true,
  },
  cast3: {
    mediaType: 'application/x-asciicast',
    suffix: '.v3.cast',
    meaning: 'the recording, asciicast v3',
    isRecording: true,
  },
  json: { mediaType: 'application/json', suffix: '.json', meaning: 'everything, one document' },
  jsonl: { mediaType: 'application/jsonl', suffix: '.jsonl', meaning: 'everything, one object a line' },
  csv: { mediaType: 'text/csv; charset=utf-8', suffix: '.csv', meaning: 'the events, for spreadsheets' },
  md: { mediaType: 'text/markdown; charset=utf-8', suffix: '.md', meaning: 'a report to read' },
  html: { mediaType: 'text/html; charset=utf-8', suffix: '.html', meaning: 'one page that replays offline' },
  txt: {
    mediaType: 'text/plain; charset=utf-8',
    suffix: '.txt',
    meaning: 'the output as lines',
    isRecording: true,
  },
};

export interface ExportRequest {
  readonly database: Database;
  readonly dbPath: string;
  readonly sessionId: string;
  readonly format: ExportFormat;
  /** Leave the recording out of `json`, `jsonl` and `html`; not of a format that is nothing else. */
  readonly withoutRecording?: boolean | undefined;
  /** Version of the wrapper, for formats that name their maker. */
  readonly version: string;
}

/**
 * A session in a format, piece by piece, in memory that does not grow with the session.
 *
 * @throws WrapperError `session_unknown`, `recording_absent` or `export_too_large` before the first piece; as the stores
 *   and the reading of files do at any time
 */
export function exportSession(request: ExportRequest): AsyncGenerator<string> {
  return inChunks(pieces(request));
}

function* pieces(request: ExportRequest): Generator<string> {
  const { database, dbPath, sessionId, format, withoutRecording, version } = request;
  const source = openSessionSource(database, dbPath, sessionId, { withoutRecording });
  switch (format) {
    case 'har':
      return yield* har(source, { version });
    case 'cast':
      return yield* cast(source, recordingOf(source));
    case 'cast3':
      return yield* cast3(source, recordingOf(source));
    case 'txt':
      return yield* txt(source, recordingOf(source));
    case 'json':
      return yield* json(source);
    case 'jsonl':
      return yield* jsonl(source);
    case 'csv':
      return yield* csv(source);
    case 'md':
      return yield* markdown(source);
    case 'html':
      return yield* html(source);
  }
}

function recordingOf({ session, recording }: SessionSource): RecordingSource {
  if (recording !== null) return recording;
  throw new WrapperError('recording_absent', `session ${session.sessionId} has no recording`, {
    hint: 'It was run with --no-record, or the file was removed; the formats json, csv and md need none.',
  });
}

/** A name for the file of an export, of letters, digits, dots, hyphens and underscores only. */
export function exportFileName(sessionId: string, format: ExportFormat): string {
  const name = sessionId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  return `${name || 'session'}${FORMAT_DETAILS[format].suffix}`;
}
