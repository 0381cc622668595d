// Values as people read them: times, durations, sizes, foreign text. One form each, whatever the locale.

import { escapeControls } from '../model/visible-text.ts';

export { escapeControls, escapeLine } from '../model/visible-text.ts';

/** `850ms`, `12.3s`, `4m05s`, `2h03m`, `3d04h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(seconds % 60)}s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`;
  const hours = Math.round(ms / 3_600_000);
  return `${Math.floor(hours / 24)}d${twoDigits(hours % 24)}h`;
}

/** `812 B`, `4.5 KiB`, `12.0 MiB`: binary units, one decimal. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes;
  let unit = '';
  for (unit of ['KiB', 'MiB', 'GiB', 'TiB']) {
    value /= 1024;
    // 1023.96 would be rounded to 1024.0, which is the next unit.
    if (value < 1023.95) break;
  }
  return `${value.toFixed(1)} ${unit}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** When something was, for a list: `now`, `12s ago`, `3m ago`, `5h ago`, `yesterday 14:02`, `21 Nov 14:02`, `2025-11-21`. */
export function formatRelative(iso: string, now: number): string {
  const then = new Date(iso);
  const age = now - then.getTime();
  if (Number.isNaN(age)) return escapeControls(iso);
  const clock = `${twoDigits(then.getHours())}:${twoDigits(then.getMinutes())}`;
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (age >= -1000 && age < 1000) return 'now';
  if (age >= 0 && age < 60_000) return `${Math.floor(age / 1000)}s ago`;
  if (age >= 0 && age < 3_600_000) return `${Math.floor(age / 60_000)}m ago`;
  if (age >= 0 && age < 86_400_000 && sameDay(then, today)) return `${Math.floor(age / 3_600_000)}h ago`;
  if (sameDay(then, yesterday)) return `yesterday ${clock}`;
  if (then.getFullYear() === today.getFullYear())
    return `${then.getDate()} ${MONTHS[then.getMonth()]} ${clock}`;
  return `${then.getFullYear()}-${twoDigits(then.getMonth() + 1)}-${twoDigits(then.getDate())}`;
}

/** A moment in local time with its zone, for details: `2026-02-10 11:30:00 +01:00`. */
export function formatAbsolute(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return escapeControls(iso);
  const date = `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
  return `${date} ${formatClock(iso)} ${zoneOf(time)}`;
}

/** Local time of day: `11:30:00`. */
export function formatClock(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return escapeControls(iso);
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}:${twoDigits(time.getSeconds())}`;
}

/** Time since the start of a session, for a line of its text: `00:04.120`, `1:02:03.004`. */
export function formatElapsed(ms: number): string {
  const whole = Math.max(0, Math.floor(ms));
  const hours = Math.floor(whole / 3_600_000);
  const minutes = twoDigits(Math.floor(whole / 60_000) % 60);
  const seconds = twoDigits(Math.floor(whole / 1000) % 60);
  const rest = String(whole % 1000).padStart(3, '0');
  return `${hours > 0 ? `${hours}:` : ''}${minutes}:${seconds}.${rest}`;
}

/** `1 event`, `2 events`, `0 events`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function zoneOf(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const size = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

function sameDay(a: Date, b: Date): boolean {
  return a.toDateString() === b.toDateString();
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
