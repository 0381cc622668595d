// A page of events. Where an index serves the whole filter, a page costs what its length asks for. Where something is left
// to be checked (a text, a rare level of risk of an agent), entries are looked at stretch by stretch, up to a limit; then the
// page says that it is not complete and its cursor goes on from there. So no question looks at a whole table.

import { WrapperError } from '../model/errors.ts';
import type { StoredEvent } from '../model/event.ts';
import type { Database } from './database.ts';
import type { Fragment } from './event-filter.ts';
import {
  countQueries,
  type EventKey,
  type EventPlan,
  entriesQuery,
  listQuery,
  orderOf,
  planEvents,
  searchQuery,
} from './event-query.ts';
import { EVENT_ROW, type EventRow, eventKey, toEvent } from './event-rows.ts';
import { countSpan } from './event-span.ts';
import { COUNT_LIMIT, checkOffset, decodeCursor, encodeCursor, type Page } from './page.ts';
import type { EventFilter } from './query-types.ts';

/** Entries that one page looks at, when an index does not serve the whole filter. */
const SCAN_LIMIT = 20_000;
/** A negative limit is none. */
const UNLIMITED = 2 ** 50;
const SHORTEST_STRETCH = 200;
const LONGEST_STRETCH = 10_000;
/** Entries of the first stretch for each that is wanted, where counters do not tell how many match. */
const UNKNOWN_STRETCH = 4;
/** Events are not spread evenly: a little more than the entries that should be enough. */
const MARGIN = 1.3;

/**
 * @param scanLimit entries to look at; infinite for a caller who rather waits than pages
 * @throws WrapperError `cursor_invalid`, `query_too_large`
 */
export function readEvents(
  database: Database,
  filter: EventFilter,
  scanLimit: number = SCAN_LIMIT,
): Page<StoredEvent> {
  const kind = `${filter.session === undefined ? 'events' : 'session-events'}-${filter.order ?? 'newest'}`;
  const key =
    filter.cursor === undefined ? undefined : keyOf(kind, filter.cursor, filter.session !== undefined);
  const offset = checkOffset(filter.offset);
  const limit = filter.limit ?? 100;
  return database.snapshot(() => {
    const plan = planEvents(database, filter);
    if (plan === undefined) {
      const total = filter.total === false ? null : 0;
      return { items: [], nextCursor: null, total, totalIsLowerBound: false, complete: true };
    }
    const page = new PageReader(database, filter, plan);
    const want = { key, offset, limit: limit < 0 ? UNLIMITED : limit };
    const found = plan.residual === undefined ? page.list(want) : page.search(want, scanLimit);
    const total = filter.total === false ? undefined : page.total(found, key === undefined);
    return {
      items: found.rows.map(toEvent),
      nextCursor: found.next === undefined ? null : encodeCursor(kind, found.next),
      total: total?.events ?? null,
      totalIsLowerBound: total?.isLowerBound ?? false,
      complete: found.complete,
    };
  });
}

function keyOf(kind: string, cursor: string, inSession: boolean): EventKey {
  const [first, id] = decodeCursor(kind, cursor, [inSession ? 'integer?' : 'time', 'integer']);
  return [first!, Number(id)];
}

interface Want {
  readonly key: EventKey | undefined;
  readonly offset: number;
  readonly limit: number;
}

interface Found {
  readonly rows: readonly EventRow[];
  /** Where the next page begins. */
  readonly next: EventKey | undefined;
  readonly complete: boolean;
}

class PageReader {
  readonly #database: Database;
  readonly #filter: EventFilter;
  readonly #plan: EventPlan;

  constructor(database: Database, filter: EventFilter, plan: EventPlan) {
    this.#database = database;
    this.#filter = filter;
    this.#plan = plan;
  }

  list({ key, offset, limit }: Want): Found {
    const rows = this.#rows(listQuery(this.#plan, this.#filter, { key, limit: limit + 1, offset }));
    return this.#found(rows, limit, key);
  }

  /** @throws WrapperError `query_too_large` when the limit is reached before the offset is */
  search({ key, offset, limit }: Want, scanLimit: number): Found {
    const need = offset + limit + 1;
    const rows: EventRow[] = [];
    let place = key;
    let looked = 0;
    const { density } = this.#plan;
    const enough = density === undefined ? UNKNOWN_STRETCH * need : (MARGIN * need) / density;
    for (let stretch = Math.ceil(Math.min(Math.max(SHORTEST_STRETCH, enough), LONGEST_STRETCH)); ; ) {
      const length = Math.min(stretch, scanLimit - looked);
      if (length <= 0) break;
      const part = { key: place, limit: length };
      rows.push(...this.#rows(searchQuery(this.#plan, this.#filter, part, need - rows.length)));
      if (rows.length >= need) return this.#found(rows.slice(offset), limit, key);
      const hasAll = key === undefined && rows.length === this.#plan.total;
      place = hasAll ? undefined : this.#placeAfter(part);
      if (place === undefined) return this.#found(rows.slice(offset), limit, key);
      looked += length;
      stretch = Math.min(4 * stretch, LONGEST_STRETCH);
    }
    if (rows.length < offset) {
      throw new WrapperError('query_too_large', 'the offset is further than one search looks', {
        hint: 'Go on with the cursor of the page before, or narrow the filter.',
      });
    }
    return { rows: rows.slice(offset), next: place, complete: false };
  }

  /** Cheap where counters know it; counted up to a limit otherwise. Texts are not counted. */
  total(found: Found, isFirst: boolean): { events: number; isLowerBound: boolean } | undefined {
    if (this.#plan.total !== undefined) return { events: this.#plan.total, isLowerBound: false };
    const before = checkOffset(this.#filter.offset);
    if (isFirst && found.next === undefined && (before === 0 || found.rows.length > 0))
      return { events: before + found.rows.length, isLowerBound: false };
    if (this.#filter.q !== undefined) return undefined;
    const { span } = this.#plan;
    const counted = span === undefined ? undefined : countSpan(this.#database, span, COUNT_LIMIT);
    if (counted !== undefined) return { events: counted, isLowerBound: false };
    let entries = 0;
    let events = 0;
    for (const { sql, values } of countQueries(this.#plan, COUNT_LIMIT + 1)) {
      const count = this.#database.prepare(sql).get(...values) as { entries: number; events: number };
      entries += count.entries;
      events += count.events;
      if (entries > COUNT_LIMIT) {
        const seen = before + found.rows.length;
        return { events: Math.max(Math.min(events, COUNT_LIMIT), seen), isLowerBound: true };
      }
    }
    return { events, isLowerBound: false };
  }

  #found(rows: readonly EventRow[], limit: number, key: EventKey | undefined): Found {
    if (rows.length <= limit) return { rows, next: undefined, complete: true };
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = last === undefined ? key : eventKey(last, this.#plan.order);
    return { rows: shown, next, complete: true };
  }

  /** The last entry of a stretch; undefined when there are not so many. */
  #placeAfter(part: { key: EventKey | undefined; limit: number }): EventKey | undefined {
    const { first } = orderOf(this.#plan, this.#filter);
    const last = { key: part.key, limit: 1, offset: part.limit - 1 };
    const { sql, values } = entriesQuery(this.#plan, this.#filter, last);
    const row = this.#database.prepare(sql).get(...values) as Record<string, string | number> | undefined;
    return row === undefined ? undefined : [row[first]!, Number(row['id'])];
  }

  #rows({ sql, values }: Fragment): EventRow[] {
    return this.#database.rows<EventRow>(EVENT_ROW, sql, values);
  }
}
