// The server of a database as the commands reach it: found by the registry beside the database, spoken to over HTTP, with
// the token for what acts. Its errors become ours, with the code and the hint that it gives.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { readServerEntry } from '../data/server-registry.ts';
import { ensureServerToken } from '../data/server-token.ts';
import { type ErrorCode, messageOf, WrapperError } from '../model/errors.ts';

/** A server that does not say within this time, in ms, that it is there is given up: it was stopped, or hangs. */
const THERE_WITHIN_MS = 5000;
/** One that does may wait for the session's process, ten seconds at the most. */
const ANSWER_WITHIN_MS = 15_000;
/** When a server ends, another session takes its place, and the sessions find it: for so long a request waits, in ms. */
const CHANGE_OF_SERVER_MS = 3000;
const TRY_AGAIN_MS = 100;

/** Codes of the server that the command line knows under the same name. */
const SHARED: readonly ErrorCode[] = [
  'session_unknown',
  'session_ended',
  'session_not_reachable',
  'input_not_possible',
  'resize_not_possible',
  'request_id_reused',
  'control_failed',
];

/** @throws WrapperError `server_absent` */
function serverUrl(dbPath: string): string {
  const entry = readServerEntry(dbPath);
  if (entry !== undefined) return entry.url;
  throw new WrapperError('server_absent', `no server runs for ${dbPath}`, {
    hint: 'A session that was started with --no-serve needs one: run wrapper serve beside it, and try again.',
  });
}

/**
 * Sends a request that acts on a running session and returns the answer. While one server takes the place of another, it
 * is sent again, under the same id, which a session carries out once.
 *
 * @throws WrapperError what the server refused and why, or `server_absent` when nobody answers
 */
export async function post(dbPath: string, path: string, body: object): Promise<Record<string, unknown>> {
  const identified = { ...body, request_id: randomUUID() };
  const deadline = performance.now() + CHANGE_OF_SERVER_MS;
  for (;;) {
    try {
      return await postOnce(dbPath, path, identified);
    } catch (error) {
      const passing =
        error instanceof WrapperError &&
        (error.code === 'server_absent' || error.code === 'session_not_reachable');
      if (!passing || performance.now() > deadline) throw error;
      await pause(TRY_AGAIN_MS);
    }
  }
}

async function postOnce(dbPath: string, path: string, body: object): Promise<Record<string, unknown>> {
  const url = serverUrl(dbPath);
  const headers = {
    authorization: `Bearer ${ensureServerToken(dbPath)}`,
    'content-type': 'application/json',
  };
  // Told to act only when it is there: one that is stopped would obey when it goes on, long after it was given up.
  const there = await answerOf(url, '/api/health', { headers }, THERE_WITHIN_MS);
  await there.body?.cancel();
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await answerOf(url, path, request, ANSWER_WITHIN_MS);
  const document = (await answer.json()) as Record<string, unknown>;
  if (answer.ok) return document;
  const code = SHARED.find((known) => known === document['code']) ?? 'control_failed';
  const hint = document['hint'];
  throw new WrapperError(code, String(document['detail'] ?? document['title']), {
    ...(typeof hint === 'string' ? { hint } : {}),
  });
}

async function answerOf(
  url: string,
  path: string,
  request: RequestInit,
  withinMs: number,
): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, { ...request, signal: AbortSignal.timeout(withinMs) });
  } catch (error) {
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new WrapperError('server_absent', `the server at ${url} does not answer: ${messageOf(reason)}`, {
      hint: hasTimedOut(error)
        ? 'Its process is stopped, or the machine is very busy.'
        : 'It may just be ending; try again.',
      cause: error,
    });
  }
}

function hasTimedOut(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
