// The live stream of a database as the commands read it: whoever serves, and again from the same place at whoever serves
// next, until the reader has had enough.

import { get, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { readServerEntry } from '../data/server-registry.ts';
import { readServerToken } from '../data/server-token.ts';
import { messageOf, WrapperError } from '../model/errors.ts';

/** How often a server is looked for while there is none, in ms. */
const LOOK_EVERY_MS = 250;
/** The server sends a comment every 15 seconds; after this long without a byte it is gone, in ms. */
const SILENT_AFTER_MS = 45_000;

export interface LiveStreamOptions {
  readonly dbPath: string;
  /** Parameters of `/api/live`. */
  readonly query: Readonly<Record<string, string>>;
  /** Called a few times a second while there is no server to ask; whether to wait on. */
  onWaiting(): boolean;
}

/** One message, and its text as it came. */
export interface StreamedMessage {
  readonly message: { readonly type: string; readonly [key: string]: unknown };
  readonly json: string;
}

/**
 * The messages in order, each once, until nobody wants to wait for a server any more.
 *
 * @throws WrapperError when the server refuses what is asked
 */
export async function* liveStream(options: LiveStreamOptions): AsyncGenerator<StreamedMessage> {
  let cursor: string | undefined;
  let { query } = options;
  /** The last state of each session: the next server begins with it anew. */
  const states = new Map<string, string>();
  for (;;) {
    const entry = readServerEntry(options.dbPath);
    const response =
      entry === undefined ? undefined : await open(entry.url, query, headersOf(options.dbPath, cursor));
    if (response === undefined) {
      if (!options.onWaiting()) return;
      // What begins from here on begins before our eyes, also before there is a server to show it.
      query = { ...query, from: 'start' };
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      continue;
    }
    for await (const { id, data } of eventsOf(response)) {
      if (id !== undefined) cursor = id;
      if (data === '') continue;
      const message = JSON.parse(data) as StreamedMessage['message'];
      if (message.type === 'state') {
        const sessionId = String(message['session_id']);
        const state = `${String(message['timestamp'])} ${String(message['state'])}`;
        if (states.get(sessionId) === state) continue;
        states.set(sessionId, state);
      }
      yield { message, json: data };
    }
  }
}

/** With the token where there is one: a server that others can reach wants it for reading, too. */
function headersOf(dbPath: string, cursor: string | undefined): OutgoingHttpHeaders {
  const token = readServerToken(dbPath);
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(cursor === undefined ? {} : { 'last-event-id': cursor }),
  };
}

/** Undefined when nobody answers. */
function open(
  url: string,
  query: Readonly<Record<string, string>>,
  headers: OutgoingHttpHeaders,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/api/live?${new URLSearchParams(query)}`, { headers }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else void refusalOf(response).then(reject, reject);
    });
    request.setTimeout(SILENT_AFTER_MS, () => request.destroy());
    // The server is ending or has just died: another will be there soon.
    request.on('error', () => resolve(undefined));
  });
}

async function refusalOf(response: IncomingMessage): Promise<WrapperError> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string };
    return new WrapperError('usage', `the server refuses: ${detail ?? title}`);
  } catch (error) {
    return new WrapperError('internal', `the server answers ${response.statusCode}: ${messageOf(error)}`);
  }
}

/** Server-sent events, as far as our server uses them. A connection that breaks ends them. */
async function* eventsOf(
  response: IncomingMessage,
): AsyncGenerator<{ id: string | undefined; data: string }> {
  let held = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const blocks = (held + String(chunk)).split('\n\n');
      held = blocks.pop() ?? '';
      for (const block of blocks) yield parseBlock(block);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  } finally {
    response.destroy();
  }
}

function parseBlock(block: string): { id: string | undefined; data: string } {
  let id: string | undefined;
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data += line.slice(6);
  }
  return { id, data };
}
