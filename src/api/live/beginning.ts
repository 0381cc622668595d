// Where a subscriber begins, from what it says of where it stood.

import type { SubscribeMessage } from '../../model/wire-live.ts';
import { ApiProblem } from '../problem.ts';
import { type Cursor, parseCursor } from './cursor.ts';
import type { Beginning } from './feeds.ts';

/** @throws ApiProblem `cursor_invalid` */
export function beginningOf(after: SubscribeMessage['after']): Beginning {
  if (after === undefined) return { rowId: undefined, positions: new Map(), unnamed: 'now' };
  if (typeof after === 'string') return { ...known(after), unnamed: 'start' };
  const { cursor } = after;
  if (typeof cursor !== 'string') {
    return { rowId: undefined, positions: positionsOf(after as Record<string, number>), unnamed: 'start' };
  }
  const base = known(cursor);
  const beyond = positionsOf((after.sessions ?? {}) as Record<string, number>);
  return { rowId: base.rowId, positions: new Map([...base.positions, ...beyond]), unnamed: 'start' };
}

function known(text: string): Cursor {
  const cursor = parseCursor(text);
  if (cursor !== undefined) return cursor;
  throw new ApiProblem('cursor_invalid', 'The cursor is not one that this server or another one gave', {
    hint: 'Leave it out to begin with now.',
  });
}

function positionsOf(record: Readonly<Record<string, number>>): Map<string, number> {
  return new Map(Object.entries(record));
}
