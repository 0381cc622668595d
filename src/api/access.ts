// Who may ask for what. One gate stands before every request and every upgrade, in this order: Host, Origin,
// Sec-Fetch-Site, sizes, method and content type, token. It sees a request's head only and knows no route but by its path.
//
// A page in a browser reaches the loopback interface, so the address of the peer proves nothing. A rebound name is
// same-origin and shows in Host alone; an ordinary foreign page shows in Origin or Sec-Fetch-Site; a form or an image
// shows in its content type or in Sec-Fetch-Site. See docs/SECURITY.md.

import { createHash, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { ensureServerToken, readServerToken, tokenPath } from '../data/server-token.ts';
import { bodyLimitOf, LIMITS, RateLimit, type RequestRates } from './limits.ts';
import { ApiProblem } from './problem.ts';

/** What the gate found out about a request that it let pass. */
export interface Admission {
  /** Whether the request carried the token, and that is still the token: for what stays open when another is made. */
  readonly authenticated: () => boolean;
}

export interface AccessOptions {
  readonly dbPath: string;
  /** Everything needs the token: the server can be reached from other machines. */
  readonly tokenForAll: boolean;
  /** Names besides the loopback ones by which the server may be called: what was given as `--host`. */
  readonly hosts: readonly string[];
  /** Requests a second that act, and wrong tokens. */
  readonly rates: Pick<RequestRates, 'actions' | 'wrongTokens'>;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const READING_METHODS = ['GET', 'HEAD'];
const WRITING_METHODS = ['POST', 'DELETE'];
/** POST because of its body, and changes nothing that lasts: neither needs the token. */
const READING_POSTS = [/^\/api\/query\/advanced$/, /^\/api\/replay\/control\/[^/]+\/[a-z]+$/];
/** WebSockets that act as soon as they are open. */
const ACTING_UPGRADES = [/^\/ws\/publish$/];
/** Pages for people: a link to them may be followed from elsewhere, for they hold nothing of what is stored. */
const PAGES = ['/', '/api/docs'];

/** What a parser of addresses would rewrite: it takes a backslash for a slash, drops tabs, and ends the path at a hash. */
const NOT_IN_A_PATH = /[^\x21-\x7e]|["#<>\\^`{|}]/;
/** A segment that leads back or nowhere, also when encoded. */
const DOTS = /^(?:\.|%2e){1,2}$/i;

/** Whether a request acts and therefore needs the token even on the loopback interface. */
export function acts(method: string, path: string, upgrade: boolean): boolean {
  if (upgrade) return ACTING_UPGRADES.some((pattern) => pattern.test(path));
  if (READING_METHODS.includes(method) || method === 'OPTIONS') return false;
  return method !== 'POST' || !READING_POSTS.some((pattern) => pattern.test(path));
}

export class Access {
  readonly #dbPath: string;
  readonly #tokenForAll: boolean;
  readonly #names: readonly string[];
  readonly #wrongTokens: RateLimit;
  readonly #actions: RateLimit;
  #port = 0;
  #allowed = new Set<string>();
  #known: { readonly file: string; readonly hash: Buffer } | undefined;

  constructor(options: AccessOptions) {
    this.#dbPath = options.dbPath;
    this.#tokenForAll = options.tokenForAll;
    this.#wrongTokens = new RateLimit(options.rates.wrongTokens);
    this.#actions = new RateLimit(options.rates.actions);
    this.#names = [...LOOPBACK_NAMES, ...options.hosts].map((name) => canonicalHost(name));
  }

  /** Whether also reading needs the token. */
  get tokenForAll(): boolean {
    return this.#tokenForAll;
  }

  /** Must be called with the port before the first request. */
  listen(port: number): void {
    this.#port = port;
    this.#allowed = new Set(this.#names.flatMap((name) => this.#withPort(name)));
  }

  /** The token of the database, made now when there is none. @throws WrapperError `storage_unavailable` */
  token(): string {
    return ensureServerToken(this.#dbPath);
  }

  /**
   * Lets a request pass or says why not.
   *
   * @param upgrade whether it asks for a WebSocket
   * @throws ApiProblem
   */
  admit(request: IncomingMessage, upgrade: boolean): Admission {
    const { headers, method = 'GET', url = '/' } = request;
    this.#checkHost(request);
    this.#checkOrigin(headers.origin, request);
    const path = pathOf(url);
    checkFetchSite(request, path, upgrade);
    checkTarget(method, url, path, headers['content-length']);
    checkMethod(method, headers['content-type'], upgrade);
    const acting = acts(method, path, upgrade);
    const token = this.#authenticate(request, acting || this.#tokenForAll, upgrade);
    if (acting && !upgrade && !this.#actions.take()) {
      throw new ApiProblem('rate_limited', 'Too many requests a second that act');
    }
    return { authenticated: () => token !== undefined && this.#isStill(token) };
  }

  #checkHost(request: IncomingMessage): void {
    const { rawHeaders } = request;
    let host: string | undefined;
    let count = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      if (rawHeaders[index]!.length !== 4 || rawHeaders[index]!.toLowerCase() !== 'host') continue;
      host = rawHeaders[index + 1];
      count++;
    }
    if (count !== 1 || host === undefined || host === '') {
      throw new ApiProblem(
        'host_missing',
        `The request has ${count === 0 || host === '' ? 'no' : count} Host`,
      );
    }
    if (this.#allowed.has(host) || this.#isOurs(host, request)) return;
    throw new ApiProblem('host_refused', `This server does not answer to the Host it was called by`, {
      hint: `Call it by 127.0.0.1:${this.#port} or localhost:${this.#port}; wrapper serve --host adds a name.`,
    });
  }

  #checkOrigin(origin: string | undefined, request: IncomingMessage): void {
    if (origin === undefined) return;
    if (origin.startsWith('http://') && this.#isOurs(origin.slice('http://'.length), request)) return;
    throw new ApiProblem('origin_refused', 'Pages of other origins may not use this server');
  }

  /** Whether `host`, with its port, is a name or the very address that the request came to. */
  #isOurs(host: string, request: IncomingMessage): boolean {
    const canonical = canonicalHost(host);
    if (this.#allowed.has(canonical)) return true;
    // Bound to every interface, the server is also called by its addresses; an address cannot be rebound.
    const { localAddress } = request.socket;
    if (!this.#tokenForAll || localAddress === undefined) return false;
    return this.#withPort(addressAsHost(localAddress)).includes(canonical);
  }

  #withPort(name: string): string[] {
    return this.#port === 80 ? [name, `${name}:80`] : [`${name}:${this.#port}`];
  }

  /** The token that was given, which is the right one; undefined when none was given and none is needed. */
  #authenticate(request: IncomingMessage, needed: boolean, upgrade: boolean): string | undefined {
    const given = bearerOf(request, upgrade);
    if (given === undefined) {
      if (!needed) return undefined;
      throw new ApiProblem('token_required', 'The request carries no bearer token', {
        hint: 'Send "Authorization: Bearer TOKEN"; wrapper token prints it.',
      });
    }
    if (this.#matches(given)) return given;
    if (!this.#wrongTokens.take()) throw new ApiProblem('rate_limited', 'Too many wrong tokens');
    throw new ApiProblem('token_wrong', 'The bearer token is not that of this database', {
      hint: 'wrapper token prints it.',
    });
  }

  /** A file that cannot be read any more vouches for nobody. */
  #isStill(token: string): boolean {
    try {
      return this.#matches(token);
    } catch {
      return false;
    }
  }

  /** In constant time: equal hashes of equal length, whatever was given. */
  #matches(given: string): boolean {
    const hash = this.#currentHash();
    return hash !== undefined && timingSafeEqual(hash, hashOf(given));
  }

  /** The file is looked at each time, so that a rotated token counts at once and the old one no longer does. */
  #currentHash(): Buffer | undefined {
    const stats = statSync(tokenPath(this.#dbPath), { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    const file = `${stats.ino}:${stats.mtimeNs}:${stats.ctimeNs}`;
    if (this.#known?.file === file) return this.#known.hash;
    const token = readServerToken(this.#dbPath);
    this.#known = token === undefined ? undefined : { file, hash: hashOf(token) };
    return this.#known?.hash;
  }
}

/** The path of a request target, without its query and as it was sent. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

function checkFetchSite(request: IncomingMessage, path: string, upgrade: boolean): void {
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  const isLink = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET' && !upgrade;
  if (isLink && PAGES.includes(path)) return;
  throw new ApiProblem('cross_site_refused', 'Only pages of this server may use it from a browser');
}

function checkTarget(method: string, url: string, path: string, contentLength: string | undefined): void {
  // Only a proxy is sent a whole address, and this is none; `*` is the server as a whole, which has options only.
  if (!url.startsWith('/') && !(url === '*' && method === 'OPTIONS')) {
    throw new ApiProblem('request_malformed', 'The request target is no path');
  }
  if (url.length > LIMITS.url) {
    throw new ApiProblem('url_too_long', `The address is longer than ${LIMITS.url} characters`);
  }
  // What stands here as a path must be the very path that is routed, or the rule about the token would be that of another.
  if (NOT_IN_A_PATH.test(path) || path.split('/').some((segment) => DOTS.test(segment))) {
    throw new ApiProblem('request_malformed', 'The path is not in its simplest form', {
      hint: "Leave out dot segments, and encode what is not a letter, a digit or one of -._~/:@!$&'()*+,;=",
    });
  }
  const query = url.indexOf('?');
  if (query !== -1) {
    for (const parameter of url.slice(query + 1).split('&')) {
      if (parameter.length - parameter.indexOf('=') - 1 <= LIMITS.parameter) continue;
      throw new ApiProblem('parameter_invalid', `A parameter is longer than ${LIMITS.parameter} characters`);
    }
  }
  const most = bodyLimitOf(path);
  if (contentLength !== undefined && Number(contentLength) > most) throw bodyTooLarge(most);
}

/** For a body whose length is not said beforehand as well. */
export function bodyTooLarge(most: number): ApiProblem {
  return new ApiProblem('body_too_large', `The body is larger than ${most} bytes`, {
    headers: { Connection: 'close' },
  });
}

function checkMethod(method: string, contentType: string | undefined, upgrade: boolean): void {
  if (upgrade) {
    if (method !== 'GET') throw methodNotAllowed(['GET']);
    return;
  }
  if (READING_METHODS.includes(method) || method === 'OPTIONS') return;
  if (!WRITING_METHODS.includes(method)) throw methodNotAllowed([...READING_METHODS, ...WRITING_METHODS]);
  if (/^application\/json\s*(;|$)/i.test(contentType ?? '')) return;
  throw new ApiProblem('content_type_unsupported', `${method} takes JSON only`, {
    hint: 'Send "Content-Type: application/json".',
  });
}

export function methodNotAllowed(allowed: readonly string[]): ApiProblem {
  return new ApiProblem('method_not_allowed', `Allowed are ${allowed.join(', ')}`, {
    headers: { Allow: allowed.join(', ') },
  });
}

/**
 * The token of `Authorization: Bearer`, or, for a WebSocket of a browser, which cannot set that header, of the
 * subprotocol `bearer.<token>`.
 */
function bearerOf(request: IncomingMessage, upgrade: boolean): string | undefined {
  const header = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
  if (header !== null) return header[1];
  if (!upgrade) return undefined;
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',');
  return protocols
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(BEARER_PROTOCOL))
    ?.slice(BEARER_PROTOCOL.length);
}

/** What the subprotocol that carries the token begins with. */
export const BEARER_PROTOCOL = 'bearer.';

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Lower case, without the dot that may end a name, but no address in brackets, before its port. */
function canonicalHost(host: string): string {
  return host.toLowerCase().replace(/(?<!\])\.(?=:\d+$|$)/, '');
}

/** An address as it stands in a Host header: `127.0.0.1` for `::ffff:127.0.0.1`, brackets around IPv6. */
function addressAsHost(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return plain.includes(':') ? `[${plain}]` : plain;
}
