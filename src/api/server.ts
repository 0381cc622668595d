// The HTTP server: binds the loopback addresses, lets every request and every upgrade through the gate, answers with the
// application, and ends without cutting anybody off in the middle. Knows no route.

import { createServer, type Server } from 'node:http';
import { QueryTimings } from '../data/query-timings.ts';
import type { RunHost } from '../runs/run-host.ts';
import { Access } from './access.ts';
import { type Application, createApp } from './app.ts';
import { Connections } from './connections.ts';
import type { ApiContext } from './context.ts';
import { LIMITS, type RequestRates, TIMEOUTS, type Timeouts } from './limits.ts';
import { Listener } from './listener.ts';
import { bind } from './listening.ts';
import { describeFailure } from './problem.ts';
import { slowQueryLine, Traffic } from './request-log.ts';
import { ServedDatabase } from './served-database.ts';
import { TokenWatch } from './token-watch.ts';
import { Upgrader, upgradeRoutes } from './upgrades.ts';

export interface ServerOptions {
  /** Absolute path; the file need not exist yet. */
  readonly dbPath: string;
  /** The database of the campaigns, when they have one of their own. */
  readonly campaignsDb?: string | undefined;
  readonly version: string;
  /** An address or name to bind; 127.0.0.1, and ::1 beside it, by default. Any other needs the token for everything. */
  readonly host?: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** Write a line for each request, slow query and bug. */
  readonly verbose?: boolean | undefined;
  /** Takes those lines, without a line end. */
  readonly log?: ((line: string) => void) | undefined;
  /** A query that takes longer is logged with its plan, in ms; 100 by default. */
  readonly slowQueryMs?: number | undefined;
  /** Starts the runs that are asked for; without it there are none. Whoever gives it closes it before the server. */
  readonly runs?: RunHost | undefined;
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

/** An address that reaches a server bound to `host` from this machine. */
function reachable(host: string): string {
  if (host === 'localhost' || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** Whether binding `host` leaves the machine unreachable from others. */
function isLoopback(host: string): boolean {
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
  const timings = new QueryTimings({
    slowAfterMs: options.slowQueryMs,
    explain: (sql) => served.stores.database.explain(sql),
    onSlow: verboseLog && ((query) => verboseLog(slowQueryLine(query))),
  });
  const served: ServedDatabase = new ServedDatabase(options.dbPath, timings.observe);
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
    campaigns: { dbPath: options.campaignsDb ?? options.dbPath, env: process.env },
    access,
    traffic: new Traffic(verboseLog),
    runs: options.runs ?? null,
    timings,
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
  const tokenWatch = new TokenWatch();
  const upgrader = new Upgrader(routes, tokenWatch);
  const application = createApp(context, routes);
  const listener = new Listener(context, application, upgrader, tokenWatch);
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
    // Their size is limited; Node would drop those past a number in silence, and a second Host with them.
    server.maxHeadersCount = 0;
    server.on('request', listener.request);
    server.on('upgrade', listener.upgrade);
    server.on('connect', listener.connect);
    // An expectation that we do not know may be ignored (RFC 9110, 10.1.1).
    server.on('checkExpectation', listener.request);
    server.on('clientError', listener.clientError);
    connections.guard(server);
    servers.push(server);
    return server;
  };
  let port: number;
  try {
    port = await bind(make, host, options.port);
  } catch (error) {
    await runAll(closers, context);
    tokenWatch.close();
    served.close();
    throw error;
  }
  access.listen(port);
  const shownHost = reachable(host);
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
    tokenWatch.close();
    const closed = Promise.all(servers.map(closeServer));
    const limit = new Promise<void>((resolve) => setTimeout(resolve, timeouts.shutdown).unref());
    const ended = (async () => {
      await runAll(closers, context);
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

/** One part that fails to end keeps no other from ending. */
async function runAll(closers: readonly (() => void | Promise<void>)[], context: ApiContext): Promise<void> {
  for (const work of closers) {
    try {
      await work();
    } catch (error) {
      context.log(describeFailure(error));
    }
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) resolve();
    else server.close(() => resolve());
  });
}
