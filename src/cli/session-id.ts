// Session ids as lists show them: as short as they may be while each of them still names one session.

import { SESSION_ID } from '../model/ids.ts';

const PREFIX = 'sess_'.length;
const SHORTEST = 6;

/**
 * A function that shortens each of `ids`: without `sess_`, at least six characters, unique among them. An id that was
 * not made by us stays whole.
 */
export function shortIds(ids: readonly string[]): (id: string) => string {
  const bodies = [...new Set(ids)].filter((id) => SESSION_ID.test(id)).map((id) => id.slice(PREFIX));
  let length = SHORTEST;
  while (new Set(bodies.map((body) => body.slice(0, length))).size < bodies.length) length++;
  return (id) => (SESSION_ID.test(id) ? id.slice(PREFIX, PREFIX + length) : id);
}
