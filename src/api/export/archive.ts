// A whole session as data, for programs and for transport: `json`, one document, and `jsonl`, the same objects one a line.
// `wrapper import` takes both. Every object has a line of its own in both, so that either can be read line by line, and
// no line holds a character that a terminal would obey.

import { escapeControls } from '../../data/json-text.ts';
import type { CastEvent } from '../../data/recording-text.ts';
import {
  exportedBlockDocument,
  exportedEventDocument,
  exportedSessionDocument,
  stateChangeDocument,
} from '../../model/documents.ts';
import type { RecordedPieceDocument } from '../../model/wire.ts';
import type { SessionSource } from './session-source.ts';

const SCHEMA_VERSION = 1;
const FORMAT = 'wrapper-session';

/** One JSON document. */
export function* json(source: SessionSource): Generator<string> {
  yield `{\n"schema_version":${SCHEMA_VERSION},\n"format":"${FORMAT}",\n`;
  yield `"session":${text(exportedSessionDocument(source.session))},\n`;
  yield '"state_changes":';
  yield* list(source.stateChanges.map(stateChangeDocument));
  yield ',\n"events":';
  yield* list(eventDocuments(source));
  yield ',\n"code_blocks":';
  yield* list(blockDocuments(source));
  yield ',\n"recording":';
  if (source.recording === null) yield 'null';
  else {
    yield `{\n"header":${text(source.recording.header)},\n"events":`;
    yield* list(pieceDocuments(source.recording.events()));
    yield '\n}';
  }
  yield '\n}\n';
}

/** One object a line; the last says how many there were, so that a file that was cut off is told from a whole one. */
export function* jsonl(source: SessionSource): Generator<string> {
  const counts = { state_changes: 0, events: 0, code_blocks: 0, output: 0 };
  yield line('session', {
    schema_version: SCHEMA_VERSION,
    format: FORMAT,
    ...exportedSessionDocument(source.session),
  });
  for (const change of source.stateChanges) {
    counts.state_changes++;
    yield line('state_change', stateChangeDocument(change));
  }
  for (const event of eventDocuments(source)) {
    if (event !== undefined) counts.events++;
    yield event === undefined ? '' : line('event', event);
  }
  for (const block of blockDocuments(source)) {
    if (block !== undefined) counts.code_blocks++;
    yield block === undefined ? '' : line('code_block', block);
  }
  if (source.recording !== null) {
    yield line('recording', { header: source.recording.header });
    for (const piece of pieceDocuments(source.recording.events())) {
      counts.output++;
      yield line('output', piece);
    }
  }
  yield line('end', counts);
}

function* eventDocuments(source: SessionSource): Generator<object | undefined> {
  for (const page of source.events()) {
    yield undefined;
    for (const event of page) yield exportedEventDocument(event);
  }
}

function* blockDocuments(source: SessionSource): Generator<object | undefined> {
  for (const block of source.blocks()) yield block === undefined ? undefined : exportedBlockDocument(block);
}

function* pieceDocuments(events: Iterable<CastEvent>): Generator<RecordedPieceDocument> {
  for (const { t, code, data, stream } of events) yield { elapsed_ms: t, code, stream, data };
}

/** A list with an item on each line. Undefined among the items is a chance to pause. */
function* list(items: Iterable<object | undefined>): Generator<string> {
  let before = '[';
  for (const item of items) {
    if (item === undefined) {
      yield '';
      continue;
    }
    yield `${before}\n${text(item)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : '\n]';
}

function line(type: string, contents: object): string {
  return `${text({ type, ...contents })}\n`;
}

function text(value: object): string {
  return escapeControls(JSON.stringify(value));
}
