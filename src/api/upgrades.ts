// The WebSocket endpoints: which path opens which conversation. They stand behind the same gate as every request; what is
// refused is refused as a problem document before there is a WebSocket.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Access, BEARER_PROTOCOL, pathOf } from './access.ts';
import type { ApiContext } from './context.ts';
import { pathPattern } from './endpoints.ts';
import { LIMITS } from './limits.ts';
import { liveUpgrades } from './live/upgrades.ts';
import { ApiProblem } from './problem.ts';
import { replayUpgrades } from './replay/socket.ts';
import type { TokenWatch } from './token-watch.ts';

/** How a WebSocket was opened. */
export interface Upgrade {
  readonly request: IncomingMessage;
  /** Decoded parts of the path, by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Whether the token was given and is still the token: without it, whoever is there may look and not act. */
  readonly authenticated: () => boolean;
}

export interface UpgradeRoute {
  /** As in `/ws/agents/:name`. */
  readonly path: string;
  /** What it is for: one sentence for the documentation. */
  readonly summary: string;
  /** Takes what stands behind the `?`, and refuses what it does not know; without it, nothing may stand there. */
  readonly takesQuery?: boolean;
  /** A recorder's connection: larger messages, a limit of its own. Its path must be in the list of access.ts. */
  readonly publishes?: boolean;
  open(socket: WebSocket, upgrade: Upgrade): void;
}

/** Makes the WebSocket endpoints of one part of the server. */
export type UpgradeRoutes = (context: ApiContext) => readonly UpgradeRoute[];

/** Every part that has WebSocket endpoints. */
const UPGRADES: readonly UpgradeRoutes[] = [liveUpgrades, replayUpgrades];

export function upgradeRoutes(context: ApiContext): UpgradeRoute[] {
  return UPGRADES.flatMap((routes) => routes(context));
}

/** Opens WebSockets and knows those that are open. */
export class Upgrader {
  readonly #routes: readonly (readonly [RegExp, UpgradeRoute])[];
  readonly #clients = serverFor(LIMITS.message);
  readonly #publishers = serverFor(LIMITS.publishedMessage);
  readonly #tokenWatch: TokenWatch;

  constructor(routes: readonly UpgradeRoute[], tokenWatch: TokenWatch) {
    this.#tokenWatch = tokenWatch;
    this.#routes = routes.map((route) => [pathPattern(route.path), route]);
  }

  /** @throws ApiProblem when the request does not become a WebSocket; nothing has been written then */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer, access: Access): void {
    const { authenticated } = access.admit(request, true);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw upgradeRequired();
    const path = pathOf(request.url ?? '/');
    const found = this.#routes.find(([pattern]) => pattern.test(path));
    if (found === undefined) throw new ApiProblem('not_found', 'There is no WebSocket at this path');
    refuseBadHandshake(request);
    const [pattern, route] = found;
    const params = decoded(pattern.exec(path)?.groups ?? {});
    const query = new URLSearchParams((request.url ?? '').slice(path.length));
    const [unknown] = route.takesQuery === true ? [] : query.keys();
    if (unknown !== undefined) {
      throw new ApiProblem('parameter_unknown', `unknown parameter ${unknown.slice(0, 64)}`, {
        hint: 'What to show is said in the subscribe message, the token in a header.',
      });
    }
    const server = route.publishes === true ? this.#publishers : this.#clients;
    const limit = route.publishes === true ? LIMITS.publishers : LIMITS.webSockets;
    if (server.clients.size >= limit) {
      throw new ApiProblem('overloaded', `${limit} WebSockets are open already`, {
        headers: { 'Retry-After': '5' },
      });
    }
    server.handleUpgrade(request, socket, head, (webSocket) => {
      // A connection that breaks is a connection that closes; whoever holds it hears of that.
      webSocket.on('error', () => {});
      const forget = this.#tokenWatch.watch(authenticated, () =>
        webSocket.close(1008, 'the token has been replaced'),
      );
      webSocket.on('close', forget);
      route.open(webSocket, { request, params, query, authenticated });
    });
  }

  /** How many are open. */
  get open(): { clients: number; publishers: number } {
    return { clients: this.#clients.clients.size, publishers: this.#publishers.clients.size };
  }

  /** Says good-bye to all; `terminate` ends those that do not answer. */
  close(): void {
    for (const socket of this.#all()) socket.close(1001, 'the server is ending');
  }

  terminate(): void {
    for (const socket of this.#all()) socket.terminate();
  }

  #all(): WebSocket[] {
    return [...this.#clients.clients, ...this.#publishers.clients];
  }
}

/** What the WebSocket library would refuse in words of its own: RFC 6455, 4.2.1. */
function refuseBadHandshake({ method, headers }: IncomingMessage): void {
  if (method !== 'GET') throw upgradeRequired();
  const version = headers['sec-websocket-version'];
  if (version !== '13' && version !== '8') {
    throw new ApiProblem('upgrade_required', 'The WebSocket version must be 13', {
      headers: { 'Sec-WebSocket-Version': '13' },
    });
  }
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')) {
    throw new ApiProblem('request_malformed', 'Sec-WebSocket-Key must be 16 bytes in base64');
  }
}

/** For a plain request to a path that speaks WebSocket. */
export function upgradeRequired(): ApiProblem {
  return new ApiProblem('upgrade_required', 'Open a WebSocket here', {
    headers: { Upgrade: 'websocket', Connection: 'Upgrade, close' },
  });
}

function serverFor(maxPayload: number): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload,
    perMessageDeflate: false,
    handleProtocols: chooseProtocol,
  });
}

/** A browser wants one of the protocols that it offered; the one with the token only when there is no other. */
function chooseProtocol(offered: ReadonlySet<string>): string | false {
  const names = [...offered];
  return names.find((name) => !name.startsWith(BEARER_PROTOCOL)) ?? names[0] ?? false;
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new ApiProblem('parameter_invalid', 'The path is not properly encoded');
  }
}
