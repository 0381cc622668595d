// What a `json` or `jsonl` export holds, item by item and checked: every shape, time and number is what it must be, or the
// whole file is refused with the line that is wrong. The order of the parts does not matter, so that a document that
// another program has sorted is as good as ours.

import { createHash } from 'node:crypto';
import { JsonInput, type JsonValue } from '../../data/json-input.ts';
import { SESSION_ID } from '../../model/ids.ts';
import {
  type ExportedBlockDocument,
  type ExportedEventDocument,
  type ExportedSessionDocument,
  exportedBlockSchema,
  exportedEventSchema,
  exportedSessionSchema,
  type RecordedPieceDocument,
  recordedPieceSchema,
  type StateChangeDocument,
  stateChangeSchema,
} from '../../model/wire.ts';

export type ArchiveItem =
  | { readonly kind: 'session'; readonly session: ExportedSessionDocument }
  | { readonly kind: 'state_change'; readonly change: StateChangeDocument }
  | { readonly kind: 'event'; readonly event: ExportedEventDocument }
  | { readonly kind: 'code_block'; readonly block: ExportedBlockDocument }
  | { readonly kind: 'header'; readonly header: unknown }
  | { readonly kind: 'output'; readonly piece: RecordedPieceDocument };

export type ArchiveFormat = 'json' | 'jsonl';

/** What of an archive is wanted; the rest is passed over unchecked. */
export type ArchivePart = 'everything' | 'recording' | 'rows';

/**
 * The items of an archive, in the order of the file.
 *
 * @throws WrapperError `import_invalid` naming the line, or `storage_unavailable`
 */
export function* readArchive(path: string, format: ArchiveFormat, part: ArchivePart): Generator<ArchiveItem> {
  const input = new JsonInput(path);
  try {
    const reader = new ArchiveReader(input, part);
    yield* format === 'json' ? reader.document() : reader.lines();
  } finally {
    input.close();
  }
}

const ITEM_KINDS = {
  state_changes: 'state_change',
  events: 'event',
  code_blocks: 'code_block',
} as const;

class ArchiveReader {
  readonly #input: JsonInput;
  readonly #part: ArchivePart;

  constructor(input: JsonInput, part: ArchivePart) {
    this.#input = input;
    this.#part = part;
  }

  *document(): Generator<ArchiveItem> {
    const input = this.#input;
    const seen = new Set<string>();
    input.expect('{');
    for (const key of this.#members(seen)) {
      if (key === 'schema_version' || key === 'format') this.#checkFormat(key, input.value());
      else if (key === 'session') yield* this.#item('session', input.value());
      else if (key in ITEM_KINDS) yield* this.#list(ITEM_KINDS[key as keyof typeof ITEM_KINDS]);
      else if (key === 'recording') yield* this.#recording();
      else input.skipValue();
    }
    if (input.peek() !== undefined) throw input.error('something follows the document');
    for (const key of ['schema_version', 'format', 'session']) {
      if (!seen.has(key)) throw input.error(`the document has no ${key}`);
    }
  }

  *lines(): Generator<ArchiveItem> {
    const counts: Record<string, number> = { state_changes: 0, events: 0, code_blocks: 0, output: 0 };
    const input = this.#input;
    let sessions = 0;
    let ended = false;
    while (input.peek() !== undefined) {
      const line = input.value();
      const { value } = line;
      if (!isRecord(value)) throw input.error('is no object', line.line);
      if (ended) throw input.error('something follows the end', line.line);
      const type = value['type'];
      switch (type) {
        case 'session':
          if (++sessions > 1) throw input.error('a second session; give each a file of its own', line.line);
          this.#checkFormat('schema_version', { ...line, value: value['schema_version'] });
          this.#checkFormat('format', { ...line, value: value['format'] });
          yield* this.#item('session', line);
          break;
        case 'state_change':
        case 'event':
        case 'code_block':
        case 'output':
          counts[type === 'output' ? type : `${type}s`]!++;
          yield* this.#item(type, line);
          break;
        case 'recording':
          yield* this.#item('header', { ...line, value: value['header'] });
          break;
        case 'end':
          this.#checkCounts(value, counts, line.line);
          ended = true;
          break;
        default:
          throw input.error('its type is none that an export has', line.line);
      }
    }
    if (sessions === 0) throw input.error('there is no session in the file');
    if (!ended) throw input.error('the file ends before its last line');
  }

  *#recording(): Generator<ArchiveItem> {
    const input = this.#input;
    if (input.peek() === 'n') {
      if (input.value().value !== null) throw input.error('recording is no object');
      return;
    }
    input.expect('{');
    const seen = new Set<string>();
    for (const key of this.#members(seen)) {
      if (key === 'header') yield* this.#item('header', input.value());
      else if (key === 'events') yield* this.#list('output');
      else input.skipValue();
    }
    if (!seen.has('header')) throw input.error('the recording has no header');
  }

  /** The names of the members of an object that has been opened; whoever asks takes the value after each. */
  *#members(seen: Set<string>): Generator<string> {
    const input = this.#input;
    if (input.accept('}')) return;
    do {
      const key = input.key();
      if (seen.has(key)) throw input.error(`${key} is there twice`);
      seen.add(key);
      input.expect(':');
      yield key;
    } while (input.accept(','));
    input.expect('}');
  }

  *#list(kind: ArchiveItem['kind']): Generator<ArchiveItem> {
    const input = this.#input;
    input.expect('[');
    if (input.accept(']')) return;
    do {
      if (this.#wants(kind)) yield* this.#item(kind, input.value());
      else input.skipValue();
    } while (input.accept(','));
    input.expect(']');
  }

  #wants(kind: ArchiveItem['kind']): boolean {
    const isRecording = kind === 'header' || kind === 'output';
    return this.#part === 'everything' || (this.#part === 'recording') === isRecording;
  }

  *#item(kind: ArchiveItem['kind'], { value, line }: JsonValue): Generator<ArchiveItem> {
    if (!this.#wants(kind)) return;
    if (!isRecord(value)) throw this.#input.error('is no object', line);
    if (hasForbiddenName(value)) throw this.#input.error('has a member named __proto__', line);
    yield this.#checked(kind, value, line);
  }

  #checked(kind: ArchiveItem['kind'], value: object, line: number): ArchiveItem {
    const refuse = (reason: string): Error => this.#input.error(reason, line);
    switch (kind) {
      case 'session': {
        const session = parse(exportedSessionSchema, value, refuse);
        if (!SESSION_ID.test(session.session_id)) throw refuse('session_id is none');
        if (session.agent_name === '') throw refuse('agent_name is empty');
        checkTimes(refuse, session.started_at, session.ended_at);
        return { kind, session };
      }
      case 'state_change': {
        const change = parse(stateChangeSchema, value, refuse);
        checkTimes(refuse, change.timestamp);
        return { kind, change };
      }
      case 'event': {
        const event = parse(exportedEventSchema, value, refuse);
        checkTimes(refuse, event.timestamp);
        if (event.seq !== null && event.seq < 1) throw refuse('seq is less than 1');
        return { kind, event };
      }
      case 'code_block': {
        const block = parse(exportedBlockSchema, value, refuse);
        checkTimes(refuse, block.timestamp);
        if (block.digest !== null && block.digest !== digestOf(block.content)) {
          throw refuse('digest is not that of the content');
        }
        return { kind, block };
      }
      case 'header':
        return { kind, header: value };
      case 'output': {
        const piece = parse(recordedPieceSchema, value, refuse);
        if (piece.elapsed_ms < 0) throw refuse('elapsed_ms is less than 0');
        if (!/^[a-z]$/.test(piece.code)) throw refuse('code is no letter');
        if (piece.code === 'o' && piece.stream === null) throw refuse('stream is missing');
        return { kind, piece };
      }
    }
  }

  #checkFormat(key: string, { value, line }: JsonValue): void {
    const expected = key === 'format' ? 'wrapper-session' : 1;
    if (value !== expected) throw this.#input.error(`${key} is not ${JSON.stringify(expected)}`, line);
  }

  /** What is passed over is not counted. */
  #checkCounts(end: Record<string, unknown>, counts: Record<string, number>, line: number): void {
    for (const [name, count] of Object.entries(counts)) {
      if (end[name] !== count) throw this.#input.error(`there are ${count} ${name}, not ${end[name]}`, line);
    }
  }
}

/** SHA-256 of the content of a code block, as its row has it. */
export function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

interface Schema<Value> {
  safeParse(value: unknown): {
    readonly success: boolean;
    readonly data?: Value;
    readonly error?: {
      readonly issues: readonly { readonly path: PropertyKey[]; readonly message: string }[];
    };
  };
}

function parse<Value>(schema: Schema<Value>, value: unknown, refuse: (reason: string) => Error): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data as Value;
  const issue = result.error?.issues[0];
  throw refuse(`${issue?.path.map(String).join('.') || 'it'}: ${issue?.message ?? 'is not what it must be'}`);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The order of everything that is stored rests on the one form of a time. */
function checkTimes(refuse: (reason: string) => Error, ...times: (string | null)[]): void {
  for (const time of times) {
    if (time === null) continue;
    if (!TIME.test(time) || Number.isNaN(Date.parse(time)))
      throw refuse(`${JSON.stringify(time)} is no time`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Values are at most 32 deep, so this is, too. */
function hasForbiddenName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.hasOwn(value, '__proto__')) return true;
  return Object.values(value).some(hasForbiddenName);
}
