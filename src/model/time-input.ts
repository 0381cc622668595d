// Times as people write them: after --since and --until, and as `from` and `to` in a query.

import { isoTimestamp } from './time.ts';

/** What `parseMoment` takes, for error messages. */
const TIME_FORMS =
  'Use a date (2026-11-21), a time (2026-11-21T10:00, 2026-11-21T10:00Z), an age (30m, 2h, 7d) or milliseconds since 1970.';

const AGO = /^-?(\d+(?:\.\d+)?)\s*(s|m|h|d|w)$/i;
/** From 1973 on; shorter numbers are meant as seconds, and would be a day of early 1970. */
const EPOCH_MS = /^\d{12,15}$/;
const EPOCH_SECONDS = /^\d{9,11}$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** The last millisecond that a Date can hold. */
const LAST_MOMENT = 8.64e15;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?(Z|[+ -]\d{2}:?\d{2})?$/i;

/**
 * The moment that a person means: `2026-11-21` (local midnight, or with `edge: 'end'` the midnight after that day),
 * `2026-11-21T10:00` (local), `2026-11-21T10:00Z`, `…+01:00`, `45s`, `30m`, `2h`, `7d`, `2w` before now (with or without a
 * minus), or milliseconds since 1970, twelve digits or more.
 *
 * @returns ISO-8601 UTC with milliseconds; undefined when it is no time
 */
export function parseMoment(text: string, edge: 'start' | 'end', now: number): string | undefined {
  const epoch = epochOf(text.trim(), edge, now);
  if (epoch === undefined || Number.isNaN(epoch) || Math.abs(epoch) > LAST_MOMENT) return undefined;
  return isoTimestamp(epoch);
}

/** What to say about a text that is no time. */
export function timeHint(text: string): string {
  return EPOCH_SECONDS.test(text.trim())
    ? `A number is milliseconds since 1970: ${text.trim()}000 if that was seconds.`
    : TIME_FORMS;
}

function epochOf(text: string, edge: 'start' | 'end', now: number): number | undefined {
  const ago = AGO.exec(text);
  if (ago) {
    return now - Number(ago[1]) * UNIT_MS[ago[2]!.toLowerCase()]!;
  }
  if (EPOCH_MS.test(text)) return Number(text);
  const date = DATE.exec(text);
  if (date) {
    const [year, month, day] = [Number(date[1]), Number(date[2]) - 1, Number(date[3])];
    if (!isDate(year, month, day)) return undefined;
    return edge === 'start' ? new Date(year, month, day).getTime() : new Date(year, month, day + 1).getTime();
  }
  const full = DATE_TIME.exec(text);
  if (!full || !isDate(Number(full[1]), Number(full[2]) - 1, Number(full[3]))) return undefined;
  const zone = full[8] === undefined ? '' : zoneOf(full[8]);
  const fraction = (full[7] ?? '').padEnd(3, '0');
  // Without a zone the language reads a date with a time as local, which is what is meant.
  return Date.parse(
    `${full[1]}-${full[2]}-${full[3]}T${full[4]}:${full[5]}:${full[6] ?? '00'}.${fraction}${zone}`,
  );
}

/** As the language wants it. A plus that was not encoded arrives from an address as a space. */
function zoneOf(text: string): string {
  return text
    .toUpperCase()
    .replace(' ', '+')
    .replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
}

/** Whether the day exists; the Date constructor turns 31 February into a day of March. */
function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(year, month, day);
  return date.getFullYear() === year && date.getMonth() === month && date.getDate() === day;
}
