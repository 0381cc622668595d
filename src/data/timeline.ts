// A timeline: the events of a span of time, and how many there were of each type in each minute, hour, day or week of it.
// Hours and longer are counted when events are stored; minutes are counted here, over no more events than MINUTE_LIMIT, by the text
// of their time.

import { WrapperError } from '../model/errors.ts';
import { Conditions } from './conditions.ts';
import { largestFirst, total } from './counts.ts';
import type { Database } from './database.ts';
import { PATTERNS_OF_TYPE } from './event-filter.ts';
import { readEvents } from './event-page.ts';
import { checkSpan } from './page.ts';
import type { Timeline, TimelineBucket, TimelineFilter } from './query-types.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BUCKET_MS: Readonly<Record<TimelineBucket, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
/** The first Monday after the beginning of 1970. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** Buckets of one answer. */
const BUCKET_LIMIT = 2000;
/** Events that may be counted one by one for buckets of a minute. */
const MINUTE_LIMIT = 100_000;
/** Spans up to which a bucket is chosen by itself. */
const AUTOMATIC: readonly (readonly [longestMs: number, bucket: TimelineBucket])[] = [
  [3 * HOUR_MS, 'minute'],
  [4 * DAY_MS, 'hour'],
  [180 * DAY_MS, 'day'],
  [Number.POSITIVE_INFINITY, 'week'],
];

/** Where numbers of events are kept, and the time of an event that is in none of them. */
const COUNTED = {
  hour: {
    table: 'extraction_hours',
    column: 'hour',
    handTime: "replace(substr(timestamp, 1, 13), ' ', 'T')",
  },
  day: { table: 'extraction_days', column: 'day', handTime: 'substr(timestamp, 1, 10)' },
} as const;

/**
 * Numbers of events, each with its type; a type may come several times. The time is `2026-02-10T10:30`, `2026-02-10T10` or
 * `2026-02-10`. Lists cost half of what SQLite takes to sum them up by type.
 */
type Count = readonly [time: string, types: readonly string[], events: readonly number[]];

/** @throws WrapperError `query_invalid`, `query_too_large`, `cursor_invalid` */
export function readTimeline(database: Database, filter: TimelineFilter): Timeline {
  const until = filter.until === undefined ? (filter.now ?? Date.now()) : timeOf(filter.until);
  const since = filter.since === undefined ? until - (filter.days ?? 7) * DAY_MS : timeOf(filter.since);
  checkSpan({ since: new Date(since).toISOString(), until: new Date(until).toISOString() });
  const { agent, type, limit, offset, cursor, total } = filter;
  return database.snapshot(() => {
    const bucket = chooseBucket(database, filter, since, until);
    const starts = startsOf(bucket, since, until);
    const counts = readCounts(database, filter, bucket, starts[0]!, starts.at(-1)! + BUCKET_MS[bucket]);
    return {
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      bucket,
      events: readEvents(database, {
        agent,
        type,
        since: new Date(since).toISOString(),
        until: new Date(until).toISOString(),
        order: filter.order ?? 'oldest',
        limit,
        offset,
        cursor,
        total,
      }),
      buckets: fill(bucket, starts, counts),
    };
  });
}

function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new WrapperError('query_invalid', `"${text.slice(0, 40)}" is no time`);
  return time;
}

function chooseBucket(
  database: Database,
  filter: TimelineFilter,
  since: number,
  until: number,
): TimelineBucket {
  const { bucket = 'auto' } = filter;
  const chosen = bucket === 'auto' ? AUTOMATIC.find(([longest]) => until - since <= longest)![1] : bucket;
  if ((until - since) / BUCKET_MS[chosen] > BUCKET_LIMIT) {
    throw new WrapperError(
      'query_too_large',
      `the span has more than ${BUCKET_LIMIT} buckets of one ${chosen}`,
      {
        hint: 'Choose a longer bucket or a shorter span.',
      },
    );
  }
  if (chosen !== 'minute') return chosen;
  const hours = startsOf('hour', since, until);
  const counts = readCounts(database, filter, 'hour', hours[0]!, hours.at(-1)! + HOUR_MS);
  const events = total(counts.flatMap(([, , numbers]) => numbers));
  if (events <= MINUTE_LIMIT) return 'minute';
  if (bucket === 'auto') return 'hour';
  throw new WrapperError(
    'query_too_large',
    `more than ${MINUTE_LIMIT} events would have to be counted by minutes`,
    {
      hint: 'Ask for hours, or for a shorter span.',
    },
  );
}

/** The starts of all buckets that the span touches. */
function startsOf(bucket: TimelineBucket, since: number, until: number): number[] {
  const length = BUCKET_MS[bucket];
  const shift = bucket === 'week' ? FIRST_MONDAY_MS : 0;
  const first = Math.floor((since - shift) / length) * length + shift;
  return Array.from({ length: Math.ceil((until - first) / length) }, (_, at) => first + at * length);
}

function readCounts(
  database: Database,
  { agent, type }: TimelineFilter,
  bucket: TimelineBucket,
  from: number,
  to: number,
): Count[] {
  const since = new Date(from).toISOString();
  const until = new Date(to).toISOString();
  if (bucket === 'minute') {
    const conditions = new Conditions();
    const index =
      agent === undefined ? 'idx_timestamp' : type === undefined ? 'idx_agent_session' : 'idx_agent_type';
    conditions.add('agent_name = ?', agent);
    conditions.add(`${agent === undefined ? '+' : ''}event_type = ?`, type);
    if (agent !== undefined && type !== undefined) conditions.add(PATTERNS_OF_TYPE, agent, type);
    conditions.add('timestamp >= ?', since);
    conditions.add('timestamp < ?', until);
    const time = "replace(substr(timestamp, 1, 16), ' ', 'T')";
    const list = `FROM extraction_events INDEXED BY ${index} WHERE ${conditions.sql} GROUP BY ${time}, event_type`;
    return database.rows<Count>(eachType(time), list, conditions.values);
  }
  // What was counted when it was stored, in the order of its key, and what was written by hand since: one time may be in both.
  const { table, column, handTime } = COUNTED[bucket === 'hour' ? 'hour' : 'day'];
  const digits = bucket === 'hour' ? 13 : 10;
  const within = (time: string): Conditions => {
    const span = new Conditions();
    // Counters are kept by agent, so the span is read agent by agent.
    if (agent === undefined) span.add('agent_name IN (SELECT agent_name FROM extraction_totals)');
    else span.add('agent_name = ?', agent);
    span.add(`${time} >= ?`, since.slice(0, digits));
    span.add(`${time} < ?`, until.slice(0, digits));
    span.add('event_type = ?', type);
    return span;
  };
  const counted = within(column);
  const byHand = within(handTime);
  return [
    ...database.rows<Count>(
      `CAST(${column} AS TEXT), json_group_array(CAST(event_type AS TEXT)), json_group_array(events)`,
      `FROM ${table} WHERE ${counted.sql} GROUP BY ${column}`,
      counted.values,
    ),
    ...database.rows<Count>(
      eachType(handTime),
      `FROM extraction_events INDEXED BY idx_uncounted WHERE seq IS NULL AND ${byHand.sql} GROUP BY ${handTime}, event_type`,
      byHand.values,
    ),
  ];
}

/** The columns of a Count, in a list that is grouped by a time and by type; in JSON there are no BLOBs. */
function eachType(time: string): string {
  return `CAST(${time} AS TEXT), json_array(CAST(event_type AS TEXT)), json_array(count(*))`;
}

function fill(
  bucket: TimelineBucket,
  starts: readonly number[],
  counts: readonly Count[],
): Timeline['buckets'] {
  const length = BUCKET_MS[bucket];
  const sums = starts.map(() => new Map<string, number>());
  const suffix = { minute: ':00.000Z', hour: ':00:00.000Z', day: 'T00:00:00.000Z', week: 'T00:00:00.000Z' };
  for (const [time, types, events] of counts) {
    // A row written by hand may have any text for a time.
    const sum = sums[Math.floor((Date.parse(time + suffix[bucket]) - starts[0]!) / length)];
    if (sum === undefined) continue;
    // The patterns of a type stand together.
    for (let at = 0; at < types.length; ) {
      const type = types[at]!;
      let ofType = 0;
      while (types[at] === type) ofType += events[at++]!;
      sum.set(type, (sum.get(type) ?? 0) + ofType);
    }
  }
  return starts.map((start, place) => {
    const sum = sums[place]!;
    return {
      start: new Date(start).toISOString(),
      total: total(sum.values()),
      byType: largestFirst(sum),
    };
  });
}
