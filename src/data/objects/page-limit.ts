// How many objects a page may have: what a bucket gives at once.

import { PersistenceError } from '../../model/persistence-errors.ts';

const MOST = 1000;

/** @throws PersistenceError for anything but 1 to 1000 */
export function pageLimit(limit: number = MOST): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new PersistenceError(`a page of a listing has 1 to ${MOST} objects, not ${limit}`);
}
