// The last rows of the terminal during a replay: how it goes, where it is, and what was found there; and the keys.

import type { EventDocument } from '../../model/wire.ts';
import type { ReplayStateDocument } from '../../model/wire-replay.ts';
import { escapeControls } from '../format.ts';
import { cutTo, displayWidth } from '../table.ts';

export interface Status {
  readonly state: ReplayStateDocument;
  /** The event at hand. */
  readonly event: EventDocument | undefined;
  /** A remark that replaces the event for a moment. */
  readonly note: string | undefined;
  /** The size that was recorded, when it does not fit. */
  readonly cropped: { readonly cols: number; readonly rows: number } | undefined;
}

const KEYS: readonly string[] = [
  ...['space pause', 'q quit', '←→ 5 s', '↓↑ 1 min', '<> speed', '0-9 tenth', '/ search'],
  ...['n N event', '. step', 'home start', 'end end', '^L redraw', '^Z suspend'],
];
const KEYS_HINT = '? keys  q quit';

/** The text of the line, as wide as the terminal. */
export function statusText(status: Status, columns: number): string {
  const { state, event, note, cropped } = status;
  const sign = state.finished ? '■' : state.playing ? '▶' : '‖';
  const place = `${playTime(state.position_ms)} / ${playTime(state.duration_ms)}`;
  let left = ` ${sign} ${place}  ${speedText(state.speed)}`;
  if (note !== undefined) left += `  ${note}`;
  else if (event !== undefined) left += `  ${eventText(event)}`;
  const size = cropped === undefined ? '' : `recorded at ${cropped.cols}×${cropped.rows}  `;
  // What somebody types or has asked for is worth more than the place.
  if (note !== undefined && displayWidth(left) > columns) left = ` ${note}`;
  const right = note === undefined ? ` ${size}${KEYS_HINT} ` : '';
  const room = columns - displayWidth(right);
  // On a narrow terminal the place is worth more than the hint.
  if (room < displayWidth(` ${sign} ${place}  `)) return padded(cutTo(left, columns), columns);
  return padded(cutTo(left, room), room) + right;
}

/** All keys, in as many lines as that takes; each as wide as the terminal, none with half a key where a whole one fits. */
export function keysText(columns: number): string[] {
  const lines: string[] = [];
  for (const key of KEYS) {
    const longer = lines.length === 0 ? undefined : `${lines.at(-1)}  ${key}`;
    if (longer !== undefined && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(` ${key}`);
  }
  return lines.map((line) => padded(cutTo(line, columns), columns));
}

/** `1:02:03` or `02:03`, as players show it. */
export function playTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(seconds % 60)}`;
}

function speedText(speed: number): string {
  return `${Number(speed.toFixed(2))}×`;
}

function eventText(event: EventDocument): string {
  const value = event.matched_value ?? event.original_line ?? event.code_block_language ?? '';
  const risk = event.risk_level === null || event.risk_level === 'none' ? '' : ` (${event.risk_level})`;
  return escapeControls(`${event.seq ?? '-'} ${event.event_type}${risk}: ${value.trim()}`);
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}
