// What happens to each request, each upgrade and each broken connection of the server: an id, the gate, then the
// application; whatever is refused on the way is answered here.

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { type Admission, pathOf } from './access.ts';
import type { Application } from './app.ts';
import type { ApiContext } from './context.ts';
import { allowedMethods } from './endpoints.ts';
import { LIMITS } from './limits.ts';
import { ApiProblem, describeFailure, problemOf } from './problem.ts';
import { refuseOnSocket, sendProblem } from './problem-answer.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { TokenWatch } from './token-watch.ts';
import type { Upgrader } from './upgrades.ts';

/** Endpoints whose answers go on: server-sent events. */
const STREAMS = [/^\/api\/live$/, /^\/api\/replay\/session\//, /^\/api\/v1\/runs\/[^/]+\/events$/];

export class Listener {
  readonly #context: ApiContext;
  readonly #application: Application;
  readonly #upgrader: Upgrader;
  readonly #tokenWatch: TokenWatch;
  readonly #admissions = new WeakMap<IncomingMessage, Admission & { readonly requestId: string }>();
  readonly #answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  #ending = false;
  #streams = 0;

  constructor(context: ApiContext, application: Application, upgrader: Upgrader, tokenWatch: TokenWatch) {
    this.#context = context;
    this.#application = application;
    this.#upgrader = upgrader;
    this.#tokenWatch = tokenWatch;
    const { app } = application;
    this.#answer = getRequestListener((request, env) => {
      const incoming = env.incoming as IncomingMessage;
      const bindings = { ...env, ...this.#admissions.get(incoming)! };
      if (incoming.method !== 'HEAD') return app.fetch(request, bindings);
      return headOf(app.fetch(new Request(request.url, { headers: request.headers }), bindings));
    }) as (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }

  /** From now on there are no new requests. */
  end(): void {
    this.#ending = true;
  }

  readonly request = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { traffic } = this.#context;
    const began = performance.now();
    const requestId = traffic.begin();
    const { method = '', url = '/' } = incoming;
    for (const [name, value] of SECURITY_HEADERS) outgoing.setHeader(name, value);
    outgoing.setHeader('X-Request-Id', requestId);
    outgoing.once('close', () => {
      const status = outgoing.headersSent ? outgoing.statusCode : 0;
      traffic.end(requestId, method, status, performance.now() - began, () => {
        const run = outgoing.getHeader('x-run-id');
        return run === undefined ? this.#routeOf(url) : `${this.#routeOf(url)} run ${run}`;
      });
    });
    try {
      this.#refuseWhenEnding();
      const admission = this.#context.access.admit(incoming, false);
      if (method === 'OPTIONS') {
        const endpoint = this.#application.endpoints.find(pathOf(url));
        if (endpoint !== undefined) outgoing.setHeader('Allow', allowedMethods(endpoint).join(', '));
        outgoing.writeHead(204).end();
        return;
      }
      this.#admissions.set(incoming, { ...admission, requestId });
      this.#holdStream(pathOf(url), method, admission, outgoing);
    } catch (error) {
      sendProblem(incoming, outgoing, this.#problem(error), requestId);
      return;
    }
    void this.#answer(incoming, outgoing);
  };

  readonly upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (isOnlyAnOffer(incoming)) {
      this.#answerOn(incoming, socket as Socket);
      return;
    }
    const { traffic, access } = this.#context;
    const began = performance.now();
    const requestId = traffic.begin();
    const end = (status: number): void => {
      traffic.end(requestId, incoming.method ?? '', status, performance.now() - began, () =>
        this.#routeOf(incoming.url ?? '/'),
      );
    };
    socket.on('error', () => {});
    try {
      this.#refuseWhenEnding();
      this.#upgrader.handle(incoming, socket, head, access);
      end(101);
    } catch (error) {
      const problem = this.#problem(error);
      refuseOnSocket(socket, problem, requestId);
      end(problem.status);
    }
  };

  /** This is no proxy; Node would close such a connection without a word. */
  readonly connect = (incoming: IncomingMessage, socket: Duplex): void => {
    this.#answerOn(incoming, socket as Socket);
  };

  /** What Node's parser refuses: no request has been seen by anybody then. */
  readonly clientError = (error: Error & { code?: string }, socket: Duplex): void => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const requestId = this.#context.traffic.begin();
    const problem = parserProblem(error.code);
    refuseOnSocket(socket, problem, requestId);
    this.#context.traffic.end(requestId, '-', problem.status, 0, () => '-');
  };

  /** Answers a request that Node has handed over with its connection, and closes that afterwards. */
  #answerOn(incoming: IncomingMessage, socket: Socket): void {
    socket.on('error', () => {});
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(socket);
    outgoing.once('finish', () => socket.end());
    this.request(incoming, outgoing);
  }

  #refuseWhenEnding(): void {
    if (!this.#ending) return;
    throw new ApiProblem('shutting_down', 'The server is ending', { headers: { Connection: 'close' } });
  }

  #holdStream(path: string, method: string, { authenticated }: Admission, outgoing: ServerResponse): void {
    if (method !== 'GET' || !STREAMS.some((pattern) => pattern.test(path))) return;
    if (this.#streams >= LIMITS.eventStreams) {
      throw new ApiProblem('overloaded', `${LIMITS.eventStreams} streams are open already`, {
        headers: { 'Retry-After': '5' },
      });
    }
    this.#streams++;
    const forget = this.#tokenWatch.watch(authenticated, () => outgoing.destroy());
    outgoing.once('close', () => {
      this.#streams--;
      forget();
    });
  }

  #routeOf(url: string): string {
    return this.#application.endpoints.find(pathOf(url))?.path ?? '(no endpoint)';
  }

  #problem(error: unknown): ApiProblem {
    return problemOf(error, (thrown) => this.#context.log(describeFailure(thrown)));
  }
}

/**
 * An upgrade to something that we do not speak (h2c, as HTTP clients offer it) is an offer that a server may ignore
 * (RFC 9110, 7.8). With a body it stays refused: Node has not read that.
 */
function isOnlyAnOffer({ method, headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() !== 'websocket' && (method === 'GET' || method === 'HEAD');
}

/** The answer to HEAD: that to GET without its body, which must be told that nobody reads it. */
async function headOf(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer;
  await response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}

function parserProblem(code: string | undefined): ApiProblem {
  const headers = { Connection: 'close' };
  if (code === 'HPE_HEADER_OVERFLOW')
    return new ApiProblem('headers_too_large', `The headers exceed ${LIMITS.headers} bytes`, { headers });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new ApiProblem('request_timeout', 'The request did not arrive in time', { headers });
  return new ApiProblem('request_malformed', 'The bytes are no HTTP request', { headers });
}
