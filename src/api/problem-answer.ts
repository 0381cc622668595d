// Sends a problem document where no route is involved: the gate's refusals, refused upgrades, and bytes that are no HTTP.

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ApiProblem, PROBLEM_TYPE, problemDocument } from './problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** How long a peer may take to read why it was refused, in milliseconds. */
const LINGER_MS = 1000;

/** Answers a request; its security headers are set already. */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: ApiProblem,
  requestId: string,
): void {
  const body = JSON.stringify(problemDocument(problem, requestId));
  // What is left of a refused body is not waited for: the connection ends with the answer.
  const unread = !request.complete && hasBody(request);
  response.writeHead(problem.status, {
    ...problem.headers,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    ...(unread ? { Connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  if (!unread) return;
  request.resume();
  const { socket } = request;
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** Answers on a connection that has no response object, and closes it. */
export function refuseOnSocket(socket: Duplex, problem: ApiProblem, requestId: string): void {
  socket.end(problemBytes(problem, requestId));
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** A whole HTTP answer after which the connection ends. */
export function problemBytes(problem: ApiProblem, requestId: string): Buffer {
  const body = JSON.stringify(problemDocument(problem, requestId));
  const headers: Record<string, string | number> = {
    ...Object.fromEntries(SECURITY_HEADERS),
    Connection: 'close',
    ...problem.headers,
    'X-Request-Id': requestId,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const start = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`;
  return Buffer.from(`${start}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
