// Where a subscriber stands, as a text that it can come back with, to this server or to the next: everything up to there
// has been delivered, nothing after it.
//
//   v1;42;sess_k3v9x2m1n4p5:17;sess_…:3
//
// The number is a row of `process_sessions`: of the sessions up to that row, those that are named are delivered up to the
// event with that number, the others to their end; of all newer sessions nothing, unless they are named.

import { ANY_SESSION_ID } from '../../model/ids.ts';

export interface Cursor {
  readonly rowId: number;
  readonly positions: ReadonlyMap<string, number>;
}

const VERSION = 'v1';
/** More sessions than can run, or end while somebody reads the past, at once. What a header may hold is less. */
const MOST_SESSIONS = 4096;

export function formatCursor({ rowId, positions }: Cursor): string {
  let text = `${VERSION};${rowId}`;
  for (const [sessionId, seq] of positions) text += `;${sessionId}:${seq}`;
  return text;
}

/** Undefined for what is no cursor of ours. */
export function parseCursor(text: string): Cursor | undefined {
  const [version, row = '', ...parts] = text.split(';');
  if (version !== VERSION || !/^\d{1,15}$/.test(row) || parts.length > MOST_SESSIONS) return undefined;
  const positions = new Map<string, number>();
  for (const part of parts) {
    const [sessionId = '', seq = ''] = part.split(':');
    if (!ANY_SESSION_ID.test(sessionId) || !/^\d{1,15}$/.test(seq)) return undefined;
    positions.set(sessionId, Number(seq));
  }
  return { rowId: Number(row), positions };
}
