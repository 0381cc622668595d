// Places of a replay as people and URLs write them: `90s`, `1:30`, `2026-02-10T10:31:00Z`, `seq:12`, `line:340`.

import type { ReplaySeek } from '../../model/wire-replay.ts';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const SPAN = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)?$/;
const CLOCK = /^(?:(?<hours>\d{1,4}):(?=[0-5]?\d:))?(?<minutes>\d{1,3}):(?<seconds>[0-5]\d(?:\.\d{1,6})?)$/;
const NUMBERED = /^(seq|line):([1-9]\d{0,14})$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;

export const PLACE_FORMS =
  'Use a time since the start (90s, 1500ms, 1:30), a timestamp (2026-02-10T10:31:00Z), seq:N or line:N.';

/** A span of time in milliseconds; undefined when the text is none. @param bare unit of a number without one */
export function parseSpan(text: string, bare: 'ms' | 's'): number | undefined {
  const span = SPAN.exec(text);
  if (span !== null) return Number(span[1]) * UNIT_MS[(span[2] ?? bare) as keyof typeof UNIT_MS];
  const clock = CLOCK.exec(text)?.groups;
  if (clock === undefined) return undefined;
  const { hours = 0, minutes, seconds } = clock;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** The place that a text means; undefined when it means none. @param bare unit of a number without one */
export function parsePlace(text: string, bare: 'ms' | 's'): ReplaySeek | undefined {
  const numbered = NUMBERED.exec(text);
  if (numbered !== null) {
    return numbered[1] === 'seq' ? { seq: Number(numbered[2]) } : { line: Number(numbered[2]) };
  }
  if (TIMESTAMP.test(text) && !Number.isNaN(Date.parse(text))) return { timestamp: text };
  const span = parseSpan(text, bare);
  return span === undefined ? undefined : { position_ms: span };
}
