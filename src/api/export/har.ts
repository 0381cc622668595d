// The session as an HTTP archive (HAR 1.2), for the viewers that exist for it. Nothing in it was HTTP, and it says so: every
// entry is marked as synthetic, its host cannot resolve, and status numbers are a display aid. What is true is in
// `_wrapper`. The first entry is the command from start to end, each further one an event.

import { escapeControls } from '../../data/json-text.ts';
import { exportedEventDocument } from '../../model/documents.ts';
import type { StoredEvent } from '../../model/event.ts';
import { SESSION_ID } from '../../model/ids.ts';
import type { Session } from '../../model/session.ts';
import type { SessionSource } from './session-source.ts';

const COMMENT =
  'Made from a recorded terminal session. All entries are synthetic: no HTTP request was observed. The first entry is ' +
  'the wrapped command, each other one an event that was found in its output. Status numbers are a display aid: 200, ' +
  '500 for errors and failed commands, 0 where no end was seen; the facts are in _wrapper. Times are those of the session.';
const SYNTHETIC = 'synthetic: terminal session event, no HTTP traffic';
const FAILURES = new Set(['error', 'stack_trace']);

/** A HAR document, an entry on each line. */
export function* har(source: SessionSource, options: { readonly version: string }): Generator<string> {
  const { session } = source;
  const head = {
    version: '1.2',
    creator: { name: 'wrapper', version: options.version },
    comment: COMMENT,
    pages: [
      {
        startedDateTime: dateTime(session.startedAt),
        id: session.sessionId,
        title: session.command ?? session.agentName,
        pageTimings: {},
      },
    ],
  };
  yield `{"log":${text(head).slice(0, -1)},"entries":[\n`;
  yield text(commandEntry(session));
  for (const page of source.events()) {
    yield '';
    for (const event of page) yield `,\n${text(eventEntry(session, event))}`;
  }
  yield '\n]}}\n';
}

function commandEntry(session: Session): object {
  const ended = session.endedAt;
  const took = ended === null ? 0 : Math.max(0, Date.parse(ended) - Date.parse(session.startedAt) || 0);
  const outcome = { state: session.state, exit_code: session.exitCode, ended_at: ended };
  const isOk = session.exitCode === 0;
  const call = { agent: session.agentName, command: session.command, argv: session.argv, cwd: session.cwd };
  return entry(session, {
    startedAt: session.startedAt,
    path: 'command',
    tookMs: took,
    method: 'POST',
    call,
    status: ended === null ? 0 : isOk ? 200 : 500,
    statusText: `synthetic ${ended === null ? 'no end seen' : isOk ? 'ok' : 'error'}`,
    body: outcome,
    facts: { type: 'command', ...outcome, ...(ended === null ? { incomplete: true } : {}) },
  });
}

function eventEntry(session: Session, event: StoredEvent): object {
  const { eventType, pattern, riskLevel } = event;
  const isFailure = FAILURES.has(eventType);
  const seq = event.seq === 0 ? null : event.seq;
  return entry(session, {
    startedAt: event.timestamp,
    path: `events/${seq ?? `row-${event.id}`}/${encodeURIComponent(eventType)}`,
    tookMs: 0,
    method: 'GET',
    call: undefined,
    status: isFailure ? 500 : 200,
    statusText: `synthetic ${isFailure ? 'error' : 'ok'}`,
    body: exportedEventDocument(event),
    facts: { seq, type: eventType, pattern, risk_level: riskLevel },
  });
}

interface Exchange {
  readonly startedAt: string;
  readonly path: string;
  readonly tookMs: number;
  readonly method: 'GET' | 'POST';
  /** What was asked; absent for GET. */
  readonly call: object | undefined;
  readonly status: number;
  readonly statusText: string;
  readonly body: object;
  readonly facts: object;
}

function entry(session: Session, exchange: Exchange): object {
  const { method, call, tookMs } = exchange;
  const sent = call === undefined ? undefined : text(call);
  const body = text(exchange.body);
  const size = Buffer.byteLength(body);
  return {
    startedDateTime: dateTime(exchange.startedAt),
    time: tookMs,
    pageref: session.sessionId,
    request: {
      method,
      url: `https://${hostOf(session)}/${exchange.path}`,
      httpVersion: 'synthetic',
      cookies: [],
      headers: [],
      queryString: [],
      headersSize: -1,
      bodySize: sent === undefined ? 0 : Buffer.byteLength(sent),
      ...(sent === undefined ? {} : { postData: { mimeType: 'application/json', text: sent } }),
    },
    response: {
      status: exchange.status,
      statusText: exchange.statusText,
      httpVersion: 'synthetic',
      cookies: [],
      headers: [],
      content: { size, mimeType: 'application/json', text: body },
      redirectURL: '',
      headersSize: -1,
      bodySize: size,
    },
    cache: {},
    timings: { send: 0, wait: tookMs, receive: 0 },
    comment: SYNTHETIC,
    _wrapper: { synthetic: true, ...exchange.facts },
  };
}

/** `.invalid` is reserved: what replays a HAR sends nothing anywhere. */
function hostOf({ sessionId }: Session): string {
  return SESSION_ID.test(sessionId) ? `${sessionId.replace('_', '-')}.wrapper.invalid` : 'wrapper.invalid';
}

/** A row that was written by hand may have any text as its time; a HAR may not. */
function dateTime(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? new Date(0).toISOString() : new Date(time).toISOString();
}

function text(value: object): string {
  return escapeControls(JSON.stringify(value));
}
