// Times within a session as reports show them.

import type { Session } from '../../model/session.ts';

/** Milliseconds from start to end; null while it runs, or when its times are none. */
export function durationOf({ startedAt, endedAt }: Session): number | null {
  if (endedAt === null) return null;
  const duration = Date.parse(endedAt) - Date.parse(startedAt);
  return Number.isFinite(duration) ? Math.max(0, duration) : null;
}

/** `00:04.1`, `12:30.0`, `1:02:03.0`: time since the start. */
export function clockText(elapsedMs: number): string {
  const tenths = Math.max(0, Math.floor(elapsedMs / 100));
  const hours = Math.floor(tenths / 36_000);
  const minutes = String(Math.floor(tenths / 600) % 60).padStart(2, '0');
  const seconds = String(Math.floor(tenths / 10) % 60).padStart(2, '0');
  return `${hours > 0 ? `${hours}:` : ''}${minutes}:${seconds}.${tenths % 10}`;
}

/** `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How it ended, in words: `completed (exit status 0)`. */
export function outcomeText({ state, exitCode, endedAt }: Session): string {
  const name = state ?? (endedAt === null ? 'running' : 'ended');
  return exitCode === null ? name : `${name} (exit status ${exitCode})`;
}
