// Durations as people write them: after --timeout, and in plan files.

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d)\s*)+$/i;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gi;

/** What `parseDuration` takes, for error messages. */
export const DURATION_FORMS = 'a number of seconds, or a text such as 90s, 5m or 1h30m';

/** Milliseconds of `90` (seconds), `90s`, `500ms`, `5m`, `1h30m`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000;
  if (!DURATION.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(PART)) {
    total += Number(amount) * UNIT_MS[unit!.toLowerCase()]!;
  }
  return total;
}
