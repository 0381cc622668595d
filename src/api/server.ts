// The HTTP server: binds the loopback addresses, lets every request and every upgrade through the gate, answers with the
// application, and ends without cutting anybody off in the middle. Knows no route.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { Access, type Admission, pathOf } from './access.ts';
import { type Application, createApp } from './app.ts';
import { Connections } from './connections.ts';
import type { ApiContext } from './context.ts';
import { allowedMethods } from './endpoints.ts';
import { LIMITS, type RequestRates, TIMEOUTS, type Timeouts } from './limits.ts';
import { bind } from './listening.ts';
import { ApiProblem, describeBug, problemOf } from './problem.ts';
import { refuseOnSocket, sendProblem } from './problem-answer.ts';
import { Traffic } from './request-log.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { ServedDatabase } from './served-database.ts';
import { Upgrader, upgradeRoutes } from './upgrades.ts';

export interface ServerOptions {
  /** Absolute path; the file need not exist yet. */
  readonly dbPath: string;
  readonly version: string;
  /** An address or name to bind; 127.0.0.1, and ::1 beside it, by default. Any other needs the token for everything. */
  readonly host?: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** Write a line for each request, slow query and bug. */
  readonly verbose?: boolean | undefined;
  /** Takes those lines, without a line end. */
  readonly log?: ((line: string) => void) | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Other limits than those of limits.ts. */
  readonly limits?: Partial<RequestRates> | undefined;
}

export interface RunningServer {
  /** Literal address, as it is to be shown: `http://127.0.0.1:8151`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly context: ApiContext;
  readonly application: Application;
  /** Ends everything within two seconds: streams are told, requests are finished. Calling it twice is harmless. */
  close(): Promise<void>;
}

/** Whether binding `host` leaves the machine unreachable from others. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Starts a server for the database at `dbPath`.
 *
 * @throws WrapperError `port_in_use` or `address_unusable`, or what is wrong with the database
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const log = options.log ?? (() => {});
  const verboseLog = options.verbose === true ? log : undefined;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const host = options.host ?? '127.0.0.1';
  const served = new ServedDatabase(options.dbPath);
  // Says now what is wrong with the file, and not with the first request.
  void served.stores;
  const local = isLoopback(host);
  const access = new Access({
    dbPath: options.dbPath,
    tokenForAll: !local,
    rates: { ...LIMITS, ...options.limits },
    hosts: local ? [] : [host.includes(':') ? `[${host}]` : host],
  });
  if (!local) access.token();
  const closers: (() => void | Promise<void>)[] = [];
  const context: ApiContext = {
    dbPath: options.dbPath,
    version: options.version,
    startedAt: Date.now(),
    served,
    access,
    traffic: new Traffic(verboseLog),
    get database() {
      return served.stores.database;
    },
    get extractions() {
      return served.stores.extractions;
    },
    get queries() {
      return served.stores.queries;
    },
    get sessions() {
      return served.stores.sessions;
    },
    log: verboseLog ?? (() => {}),
    onClose: (work) => void closers.push(work),
  };
  const routes = upgradeRoutes(context);
  const upgrader = new Upgrader(routes);
  const application = createApp(context, routes);
  const listener = new Listener(context, application, upgrader);
  const connections = new Connections(options.limits?.connections);
  const servers: Server[] = [];
  const make = (): Server => {
    const server = createServer({
      maxHeaderSize: LIMITS.headers,
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      connectionsCheckingInterval: Math.min(1000, timeouts.headers),
      // The gate says itself, and in the same words, that there must be one Host.
      requireHostHeader: false,
    });
    server.on('request', listener.request);
    server.on('upgrade', listener.upgrade);
    server.on('clientError', listener.clientError);
    connections.guard(server);
    servers.push(server);
    return server;
  };
  let port: number;
  try {
    port = await bind(make, host, options.port);
  } catch (error) {
    served.close();
    throw error;
  }
  access.listen(port);
  const shownHost = host === 'localhost' ? '127.0.0.1' : host;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`,
    host,
    port,
    context,
    application,
    close: () => {
      closing ??= close();
      return closing;
    },
  };

  async function close(): Promise<void> {
    listener.end();
    const closed = Promise.all(servers.map(closeServer));
    const limit = new Promise<void>((resolve) => setTimeout(resolve, timeouts.shutdown).unref());
    const ended = (async () => {
      for (const work of closers) await work();
      upgrader.close();
      for (const server of servers) server.closeIdleConnections();
      await closed;
    })();
    await Promise.race([ended, limit]);
    upgrader.terminate();
    connections.destroyAll();
    await closed;
    served.close();
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) resolve();
    else server.close(() => resolve());
  });
}

const STREAMS = [/^\/api\/live$/, /^\/api\/replay\/session\//];

/** What happens to each request, upgrade and broken connection. */
class Listener {
  readonly #context: ApiContext;
  readonly #application: Application;
  readonly #upgrader: Upgrader;
  readonly #admissions = new WeakMap<IncomingMessage, Admission & { readonly requestId: string }>();
  readonly #answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  #ending = false;
  #streams = 0;

  constructor(context: ApiContext, application: Application, upgrader: Upgrader) {
    this.#context = context;
    this.#application = application;
    this.#upgrader = upgrader;
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
      traffic.end(requestId, method, status, performance.now() - began, () => this.#routeOf(url));
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
      this.#countStream(pathOf(url), method, outgoing);
    } catch (error) {
      sendProblem(incoming, outgoing, this.#problem(error), requestId);
      return;
    }
    void this.#answer(incoming, outgoing);
  };

  readonly upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
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

  #refuseWhenEnding(): void {
    if (!this.#ending) return;
    throw new ApiProblem('shutting_down', 'The server is ending', { headers: { Connection: 'close' } });
  }

  #countStream(path: string, method: string, outgoing: ServerResponse): void {
    if (method !== 'GET' || !STREAMS.some((pattern) => pattern.test(path))) return;
    if (this.#streams >= LIMITS.eventStreams) {
      throw new ApiProblem('overloaded', `${LIMITS.eventStreams} streams are open already`, {
        headers: { 'Retry-After': '5' },
      });
    }
    this.#streams++;
    outgoing.once('close', () => this.#streams--);
  }

  #routeOf(url: string): string {
    return this.#application.endpoints.find(pathOf(url))?.path ?? '(no endpoint)';
  }

  #problem(error: unknown): ApiProblem {
    return problemOf(error, (bug) => this.#context.log(`bug: ${describeBug(bug)}`));
  }
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
