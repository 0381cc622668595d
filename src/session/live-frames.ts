// What a recorder and the server tell each other over `/ws/publish`. A message of the recorder holds one or more lines; a
// line that matters for speed begins with a letter and carries the finished JSON of a live message, which the server
// passes on to its subscribers without looking into it.
//
//   E <seq> <event type> <json>     an event
//   S <state number> <json>         a state change
//   O <elapsed ms> <json>           output, only while the server wants it
//   T <stored seq> <last seq> <at>  events up to the first number are in the database; the last one was found at the time
//                                   `at` (epoch ms; 0 when there was none)
//   A                               everything not yet stored has been sent
//   {…}                             hello (first of all), output_start, outcome

import type { ControlOutcome, ControlRequest } from '../model/control.ts';
import { liveEventDocument } from '../model/documents.ts';
import type { ExtractionEvent, StreamName } from '../model/event.ts';
import type { StateChange } from '../model/session.ts';
import { isoTimestamp } from '../model/time.ts';
import type { LiveOutputDocument, LiveStateDocument, SessionDocument } from '../model/wire.ts';

export const PUBLISH_PROTOCOL = 1;

/** The first line of a connection. */
export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly session: SessionDocument;
  readonly state: LiveStateDocument;
  readonly stored_seq: number;
  readonly last_seq: number;
  /** ISO-8601; null when there was no event yet. */
  readonly last_event_at: string | null;
}

/** From here on output is sent; what came before is in the recording up to `offset`. */
export interface OutputStart {
  readonly type: 'output_start';
  readonly elapsed_ms: number;
  /** Bytes of the recording; null when there is none. */
  readonly offset: number | null;
  readonly cols: number;
  readonly rows: number;
}

/** Answers a command. */
interface Outcome {
  readonly type: 'outcome';
  readonly id: number;
  readonly outcome: ControlOutcome;
}

export type ToServer = Hello | OutputStart | Outcome;

export type ToPublisher =
  | { readonly type: 'want'; readonly events: boolean; readonly output: boolean }
  | { readonly type: 'command'; readonly id: number; readonly request: ControlRequest };

export function eventLine(event: ExtractionEvent): string {
  return `E ${event.seq} ${event.eventType} ${JSON.stringify(liveEventDocument(event))}`;
}

export function stateLine(state: LiveStateDocument): string {
  return `S ${state.state_seq} ${JSON.stringify(state)}`;
}

/** @param lastEventAt ISO-8601, of event `lastSeq` */
export function storedLine(storedSeq: number, lastSeq: number, lastEventAt: string | null): string {
  return `T ${storedSeq} ${lastSeq} ${lastEventAt === null ? 0 : Date.parse(lastEventAt)}`;
}

export function outputLine(sessionId: string, elapsedMs: number, stream: StreamName, data: string): string {
  const elapsed = Math.round(elapsedMs * 1000) / 1000;
  const output: LiveOutputDocument = {
    type: 'output',
    session_id: sessionId,
    elapsed_ms: elapsed,
    stream,
    data,
  };
  return `O ${elapsed} ${JSON.stringify(output)}`;
}

/** A state change as it is pushed. @param stateSeq its number within the session, from 1 */
export function liveStateDocument(
  agentName: string,
  stateSeq: number,
  change: StateChange,
): LiveStateDocument {
  return {
    type: 'state',
    session_id: change.sessionId,
    agent_name: agentName,
    state_seq: stateSeq,
    timestamp: change.timestamp,
    state: change.state,
    exit_code: change.exitCode,
    metadata: change.metadata,
  };
}

/** One line of a recorder's message, as far as the server looks into it. */
export type Line =
  | { readonly kind: 'event'; readonly seq: number; readonly eventType: string; readonly json: Buffer }
  | { readonly kind: 'state'; readonly stateSeq: number; readonly json: Buffer }
  | { readonly kind: 'output'; readonly elapsedMs: number; readonly json: Buffer }
  | {
      readonly kind: 'stored';
      readonly storedSeq: number;
      readonly lastSeq: number;
      readonly lastEventAt: string | null;
    }
  | { readonly kind: 'all_sent' }
  | { readonly kind: 'message'; readonly message: ToServer };

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * The lines of a recorder's message. The JSON of a line is a part of the message, not a copy.
 *
 * @throws Error for what no recorder of ours sends
 */
export function* linesOf(message: Buffer): Generator<Line> {
  for (let from = 0; from < message.length; ) {
    const newline = message.indexOf(NEWLINE, from);
    const to = newline === -1 ? message.length : newline;
    if (to > from) yield parseLine(message.subarray(from, to));
    from = to + 1;
  }
}

function parseLine(line: Buffer): Line {
  switch (String.fromCharCode(line[0]!)) {
    case '{':
      return { kind: 'message', message: JSON.parse(line.toString()) as ToServer };
    case 'A':
      return { kind: 'all_sent' };
    case 'T': {
      const [, stored, last, at] = line.toString('latin1').split(' ');
      const atMs = whole(at);
      return {
        kind: 'stored',
        storedSeq: whole(stored),
        lastSeq: whole(last),
        lastEventAt: atMs === 0 ? null : isoTimestamp(atMs),
      };
    }
    case 'E': {
      const type = line.indexOf(SPACE, 2);
      const json = line.indexOf(SPACE, type + 1);
      return {
        kind: 'event',
        seq: whole(line.toString('latin1', 2, type)),
        eventType: line.toString('latin1', type + 1, json),
        json: line.subarray(json + 1),
      };
    }
    case 'S': {
      const json = line.indexOf(SPACE, 2);
      return {
        kind: 'state',
        stateSeq: whole(line.toString('latin1', 2, json)),
        json: line.subarray(json + 1),
      };
    }
    case 'O': {
      const json = line.indexOf(SPACE, 2);
      return {
        kind: 'output',
        elapsedMs: Number(line.toString('latin1', 2, json)),
        json: line.subarray(json + 1),
      };
    }
    default:
      throw new Error(`a line begins with ${JSON.stringify(line.toString('latin1', 0, 10))}`);
  }
}

function whole(text: string | undefined): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${text} is no number of an event`);
  return number;
}
