// A WebSocket of somebody who watches: greets, understands what is asked, answers each request under its id.

import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { isoTimestamp } from '../../model/time.ts';
import {
  type CommandMessage,
  type ConnectedDocument,
  commandSchema,
  LIVE_PROTOCOL,
  type SubscribeMessage,
  subscribeSchema,
} from '../../model/wire-live.ts';
import type { ApiContext } from '../context.ts';
import { issuesOf, sentenceOf } from '../issues.ts';
import { ApiProblem, problemOf } from '../problem.ts';
import type { Upgrade } from '../upgrades.ts';
import { beginningOf } from './beginning.ts';
import { actionOf } from './control-action.ts';
import { setOf } from './filter.ts';
import { type LiveHub, liveHub } from './hub.ts';
import { WebSocketOutlet } from './outlet.ts';
import type { Subscriber } from './subscriber.ts';

/** A reader that has not answered two pings in a row is gone, in ms from one to the next. */
const PING_EVERY_MS = 30_000;
const MOST_MISSED = 2;
/** Commands of one connection that are under way at the same time. */
const MOST_COMMANDS = 32;

/** The message that every connection begins with. */
export function connectedMessage(context: ApiContext): ConnectedDocument {
  const hub = liveHub(context);
  const sessions = hub.running();
  return {
    type: 'connected',
    protocol: LIVE_PROTOCOL,
    version: context.version,
    server_time: isoTimestamp(Date.now()),
    sessions,
    cursor: hub.cursor(),
  };
}

export class Conversation {
  readonly #socket: WebSocket;
  readonly #context: ApiContext;
  readonly #hub: LiveHub;
  readonly #outlet: WebSocketOutlet;
  readonly #subscriber: Subscriber;
  readonly #authenticated: () => boolean;
  /** Shown to this connection whatever it subscribes to. */
  readonly #agent: string | undefined;
  #missed = 0;
  #commands = 0;

  constructor(socket: WebSocket, upgrade: Upgrade, context: ApiContext) {
    this.#socket = socket;
    this.#context = context;
    this.#hub = liveHub(context);
    this.#outlet = new WebSocketOutlet(socket, upgrade.request.socket, this.#hub.writes);
    this.#subscriber = this.#hub.add(this.#outlet);
    this.#authenticated = upgrade.authenticated;
    this.#agent = upgrade.params['name'];
    const pings = setInterval(() => this.#ping(), PING_EVERY_MS).unref();
    socket.on('pong', () => {
      this.#missed = 0;
    });
    socket.on('close', () => {
      clearInterval(pings);
      this.#hub.remove(this.#subscriber);
    });
    socket.on('message', (data, isBinary) => void this.#received(String(data), isBinary));
    this.#greet();
  }

  #greet(): void {
    try {
      const { sessions, ...rest } = connectedMessage(this.#context);
      const shown = sessions.filter(
        ({ agent_name }) => this.#agent === undefined || agent_name === this.#agent,
      );
      this.#send({ ...rest, sessions: shown });
    } catch (error) {
      this.#fail(undefined, error);
      this.#socket.close(1011, 'the database cannot be read');
    }
  }

  async #received(text: string, isBinary: boolean): Promise<void> {
    let requestId: string | undefined;
    try {
      if (isBinary) throw new ApiProblem('body_invalid', 'Messages are text');
      const message = parseObject(text);
      requestId = typeof message['request_id'] === 'string' ? message['request_id'] : undefined;
      if (message['type'] === 'subscribe') this.#subscribe(checked(subscribeSchema, message));
      else if (message['type'] === 'command') await this.#command(checked(commandSchema, message));
      else throw new ApiProblem('body_invalid', 'The type of a message is subscribe or command');
    } catch (error) {
      this.#fail(requestId, error);
    }
  }

  #subscribe(message: SubscribeMessage): void {
    const { request_id, sessions, types, output, batch, after } = message;
    const beginning = beginningOf(after);
    const agents = this.#agent === undefined ? message.agents : [this.#agent];
    this.#send({ type: 'response', request_id: request_id ?? null, ok: true, result: {} });
    this.#outlet.batched = batch === true;
    this.#hub.subscribe(
      this.#subscriber,
      { agents: setOf(agents), sessions: setOf(sessions), types: setOf(types), output: output === true },
      beginning,
    );
  }

  async #command(message: CommandMessage): Promise<void> {
    const { request_id, session_id } = message;
    if (message.command === 'get_state') {
      this.#send({ type: 'response', request_id, ok: true, result: this.#hub.stateOf(session_id) });
      return;
    }
    if (!this.#authenticated()) {
      throw new ApiProblem('token_required', 'Commands need the bearer token', {
        hint: 'Open the WebSocket with "Authorization: Bearer TOKEN" or the subprotocol bearer.TOKEN.',
      });
    }
    if (this.#commands >= MOST_COMMANDS)
      throw new ApiProblem('rate_limited', `${MOST_COMMANDS} commands are under way already`);
    this.#commands++;
    const outcome = await this.#hub.command(session_id, {
      action: actionOf(message),
      request_id: request_id ?? randomUUID(),
      by: message.by ?? 'websocket',
      reason: message.reason ?? null,
    });
    this.#commands--;
    if (outcome.ok) this.#send({ type: 'response', request_id, ok: true, result: outcome.result });
    else {
      const { code, message: text } = outcome;
      this.#send({ type: 'response', request_id, ok: false, error: { code, message: text } });
    }
  }

  #fail(requestId: string | undefined, error: unknown): void {
    const problem = problemOf(error, (bug) => this.#context.log(`bug: ${String(bug)}`));
    const { hint, issues } = problem.details;
    const document = {
      code: problem.code,
      message: problem.message,
      ...(hint === undefined ? {} : { hint }),
      ...(issues === undefined ? {} : { issues }),
    };
    if (requestId === undefined) this.#send({ type: 'error', error: document });
    else this.#send({ type: 'response', request_id: requestId, ok: false, error: document });
  }

  #ping(): void {
    if (this.#missed >= MOST_MISSED) {
      this.#socket.terminate();
      return;
    }
    this.#missed++;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiProblem('body_invalid', 'The message is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ApiProblem('body_invalid', 'A message is a JSON object');
  return value as Record<string, unknown>;
}

function checked<T>(schema: z.ZodType<T>, message: unknown): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error, message, true);
  throw new ApiProblem('body_invalid', sentenceOf(issues[0]!, 'The message'), { issues });
}
